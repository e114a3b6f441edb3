"""Seeds and small helpers, under Keras's names."""

import functools

import numpy as np

from ._arrays import as_array
from ._custom import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from ._data import check_numeric
from ._names import reset_names
from ._not_covered import not_covered
from ._plot import plot_model
from ._sources import PyDataset

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "plot_model",
    "register_keras_serializable",
    "set_random_seed",
    "to_categorical",
]

Sequence = PyDataset  # Keras's other name for it


@functools.cache
def _seeds():
    """Where every seed comes from that the user did not give."""
    import random  # takes a millisecond of the package's start

    return random.Random()


def set_random_seed(seed):
    """Seed everything random: Python's `random`, NumPy's legacy generator and bpcore.

    Models built, compiled and fitted afterwards in the same order get the same
    bits.

    Parameters
    ----------
    seed : int
        0 ≤ seed < 2³².
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1, got {seed!r}")
    import random

    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 (Keras seeds it too)
    _seeds().seed(int(seed))


def new_seed():
    """Return a fresh 63-bit seed from the stream that `set_random_seed` starts."""
    return _seeds().getrandbits(63)


def clear_session(free_memory=True):
    """Start the numbering of unnamed layers and models anew: "dense", "dense_1", …

    Parameters
    ----------
    free_memory : bool, default True
        Taken as Keras takes it; models go when nothing refers to them any more.
    """
    reset_names()


def to_categorical(x, num_classes=None):
    """One-hot rows for integer labels.

    Parameters
    ----------
    x : array_like of integers, shape (…) or (…, 1)
        Labels from 0; whole numbers of a float type will do.
    num_classes : int, optional
        Default: the largest label plus 1.

    Returns
    -------
    ndarray of float64, shape (…, num_classes)
    """
    labels = as_array(x, "x")
    check_numeric(labels, "x")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    with np.errstate(invalid="ignore"):
        whole = labels.astype(np.int64)
    if (whole != labels).any():
        raise ValueError(
            f"x has fractional labels (such as {labels[whole != labels][0]}); expected integer "
            "labels"
        )
    if not num_classes:
        num_classes = int(whole.max()) + 1
    if whole.min() < 0 or whole.max() >= num_classes:
        raise ValueError(
            f"labels in x run from {whole.min()} to {whole.max()}, expected 0 to {num_classes - 1}"
        )
    one_hot = np.zeros((whole.size, num_classes))
    one_hot[np.arange(whole.size), whole.ravel()] = 1
    return one_hot.reshape(*whole.shape, num_classes)


def normalize(x, axis=-1, order=2):
    """Divide by the norm along an axis; what has norm 0 stays 0.

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        None: one norm for all.
    order : int or inf, default 2
        Of the norm; see `numpy.linalg.norm`.

    Returns
    -------
    ndarray
        Of x's shape; (1, N) for a vector, as in Keras.
    """
    x = np.atleast_2d(as_array(x, "x"))
    check_numeric(x, "x")
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)


__getattr__ = not_covered(__name__)
