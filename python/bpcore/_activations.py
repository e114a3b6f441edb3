"""What stands behind `bpcore.activations`: kernels, their parameters, and users' functions."""

import functools
import inspect
import math
from typing import NamedTuple

import numpy as np

from . import _core
from ._names import look_up


class UserActivation(NamedTuple):
    """A user's own activation.

    Parameters
    ----------
    g : callable
        ``g(z)`` → a, both of shape (B, n).
    derivative : callable
        ``derivative(z)`` → g′(z) element by element, of z's shape.
    name : str, optional
        What summaries and saved files call it; default: g's ``__name__``.
    """

    g: object
    derivative: object
    name: str = ""

    def __call__(self, z):
        return self.g(z)


class BuiltIn:
    """A built-in activation with its arguments, ready to be called or planned.

    Attributes
    ----------
    name : str
        Keras's.
    arguments : tuple of (str, value)
        Those given, in the order of their names.
    kernel : str
        What the core calls it (a key of `_core.ACTIVATIONS`).
    params : tuple of 3 floats
        Its parameters there.
    """

    def __init__(self, name, arguments, kernel, params):
        # Past __setattr__: one object stands for every use of the same name.
        self.__dict__.update(name=name, arguments=arguments, kernel=kernel, params=params)

    def __setattr__(self, name, value):
        raise AttributeError(f"a built-in activation does not change: {name} cannot be set")

    def __eq__(self, other):
        if not isinstance(other, BuiltIn):
            return NotImplemented
        return (self.name, self.arguments) == (other.name, other.arguments)

    def __hash__(self):
        return hash((self.name, self.arguments))

    def __repr__(self):
        arguments = "".join(f", {name}={value!r}" for name, value in self.arguments)
        return f"<activation {self.name}{arguments}>"

    def __call__(self, x, axis=-1):
        return on_arrays(self, x, axis)

    @property
    def in_place(self):
        """Whether g′ can be had from a alone, so that z may be overwritten by a."""
        if self.kernel == "leaky_relu":
            return self.params[0] > 0
        if self.kernel == "elu":
            return self.params[0] >= 0
        return self.kernel in _IN_PLACE


_IN_PLACE = {
    "linear",
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "exponential",
    "hard_sigmoid",
    "log_sigmoid",
    "log_softmax",
    "softplus",
    "sparsemax",
}
ROW_WISE = {"softmax", "log_softmax", "sparsemax"}

# Klambauer et al. 2017: mean 0 and variance 1 are a fixed point.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934


# ---- Keras's arguments → kernel and parameters ------------------------------------------


def _relu(negative_slope=0.0, max_value=None, threshold=0.0):
    if max_value is None and threshold == 0:
        return ("relu",) if negative_slope == 0 else ("leaky_relu", negative_slope)
    return "relu_general", negative_slope, math.inf if max_value is None else max_value, threshold


def _celu(alpha=1.0):
    if alpha <= 0:
        raise ValueError(f"celu's alpha must be above 0, got {alpha!r}")
    return "elu", alpha, 1.0, 1 / alpha


def _plain(kernel):
    return lambda: (kernel,)


def _threshold(threshold, default_value):
    return "threshold", threshold, default_value


_LOWERED = {
    "celu": _celu,
    "elu": lambda alpha=1.0: ("elu", alpha, 1.0, 1.0),
    "gelu": lambda approximate=False: ("gelu_tanh" if approximate else "gelu",),
    "hard_shrink": lambda threshold=0.5: ("hard_shrink", threshold),
    "leaky_relu": lambda negative_slope=0.2: ("leaky_relu", negative_slope),
    "relu": _relu,
    "relu6": lambda: ("relu_general", 0.0, 6.0, 0.0),
    "selu": lambda: ("elu", _SELU_SCALE * _SELU_ALPHA, _SELU_SCALE, 1.0),
    "soft_shrink": lambda threshold=0.5: ("soft_shrink", threshold),
    "squareplus": lambda b=4: ("squareplus", b),
    "threshold": _threshold,
}
# The others have no parameters, and one name.
_PLAIN = [
    *("exponential", "hard_sigmoid", "hard_silu", "hard_tanh", "linear", "log_sigmoid"),
    *("log_softmax", "mish", "sigmoid", "silu", "softmax", "softplus", "softsign"),
    *("sparse_plus", "sparse_sigmoid", "sparsemax", "tanh", "tanh_shrink"),
]
_LOWERED.update((name, _plain(name)) for name in _PLAIN)

ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def is_known(name):
    """Whether this names an activation (and not what a layer such as Dropout does)."""
    return name in _LOWERED or name in ALIASES


def built_in(name, **arguments):
    """Return the built-in activation of this name with these arguments.

    Raises
    ------
    ValueError
        For an unknown name, and for arguments that are no finite numbers.
    TypeError
        For arguments the activation does not have, or that are missing.
    """
    return _made(name, arguments) if arguments else _default(name)


@functools.cache
def _default(name):
    return _made(name, {})


def _made(name, arguments):
    if name == "glu":
        raise ValueError(
            "glu is not an activation a layer can take here: it halves the number of outputs, "
            "a ⊙ sigmoid(b) of the two halves; bpcore has element-wise and row-wise ones"
        )
    name = ALIASES.get(name, name)
    lower = look_up(name, _LOWERED, "activation")
    for key, value in arguments.items():
        number = isinstance(value, (bool, int, float, np.number)) and math.isfinite(value)
        if not number and not (key == "max_value" and value is None):
            raise ValueError(f"{name}'s {key} must be a finite number, got {value!r}")
    try:
        kernel, *params = lower(**arguments)
    except TypeError:
        raise TypeError(
            f"activation {name!r}, arguments {arguments}: {_misfit(lower, arguments)}; a layer "
            "takes arguments with its activation as "
            f"functools.partial(bpcore.activations.{name}, …)"
        ) from None
    return BuiltIn(name, tuple(sorted(arguments.items())), kernel, _three(params))


def _misfit(function, arguments):
    """Say why a function does not take the arguments, without its name."""
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        return str(error)
    return "they do not fit"


@functools.cache
def by_name(name):
    """Return the built-in activation of this name, its arguments being the defaults."""
    return built_in(name)


def _three(params):
    return tuple(float(p) for p in params) + (0.0,) * (3 - len(params))


def on_arrays(activation, x, axis=-1):
    """Apply a built-in activation to an array of any shape; `axis` is for those of rows."""
    x = np.asarray(x)
    rows = np.ascontiguousarray(x, np.float32 if x.dtype == np.float32 else np.float64)
    row_wise = activation.kernel in ROW_WISE and x.ndim > 0
    if row_wise:
        rows = np.ascontiguousarray(np.moveaxis(rows, axis, -1))
    shape = rows.shape
    rows = rows.reshape(-1, shape[-1] if row_wise else 1)
    if not row_wise:
        rows = rows.reshape(1, -1)
    out = np.empty_like(rows)
    if rows.size:
        _core.kernel_activate(_core.isa(), activation.kernel, rows, out, activation.params)
    out = out.reshape(shape if row_wise else x.shape)
    return np.moveaxis(out, -1, axis) if row_wise else out


class _Differences:
    """g′ by central differences; equal for equal g, as saving a model wants it."""

    def __init__(self, g):
        self.g = g

    def __eq__(self, other):
        return self.g == other.g if isinstance(other, _Differences) else NotImplemented

    def __hash__(self):
        return hash(self.g)

    def __call__(self, z):
        z = np.asarray(z, np.float64)
        # The error is of order h⁴ for the formula and eps / h for the rounding of g.
        result = np.asarray(self.g(z))
        eps = np.finfo(result.dtype if result.dtype.kind == "f" else np.float64).eps
        step = eps**0.2 * np.maximum(1.0, np.abs(z))

        def slope(h):
            # What was really added to z, and what was taken from it.
            up, down = z + h, z - h
            rise = np.asarray(self.g(up), np.float64) - np.asarray(self.g(down), np.float64)
            return rise / (up - down)

        return (4 * slope(step / 2) - slope(step)) / 3


def numerical(g, name=None):
    """Return an activation from g alone, with g′ by central differences.

    Two differences, of steps h and h/2, are combined so that their errors of order h²
    cancel (Richardson's extrapolation); h suits the dtype in which g computes, as does
    what is left: about 1e-12 of g's size for a g that is smooth near z and computes in
    float64, 1e-5 for one that computes in float32. Within h (in float64 7e-4 of the larger of
    1 and |z|) of a kink the result mixes the slopes of its two sides. A derivative by formula
    is exact, and several times cheaper.

    Parameters
    ----------
    g : callable
        ``g(z)`` → a, element by element, of z's shape. The derivative calls it with float64.
    name : str, optional
        Default: g's ``__name__``.

    Returns
    -------
    UserActivation
    """
    if not callable(g):
        raise TypeError(f"numerical takes a function g(z), got {g!r}")
    return UserActivation(g, _Differences(g), name or getattr(g, "__name__", type(g).__name__))
