"""The area under a curve over all thresholds."""

import numpy as np

from ._arrays import EPSILON, divide_or_zero, outputs
from ._thresholds import Thresholds, are_even, even_thresholds, prepare
from .base import Metric
from .probabilistic import _sigmoid

_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """Area under the ROC or the precision–recall curve, summed over thresholds.

    Parameters
    ----------
    num_thresholds : int, default 200
        So many thresholds divide [0, 1] evenly.
    curve : {"ROC", "PR", "PRGAIN"}
        "ROC": true against false positive rate; "PR": precision against recall, "PRGAIN":
        their gains (Flach & Kull 2015).
    summation_method : {"interpolation", "minoring", "majoring"}
        "interpolation": trapezoids, and for "PR" the true positives interpolated (Davis &
        Goadrich 2006); the others take the lower or the higher end of each interval.
    name : str, optional
    dtype : str, optional
    thresholds : list of float, optional
        Used, with −1e-7 and 1 + 1e-7 added, instead of `num_thresholds`.
    multi_label : bool, default False
        Each column has its own curve; the areas are averaged. Else all columns share one.
    num_labels : int, optional
        The number of columns, for `multi_label`; default: seen with the first data.
    label_weights : list of float, optional
        The weight of each column.
    from_logits : bool, default False
        Outputs are z; a = sigmoid(z).
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        # Keras takes its enums too; their values are these strings.
        self.curve = str(getattr(curve, "value", curve)).upper()
        self.summation_method = str(getattr(summation_method, "value", summation_method)).lower()
        if self.curve not in _CURVES:
            raise ValueError(f"curve must be one of {_CURVES}, got {curve!r}")
        if self.summation_method not in _METHODS:
            raise ValueError(
                f"summation_method must be one of {_METHODS}, got {summation_method!r}"
            )
        self._init_from_thresholds = thresholds is not None
        if thresholds is not None:
            inner = sorted(thresholds)
            even = are_even([0.0, *inner, 1.0])
        else:
            if num_thresholds <= 1:
                raise ValueError(f"num_thresholds must be at least 2, got {num_thresholds!r}")
            inner, even = even_thresholds(num_thresholds)[1:-1], True
        # The ends are outside [0, 1], so that every output is between them.
        self._compare = Thresholds([-EPSILON, *inner, 1 + EPSILON], self.dtype, even)
        self.num_thresholds = len(self._compare)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = (
            None if label_weights is None else np.array(label_weights, np.float64).ravel()
        )
        self._from_logits = from_logits
        self.true_positives = None
        if not multi_label:
            if num_labels:
                raise ValueError("num_labels is for multi_label=True only")
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    def _build(self, labels):
        shape = (self.num_thresholds, *labels)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.true_negatives = self.add_variable(shape, name="true_negatives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")

    @property
    def thresholds(self):
        """The thresholds, from just below 0 to just above 1."""
        return list(self._compare.values)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        if self._from_logits:
            y_pred = _sigmoid(outputs(y_pred))
        y, a, weight = prepare(y_true, y_pred, sample_weight)
        if self.multi_label:
            if a.ndim != 2:
                raise ValueError(
                    f"y_pred has shape {a.shape}; expected (B, labels), as multi_label=True"
                )
            if self.true_positives is None:
                self._build(a.shape[1:])
            if self.true_positives.shape[1:] != a.shape[1:]:
                raise ValueError(
                    f"y_pred has {a.shape[1]} labels; expected {self.true_positives.shape[1]}"
                )
        elif self.label_weights is not None:
            if a.shape[-1:] != self.label_weights.shape:
                raise ValueError(
                    f"label_weights has {self.label_weights.size} numbers, but y_pred has shape "
                    f"{a.shape}"
                )
            # Without curves of their own, the columns' weights are weights of elements.
            own = np.broadcast_to(self.label_weights, a.shape)
            weight = own if weight is None else weight * own
        above, total = self._compare.count(y, a, weight, self.multi_label)
        self.true_positives.assign_add(above[1])
        self.false_positives.assign_add(above[0])
        self.true_negatives.assign_add(total[0] - above[0])
        self.false_negatives.assign_add(total[1] - above[1])

    def _curve_points(self):
        """Return the curve's x and y at each threshold."""
        tp, fp = self.true_positives.value, self.false_positives.value
        tn, fn = self.true_negatives.value, self.false_negatives.value
        recall = divide_or_zero(tp, tp + fn)
        if self.curve == "ROC":
            return divide_or_zero(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, divide_or_zero(tp, tp + fp)
        odds = divide_or_zero(tp + fn, tn + fp)
        # With nothing found, recall's gain is 0 and precision's 1, as in Keras.
        x = np.where(tp == 0, 0.0, np.maximum(1 - odds * divide_or_zero(fn, tp), 0.0))
        y = np.where(tp == 0, 1.0, 1 - odds * divide_or_zero(fp, tp))
        return x, y

    def _interpolated_pr(self):
        """Return the area of each interval, true positives linear in all positives.

        With slope s = ΔTP/ΔP the area of an interval is s (ΔTP + (TP − s P) log(P₁/P₂)) / all
        ones (Davis & Goadrich 2006).
        """
        tp, fn = self.true_positives.value, self.false_negatives.value
        p = tp + self.false_positives.value
        gained = tp[:-1] - tp[1:]
        slope = divide_or_zero(gained, np.maximum(p[:-1] - p[1:], 0))
        intercept = tp[1:] - slope * p[1:]
        ratio = np.where((p[:-1] > 0) & (p[1:] > 0), divide_or_zero(p[:-1], p[1:]), 1.0)
        return divide_or_zero(slope * (gained + intercept * np.log(ratio)), tp[1:] + fn[1:])

    def result(self):
        """Return the area; 0 if nothing was seen."""
        if self.true_positives is None:
            return 0.0
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = self._interpolated_pr()
        else:
            x, y = self._curve_points()
            if self.summation_method == "interpolation":
                heights = (y[:-1] + y[1:]) / 2
            elif self.summation_method == "minoring":
                heights = np.minimum(y[:-1], y[1:])
            else:
                heights = np.maximum(y[:-1], y[1:])
            areas = (x[:-1] - x[1:]) * heights
        area = areas.sum(axis=0)
        if not self.multi_label:
            return float(area)
        if self.label_weights is None:
            return float(area.mean())
        return float(divide_or_zero(np.dot(area, self.label_weights), self.label_weights.sum()))

    def get_config(self):
        """Return the arguments that make this metric again."""
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            config["thresholds"] = self.thresholds[1:-1]
        return config
