"""Penalties on weights: parts of the cost that the data do not enter.

A layer's regularizers are computed by the compiled core; called on an array, they return the
penalty by themselves.
"""

import inspect
import math

import numpy as np

from . import _objects
from ._data import is_number


class Regularizer:
    """Base class of the regularizers.

    One of your own defines ``__call__(self, x)``, which returns the penalty on weights x (a
    number), and ``gradient(self, x)``, its derivative by each element (an array like x): bpcore
    does not differentiate Python. Training with it runs on one thread and calls Python at
    every step.
    """

    def __call__(self, x):
        """Return the penalty on x."""
        return 0.0

    def get_config(self):
        """Return the arguments that make this regularizer again."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config):
        """Make a regularizer of what `get_config` returned."""
        return cls(**config)


class L1L2(Regularizer):
    """l1 Σ|w| + l2 Σ w².

    Parameters
    ----------
    l1, l2 : float, default 0.0
        At least 0.
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x):
        """Return the penalty on x."""
        x = np.asarray(x)
        total = np.zeros((), x.dtype)
        if self.l1:
            total = total + x.dtype.type(self.l1) * np.abs(x).sum()
        if self.l2:
            total = total + x.dtype.type(self.l2) * np.square(x).sum()
        return total[()]

    def get_config(self):
        """Return the arguments that make this regularizer again."""
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 Σ|w|.

    Parameters
    ----------
    l1 : float, default 0.01
        At least 0.
    """

    def __init__(self, l1=0.01):
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self):
        """Return the arguments that make this regularizer again."""
        return {"l1": self.l1}


class L2(L1L2):
    """l2 Σ w².

    Parameters
    ----------
    l2 : float, default 0.01
        At least 0.
    """

    def __init__(self, l2=0.01):
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self):
        """Return the arguments that make this regularizer again."""
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor times the mean, over all pairs of rows (or columns), of |cos| of their angle.

    Parameters
    ----------
    factor : float, default 0.01
        At least 0.
    mode : {"rows", "columns"}, default "rows"
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _factor("factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(
                "Invalid value for argument `mode`. Expected one of {'rows', 'columns'}. "
                f"Received: mode={mode!r}"
            )
        self.mode = mode

    def check(self, shape):
        """Raise unless weights of this shape have pairs of rows or columns."""
        if len(shape) != 2:
            raise ValueError(
                f"Inputs to OrthogonalRegularizer must have rank 2. Received: shape={shape}"
            )
        if shape[self.mode == "columns"] < 2:
            raise ValueError(
                f"OrthogonalRegularizer(mode={self.mode!r}) needs at least two {self.mode}, got "
                f"weights of shape {tuple(shape)}"
            )

    def __call__(self, x):
        """Return the penalty on x, a matrix."""
        x = np.asarray(x)
        self.check(x.shape)
        rows = x if self.mode == "rows" else x.T
        norms = np.maximum(np.sqrt(np.square(rows).sum(axis=1, keepdims=True)), 1e-7)
        product = np.abs((rows / norms) @ (rows / norms).T)
        n = len(rows)
        total = product.sum() - np.trace(product)
        return x.dtype.type(self.factor * 0.5 * total / (n * (n - 1) / 2))

    def get_config(self):
        """Return the arguments that make this regularizer again."""
        return {"factor": self.factor, "mode": self.mode}


def _factor(name, value):
    if not is_number(value) or not 0 <= value < math.inf:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float. "
            f"Received: {name}={value}"
        )
    return float(value)


BUILT_IN = _objects.names_of(L1, L2, L1L2, OrthogonalRegularizer, l1_l2=L1L2)
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer


def is_built_in(regularizer):
    """Whether the core computes this regularizer."""
    return type(regularizer) in (L1, L2, L1L2, OrthogonalRegularizer)


def serialize(regularizer):
    """Return the dict that makes this regularizer again."""
    return _objects.serialize(regularizer, "regularizers")


def deserialize(config, custom_objects=None):
    """Return the regularizer that a dict of `serialize` describes."""
    return _objects.deserialize(config, BUILT_IN, "regularizer", custom_objects)


def get(identifier):
    """Return the regularizer for a name, a config or a class, or the given one; None for None.

    Raises
    ------
    TypeError
        For one of the user's own without a ``gradient`` method.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        identifier = deserialize(identifier)
    if inspect.isclass(identifier):
        identifier = identifier()
    if not callable(identifier):
        raise ValueError(f"regularizer must be None, a name or a Regularizer, got {identifier!r}")
    if not is_built_in(identifier) and not callable(getattr(identifier, "gradient", None)):
        raise TypeError(
            f"regularizer {identifier!r} has no method gradient(self, x), the derivative of its "
            "penalty by each element of x; bpcore does not differentiate Python. Subclass "
            "bpcore.regularizers.Regularizer and define it"
        )
    return identifier
