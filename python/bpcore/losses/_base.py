"""What all losses share: Keras's reductions, and the way to the compiled kernels."""

import numpy as np

from .. import _core
from .._data import as_aligned, check_finite, check_numeric
from .._names import snake_case, unique_name

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss:
    """Base class of the losses; subclass it to write one of your own.

    A subclass defines ``call(y_true, y_pred)``, which returns C(x) of each example, and for
    training ``gradient(y_true, y_pred)``, which returns ∂C/∂a of the same shape as `y_pred`.
    The model hands both arrays with one row an example, and checks the gradient against
    central differences when it is compiled (``check_gradient = False`` in the class turns
    that off). Averages and sample weights are bpcore's.

    Parameters
    ----------
    name : str, optional
        Default: the class's name in snake case.
    reduction : str or None, default "sum_over_batch_size"
        How the costs C(xᵢ), times their sample weights wᵢ, become one number:
        "sum_over_batch_size" and "mean" divide their sum by the number of examples,
        "mean_with_sample_weight" by Σ wᵢ, "sum" by nothing. "none" and None leave one value
        an example; a model cannot be trained with that.
    dtype : {"float32", "float64"}, optional
        Element type that a direct call computes in; default: float64. A model computes in its
        own.

    Examples
    --------
    >>> import numpy as np
    >>> from bpcore import losses
    >>> class Quartic(losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return np.sum((y_pred - y_true) ** 4, axis=-1)
    ...     def gradient(self, y_true, y_pred):
    ...         return 4 * (y_pred - y_true) ** 3
    >>> Quartic()([[0.0], [1.0]], [[1.0], [3.0]])
    8.5
    """

    check_gradient = True

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name or unique_name(snake_case(type(self).__name__))
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}, got {reduction!r}")
        if dtype is not None and str(dtype) not in ("float32", "float64"):
            raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
        self.reduction = reduction
        self._dtype = None if dtype is None else str(dtype)

    @property
    def dtype(self):
        """Element type that a direct call computes in."""
        return self._dtype or "float64"

    # ---- what a subclass defines ---------------------------------------------

    def call(self, y_true, y_pred):
        """Return C(x) of each example, shape (B,)."""
        raise NotImplementedError(f"{type(self).__name__} does not define call(y_true, y_pred)")

    def gradient(self, y_true, y_pred):
        """Return ∂C/∂a of each example, of y_pred's shape (B, n)."""
        raise NotImplementedError(f"{type(self).__name__} does not define gradient(y_true, y_pred)")

    # ---- what every loss does ------------------------------------------------

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Return the loss of these outputs.

        Parameters
        ----------
        y_true : array_like, shape (B, n), or (B,) for labels
        y_pred : array_like, shape (B, n)
            The outputs a.
        sample_weight : array_like, shape (B,), optional

        Returns
        -------
        float, or ndarray of shape (B,) without a reduction
        """
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        check_numeric(y_pred, "y_pred")
        check_numeric(y_true, "y_true")
        y_pred = y_pred.astype(self.dtype)
        if y_true.dtype.kind == "f":
            y_true = y_true.astype(self.dtype)
        values = np.asarray(self.call(y_true, y_pred), np.float64)
        return reduce(values, sample_weight, self.reduction, self._counted(y_true, values))

    def _counted(self, y_true, values):
        """Which values count, as an array of bool, or None for all."""
        return None

    def targets(self, y, rows, n_out, dtype):
        """Return y as the compiled core reads it, shape (rows, n_y), checked."""
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

    def get_config(self):
        """Return the arguments that make this loss again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """Make a loss from what `get_config` returned."""
        return cls(**config)

    # ---- for the plan and the loops ------------------------------------------

    @property
    def kernel(self):
        """The compiled kernel (a key of ``_core.LOSSES``), or "user", or "native"."""
        return "user"

    def cost_and_grad(self, y, a):
        """Return C(x) of each row, and ∂C/∂a: what the core calls for a user's own loss."""
        return self.call(y, a), self.gradient(y, a)

    def _require_trainable(self):
        """Raise a ValueError unless a model can be trained with this loss."""
        if self.reduction in (None, "none"):
            raise ValueError(
                f"loss {self.name!r} has reduction={self.reduction!r}, which leaves a value for "
                "each example: cannot train. Use 'sum_over_batch_size', 'sum' or "
                "'mean_with_sample_weight'"
            )
        if self.kernel == "user":
            for method in ("call", "gradient"):
                if getattr(type(self), method) is getattr(Loss, method):
                    raise ValueError(
                        f"loss {type(self).__name__} does not define {method}(self, y_true, "
                        "y_pred): cannot train. Define it, or for derivatives by differences "
                        "write gradient = bpcore.losses.numerical(call) in the class"
                    )

    def _plan_fields(self, activation):
        """Return the fields of a plan that say how this loss is computed after `activation`."""
        pair = (activation, self.kernel) if isinstance(activation, str) else None
        from_z = pair in _core.LOSSES_FROM_Z
        return {
            "loss": _core.LOSSES_FROM_Z[pair] if from_z else _core.LOSSES[self.kernel],
            "from_z": from_z,
            "loss_p": self._parameters(),
            # Without a reduction there is no training, but there are outputs.
            "reduction": _core.REDUCTIONS.get(self.reduction, 0),
            "ignores": self._ignores,
        }

    _ignores = False  # whether one class does not count: parameter 1

    def _parameters(self):
        """The kernel's parameters p; see the comment beside each formula in costs_*.h."""
        return np.zeros(4)

    @property
    def is_mean(self):
        """Whether a batch's loss is the sum of its weighted costs over its number of rows."""
        return not self._ignores and _core.REDUCTIONS.get(self.reduction) == 0

    def divisor(self, y, weight):
        """What the sum of weighted costs is divided by: reduction.pxd, for arrays.

        Parameters
        ----------
        y : ndarray, as `targets` returns it
        weight : ndarray, shape (B,), or None
        """
        if self.is_mean:
            return len(y)
        if self.reduction == "sum":
            return 1
        counted = y[:, 0] != self._parameters()[1] if self._ignores else np.ones(len(y), bool)
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return float(np.sum(weight[counted], dtype=np.float64))
        return int(counted.sum())

    def counted(self, y, weight):
        """Return the weights and the divisor to use with them.

        Where nothing counts, and `divisor` is 0, these are zeros and 1: the cost is then 0, and
        penalties are what they are.
        """
        divisor = self.divisor(y, weight)
        return (weight, divisor) if divisor else (np.zeros(len(y), y.dtype), 1)


class BuiltIn(Loss):
    """A loss with a compiled kernel, named by `kernel_name`."""

    kernel_name = ""
    from_logits = False

    @property
    def kernel(self):
        """The compiled kernel, or "user" where a subclass changed what it computes."""
        own = type(self)
        if own.call is not BuiltIn.call or own.gradient is not BuiltIn.gradient:
            return "user"
        return self._own_kernel()

    def _require_trainable(self):
        super()._require_trainable()
        own = type(self)
        if own.call is not BuiltIn.call and own.gradient is BuiltIn.gradient:
            raise ValueError(
                f"loss {own.__name__} defines call but no gradient(self, y_true, y_pred) of it: "
                "cannot train. Define it, or for derivatives by differences write "
                "gradient = bpcore.losses.numerical(call) in the class"
            )

    def call(self, y_true, y_pred):
        """Return C(x) of each example, in an array of y_pred's shape less the last axis."""
        return self._run(y_true, y_pred, False)[0]

    def gradient(self, y_true, y_pred):
        """Return ∂C/∂a of each example, of y_pred's shape."""
        return self._run(y_true, y_pred, True)[1]

    def _run(self, y_true, y_pred, want_gradient):
        y, a = _same_rank(np.asarray(y_true), np.asarray(y_pred))
        dtype = np.float32 if a.dtype == np.float32 else np.float64
        if not a.ndim or not a.size:
            raise ValueError(f"y_pred has shape {a.shape}; expected (B, n), one row an example")
        rows = np.ascontiguousarray(a, dtype).reshape(-1, a.shape[-1])
        if y.ndim and y.shape[: a.ndim - 1] != a.shape[:-1]:
            raise ValueError(f"y_true has shape {y.shape}, y_pred has {a.shape}")
        y = self.targets(y.reshape(len(rows), -1), len(rows), rows.shape[1], np.dtype(dtype))
        costs = np.empty(len(rows))
        delta = np.empty_like(rows) if want_gradient else None
        kernel = _core.LOSSES[self._own_kernel()]
        _core.kernel_costs(_core.isa(), kernel, rows, y, self._parameters(), costs, delta)
        costs = costs.astype(dtype).reshape(a.shape[:-1])
        return costs, None if delta is None else delta.reshape(np.shape(y_pred))

    def _own_kernel(self):
        name = f"{self.kernel_name}_from_logits"
        return name if self.from_logits and name in _core.LOSSES else self.kernel_name

    def targets(self, y, rows, n_out, dtype):
        """Return y as the compiled core reads it, shape (rows, n_out), checked."""
        columns = self._columns(n_out)
        if _core.is_ready(y, dtype, columns) and len(y) == rows:
            return y
        y = np.asarray(y)
        check_numeric(y, "y")
        if y.ndim == 1 and columns == 1:
            y = y[:, None]
        if y.ndim != 2 or len(y) != rows or y.shape[1] != columns:
            raise ValueError(
                f"y has shape {y.shape}; expected ({rows}, {columns}): one row for "
                f"each of the {rows} examples in x, one column for each "
                f"{self._column_name}{self._shape_hint(y)}"
            )
        y = as_aligned(y, dtype)
        check_finite(y, "y")
        return y

    _column_name = "output"

    def _columns(self, n_out):
        """Columns of y for a model of n_out outputs."""
        return n_out

    def _shape_hint(self, y):
        return ""

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def last_axis(axis, what):
    """Raise unless axis is the last, the only one there is in rows of outputs."""
    if isinstance(axis, bool) or axis not in (-1, 1):
        raise ValueError(
            f"{what} has axis={axis!r}; bpcore covers axis=-1, the outputs of an example"
        )
    return axis


def _same_rank(x1, x2):
    """Give the one of fewer axes a last axis of length 1, or take it from the other."""
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        if x2.ndim == 1:
            x2 = x2[:, None]
        else:
            x1 = x1[..., 0]
    elif x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        if x1.ndim == 1:
            x1 = x1[:, None]
        else:
            x2 = x2[..., 0]
    return x1, x2


def reduce(values, sample_weight, reduction, counted=None):
    """Reduce the costs of examples as Keras does.

    Parameters
    ----------
    values : ndarray of float64
    sample_weight : array_like or None
    reduction : str or None
    counted : ndarray of bool, optional
        Examples that do not count are left out, and of averages too.

    Returns
    -------
    float, or ndarray of the weighted values
    """
    weight = None
    if counted is not None:
        weight = counted.astype(np.float64)
        if reduction in ("mean", "sum_over_batch_size"):
            weight *= counted.size / counted.sum() if counted.any() else 0.0
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        check_numeric(given, "sample_weight")
        given = given.astype(np.float64)
        weight = given if weight is None else np.multiply(*_same_rank(weight, given))
    if weight is not None:
        values, weight = _same_rank(values, weight)
        if values.ndim and weight.shape not in ((), values.shape):
            raise ValueError(
                f"sample_weight has shape {np.shape(sample_weight)}; expected {values.shape}, one "
                "for each example"
            )
        values = values * weight
    if reduction in (None, "none"):
        return values
    if values.ndim == 0:
        return float(values)
    total = float(values.sum())
    if reduction == "sum":
        return total
    divisor = values.size
    if reduction == "mean_with_sample_weight" and weight is not None:
        divisor = float(weight.sum())
    return total / divisor if divisor else 0.0
