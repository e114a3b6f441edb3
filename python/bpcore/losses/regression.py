"""Losses of numbers. y has a column for each output, unless a loss says otherwise."""

import math

import numpy as np

from .._data import is_number
from ._base import BuiltIn, last_axis


class MeanSquaredError(BuiltIn):
    """C(x) = (1/n) Σⱼ (aⱼ − yⱼ)².

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "mean_squared_error"

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(name, reduction, dtype)


class MeanAbsoluteError(BuiltIn):
    """C(x) = (1/n) Σⱼ |aⱼ − yⱼ|; the slope at 0 is 0.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "mean_absolute_error"

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(name, reduction, dtype)


class MeanAbsolutePercentageError(BuiltIn):
    """C(x) = (100/n) Σⱼ |aⱼ − yⱼ| / max(|yⱼ|, 10⁻⁷), in per cent.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "mean_absolute_percentage_error"

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None
    ):
        super().__init__(name, reduction, dtype)


class MeanSquaredLogarithmicError(BuiltIn):
    """C(x) = (1/n) Σⱼ [log(1 + aⱼ) − log(1 + yⱼ)]², a and y at least 10⁻⁷.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "mean_squared_logarithmic_error"

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None
    ):
        super().__init__(name, reduction, dtype)


class CosineSimilarity(BuiltIn):
    """C(x) = −Σⱼ yⱼ aⱼ / (|y| |a|): −1 for equal directions, 0 for orthogonal ones.

    Parameters
    ----------
    axis : int, default -1
        Only the last axis is covered.
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "cosine_similarity"

    def __init__(
        self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None
    ):
        super().__init__(name, reduction, dtype)
        self.axis = last_axis(axis, "CosineSimilarity")


class Huber(BuiltIn):
    """C(x) = (1/n) Σⱼ h(aⱼ − yⱼ); h(d) = d²/2 for |d| ≤ δ, else δ|d| − δ²/2.

    Parameters
    ----------
    delta : float, default 1.0
        δ, where the parabola goes on as its tangent.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964.
    """

    kernel_name = "huber"

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(name, reduction, dtype)
        self.delta = _number(delta, "delta", 0)

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "delta": self.delta}

    def _parameters(self):
        return np.array([self.delta, 0.0])


class LogCosh(BuiltIn):
    """C(x) = (1/n) Σⱼ log cosh(aⱼ − yⱼ).

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "log_cosh"

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(name, reduction, dtype)


class QuantileLoss(BuiltIn):
    """The pinball loss, C(x) = (1/n) Σⱼ max(q dⱼ, (q − 1) dⱼ), d = y − a.

    Its minimum is the q-quantile of y given x. Not in Keras.

    Parameters
    ----------
    quantile : float or sequence of float, default 0.5
        q between 0 and 1. With several, the model has one output for each, and y one column.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Koenker and Bassett, "Regression quantiles", Econometrica 46, 1978.
    """

    kernel_name = "quantile"

    def __init__(
        self, quantile=0.5, reduction="sum_over_batch_size", name="quantile_loss", dtype=None
    ):
        super().__init__(name, reduction, dtype)
        several = isinstance(quantile, (list, tuple, np.ndarray))
        values = [float(q) for q in quantile] if several else [_number(quantile, "quantile")]
        if not values or not all(0 < q < 1 for q in values):
            raise ValueError(f"quantile must lie between 0 and 1, got {quantile!r}")
        self.quantile = values if several else values[0]

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "quantile": self.quantile}

    def _parameters(self):
        values = self.quantile if isinstance(self.quantile, list) else [self.quantile]
        return np.array([len(values), *values], np.float64)

    _column_name = "quantity to predict"

    def _columns(self, n_out):
        if not isinstance(self.quantile, list) or len(self.quantile) == 1:
            return n_out
        if n_out != len(self.quantile):
            raise ValueError(
                f"QuantileLoss has {len(self.quantile)} quantiles; expected a model of as many "
                f"outputs, got {n_out}"
            )
        return 1


class GaussianNegativeLogLikelihood(BuiltIn):
    """C(x) = (1/n) Σⱼ ½ [sⱼ + (yⱼ − μⱼ)² exp(−sⱼ)], s the logarithm of the variance.

    The model has 2n linear outputs, n means μ and then n log-variances s; y has n columns.
    The standard deviations are ``np.exp(s / 2)``. Not in Keras.

    Parameters
    ----------
    full : bool, default False
        Add the constant ½ log 2π, which makes C the negative log-density.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Nix and Weigend, "Estimating the mean and variance of the target probability
    distribution", 1994.
    """

    kernel_name = "gaussian_negative_log_likelihood"
    _column_name = "mean (half of the outputs)"

    def __init__(
        self,
        full=False,
        reduction="sum_over_batch_size",
        name="gaussian_negative_log_likelihood",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype)
        self.full = bool(full)

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "full": self.full}

    def _parameters(self):
        return np.array([0.5 * math.log(2 * math.pi) if self.full else 0.0, 0.0])

    def _columns(self, n_out):
        if n_out % 2:
            raise ValueError(
                f"GaussianNegativeLogLikelihood takes n means and n log-variances; expected an "
                f"even number of outputs, got {n_out}"
            )
        return n_out // 2


def _number(value, name, above=None):
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value) or (above is not None and value <= above):
        limit = "" if above is None else f" above {above}"
        raise ValueError(f"{name} must be a finite number{limit}, got {value!r}")
    return float(value)
