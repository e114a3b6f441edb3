"""Losses of probabilities, and of logits.

A cross-entropy that follows its own output activation (sigmoid, or softmax) is computed from
z, so that it stays exact where a probability rounds to 0 or 1; elsewhere probabilities are
clipped to [10⁻⁷, 1 − 10⁻⁷], as in Keras. With ``from_logits=True`` the outputs are taken for
logits, whatever the activation: use a linear output layer.
"""

import numbers

import numpy as np

from .._data import as_aligned, check_finite, check_numeric
from ._base import BuiltIn, last_axis


class _Crossentropy(BuiltIn):
    """What cross-entropies with targets from 0 to 1 share."""

    def __init__(self, name, reduction, dtype, from_logits, label_smoothing, axis):
        super().__init__(name, reduction, dtype)
        if not isinstance(label_smoothing, numbers.Real) or not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie between 0 and 1, got {label_smoothing!r}")
        self.from_logits = bool(from_logits)
        self.label_smoothing = label_smoothing
        self.axis = last_axis(axis, type(self).__name__)

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }

    def _parameters(self):
        return np.array([self.label_smoothing, 0.0])

    def targets(self, y, rows, n_out, dtype):
        """Return y as the compiled core reads it, shape (rows, n_out), checked."""
        y = super().targets(y, rows, n_out, dtype)
        low, high = y.min(), y.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"labels in y run from {low:g} to {high:g}; {self.kernel_name} expects "
                "probabilities from 0 to 1"
            )
        return y


class BinaryCrossentropy(_Crossentropy):
    """C(x) = −(1/n) Σⱼ [yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ)], yⱼ from 0 to 1.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are logits: a is their sigmoid.
    label_smoothing : float, default 0.0
        λ: y is replaced by (1 − λ) y + λ/2.
    axis : int, default -1
        Only the last axis is covered.
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "binary_crossentropy"

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype, from_logits, label_smoothing, axis)


class CategoricalCrossentropy(_Crossentropy):
    """C(x) = −Σⱼ yⱼ log(aⱼ / Σₖ aₖ), the rows of y one-hot or probabilities.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are logits: a is their softmax.
    label_smoothing : float, default 0.0
        λ: y is replaced by (1 − λ) y + λ/n.
    axis : int, default -1
        Only the last axis is covered.
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "categorical_crossentropy"

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype, from_logits, label_smoothing, axis)

    def _shape_hint(self, y):
        return one_hot_hint(y)


class BinaryFocalCrossentropy(_Crossentropy):
    """C(x) = (1/n) Σⱼ (1 − pⱼ)^γ × the binary cross-entropy of aⱼ.

    pⱼ = yⱼ aⱼ + (1 − yⱼ)(1 − aⱼ) is the probability given to the right answer, so that what
    is nearly right counts less.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Multiply by α where y is 1, and by 1 − α where it is 0.
    alpha : float, default 0.25
        α
    gamma : float, default 2.0
        γ
    from_logits, label_smoothing, axis
        As for `BinaryCrossentropy`.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection", 2017.
    """

    kernel_name = "binary_focal_crossentropy"

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype, from_logits, label_smoothing, axis)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha, self.gamma = alpha, gamma

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {
            **super().get_config(),
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }

    def _parameters(self):
        return np.array(
            [
                self.label_smoothing,
                self.alpha,
                self.gamma,
                self.from_logits,
                self.apply_class_balancing,
            ],
            np.float64,
        )


class CategoricalFocalCrossentropy(_Crossentropy):
    """C(x) = −α Σⱼ (1 − pⱼ)^γ yⱼ log pⱼ, p = a / Σₖ aₖ, the rows of y one-hot or probabilities.

    Parameters
    ----------
    alpha : float, default 0.25
        α
    gamma : float, default 2.0
        γ
    from_logits, label_smoothing, axis
        As for `CategoricalCrossentropy`.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection", 2017.
    """

    kernel_name = "categorical_focal_crossentropy"

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype, from_logits, label_smoothing, axis)
        self.alpha, self.gamma = alpha, gamma

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "alpha": self.alpha, "gamma": self.gamma}

    def _parameters(self):
        return np.array(
            [self.label_smoothing, self.alpha, self.gamma, self.from_logits], np.float64
        )

    def _shape_hint(self, y):
        return one_hot_hint(y)


class _Labels(BuiltIn):
    """Losses whose y is one integer label an example."""

    ignore_class = None

    def targets(self, y, rows, n_out, dtype):
        """Return the labels as the compiled core reads them, shape (rows, 1), checked."""
        labels = np.asarray(y)
        check_numeric(labels, "y")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.shape != (rows,):
            one_hot = labels.ndim == 2 and labels.shape[1] == n_out
            hint = "; for one-hot rows use loss='categorical_crossentropy'" if one_hot else ""
            raise ValueError(
                f"y has shape {np.shape(y)}; expected ({rows},): one integer label for each of "
                f"the {rows} examples in x{hint}"
            )
        if not np.issubdtype(labels.dtype, np.integer):
            check_finite(np.ascontiguousarray(labels, np.float64), "y")
            if (labels != np.floor(labels)).any():
                raise ValueError(
                    f"y has fractional labels (such as {labels[labels != np.floor(labels)][0]!r}); "
                    "expected integers"
                )
        if self.ignore_class is None:
            low, high = labels.min(), labels.max()
        else:
            counted = labels[labels != self.ignore_class]
            low, high = (counted.min(), counted.max()) if counted.size else (0, 0)
        if low < 0 or high >= n_out:
            raise ValueError(
                f"labels in y run from {low} to {high}; expected 0 to {n_out - 1}, as the model "
                f"has {n_out} outputs"
            )
        return as_aligned(labels[:, None], dtype)


class SparseCategoricalCrossentropy(_Labels):
    """C(x) = −log(aₖ / Σⱼ aⱼ), k = y the integer label, 0 ≤ k < n.

    Parameters
    ----------
    from_logits : bool, default False
        The outputs are logits: a is their softmax.
    ignore_class : int, optional
        Examples with this label cost nothing, and do not count in averages either.
    reduction : str or None
        See `Loss`.
    axis : int, default -1
        Only the last axis is covered.
    name, dtype
        See `Loss`.
    """

    kernel_name = "sparse_categorical_crossentropy"

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype)
        if ignore_class is not None and ignore_class != int(ignore_class):
            raise ValueError(f"ignore_class must be an integer label, got {ignore_class!r}")
        last_axis(axis, "SparseCategoricalCrossentropy")
        self.from_logits = bool(from_logits)
        self.ignore_class = ignore_class

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }

    @property
    def _ignores(self):
        return self.ignore_class is not None

    def _parameters(self):
        return np.array([self._ignores, self.ignore_class or 0], np.float64)

    def _counted(self, y_true, values):
        if not self._ignores:
            return None
        return (np.asarray(y_true) != self.ignore_class).reshape(values.shape)


class CategoricalGeneralizedCrossEntropy(_Labels):
    """C(x) = (1 − aₖ^q) / q, k = y the integer label: less swayed by wrong labels.

    Between the cross-entropy (q → 0) and the absolute error (q → 1).

    Parameters
    ----------
    q : float, default 0.5
        0 < q < 1.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with
    noisy labels", 2018.
    """

    kernel_name = "categorical_generalized_cross_entropy"

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype)
        if not 0 < q < 1:
            raise ValueError(f"q must lie between 0 and 1, got {q!r}")
        self.q = q

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {**super().get_config(), "q": self.q}

    def _parameters(self):
        return np.array([self.q, 0.0])


class KLDivergence(BuiltIn):
    """C(x) = Σⱼ yⱼ log(yⱼ / aⱼ), y and a clipped to [10⁻⁷, 1].

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "kl_divergence"

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(name, reduction, dtype)

    def _shape_hint(self, y):
        return one_hot_hint(y)


class Poisson(BuiltIn):
    """C(x) = (1/n) Σⱼ [aⱼ − yⱼ log(aⱼ + 10⁻⁷)]: counts y of expected values a > 0.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    kernel_name = "poisson"

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(name, reduction, dtype)


def one_hot_hint(y):
    """What to say of labels where rows are expected."""
    if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
        return (
            "; for integer labels use loss='sparse_categorical_crossentropy', or one-hot "
            "rows from bpcore.utils.to_categorical(y)"
        )
    return ""
