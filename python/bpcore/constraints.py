"""Constraints: what is done to weights after every update.

A layer's constraints are applied by the compiled core; called on an array, they return what
becomes of it. As in Keras norms are divided by after 1e-7 was added to them.
"""

import inspect
import math

import numpy as np

from . import _objects

_EPSILON = 1e-7


class Constraint:
    """Base class of the constraints.

    One of your own defines ``__call__(self, w)`` and returns an array like w; a function
    will do. Training with it runs on one thread and calls Python at every step.
    """

    def __call__(self, w):
        """Return the weights that take the place of w."""
        return w

    def get_config(self):
        """Return the arguments that make this constraint again."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Make a constraint of what `get_config` returned."""
        return cls(**config)


class NonNeg(Constraint):
    """w ← max(w, 0)."""

    def __call__(self, w):
        """Return the weights that take the place of w."""
        return np.maximum(w, 0)


class _Norm(Constraint):
    """Norms along an axis are brought to low … high, by a share `rate` of the way."""

    axis = 0

    def _bounds(self):
        """low, high and rate"""
        raise NotImplementedError

    def __call__(self, w):
        """Return the weights that take the place of w."""
        w = np.asarray(w)
        low, high, rate = self._bounds()
        axis = tuple(self.axis) if isinstance(self.axis, (list, tuple)) else self.axis
        norms = np.sqrt(np.square(w).sum(axis=axis, keepdims=True))
        wanted = rate * np.clip(norms, low, high) + (1 - rate) * norms
        return (w * (wanted / (_EPSILON + norms))).astype(w.dtype)


class MaxNorm(_Norm):
    """Norms are at most `max_value` (Srivastava et al. 2014).

    Parameters
    ----------
    max_value : float, default 2
    axis : int or list of int, default 0
        What the norm is taken along; 0 of a kernel (n_in, n_out): the weights into each unit.
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def _bounds(self):
        return 0.0, self.max_value, 1.0

    def get_config(self):
        """Return the arguments that make this constraint again."""
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(_Norm):
    """Norms are 1.

    Parameters
    ----------
    axis : int or list of int, default 0
        As for `MaxNorm`.
    """

    def __init__(self, axis=0):
        self.axis = axis

    def _bounds(self):
        return 1.0, 1.0, 1.0

    def get_config(self):
        """Return the arguments that make this constraint again."""
        return {"axis": self.axis}


class MinMaxNorm(_Norm):
    """Norms are between `min_value` and `max_value`, or on the way there.

    Parameters
    ----------
    min_value, max_value : float, default 0.0, 1.0
    rate : float, default 1.0
        Share of the way that each update goes.
    axis : int or list of int, default 0
        As for `MaxNorm`.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def _bounds(self):
        return self.min_value, self.max_value, self.rate

    def get_config(self):
        """Return the arguments that make this constraint again."""
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


def axis_code(constraint, shape):
    """0, 1 or 2: norms of columns, of rows, of all elements, for weights of this shape."""
    given = constraint.axis if isinstance(constraint.axis, (list, tuple)) else [constraint.axis]
    axes = {a + len(shape) if isinstance(a, int) and a < 0 else a for a in given}
    if not axes or not axes <= set(range(len(shape))):
        raise ValueError(
            f"{type(constraint).__name__}(axis={constraint.axis!r}) does not fit weights of shape "
            f"{tuple(shape)}"
        )
    return 2 if len(axes) == 2 else math.prod(axes)


BUILT_IN = _objects.names_of(MaxNorm, NonNeg, UnitNorm, MinMaxNorm, nonneg=NonNeg)
max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm


def is_built_in(constraint):
    """Whether the core applies this constraint."""
    return type(constraint) in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm)


def serialize(constraint):
    """Return the dict that makes this constraint again."""
    return _objects.serialize(constraint, "constraints")


def deserialize(config, custom_objects=None):
    """Return the constraint that a dict of `serialize` describes."""
    return _objects.deserialize(config, BUILT_IN, "constraint", custom_objects)


def get(identifier):
    """Return the constraint for a name, a config or a class, or the given one; None for None."""
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        identifier = deserialize(identifier)
    if inspect.isclass(identifier):
        identifier = identifier()
    if not callable(identifier):
        raise ValueError(f"constraint must be None, a name or a Constraint, got {identifier!r}")
    return identifier
