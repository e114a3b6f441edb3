"""Distances between outputs and targets."""

import warnings

import numpy as np

from ._arrays import EPSILON, as_value, mean_last, pair
from .base import Metric
from .reduction import FunctionMean, Mean


def mean_squared_error(y_true, y_pred):
    """Return the mean over outputs of (a − y)²; shape (B,)."""
    y, a = pair(y_true, y_pred)
    return mean_last(np.square(a - y, dtype=np.float64))


def mean_absolute_error(y_true, y_pred):
    """Return the mean over outputs of |a − y|; shape (B,)."""
    y, a = pair(y_true, y_pred)
    return mean_last(np.abs(a - y))


def mean_absolute_percentage_error(y_true, y_pred):
    """Return 100 times the mean over outputs of |a − y| / max(|y|, 1e-7); shape (B,)."""
    y, a = pair(y_true, y_pred)
    return 100.0 * mean_last(np.abs((a - y) / np.maximum(np.abs(y), EPSILON)))


def mean_squared_logarithmic_error(y_true, y_pred):
    """Return the mean over outputs of (log(1 + a) − log(1 + y))²; shape (B,).

    What is below 1e-7, negative numbers too, counts as 1e-7.
    """
    y, a = pair(y_true, y_pred)
    difference = np.log1p(np.maximum(a, EPSILON)) - np.log1p(np.maximum(y, EPSILON))
    return mean_last(np.square(difference))


def log_cosh(y_true, y_pred):
    """Return the mean over outputs of log cosh(a − y); shape (B,)."""
    y, a = pair(y_true, y_pred)
    size = np.abs(a - y)  # log cosh is even, and exp(−2|e|) cannot overflow
    return mean_last(size + np.log1p(np.exp(-2 * size)) - np.log(2.0).astype(a.dtype))


def huber(y_true, y_pred, delta=1.0):
    """Return the mean over outputs of e²/2, or of δ|e| − δ²/2 where |e| = |a − y| > δ."""
    y, a = pair(y_true, y_pred)
    size = np.abs(a - y)
    values = np.where(size <= delta, 0.5 * np.square(size), delta * size - 0.5 * delta * delta)
    return mean_last(values)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Return y·a / (‖y‖ ‖a‖) along an axis, 0 where either is zero."""
    y, a = pair(y_true, y_pred)

    def norm(v):
        return np.sqrt(np.sum(np.square(v, dtype=np.float64), axis=axis))

    product = np.sum(np.multiply(y, a, dtype=np.float64), axis=axis)
    return product / (np.maximum(norm(y), EPSILON) * np.maximum(norm(a), EPSILON))


class MeanSquaredError(FunctionMean):
    """Mean of (a − y)² over outputs and examples.

    Parameters
    ----------
    name : str, default "mean_squared_error"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(FunctionMean):
    """Mean of |a − y| over outputs and examples.

    Parameters
    ----------
    name : str, default "mean_absolute_error"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(FunctionMean):
    """Mean of 100 |a − y| / max(|y|, 1e-7) over outputs and examples.

    Parameters
    ----------
    name : str, default "mean_absolute_percentage_error"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(FunctionMean):
    """Mean of (log(1 + a) − log(1 + y))² over outputs and examples.

    Parameters
    ----------
    name : str, default "mean_squared_logarithmic_error"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(FunctionMean):
    """Mean of log cosh(a − y) over outputs and examples.

    Parameters
    ----------
    name : str, default "logcosh"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(log_cosh, name, dtype)


class CosineSimilarity(FunctionMean):
    """Mean over examples of y·a / (‖y‖ ‖a‖).

    Parameters
    ----------
    name : str, default "cosine_similarity"
    dtype : str, optional
    axis : int, default -1
        -1: over the outputs of an example; 0: over the examples of an update.
    """

    _direction = "up"
    _arguments = ("axis",)

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis

    def _takes_many_batches(self):
        return self.axis == -1 and super()._takes_many_batches()


class RootMeanSquaredError(Mean):
    """Root of the mean of (a − y)² over outputs and examples.

    Parameters
    ----------
    name : str, default "root_mean_squared_error"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in these targets and outputs, one row an example."""
        y, a = pair(y_true, y_pred)
        super().update_state(np.square(a - y, dtype=np.float64), sample_weight)

    def result(self):
        """Return the root of the mean."""
        return float(np.sqrt(super().result()))


class R2Score(Metric):
    """Coefficient of determination, 1 − Σ (y − a)² / Σ (y − ȳ)².

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average", None}
        How the scores of several outputs become one; None: an array with one for each.
    num_regressors : int, default 0
        Above 0: the adjusted score for this number p of inputs, 1 − (1 − R²)(n − 1)/(n − p − 1),
        where n is, as in Keras, the number of targets seen (examples times outputs).
    name : str, default "r2_score"
    dtype : str, optional
    """

    _direction = "up"

    def __init__(
        self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ValueError(f"class_aggregation must be one of {known}, got {class_aggregation!r}")
        if num_regressors < 0:
            raise ValueError(f"num_regressors must be at least 0, got {num_regressors!r}")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), name="num_samples")
        self.sum = None

    def _build(self, width):
        self.squared_sum = self.add_variable((width,), name="squared_sum")
        self.sum = self.add_variable((width,), name="sum")
        self.total_mse = self.add_variable((width,), name="residual")
        self.count = self.add_variable((width,), name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets and outputs of shape (B, n), and weights of (B,) or (B, n)."""
        y, a = pair(y_true, y_pred)
        if y.ndim != 2 or y.shape != a.shape:
            raise ValueError(
                f"y_true has shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}; expected "
                "(B, n) for both"
            )
        if self.sum is None:
            self._build(y.shape[1])
        y, a = y.astype(np.float64), a.astype(np.float64)
        weight = np.asarray(1.0 if sample_weight is None else sample_weight, np.float64)
        weight = np.broadcast_to(weight[:, None] if weight.ndim == 1 else weight, y.shape)
        weighted = y * weight
        self.sum.assign_add(weighted.sum(axis=0))
        self.squared_sum.assign_add((y * weighted).sum(axis=0))
        self.total_mse.assign_add((np.square(y - a) * weight).sum(axis=0))
        self.count.assign_add(weight.sum(axis=0))
        self.num_samples.assign_add(y.size)

    def result(self):
        """Return the score, or an array of them; 0 if nothing was seen."""
        if self.sum is None:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.squared_sum - np.square(self.sum) / self.count
            scores = 1 - self.total_mse / total
            # Constant targets: any error is infinitely worse than their mean.
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation == "uniform_average":
                scores = scores.mean()
            elif self.class_aggregation == "variance_weighted_average":
                scores = np.sum(total * scores) / np.sum(total)
        if self.num_regressors:
            degrees = float(self.num_samples) - self.num_regressors - 1
            if degrees <= 0:
                warnings.warn(
                    f"R2Score(num_regressors={self.num_regressors}) has seen "
                    f"{int(self.num_samples)} targets, too few to adjust for so many regressors; "
                    "the score is not adjusted",
                    stacklevel=2,
                )
            else:
                scores = 1 - (1 - scores) * (float(self.num_samples) - 1) / degrees
        return as_value(scores)

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
