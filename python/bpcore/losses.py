"""Costs: C(x) of one example, averaged over the data (with sample weights, as in Keras,
Σᵢ wᵢ C(xᵢ) / |D|).

Built in, by class or by Keras's string: mean squared error, binary, categorical and
sparse categorical cross-entropy. A cross-entropy that follows its own output activation
(sigmoid, or softmax) is computed from z, so that it stays exact where a probability
rounds to 0 or 1. A user's own is a function, or a pair of functions; see `get`.
"""

import numpy as np

from . import _core
from ._data import as_aligned, check_finite, check_numeric
from ._names import look_up


class Loss:
    """Base class of the costs.

    Parameters
    ----------
    name : str
        The name of the compiled kernel, or "user".
    """

    def __init__(self, name):
        self.name = name

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Return the cost of these outputs, averaged over the examples.

        Parameters
        ----------
        y_true : array_like, shape (B, n), or (B,) labels for the sparse cross-entropy
        y_pred : array_like, shape (B, n)
            The outputs a.
        sample_weight : array_like, shape (B,), optional

        Returns
        -------
        float
        """
        a = np.ascontiguousarray(y_pred, np.float64)
        if a.ndim == 1:
            a = a[:, None]
        y = self.targets(y_true, len(a), a.shape[1], a.dtype)
        weight = None
        if sample_weight is not None:
            weight = np.ascontiguousarray(sample_weight, np.float64)
            if weight.shape != (len(a),):
                raise ValueError(
                    f"sample_weight has shape {weight.shape}; expected ({len(a)},), one for "
                    "each example"
                )
        return self._sum(y, a, weight) / len(a)

    def _sum(self, y, a, weight):
        return _core.kernel_cost(_core.isa(), _core.LOSSES[self.name], a, a, y, weight, 1.0, None)

    def targets(self, y, rows, n_out, dtype):
        """Return y as the compiled core reads it, shape (rows, n_out), checked."""
        y = np.asarray(y)
        check_numeric(y, "y")
        if y.ndim == 1 and n_out == 1:
            y = y[:, None]
        if y.ndim != 2 or len(y) != rows or y.shape[1] != n_out:
            raise ValueError(
                f"y has shape {y.shape}; expected ({rows}, {n_out}): one row for each of the "
                f"{rows} examples in x, one column for each output{self._shape_hint(y)}"
            )
        y = as_aligned(y, dtype)
        check_finite(y, "y")
        return y

    def _shape_hint(self, y):
        return ""

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {}


class MeanSquaredError(Loss):
    """C(x) = (1/n) Σⱼ (aⱼ − yⱼ)²."""

    def __init__(self):
        super().__init__("mean_squared_error")


class _Crossentropy(Loss):
    def targets(self, y, rows, n_out, dtype):
        y = super().targets(y, rows, n_out, dtype)
        low, high = y.min(), y.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"labels in y run from {low:g} to {high:g}; {self.name} expects probabilities "
                "from 0 to 1"
            )
        return y


class BinaryCrossentropy(_Crossentropy):
    """C(x) = −(1/n) Σⱼ [yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ)], yⱼ from 0 to 1."""

    def __init__(self):
        super().__init__("binary_crossentropy")


class CategoricalCrossentropy(_Crossentropy):
    """C(x) = −Σⱼ yⱼ log(aⱼ / Σₖ aₖ), the rows of y one-hot or probabilities."""

    def __init__(self):
        super().__init__("categorical_crossentropy")

    def _shape_hint(self, y):
        if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            return (
                "; for integer labels use loss='sparse_categorical_crossentropy', or one-hot "
                "rows from bpcore.utils.to_categorical(y)"
            )
        return ""


class SparseCategoricalCrossentropy(Loss):
    """C(x) = −log(aₖ / Σⱼ aⱼ), k = y the integer label, 0 ≤ k < n."""

    def __init__(self):
        super().__init__("sparse_categorical_crossentropy")

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
        low, high = labels.min(), labels.max()
        if low < 0 or high >= n_out:
            raise ValueError(
                f"labels in y run from {low} to {high}; expected 0 to {n_out - 1}, as the model "
                f"has {n_out} outputs"
            )
        return as_aligned(labels[:, None], dtype)


class UserLoss(Loss):
    """A user's own cost; see `get`."""

    def __init__(self, cost_and_grad, name):
        super().__init__("user")
        self.cost_and_grad = cost_and_grad
        self.__name__ = name

    def targets(self, y, rows, n_out, dtype):
        """Return y with one row for each example and any number of columns."""
        y = np.asarray(y)
        check_numeric(y, "y")
        if y.ndim == 1:
            y = y[:, None]
        if y.ndim != 2 or len(y) != rows:
            raise ValueError(
                f"y has shape {y.shape}; expected {rows} rows, one for each example in x"
            )
        y = as_aligned(y, dtype)
        check_finite(y, "y")
        return y

    def _sum(self, y, a, weight):
        costs = np.asarray(self.cost_and_grad(y, a)[0], np.float64)
        return float(costs.sum() if weight is None else costs @ weight)


BUILT_IN = {
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "MeanSquaredError": MeanSquaredError,
    "binary_crossentropy": BinaryCrossentropy,
    "BinaryCrossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "CategoricalCrossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "SparseCategoricalCrossentropy": SparseCategoricalCrossentropy,
}


def get(identifier):
    """Return the loss for an identifier.

    Parameters
    ----------
    identifier : str, Loss, callable, or pair of callables
        A user's own is a function ``f(y, a)`` that returns ``(C, dC_da)``, or a pair of
        functions ``(C, dC_da)`` of (y, a). C has shape (B,), one cost for each example, and
        dC_da has a's shape (B, n): row i holds ∂C(xᵢ)/∂a. Averages and sample weights are
        bpcore's.
    """
    if isinstance(identifier, str):
        return look_up(identifier, BUILT_IN, "loss")()
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, (tuple, list)) and len(identifier) == 2:
        cost, gradient = identifier
        if callable(cost) and callable(gradient):
            return UserLoss(
                lambda y, a: (cost(y, a), gradient(y, a)), getattr(cost, "__name__", "user")
            )
    if callable(identifier):
        return UserLoss(identifier, getattr(identifier, "__name__", "user"))
    raise ValueError(
        "loss must be a name, a Loss, a function (y, a) -> (C, dC_da) or a pair of functions, "
        f"got {identifier!r}"
    )
