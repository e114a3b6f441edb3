"""Correlation between the outputs and the targets of each example."""

import numpy as np

from ._arrays import EPSILON, pair
from .reduction import FunctionMean


def pearson_correlation(y_true, y_pred, axis=-1):
    """Return cov(y, a) / (σ_y σ_a) along an axis.

    NaN where y or a is constant along it, as it is where the model has one output.
    """
    y, a = (np.asarray(v, np.float64) for v in pair(y_true, y_pred))
    y = y - y.mean(axis=axis, keepdims=True)
    a = a - a.mean(axis=axis, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = y / y.std(axis=axis, keepdims=True)
        a = a / a.std(axis=axis, keepdims=True)
        return np.mean(y * a, axis=axis)


def concordance_correlation(y_true, y_pred, axis=-1):
    """Return 2 cov(y, a) / (σ_y² + σ_a² + (ȳ − ā)²) along an axis (Lin 1989)."""
    y, a = (np.asarray(v, np.float64) for v in pair(y_true, y_pred))
    y_mean, a_mean = y.mean(axis=axis, keepdims=True), a.mean(axis=axis, keepdims=True)
    # Σ (a − ā) = 0: any constant may be taken from y.
    covariance = np.mean((y - y_mean) * (a - a_mean), axis=axis)
    norm = y.var(axis=axis) + a.var(axis=axis) + np.square(y_mean - a_mean).squeeze(axis)
    return 2 * covariance / (norm + EPSILON)


class PearsonCorrelation(FunctionMean):
    """Mean over examples of Pearson's correlation between outputs and targets.

    Parameters
    ----------
    name : str, default "pearson_correlation"
    dtype : str, optional
    axis : int, default -1
        -1: over the outputs of an example; 0: over the examples of an update.
    """

    _direction = "up"
    _arguments = ("axis",)

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis

    def _takes_many_batches(self):
        return self.axis == -1 and super()._takes_many_batches()


class ConcordanceCorrelation(FunctionMean):
    """Mean over examples of the concordance correlation between outputs and targets.

    Parameters
    ----------
    name : str, default "concordance_correlation"
    dtype : str, optional
    axis : int, default -1
        -1: over the outputs of an example; 0: over the examples of an update.
    """

    _direction = "up"
    _arguments = ("axis",)

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis

    def _takes_many_batches(self):
        return self.axis == -1 and super()._takes_many_batches()
