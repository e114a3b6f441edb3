"""What the metrics do to targets and outputs before they compare them."""

import numpy as np

from .._data import check_numeric

# Keras's backend.epsilon(): keeps probabilities away from 0 and 1, quotients finite.
EPSILON = 1e-7


def outputs(y_pred):
    """Return the outputs as an array of float32 or float64."""
    a = np.asarray(y_pred)
    check_numeric(a, "y_pred")
    if a.dtype in (np.float32, np.float64):
        return a
    return a.astype(np.float32 if a.dtype == np.float16 else np.float64)


def targets(y_true, dtype):
    """Return the targets as an array of this dtype."""
    y = np.asarray(y_true)
    check_numeric(y, "y_true")
    return y.astype(dtype, copy=False)


def same_rank(first, second, expand=True):
    """Add or drop a last axis of length 1 where one of the two has an axis more.

    A vector is made a column, unless `expand` is off; anything higher loses the axis.
    """
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        if second.ndim == 1 and expand:
            second = second[:, None]
        else:
            first = first[..., 0]
    elif second.ndim == first.ndim + 1 and second.shape[-1] == 1:
        if first.ndim == 1 and expand:
            first = first[:, None]
        else:
            second = second[..., 0]
    return first, second


def pair(y_true, y_pred):
    """Return (y, a) as floats of a's dtype whose shapes fit each other."""
    a = outputs(y_pred)
    y, a = same_rank(targets(y_true, a.dtype), a)
    if y.ndim != a.ndim or any(
        m != n and 1 not in (m, n) for m, n in zip(y.shape, a.shape, strict=True)
    ):
        raise ValueError(
            f"y_true has shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}; expected the "
            "same shape"
        )
    return y, a


def same_shape(y_true, y_pred):
    """Return (y, a) as `pair`, which must have the same shape."""
    y, a = pair(y_true, y_pred)
    if y.shape != a.shape:
        raise ValueError(
            f"y_true has shape {y.shape} and y_pred {a.shape}; expected the same shape: one-hot "
            "rows where there are several classes"
        )
    return y, a


def labels(y_true, shape, classes):
    """Return integer labels of this shape, checked to be 0 .. classes - 1."""
    y = np.asarray(y_true)
    check_numeric(y, "y_true")
    if y.ndim == len(shape) + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    if y.shape != tuple(shape):
        raise ValueError(
            f"y_true has shape {np.shape(y_true)}; expected {tuple(shape)}: one integer label for "
            "each row of y_pred"
        )
    index = y.astype(np.intp)
    if index.min() < 0 or index.max() >= classes:
        raise ValueError(
            f"labels in y_true run from {index.min()} to {index.max()}; expected 0 to "
            f"{classes - 1}, as y_pred has {classes} classes"
        )
    return index


def mean_last(values, axis=-1):
    """Return the mean along an axis, summed in float64."""
    if axis == -1 and values.ndim > 1 and values.shape[-1] == 1:  # each is its own mean
        return values[..., 0].astype(np.float64)
    return np.mean(values, axis=axis, dtype=np.float64)


def divide_or_zero(numerator, denominator):
    """Return numerator / denominator, and 0 where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(
        np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    )
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator != 0)


def as_value(result):
    """Return a scalar as a Python float, an array as it is."""
    result = np.asarray(result)
    return float(result) if result.ndim == 0 else result
