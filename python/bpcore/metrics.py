"""Running measures of a model's outputs, under Keras's names.

A metric is fed the outputs of many batches at a time (`update_state`) and tells its
value over all it has seen since the last `reset_state`.
"""

import numpy as np

from ._names import look_up


class Metric:
    """Base class: the mean over examples of a value that `_values` gives each.

    Parameters
    ----------
    name : str, optional
        The key in the history; default: the class's own.
    """

    default_name = "metric"

    def __init__(self, name=None):
        self.name = name or self.default_name
        self.reset_state()

    def reset_state(self):
        """Forget everything seen."""
        self._total = 0.0
        self._weight = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in these targets and outputs, one row an example."""
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        if y_pred.ndim == 1:
            y_pred = y_pred[:, None]
        if y_true.ndim == 1:
            y_true = y_true[:, None]
        values = self._values(y_true, y_pred)
        if sample_weight is None:
            self._total += float(values.sum(dtype=np.float64))
            self._weight += len(values)
        else:
            self._total += float(np.dot(values, np.asarray(sample_weight, np.float64)))
            self._weight += float(np.sum(sample_weight))

    def result(self):
        """Return the value over all that was seen; 0 if nothing was."""
        return self._total / self._weight if self._weight else 0.0

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Update, then return the value over all seen."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


class MeanSquaredError(Metric):
    """Mean of (a − y)² over outputs and examples."""

    default_name = "mean_squared_error"

    def _values(self, y, a):
        return np.mean(np.square(a - y, dtype=np.float64), axis=1)


class MeanAbsoluteError(Metric):
    """Mean of |a − y| over outputs and examples."""

    default_name = "mean_absolute_error"

    def _values(self, y, a):
        return np.mean(np.abs(a - y, dtype=np.float64), axis=1)


class BinaryAccuracy(Metric):
    """How often a > threshold agrees with y.

    Parameters
    ----------
    name : str, default "binary_accuracy"
    threshold : float, default 0.5
    """

    default_name = "binary_accuracy"

    def __init__(self, name=None, threshold=0.5):
        super().__init__(name)
        self.threshold = threshold

    def _values(self, y, a):
        return np.mean((a > self.threshold) == y, axis=1)


class CategoricalAccuracy(Metric):
    """How often the largest output is the largest of a one-hot row of y."""

    default_name = "categorical_accuracy"

    def _values(self, y, a):
        return np.argmax(y, axis=1) == np.argmax(a, axis=1)


class SparseCategoricalAccuracy(Metric):
    """How often the largest output is the one of the integer label y."""

    default_name = "sparse_categorical_accuracy"

    def _values(self, y, a):
        return y[:, 0] == np.argmax(a, axis=1)


BUILT_IN = {
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
}


def get(identifier, loss=None, n_out=1):
    """Return the metric for a name, or the given one.

    "accuracy" (or "acc") is, as in Keras, the accuracy that fits the targets: binary for
    one output or binary cross-entropy, else sparse or one-hot as the loss has them.
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if not isinstance(identifier, str):
        raise ValueError(f"a metric must be a name or a Metric, got {identifier!r}")
    if identifier in ("accuracy", "acc"):
        if n_out == 1 or loss == "binary_crossentropy":
            return BinaryAccuracy(identifier)
        if loss == "sparse_categorical_crossentropy":
            return SparseCategoricalAccuracy(identifier)
        return CategoricalAccuracy(identifier)
    return look_up(identifier, {"accuracy": None, **BUILT_IN}, "metric")(identifier)
