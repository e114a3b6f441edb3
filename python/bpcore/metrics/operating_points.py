"""The best of one rate that is reached while another is at least so high."""

import numpy as np

from ._arrays import divide_or_zero
from ._thresholds import Thresholds, even_thresholds, prepare
from .base import Metric


class _OperatingPoint(Metric):
    """Counts at evenly spaced thresholds; see `SensitivityAtSpecificity`."""

    _direction = "up"

    def __init__(self, argument, value, num_thresholds, class_id, name, dtype):
        super().__init__(name=name, dtype=dtype)
        if not 0 <= value <= 1:
            raise ValueError(f"{argument} must be from 0 to 1, got {value!r}")
        if num_thresholds <= 0:
            raise ValueError(f"num_thresholds must be at least 1, got {num_thresholds!r}")
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = even_thresholds(num_thresholds)
        self._argument = argument
        self._compare = Thresholds(self.thresholds, self.dtype, num_thresholds > 1)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.true_negatives = self.add_variable(shape, name="true_negatives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        data = prepare(y_true, y_pred, sample_weight, class_id=self.class_id)
        above, total = self._compare.count(*data)
        self.true_positives.assign_add(above[1])
        self.false_positives.assign_add(above[0])
        self.true_negatives.assign_add(total[0] - above[0])
        self.false_negatives.assign_add(total[1] - above[1])

    def _sensitivity(self):
        return divide_or_zero(self.true_positives, self.true_positives + self.false_negatives)

    def _specificity(self):
        return divide_or_zero(self.true_negatives, self.true_negatives + self.false_positives)

    def _precision(self):
        return divide_or_zero(self.true_positives, self.true_positives + self.false_positives)

    def _best(self, wanted, constrained):
        return float(np.max(np.where(constrained >= self.value, wanted, 0.0)))

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self._argument: self.value,
        }


class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity (true positive rate) at a specificity of at least `specificity`.

    Parameters
    ----------
    specificity : float
        TN / (TN + FP), from 0 to 1.
    num_thresholds : int, default 200
        So many thresholds, evenly from 0 to 1, are tried.
    class_id : int, optional
        Look at this column only.
    name : str, optional
    dtype : str, optional
    """

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def result(self):
        """Return the sensitivity."""
        return self._best(self._sensitivity(), self._specificity())


class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity (true negative rate) at a sensitivity of at least `sensitivity`.

    Parameters
    ----------
    sensitivity : float
        TP / (TP + FN), from 0 to 1.
    num_thresholds : int, default 200
    class_id : int, optional
    name : str, optional
    dtype : str, optional
        As for `SensitivityAtSpecificity`.
    """

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def result(self):
        """Return the specificity."""
        return self._best(self._specificity(), self._sensitivity())


class PrecisionAtRecall(_OperatingPoint):
    """The best precision at a recall of at least `recall`.

    Parameters
    ----------
    recall : float
        TP / (TP + FN), from 0 to 1.
    num_thresholds : int, default 200
    class_id : int, optional
    name : str, optional
    dtype : str, optional
        As for `SensitivityAtSpecificity`.
    """

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def result(self):
        """Return the precision."""
        return self._best(self._precision(), self._sensitivity())


class RecallAtPrecision(_OperatingPoint):
    """The best recall at a precision of at least `precision`.

    Parameters
    ----------
    precision : float
        TP / (TP + FP), from 0 to 1.
    num_thresholds : int, default 200
    class_id : int, optional
    name : str, optional
    dtype : str, optional
        As for `SensitivityAtSpecificity`.
    """

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def result(self):
        """Return the recall."""
        return self._best(self._sensitivity(), self._precision())
