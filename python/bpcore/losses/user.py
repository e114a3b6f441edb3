"""A user's own losses that are functions, and derivatives by differences."""

import inspect

import numpy as np

from .. import _core
from ._base import Loss


class UserLoss(Loss):
    """A loss made of a user's function; see `custom`."""

    def __init__(
        self, cost_and_grad, name, reduction="sum_over_batch_size", check_gradient=True, dtype=None
    ):
        super().__init__(name, reduction, dtype)
        self.cost_and_grad = cost_and_grad
        self.check_gradient = bool(check_gradient)
        self.__name__ = name

    @property
    def kernel(self):
        """What computes it: "native" for a function pointer, else "user"."""
        return "native" if isinstance(self.cost_and_grad, _core.NativeCost) else "user"

    def call(self, y_true, y_pred):
        """Return C(x) of each example, shape (B,)."""
        return self.cost_and_grad(*_as_rows(y_true, y_pred))[0]

    def gradient(self, y_true, y_pred):
        """Return ∂C/∂a of each example, of y_pred's shape (B, n)."""
        return np.reshape(self.cost_and_grad(*_as_rows(y_true, y_pred))[1], np.shape(y_pred))

    def get_config(self):
        """Return what `custom` takes beside the function to make this loss again."""
        return {**super().get_config(), "check_gradient": self.check_gradient}

    def _require_trainable(self):
        if self.reduction in (None, "none"):
            super()._require_trainable()


def _as_rows(y, a):
    y, a = np.asarray(y), np.asarray(a)
    return (y[:, None] if y.ndim == 1 else y), (a[:, None] if a.ndim == 1 else a)


def custom(cost, gradient=None, *, name=None, reduction="sum_over_batch_size", check_gradient=True):
    """Make a loss of a user's function.

    Parameters
    ----------
    cost : callable or scipy.LowLevelCallable
        Without `gradient` a function ``f(y, a)`` → ``(C, dC_da)``. C has shape (B,), one cost
        for each example, and dC_da has a's shape (B, n): row i holds ∂C(xᵢ)/∂a.

        A `scipy.LowLevelCallable` runs without the GIL and on several threads; it must have
        the signature ``double f(intptr_t n_y, const double *y, intptr_t n, const double *a,
        double *grad, void *user_data)``: it gets one example's target y (n_y,) and outputs a
        (n,), writes ∂C/∂a to grad (n,), which comes as zeros, and returns C. The numbers are
        doubles, whatever the model's dtype. `user_data` is shared by all threads.
    gradient : callable, optional
        Then `cost` is ``C(y, a)`` and this ``dC_da(y, a)``.
    name : str, optional
        Default: the function's ``__name__``.
    reduction : str or None
        See `Loss`.
    check_gradient : bool, default True
        Compare ∂C/∂a with central differences of C when a model is compiled, on random
        outputs (between 0 and 1 after a sigmoid or softmax) and random targets of several
        kinds, the first that the function takes. What takes none of them is compared on the
        first data seen.

    Returns
    -------
    UserLoss
    """
    options = {"reduction": reduction, "check_gradient": check_gradient}
    if isinstance(cost, tuple) and len(cost) == 3 and type(cost).__name__ == "LowLevelCallable":
        if gradient is not None:
            raise TypeError("a LowLevelCallable returns the cost and writes the gradient itself")
        function = getattr(cost, "function", None)
        return UserLoss(
            _core.NativeCost(cost), name or getattr(function, "__name__", "native"), **options
        )
    if isinstance(cost, (tuple, list)) and len(cost) == 2 and gradient is None:
        cost, gradient = cost
    if not callable(cost) or not (gradient is None or callable(gradient)):
        raise TypeError(f"cost and gradient must be functions, got {cost!r} and {gradient!r}")
    name = name or getattr(cost, "__name__", "user")
    if gradient is None:
        return UserLoss(cost, name, **options)
    return UserLoss(_Pair(cost, gradient), name, **options)


class _Pair:
    """A cost and its gradient as one function; equal to another of the same two."""

    def __init__(self, cost, gradient):
        self.cost, self.gradient = cost, gradient

    def __call__(self, y, a):
        return self.cost(y, a), self.gradient(y, a)

    def __eq__(self, other):
        return isinstance(other, _Pair) and (self.cost, self.gradient) == (
            other.cost,
            other.gradient,
        )

    def __hash__(self):
        return hash((self.cost, self.gradient))

    def __repr__(self):
        return f"({self.cost!r}, {self.gradient!r})"


def numerical(cost):
    """Make the gradient of a cost by central differences: exact to about 10⁻⁹, and slow.

    The cost is computed four times for each output; an example's cost must depend on
    its own outputs only.

    Parameters
    ----------
    cost : callable
        ``C(y, a)`` → costs of shape (B,), or in a subclass of `Loss` its `call`.

    Returns
    -------
    callable
        ``dC_da(y, a)`` of a's shape, or the method `gradient` where `cost` is a method.

    Examples
    --------
    >>> import numpy as np
    >>> from bpcore import losses
    >>> def cubic(y, a):
    ...     return np.sum(np.abs(a - y) ** 3, axis=1)
    >>> loss = losses.custom(cubic, losses.numerical(cubic))
    """
    of_class = list(inspect.signature(cost).parameters)[:1] == ["self"]

    def by_differences(cost, y, a):
        outputs = np.asarray(a, np.float64)
        return central_differences(lambda v: cost(y, v), outputs).astype(np.asarray(a).dtype)

    def of_method(self, y_true, y_pred):
        return by_differences(lambda y, a: cost(self, y, a), y_true, y_pred)

    def of_function(y_true, y_pred):
        return by_differences(cost, y_true, y_pred)

    return of_method if of_class else of_function


def central_differences(cost, a, columns=None, error=False):
    """Return ∂C/∂a (B, n) of costs (B,), to fourth order by Richardson's extrapolation.

    Parameters
    ----------
    cost : callable
        cost(a) → (B,)
    a : ndarray of float64, shape (B, n)
    columns : iterable of int, optional
        Only these; the rest is 0.
    error : bool, default False
        Return also how far the estimates of the two steps differ, shape (B, n).
    """
    grad, spread = np.zeros_like(a), np.zeros_like(a)
    for j in range(a.shape[-1]) if columns is None else columns:
        step = 1e-4 * np.maximum(1, np.abs(a[..., j]))
        slopes = []
        for h in (step, 2 * step):
            up, down = a.copy(), a.copy()
            up[..., j] += h
            down[..., j] -= h
            difference = np.asarray(cost(up), np.float64) - np.asarray(cost(down), np.float64)
            slopes.append(difference / (up[..., j] - down[..., j]))
        grad[..., j] = (4 * slopes[0] - slopes[1]) / 3
        spread[..., j] = np.abs(slopes[0] - slopes[1])
    return (grad, spread) if error else grad
