"""Seeds and small helpers, under Keras's names."""

import random

import numpy as np

# Where every seed comes from that the user did not give.
_seeds = random.Random()


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
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 (Keras seeds it too)
    _seeds.seed(int(seed))


def new_seed():
    """Return a fresh 63-bit seed from the stream that `set_random_seed` starts."""
    return _seeds.getrandbits(63)


def to_categorical(x, num_classes=None):
    """One-hot rows for integer labels.

    Parameters
    ----------
    x : array_like of int, shape (N,) or (N, 1)
        Labels from 0.
    num_classes : int, optional
        Default: the largest label plus 1.

    Returns
    -------
    ndarray of float32, shape (N, num_classes)
    """
    labels = np.asarray(x)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer) or labels.size == 0:
        raise ValueError(
            f"x must be a non-empty array of integer labels of shape (N,), got {labels.dtype} of "
            f"shape {labels.shape}"
        )
    if num_classes is None:
        num_classes = int(labels.max()) + 1
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"labels in x run from {labels.min()} to {labels.max()}, expected 0 to "
            f"{num_classes - 1}"
        )
    return np.eye(num_classes, dtype=np.float32)[labels]
