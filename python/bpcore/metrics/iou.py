"""Intersection over union of classes: TP / (TP + FP + FN)."""

import warnings

import numpy as np

from .._data import check_numeric
from ._arrays import EPSILON
from .base import Metric


class _Confusion(Metric):
    """Counts how often class i was taken for class j."""

    _direction = "up"

    def __init__(self, num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis):
        # Keras's default: weights are integers too.
        super().__init__(name=name, dtype=dtype or "int32")
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def _classes(self, values, sparse, name):
        values = np.asarray(values)
        check_numeric(values, name)
        if not sparse:
            values = np.argmax(values, axis=self.axis)
        with np.errstate(invalid="ignore"):
            return values.astype(np.int64).ravel()

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets and outputs: class numbers, or one-hot rows.

        Classes out of range and `ignore_class` do not count.
        """
        y = self._classes(y_true, self.sparse_y_true, "y_true")
        a = self._classes(y_pred, self.sparse_y_pred, "y_pred")
        if y.shape != a.shape:
            raise ValueError(
                f"y_true has shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}; expected as "
                "many classes in both"
            )
        n = self.num_classes
        valid = (y >= 0) & (y < n) & (a >= 0) & (a < n)
        if self.ignore_class is not None:
            valid &= y != self.ignore_class
        weight = None
        if sample_weight is not None:
            weight = np.asarray(sample_weight)
            if np.dtype(self.dtype).kind in "iu":
                if weight.dtype.kind == "f" and hasattr(sample_weight, "dtype"):
                    warnings.warn(
                        f"{self.name} counts in {self.dtype}, so sample weights lose their "
                        'fractions; give the metric dtype="float32" to keep them',
                        stacklevel=2,
                    )
                weight = weight.astype(self.dtype)
            weight = np.broadcast_to(weight.ravel() if weight.ndim else weight, y.shape)[valid]
        counts = np.bincount(y[valid] * n + a[valid], weight, minlength=n * n)
        self.total_cm.assign_add(counts.reshape(n, n))


class IoU(_Confusion):
    """Mean of TP / (TP + FP + FN) over some classes; a class that does not occur is left out.

    Parameters
    ----------
    num_classes : int
    target_class_ids : list of int
        The classes to average over.
    name : str, optional
    dtype : str, optional
        Default "int32": sample weights are cut to integers. "float32" keeps them.
    ignore_class : int, optional
        Examples of this class do not count.
    sparse_y_true, sparse_y_pred : bool, default True
        Whether targets, outputs are class numbers; else the largest along `axis` is taken.
    axis : int, default -1
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        self.target_class_ids = list(target_class_ids)
        if not self.target_class_ids or max(self.target_class_ids) >= num_classes:
            raise ValueError(
                f"target_class_ids must be from 0 to {num_classes - 1}, got {target_class_ids!r}"
            )

    def result(self):
        """Return the mean; 0 if nothing was seen."""
        counts = self.total_cm.value
        hits = np.diag(counts)
        union = counts.sum(axis=0) + counts.sum(axis=1) - hits
        hits, union = hits[self.target_class_ids], union[self.target_class_ids]
        seen = union > 1e-9
        shares = np.where(seen, hits / (union + EPSILON), 0.0)
        return float(shares.sum() / (np.count_nonzero(seen) + EPSILON))

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names):
        config = IoU.get_config(self)
        return {key: value for key, value in config.items() if key not in names}


class BinaryIoU(IoU):
    """IoU of the classes 0 and 1, decided by output >= threshold.

    Parameters
    ----------
    target_class_ids : list of int, default (0, 1)
    threshold : float, default 0.5
    name : str, optional
    dtype : str, optional
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in targets of 0 and 1 and outputs of the same shape."""
        a = np.asarray(y_pred)
        check_numeric(a, "y_pred")
        super().update_state(y_true, a >= np.float32(self.threshold), sample_weight)

    def get_config(self):
        """Return the arguments that make this metric again."""
        config = self._config_without(
            "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"
        )
        return {**config, "threshold": self.threshold}


class MeanIoU(IoU):
    """IoU averaged over all classes.

    Parameters
    ----------
    num_classes : int
    name : str, optional
    dtype : str, optional
    ignore_class : int, optional
    sparse_y_true, sparse_y_pred : bool, default True
    axis : int, default -1
        As for `IoU`.
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self):
        """Return the arguments that make this metric again."""
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """IoU of one-hot targets and outputs with a column for each class.

    Parameters
    ----------
    num_classes : int
    target_class_ids : list of int
    name : str, optional
    dtype : str, optional
    ignore_class : int, optional
    sparse_y_pred : bool, default False
    axis : int, default -1
        As for `IoU`.
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self):
        """Return the arguments that make this metric again."""
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """IoU averaged over all classes, of one-hot targets and outputs with a column for each.

    Parameters
    ----------
    num_classes : int
    name : str, optional
    dtype : str, optional
    ignore_class : int, optional
    sparse_y_pred : bool, default False
    axis : int, default -1
        As for `IoU`.
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        """Return the arguments that make this metric again."""
        return self._config_without("target_class_ids", "sparse_y_true")
