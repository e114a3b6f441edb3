"""Losses of scores: hinges, and the overlaps that image segmentation uses."""

import numpy as np

from ._base import BuiltIn, last_axis
from .probabilistic import one_hot_hint


class _Signs(BuiltIn):
    """Losses whose targets are −1 and 1, or 0 and 1 for the same."""

    def targets(self, y, rows, n_out, dtype):
        """Return y as the compiled core reads it, shape (rows, n_out), checked."""
        y = super().targets(y, rows, n_out, dtype)
        zero, one = y == 0, y == 1
        if zero.any() and not (zero | one).all():
            other = y[~(zero | one)][0]
            raise ValueError(
                f"y has labels 0 and also {other:g}; {self.kernel_name} expects -1 and 1, or 0 "
                "and 1"
            )
        return y


class Hinge(_Signs):
    """C(x) = (1/n) Σⱼ max(0, 1 − yⱼ aⱼ), yⱼ = ±1 (0 and 1 are read as −1 and 1).

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "hinge"

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(name, reduction, dtype)


class SquaredHinge(_Signs):
    """C(x) = (1/n) Σⱼ max(0, 1 − yⱼ aⱼ)², yⱼ = ±1 (0 and 1 are read as −1 and 1).

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "squared_hinge"

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(name, reduction, dtype)


class CategoricalHinge(BuiltIn):
    """C(x) = max(0, 1 + maxⱼ (1 − yⱼ) aⱼ − Σⱼ yⱼ aⱼ), the rows of y one-hot.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "categorical_hinge"

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(name, reduction, dtype)

    def _shape_hint(self, y):
        return one_hot_hint(y)


class _Overlap(BuiltIn):
    """Dice and Tversky: over the whole batch with axis=None, an example's with axis=-1."""

    def __init__(self, name, reduction, dtype, axis):
        super().__init__(name, reduction, dtype)
        if isinstance(axis, list):
            axis = tuple(axis)
        if axis is not None and axis not in ((-1,), (1,)):
            last_axis(axis, type(self).__name__)
        self.axis = axis

    def _require_trainable(self):
        super()._require_trainable()
        if self.axis is None:
            raise ValueError(
                f"{type(self).__name__} with axis=None is one number for a whole batch, not a "
                f"mean over examples: bpcore trains with {type(self).__name__}(axis=-1)"
            )

    def call(self, y_true, y_pred):
        """Return C of each example, shape (B,), or with axis=None C of them all, shape ()."""
        return super().call(*self._over_all(y_true, y_pred))

    def gradient(self, y_true, y_pred):
        """Return ∂C/∂a, of y_pred's shape."""
        return super().gradient(*self._over_all(y_true, y_pred)).reshape(np.shape(y_pred))

    def _over_all(self, y_true, y_pred):
        if self.axis is None:
            return np.ravel(y_true), np.ravel(y_pred)
        return y_true, y_pred

    @property
    def kernel(self):
        """The compiled kernel, or "user" where a subclass changed what it computes."""
        own = type(self)
        same = own.call is _Overlap.call and own.gradient is _Overlap.gradient
        return self.kernel_name if same else "user"


class Dice(_Overlap):
    """C = 1 − 2 Σ y a / (Σ y + Σ a + 10⁻⁷).

    Parameters
    ----------
    reduction, name
        See `Loss`.
    axis : int or None, default None
        -1: the sums are over an example's outputs. None: over everything, for direct calls
        only, as a model is trained with means over examples.
    dtype
        See `Loss`.
    """

    kernel_name = "dice"

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(name, reduction, dtype, axis)

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "axis": self.axis}


class Tversky(_Overlap):
    """C = 1 − I / (I + α Σ (1 − a) y + β Σ a (1 − y) + 10⁻⁷), I = Σ y a.

    Parameters
    ----------
    alpha, beta : float, default 0.5
        The weights of the two kinds of error, as Keras assigns them.
    reduction, name
        See `Loss`.
    axis : int or None, default None
        As for `Dice`.
    dtype
        See `Loss`.

    References
    ----------
    Salehi, Erdogmus and Gholipour, "Tversky loss function for image segmentation using 3D
    fully convolutional deep networks", 2017.
    """

    kernel_name = "tversky"

    def __init__(
        self,
        alpha=0.5,
        beta=0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        super().__init__(name, reduction, dtype, axis)
        self.alpha, self.beta = alpha, beta

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta, "axis": self.axis}

    def _parameters(self):
        return np.array([self.alpha, self.beta], np.float64)
