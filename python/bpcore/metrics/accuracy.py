"""How often outputs agree with targets."""

import numpy as np

from .._data import argmax
from ._arrays import labels, outputs, pair, same_shape
from .reduction import FunctionMean


def accuracy(y_true, y_pred):
    """Return 1.0 where y_pred equals y_true, else 0.0; the shape of y_true."""
    y, a = pair(y_true, y_pred)
    return (y == a).astype(np.float64)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """Return 1.0 where y_pred > threshold agrees with y_true (0 or 1), else 0.0."""
    y, a = pair(y_true, y_pred)
    return ((a > threshold) == y).astype(np.float64)


def categorical_accuracy(y_true, y_pred):
    """Return 1.0 where the largest output is the largest of the one-hot row; shape (B,)."""
    y, a = same_shape(y_true, y_pred)
    return (argmax(y) == argmax(a)).astype(np.float64)


def sparse_categorical_accuracy(y_true, y_pred):
    """Return 1.0 where the largest output is the one of the integer label; shape (B,)."""
    a = outputs(y_pred)
    y = np.asarray(y_true)
    if y.ndim == a.ndim and y.shape[-1] == 1:
        y = y[..., 0]
    if y.shape != a.shape[:-1]:
        raise ValueError(
            f"y_true has shape {np.shape(y_true)}; expected {a.shape[:-1]}: one integer label "
            "for each row of y_pred"
        )
    return (y == argmax(a)).astype(np.float64)


def _in_top_k(index, a, k):
    """Whether fewer than k outputs are larger than the one at index."""
    own = np.take_along_axis(a, index[..., None], axis=-1)
    # NaN is no large probability.
    own = np.where(np.isnan(own), -np.inf, own)
    return (np.count_nonzero(a > own, axis=-1) < k).astype(np.float64)


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """Return 1.0 where the output of the one-hot row's class is among the k largest."""
    y, a = same_shape(y_true, y_pred)
    return _in_top_k(argmax(y), a, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """Return 1.0 where the output of the integer label is among the k largest.

    Parameters
    ----------
    y_true : array_like, shape (B,) or (B, 1)
    y_pred : array_like, shape (B, n)
    k : int, default 5
    from_sorted_ids : bool, default False
        y_pred holds class numbers, the likeliest first, instead of outputs.

    Returns
    -------
    ndarray, of y_true's shape
    """
    a = outputs(y_pred)
    if from_sorted_ids:
        y = np.asarray(y_true).reshape(-1)
        matches = (y[:, None] == a[:, :k]).any(axis=1).astype(np.float64)
    else:
        matches = _in_top_k(labels(y_true, a.shape[:-1], a.shape[-1]), a, k)
    return matches.reshape(np.shape(y_true))


class Accuracy(FunctionMean):
    """How often outputs equal targets.

    Parameters
    ----------
    name : str, default "accuracy"
    dtype : str, optional
    """

    _direction = "up"

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(FunctionMean):
    """How often y_pred > threshold agrees with y_true.

    Parameters
    ----------
    name : str, default "binary_accuracy"
    dtype : str, optional
    threshold : float, default 0.5
    """

    _direction = "up"
    _arguments = ("threshold",)

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(FunctionMean):
    """How often the largest output is the largest of a one-hot row of y.

    Parameters
    ----------
    name : str, default "categorical_accuracy"
    dtype : str, optional
    """

    _direction = "up"

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(FunctionMean):
    """How often the largest output is the one of the integer label y.

    Parameters
    ----------
    name : str, default "sparse_categorical_accuracy"
    dtype : str, optional
    """

    _direction = "up"

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(FunctionMean):
    """How often the class of a one-hot row of y is among the k largest outputs.

    Parameters
    ----------
    k : int, default 5
    name : str, default "top_k_categorical_accuracy"
    dtype : str, optional
    """

    _direction = "up"
    _arguments = ("k",)

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(FunctionMean):
    """How often the integer label y is among the k largest outputs.

    Parameters
    ----------
    k : int, default 5
    name : str, default "sparse_top_k_categorical_accuracy"
    dtype : str, optional
    from_sorted_ids : bool, default False
        Outputs are class numbers, the likeliest first.
    """

    _direction = "up"

    def __init__(
        self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False
    ):
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def get_config(self):
        """Return the arguments that make this metric again."""
        config = {"name": self.name, "dtype": self.dtype, "k": self.k}
        if self.from_sorted_ids:
            config["from_sorted_ids"] = True
        return config
