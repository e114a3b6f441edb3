"""Weights of classes, as weights of examples."""

import numbers

import numpy as np


def with_class_weight(sample_weight, y, class_weight):
    """Return sample_weight times the weight of each example's class.

    Parameters
    ----------
    sample_weight : array_like, shape (N,), or None
    y : array_like, shape (N,) or (N, 1) of labels, or (N, n) of one-hot rows
        Labels are rounded, of a row the largest is taken.
    class_weight : dict of int to float, or None
        A class that is not in it weighs 1.
    """
    if class_weight is None:
        return sample_weight
    _check(class_weight)
    if y is None:
        raise ValueError("class_weight weighs the classes of y; y is None")
    y = np.asarray(y)
    if y.ndim not in (1, 2) or y.dtype.kind not in "fiub":
        raise ValueError(
            f"class_weight needs labels (N,) or one-hot rows (N, n) as y, got {y.dtype} of shape "
            f"{y.shape}"
        )
    if y.ndim == 2:
        y = np.argmax(y, axis=1) if y.shape[1] != 1 else y[:, 0]
    labels, which = np.unique(np.round(y), return_inverse=True)
    weights = np.array([float(class_weight.get(int(label), 1.0)) for label in labels])[which]
    return weights if sample_weight is None else _times(weights, sample_weight)


def _times(weights, sample_weight):
    given = np.asarray(sample_weight)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    # Anything else is refused with a reason where sample_weight is checked.
    return weights * given if given.shape == weights.shape else sample_weight


def _check(class_weight):
    if not isinstance(class_weight, dict):
        raise TypeError(
            "class_weight must be a dict of class to weight, such as {0: 1.0, 1: 5.0}, got "
            f"{class_weight!r}"
        )
    for label, weight in class_weight.items():
        if not isinstance(label, numbers.Integral) or not isinstance(weight, numbers.Real):
            raise TypeError(f"class_weight must map integers to numbers, got {label!r}: {weight!r}")
