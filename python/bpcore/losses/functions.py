"""The losses as functions: the cost of each example, under Keras's lower-case names.

Each takes y_true and y_pred (array_like, shape (B, n)) and returns an array of shape (B,),
float32 for float32 outputs and float64 for any other; the classes say the formulas.
"""

import numpy as np

from . import hinges, probabilistic, regression


def _values(loss, y_true, y_pred):
    return loss.call(np.asarray(y_true), np.asarray(y_pred))


def mean_squared_error(y_true, y_pred):
    """Return the cost of each example; see `MeanSquaredError`."""
    return _values(regression.MeanSquaredError(), y_true, y_pred)


def mean_absolute_error(y_true, y_pred):
    """Return the cost of each example; see `MeanAbsoluteError`."""
    return _values(regression.MeanAbsoluteError(), y_true, y_pred)


def mean_absolute_percentage_error(y_true, y_pred):
    """Return the cost of each example; see `MeanAbsolutePercentageError`."""
    return _values(regression.MeanAbsolutePercentageError(), y_true, y_pred)


def mean_squared_logarithmic_error(y_true, y_pred):
    """Return the cost of each example; see `MeanSquaredLogarithmicError`."""
    return _values(regression.MeanSquaredLogarithmicError(), y_true, y_pred)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Return the cost of each example; see `CosineSimilarity`."""
    return _values(regression.CosineSimilarity(axis=axis), y_true, y_pred)


def huber(y_true, y_pred, delta=1.0):
    """Return the cost of each example; see `Huber`."""
    return _values(regression.Huber(delta=delta), y_true, y_pred)


def log_cosh(y_true, y_pred):
    """Return the cost of each example; see `LogCosh`."""
    return _values(regression.LogCosh(), y_true, y_pred)


def hinge(y_true, y_pred):
    """Return the cost of each example; see `Hinge`."""
    return _values(hinges.Hinge(), y_true, y_pred)


def squared_hinge(y_true, y_pred):
    """Return the cost of each example; see `SquaredHinge`."""
    return _values(hinges.SquaredHinge(), y_true, y_pred)


def categorical_hinge(y_true, y_pred):
    """Return the cost of each example; see `CategoricalHinge`."""
    return _values(hinges.CategoricalHinge(), y_true, y_pred)


def dice(y_true, y_pred, axis=None):
    """Return the cost of each example, or with axis=None of them all; see `Dice`."""
    return _values(hinges.Dice(axis=axis), y_true, y_pred)


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """Return the cost of each example, or with axis=None of them all; see `Tversky`."""
    return _values(hinges.Tversky(alpha=alpha, beta=beta, axis=axis), y_true, y_pred)


def kl_divergence(y_true, y_pred):
    """Return the cost of each example; see `KLDivergence`."""
    return _values(probabilistic.KLDivergence(), y_true, y_pred)


def poisson(y_true, y_pred):
    """Return the cost of each example; see `Poisson`."""
    return _values(probabilistic.Poisson(), y_true, y_pred)


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Return the cost of each example; see `BinaryCrossentropy`."""
    return _values(
        probabilistic.BinaryCrossentropy(
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        ),
        y_true,
        y_pred,
    )


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
    """Return the cost of each example; see `BinaryFocalCrossentropy`."""
    return _values(
        probabilistic.BinaryFocalCrossentropy(
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        ),
        y_true,
        y_pred,
    )


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Return the cost of each example; see `CategoricalCrossentropy`."""
    return _values(
        probabilistic.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        ),
        y_true,
        y_pred,
    )


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """Return the cost of each example; see `CategoricalFocalCrossentropy`."""
    return _values(
        probabilistic.CategoricalFocalCrossentropy(
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        ),
        y_true,
        y_pred,
    )


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Return the cost of each example; see `SparseCategoricalCrossentropy`."""
    return _values(
        probabilistic.SparseCategoricalCrossentropy(
            from_logits=from_logits, ignore_class=ignore_class, axis=axis
        ),
        y_true,
        y_pred,
    )


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """Return the cost of each example; see `CategoricalGeneralizedCrossEntropy`."""
    return _values(probabilistic.CategoricalGeneralizedCrossEntropy(q=q), y_true, y_pred)


# The class each function stands for, where a loss is wanted.
CLASSES = {
    mean_squared_error: regression.MeanSquaredError,
    mean_absolute_error: regression.MeanAbsoluteError,
    mean_absolute_percentage_error: regression.MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: regression.MeanSquaredLogarithmicError,
    cosine_similarity: regression.CosineSimilarity,
    huber: regression.Huber,
    log_cosh: regression.LogCosh,
    hinge: hinges.Hinge,
    squared_hinge: hinges.SquaredHinge,
    categorical_hinge: hinges.CategoricalHinge,
    dice: hinges.Dice,
    tversky: hinges.Tversky,
    kl_divergence: probabilistic.KLDivergence,
    poisson: probabilistic.Poisson,
    binary_crossentropy: probabilistic.BinaryCrossentropy,
    binary_focal_crossentropy: probabilistic.BinaryFocalCrossentropy,
    categorical_crossentropy: probabilistic.CategoricalCrossentropy,
    categorical_focal_crossentropy: probabilistic.CategoricalFocalCrossentropy,
    sparse_categorical_crossentropy: probabilistic.SparseCategoricalCrossentropy,
    categorical_generalized_cross_entropy: probabilistic.CategoricalGeneralizedCrossEntropy,
}
