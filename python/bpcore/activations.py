"""Activations g of a layer: a = g(z).

Built in: ``linear``, ``relu``, ``sigmoid``, ``tanh``, ``softmax``; each is a
function on arrays here, and a layer takes it by name or as that function. A
layer takes a user's own as a pair ``(g, g_prime)`` of functions on arrays.
"""

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


def _on_arrays(name, formula):
    def activation(x):
        x = np.asarray(x)
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        rows = np.ascontiguousarray(x, dtype).reshape(-1, x.shape[-1] if x.ndim else 1)
        out = np.empty_like(rows)
        if rows.size:
            _core.kernel_activate(_core.isa(), name, rows, out)
        return out.reshape(x.shape)

    activation.__name__ = activation.__qualname__ = name
    activation.__doc__ = f"""{formula}

    Parameters
    ----------
    x : array_like
        Any shape.

    Returns
    -------
    ndarray
        Of x's shape; float32 for float32 input, float64 for any other.
    """
    return activation


linear = _on_arrays("linear", "g(z) = z; g′ = 1.")
relu = _on_arrays("relu", "g(z) = max(z, 0); g′ = 1 where z > 0, else 0.")
sigmoid = _on_arrays("sigmoid", "g(z) = 1 / (1 + exp(−z)); g′ = a (1 − a).")
tanh = _on_arrays("tanh", "g(z) = tanh z; g′ = 1 − a².")
softmax = _on_arrays(
    "softmax", "g(z)ⱼ = exp(zⱼ) / Σₖ exp(zₖ) over the last axis; ∂aₖ/∂zⱼ = aₖ (1{j=k} − aⱼ)."
)

BUILT_IN = {f.__name__: f for f in (linear, relu, sigmoid, tanh, softmax)}


def get(identifier):
    """Return the name of a built-in activation, or a `UserActivation`.

    Parameters
    ----------
    identifier : None, str, callable, or pair of callables
        None means "linear".
    """
    if identifier is None:
        return "linear"
    if isinstance(identifier, str):
        look_up(identifier, BUILT_IN, "activation")
        return identifier
    for name, function in BUILT_IN.items():
        if identifier is function:
            return name
    if isinstance(identifier, (tuple, list)) and len(identifier) in (2, 3):
        g, derivative, *name = identifier
        if callable(g) and callable(derivative):
            name = (name and name[0]) or getattr(g, "__name__", type(g).__name__)
            return UserActivation(g, derivative, name)
    if callable(identifier):
        raise ValueError(
            f"activation {identifier!r} came without its derivative; give the pair (g, g_prime): "
            "two functions of z that return arrays of z's shape"
        )
    raise ValueError(
        "activation must be a name, a function of bpcore.activations or a pair of callables "
        f"(g, g_prime), got {identifier!r}"
    )
