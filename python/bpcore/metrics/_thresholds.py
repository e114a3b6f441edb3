"""How many outputs are above each of many thresholds, among positives and negatives.

Every output is put once into the bucket between two thresholds, and the counts above each
threshold are sums over buckets: the cost does not grow with the number of thresholds.
"""

import numpy as np

from ._arrays import EPSILON, outputs, same_rank, targets

# Taken for an output that is not among the k largest.
NEVER = -1e10


def as_thresholds(thresholds, default=0.5):
    """Return a list of thresholds from 0 to 1, given one, several or None (the default)."""
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    bad = [t for t in values if t is None or not 0 <= t <= 1]
    if bad or not values:
        raise ValueError(f"thresholds must be from 0 to 1, got {thresholds!r}")
    return values


def are_even(thresholds):
    """Whether they divide [0, 1] evenly, both ends included."""
    n = len(thresholds)
    return n >= 3 and np.allclose(thresholds, np.arange(n) / (n - 1), atol=EPSILON)


def even_thresholds(count):
    """Return `count` numbers from 0 to 1, or [0.5]."""
    if count == 1:
        return [0.5]
    return [0.0, *((i + 1) / (count - 1) for i in range(count - 2)), 1.0]


class Thresholds:
    """Thresholds that outputs are compared with: a > t.

    Parameters
    ----------
    values : sequence of float
    dtype : str
        The element type to compare in.
    even : bool, optional
        Whether they divide [0, 1] evenly (the ends may be pushed out a little, so that all
        of [0, 1] is inside); default: looked up. Then outputs are clipped to [0, 1] and the
        bucket is computed, as Keras does, not searched.
    """

    def __init__(self, values, dtype, even=None):
        self.values = list(values)
        self._dtype = np.dtype(dtype)
        self._sorted = np.array(values, self._dtype)
        self._order = np.argsort(self._sorted, kind="stable")
        self._sorted = self._sorted[self._order]
        self._even = are_even(values) if even is None else even
        self._ends_outside = values[0] < 0 or values[-1] > 1

    def __len__(self):
        return len(self.values)

    def _buckets(self, a):
        """Return for each output how many thresholds are below it; NaN is above none."""
        count = len(self)
        if self._even:
            with np.errstate(invalid="ignore"):
                low = 1 if self._ends_outside else 0
                scaled = np.ceil(np.clip(a, 0, 1) * a.dtype.type(count - 1))
                return np.clip(np.nan_to_num(scaled, nan=low), low, count).astype(np.intp)
        if count == 1:
            return (a > self._sorted[0]).astype(np.intp)
        buckets = np.searchsorted(self._sorted, a)
        return np.where(np.isnan(a), 0, buckets)

    def count(self, y, a, weight=None, by_label=False):
        """Return the weights above each threshold and in all.

        Parameters
        ----------
        y : ndarray of bool, shape (B, n) or (B,)
        a : ndarray, y's shape
        weight : ndarray, y's shape, optional
        by_label : bool, default False
            Count each column of y for itself.

        Returns
        -------
        above : ndarray, shape (2, T) or (2, T, n)
            Of negatives and positives above each threshold: false and true positives.
        total : ndarray, shape (2, 1) or (2, 1, n)
        """
        buckets, width = len(self) + 1, y.shape[1] if by_label else 1
        key = self._buckets(a.astype(self._dtype, copy=False)) * 2 + y
        if by_label:
            key = key * width + np.arange(width)
        if weight is not None:
            weight = np.broadcast_to(weight, y.shape).ravel()
        counts = np.bincount(key.ravel(), weight, minlength=buckets * 2 * width)
        counts = counts.astype(np.float64).reshape(buckets, 2, width)
        above = np.cumsum(counts[::-1], axis=0)[::-1]
        total = above[:1].swapaxes(0, 1)
        above = above[1:]
        if not self._even:
            restored = np.empty_like(above)
            restored[self._order] = above
            above = restored
        above = above.swapaxes(0, 1)
        return (above, total) if by_label else (above[..., 0], total[..., 0])


def largest(a, k):
    """Return a with all but the k largest of each row far below any threshold."""
    # Stable: of equal outputs the first count, as in Keras.
    order = np.argsort(-a, axis=-1, kind="stable")[..., :k]
    kept = np.zeros(a.shape, bool)
    np.put_along_axis(kept, order, True, axis=-1)
    return np.where(kept, a, a.dtype.type(NEVER))


def prepare(y_true, y_pred, sample_weight, top_k=None, class_id=None):
    """Return y as bool, a, and weights that broadcast to their shape or None, checked."""
    a = outputs(y_pred)
    a, y = same_rank(a, targets(y_true, a.dtype))
    if y.shape != a.shape:
        raise ValueError(
            f"y_true has shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}; expected the "
            "same shape: one-hot rows where there are several classes"
        )
    weight = None
    if sample_weight is not None:
        weight = np.asarray(sample_weight, np.float64)
        if weight.ndim < a.ndim:
            weight = weight.reshape(weight.shape + (1,) * (a.ndim - weight.ndim))
        elif weight.ndim == a.ndim + 1 and weight.shape[-1] == 1:
            weight = weight[..., 0]
    if top_k is not None:
        if top_k > a.shape[-1]:
            raise ValueError(f"top_k is {top_k}, but y_pred has {a.shape[-1]} columns")
        a = largest(a, top_k)
    if class_id is not None:
        if a.ndim == 1:
            raise ValueError(
                f"y_pred has shape {a.shape}; expected (B, classes), as class_id={class_id}"
            )
        if not -a.shape[-1] <= class_id < a.shape[-1]:
            raise ValueError(f"class_id is {class_id}, but y_pred has {a.shape[-1]} columns")
        y, a = y[..., class_id, None], a[..., class_id, None]
        if weight is not None and weight.shape[-1] not in (1, 0):
            weight = weight[..., class_id, None]
    if weight is not None:
        try:
            weight = np.broadcast_to(weight, a.shape)
        except ValueError:
            raise ValueError(
                f"sample_weight has shape {np.shape(sample_weight)}; expected one for each of "
                f"the {len(a)} rows of y_pred"
            ) from None
    return y != 0, a, weight
