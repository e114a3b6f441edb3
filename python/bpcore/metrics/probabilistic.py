"""Distances between distributions: cross-entropies and divergences.

Probabilities are clipped to 1e-7 .. 1 − 1e-7 in the outputs' own element type, as Keras
does, so that a certainty that is wrong costs the same there and here.
"""

import numpy as np

from ._arrays import EPSILON, labels, mean_last, outputs, pair, same_shape
from .reduction import FunctionMean


def _clip(a):
    one = a.dtype.type(1)
    return np.clip(a, a.dtype.type(EPSILON), one - a.dtype.type(EPSILON))


def _log_probability(a, from_logits, axis):
    """Return log aₖ / Σ a, or log softmax a, along an axis."""
    if from_logits:
        a = a - a.max(axis=axis, keepdims=True)
        return a - np.log(np.exp(a).sum(axis=axis, keepdims=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log(_clip(a / a.sum(axis=axis, keepdims=True)))


def _softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _binary(y, a, from_logits):
    if from_logits:
        return y * _softplus(-a) + (1 - y) * _softplus(a)
    a = _clip(a)
    return -(y * np.log(a) + (1 - y) * np.log(1 - a))


def _sigmoid(z):
    return np.exp(-_softplus(-z))


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Return the mean along an axis of −y log a − (1 − y) log(1 − a).

    Parameters
    ----------
    y_true, y_pred : array_like, shape (B, n)
    from_logits : bool, default False
        y_pred holds z, a = sigmoid(z).
    label_smoothing : float, default 0.0
        s: y is taken as y (1 − s) + s/2.
    axis : int, default -1
    """
    y, a = same_shape(y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + 0.5 * label_smoothing
    return mean_last(_binary(y, a, from_logits), axis)


def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """Return the mean along an axis of (1 − p)^γ times the binary cross-entropy.

    p is the probability given to the label (Lin et al. 2017, arXiv:1708.02002, eq. 4); with
    `apply_class_balancing` ones are weighted by α and zeros by 1 − α.
    """
    y, a = same_shape(y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        a = _sigmoid(a)
    values = np.power(1 - (y * a + (1 - y) * (1 - a)), gamma) * _binary(y, a, False)
    if apply_class_balancing:
        values = (y * alpha + (1 - y) * (1 - alpha)) * values
    return mean_last(values, axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Return −Σₖ yₖ log(aₖ / Σ a) along an axis.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (B, n)
        y one-hot or a distribution.
    from_logits : bool, default False
        y_pred holds z, a = softmax(z).
    label_smoothing : float, default 0.0
        s: y is taken as y (1 − s) + s/n.
    axis : int, default -1
    """
    y, a = same_shape(y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / y.shape[-1]
    return -np.sum(y * _log_probability(a, from_logits, axis), axis=axis, dtype=np.float64)


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """Return −Σₖ α (1 − aₖ)^γ yₖ log aₖ along an axis (arXiv:1708.02002, eq. 5)."""
    y, a = same_shape(y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / y.shape[-1]
    if from_logits:
        a = np.exp(_log_probability(a, True, axis))
    a = _clip(a / a.sum(axis=axis, keepdims=True))
    values = alpha * np.power(1 - a, gamma) * y * np.log(a)
    return -np.sum(values, axis=axis, dtype=np.float64)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Return −log(aₖ / Σ a), k = y the integer label; shape (B,).

    Parameters
    ----------
    y_true : array_like, shape (B,) or (B, 1)
    y_pred : array_like, shape (B, n)
    from_logits : bool, default False
        y_pred holds z, a = softmax(z).
    ignore_class : int, optional
        Examples of this label count as 0.
    axis : int, default -1
        Where in y_pred the classes are.
    """
    a = np.moveaxis(outputs(y_pred), axis, -1)
    y = np.asarray(y_true)
    valid = None
    if ignore_class is not None:
        valid = y != ignore_class
        y = np.where(valid, y, 0)
    index = labels(y, a.shape[:-1], a.shape[-1])
    log_probability = _log_probability(a, from_logits, -1)
    values = -np.take_along_axis(log_probability, index[..., None], axis=-1)[..., 0]
    values = values.astype(np.float64)
    return values if valid is None else np.where(valid.reshape(values.shape), values, 0.0)


def kl_divergence(y_true, y_pred):
    """Return Σₖ yₖ log(yₖ / aₖ), both clipped to 1e-7 .. 1; shape (B,)."""
    y, a = pair(y_true, y_pred)
    y, a = np.clip(y, EPSILON, 1), np.clip(a, EPSILON, 1)
    return np.sum(y * np.log(y / a), axis=-1, dtype=np.float64)


def poisson(y_true, y_pred):
    """Return the mean over outputs of a − y log(a + 1e-7); shape (B,)."""
    y, a = pair(y_true, y_pred)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean_last(a - y * np.log(a + a.dtype.type(EPSILON)))


class BinaryCrossentropy(FunctionMean):
    """Mean of −y log a − (1 − y) log(1 − a) over outputs and examples.

    Parameters
    ----------
    name : str, default "binary_crossentropy"
    dtype : str, optional
    from_logits : bool, default False
    label_smoothing : float, default 0
        See `binary_crossentropy`.
    """

    _direction = "down"
    _arguments = ("from_logits", "label_smoothing")

    def __init__(
        self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0
    ):
        super().__init__(
            binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


class CategoricalCrossentropy(FunctionMean):
    """Mean over examples of −Σₖ yₖ log aₖ, y one-hot.

    Parameters
    ----------
    name : str, default "categorical_crossentropy"
    dtype : str, optional
    from_logits : bool, default False
    label_smoothing : float, default 0
    axis : int, default -1
        See `categorical_crossentropy`.
    """

    _direction = "down"
    _arguments = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name="categorical_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
        axis=-1,
    ):
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def _takes_many_batches(self):
        return self.axis == -1 and super()._takes_many_batches()


class SparseCategoricalCrossentropy(FunctionMean):
    """Mean over examples of −log aₖ, k the integer label.

    Parameters
    ----------
    name : str, default "sparse_categorical_crossentropy"
    dtype : str, optional
    from_logits : bool, default False
    ignore_class : int, optional
        Examples of this label count as 0; with sample weights they do not count at all,
        as in Keras.
    axis : int, default -1
        See `sparse_categorical_crossentropy`.
    """

    _direction = "down"
    _arguments = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name="sparse_categorical_crossentropy",
        dtype=None,
        from_logits=False,
        ignore_class=None,
        axis=-1,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in these labels and outputs, one row an example."""
        if sample_weight is not None and self.ignore_class is not None:
            weight = np.asarray(sample_weight, np.float64)
            valid = np.asarray(y_true) != self.ignore_class
            if valid.ndim == weight.ndim + 1:
                valid = valid[..., 0]
            sample_weight = weight * valid
        super().update_state(y_true, y_pred, sample_weight)


class KLDivergence(FunctionMean):
    """Mean over examples of Σₖ yₖ log(yₖ / aₖ).

    Parameters
    ----------
    name : str, default "kl_divergence"
    dtype : str, optional
    """

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, name, dtype)


class Poisson(FunctionMean):
    """Mean of a − y log a over outputs and examples.

    Parameters
    ----------
    name : str, default "poisson"
    dtype : str, optional
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(poisson, name, dtype)
