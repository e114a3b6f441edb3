"""Margins between targets of −1 and 1 and outputs."""

import numpy as np

from ._arrays import mean_last, pair, same_shape
from .reduction import FunctionMean


def _signed(y):
    """Return labels of 0 and 1 as −1 and 1, any others as they are."""
    return 2 * y - 1 if ((y == 0) | (y == 1)).all() else y


def hinge(y_true, y_pred):
    """Return the mean over outputs of max(1 − y a, 0); y of −1 and 1, or 0 and 1."""
    y, a = pair(y_true, y_pred)
    return mean_last(np.maximum(1 - _signed(y) * a, 0))


def squared_hinge(y_true, y_pred):
    """Return the mean over outputs of max(1 − y a, 0)²; y of −1 and 1, or 0 and 1."""
    y, a = pair(y_true, y_pred)
    return mean_last(np.square(np.maximum(1 - _signed(y) * a, 0)))


def categorical_hinge(y_true, y_pred):
    """Return max(max_k (1 − y_k) a_k − Σ_k y_k a_k + 1, 0), y one-hot; shape (B,)."""
    y, a = same_shape(y_true, y_pred)
    positive = np.sum(y * a, axis=-1, dtype=np.float64)
    negative = np.max((1 - y) * a, axis=-1)
    return np.maximum(negative - positive + 1, 0)


class Hinge(FunctionMean):
    """Mean of max(1 − y a, 0) over outputs and examples.

    Parameters
    ----------
    name : str, default "hinge"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="hinge", dtype=None):
        super().__init__(hinge, name, dtype)


class SquaredHinge(FunctionMean):
    """Mean of max(1 − y a, 0)² over outputs and examples.

    Parameters
    ----------
    name : str, default "squared_hinge"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(FunctionMean):
    """Mean margin between the class of a one-hot row and the best other.

    Parameters
    ----------
    name : str, default "categorical_hinge"
    dtype : str, optional
    """

    _direction = "down"

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, name, dtype)
