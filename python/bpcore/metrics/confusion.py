"""Counts of right and wrong decisions, precision and recall."""

from ._arrays import as_value, divide_or_zero
from ._thresholds import NEVER, Thresholds, as_thresholds, prepare
from .base import Metric


class _Count(Metric):
    """One of the four counts, for each threshold; see `FalsePositives`."""

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = as_thresholds(thresholds)
        self._compare = Thresholds(self.thresholds, self.dtype)
        self.accumulator = self.add_variable((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        y, a, weight = prepare(y_true, y_pred, sample_weight)
        self.accumulator.assign_add(self._counted(*self._compare.count(y, a, weight)))

    def result(self):
        """Return the count: a float, or an array for several thresholds."""
        count = self.accumulator.numpy()
        return as_value(count[0] if len(count) == 1 else count)

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class FalsePositives(_Count):
    """How many zeros have an output above the threshold.

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5.
    name : str, optional
    dtype : str, optional
    """

    def _counted(self, above, total):
        return above[0]


class FalseNegatives(_Count):
    """How many ones have an output not above the threshold.

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5.
    name : str, optional
    dtype : str, optional
    """

    def _counted(self, above, total):
        return total[1] - above[1]


class TrueNegatives(_Count):
    """How many zeros have an output not above the threshold.

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5.
    name : str, optional
    dtype : str, optional
    """

    def _counted(self, above, total):
        return total[0] - above[0]


class TruePositives(_Count):
    """How many ones have an output above the threshold.

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5.
    name : str, optional
    dtype : str, optional
    """

    def _counted(self, above, total):
        return above[1]


class _Share(Metric):
    """True positives as a share of a larger count; see `Precision`."""

    _direction = "up"

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = as_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        self._compare = Thresholds(self.thresholds, self.dtype)
        self.true_positives = self.add_variable((len(self.thresholds),), name="true_positives")

    def _count(self, y_true, y_pred, sample_weight):
        data = prepare(y_true, y_pred, sample_weight, self.top_k, self.class_id)
        above, total = self._compare.count(*data)
        self.true_positives.assign_add(above[1])
        return above, total

    def _share(self, other):
        share = divide_or_zero(self.true_positives, self.true_positives + other)
        return as_value(share[0] if len(share) == 1 else share)

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_Share):
    """True positives / (true positives + false positives).

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5, and none with
        `top_k`.
    top_k : int, optional
        Only the k largest outputs of an example can be positive.
    class_id : int, optional
        Look at this column only.
    name : str, optional
    dtype : str, optional
    """

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        self.false_positives = self.add_variable((len(self.thresholds),), name="false_positives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        above, _ = self._count(y_true, y_pred, sample_weight)
        self.false_positives.assign_add(above[0])

    def result(self):
        """Return the precision: a float, or an array for several thresholds."""
        return self._share(self.false_positives)


class Recall(_Share):
    """True positives / (true positives + false negatives).

    Parameters
    ----------
    thresholds : float or list of float, optional
        An output is taken for positive where it is larger; default 0.5, and none with
        `top_k`.
    top_k : int, optional
        Only the k largest outputs of an example can be positive.
    class_id : int, optional
        Look at this column only.
    name : str, optional
    dtype : str, optional
    """

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        self.false_negatives = self.add_variable((len(self.thresholds),), name="false_negatives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        above, total = self._count(y_true, y_pred, sample_weight)
        self.false_negatives.assign_add(total[1] - above[1])

    def result(self):
        """Return the recall: a float, or an array for several thresholds."""
        return self._share(self.false_negatives)
