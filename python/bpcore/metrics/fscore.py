"""Weighted harmonic means of precision and recall."""

import numpy as np

from ._arrays import EPSILON, as_value, outputs, targets
from .base import Metric


class FBetaScore(Metric):
    """(1 + β²) precision · recall / (β² precision + recall).

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
        None: an array with the score of each class; "micro": one score of all counts;
        "macro": the mean over classes; "weighted": likewise, weighted by how often they occur.
    beta : float, default 1.0
        How much more recall weighs than precision; above 0.
    threshold : float, optional
        An output above it decides for the class, 0 < threshold <= 1; default: the largest
        output of a row does.
    name : str, default "fbeta_score"
    dtype : str, optional
    """

    _direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"average must be None, 'micro', 'macro' or 'weighted', got {average!r}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"beta must be a float above 0, got {beta!r}")
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(f"threshold must be None or a float in (0, 1], got {threshold!r}")
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.true_positives = None

    def _build(self, classes):
        shape = () if self.average == "micro" else (classes,)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in one-hot or multi-hot targets and outputs, shape (B, classes)."""
        a = outputs(y_pred)
        y = targets(y_true, np.float64)
        if a.ndim != 2 or y.shape != a.shape:
            raise ValueError(
                f"y_true has shape {y.shape} and y_pred {a.shape}; {type(self).__name__} expects "
                "(B, classes) for both, the rows of y_true one-hot"
            )
        if self.true_positives is None:
            self._build(a.shape[1])
        if self.threshold is None:
            # A row of zeros decides for no class.
            decided = (a >= a.max(axis=1, keepdims=True)) & (np.abs(a) > 1e-9)
        else:
            decided = a > self.threshold
        axis = None if self.average == "micro" else 0
        weighted = y
        if sample_weight is not None:
            weight = np.asarray(sample_weight, np.float64).reshape(-1, 1)
            weighted, decided = y * weight, decided * weight
        hits = decided * y
        found, ones, true = decided.sum(axis=axis), weighted.sum(axis=axis), hits.sum(axis=axis)
        self.true_positives.assign_add(true)
        self.false_positives.assign_add(found - true)
        self.false_negatives.assign_add(ones - true)
        self.intermediate_weights.assign_add(ones)

    def result(self):
        """Return the score: a float, or with ``average=None`` an array; 0 if nothing was seen."""
        if self.true_positives is None:
            return 0.0
        true = self.true_positives.value
        precision = true / (true + self.false_positives + EPSILON)
        recall = true / (true + self.false_negatives + EPSILON)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + EPSILON) * (1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            score = np.sum(score * (weights / (weights.sum() + EPSILON)))
        elif self.average is not None:
            score = np.mean(score)
        return as_value(score)

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """2 precision · recall / (precision + recall).

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
    threshold : float, optional
        As for `FBetaScore`.
    name : str, default "f1_score"
    dtype : str, optional
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        """Return the arguments that make this metric again."""
        config = super().get_config()
        del config["beta"]
        return config
