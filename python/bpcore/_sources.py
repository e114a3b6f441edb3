"""Data that come in batches: generators, Keras's PyDataset, PyTorch's DataLoader and their like.

What an object is follows from what it can do; neither Keras nor PyTorch is imported.
"""

import collections.abc
import itertools
import warnings
from collections import deque

import numpy as np

from ._arrays import as_array, is_sparse


class PyDataset:
    """Base class of data sets that make their own batches; Keras's class of this name.

    A subclass has ``__getitem__(index)``, which returns batch `index` as (x,), (x, y) or (x, y,
    sample_weight), and ``__len__()``, the number of batches; or instead of that the property
    ``num_batches``, which may be None: batches without end. Batches need not be of one size.

    Parameters
    ----------
    workers : int, default 1
        More than 1: so many threads make batches ahead of time. Their order stays the same.
    use_multiprocessing : bool, default False
        Taken as Keras takes it; the workers are threads all the same.
    max_queue_size : int, default 10
        Batches the workers make ahead.

    Examples
    --------
    >>> import numpy as np
    >>> from bpcore import utils
    >>> class Squares(utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.arange(4.0) + 4 * index
    ...         return x[:, None], x**2
    >>> [len(x) for x, y in Squares()]
    [4, 4, 4]
    """

    # Those of a subclass that does not call super().__init__().
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index):
        """Return batch `index`."""
        raise NotImplementedError(f"{type(self).__name__} must have a method __getitem__(index)")

    def __iter__(self):
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def num_batches(self):
        """The number of batches, ``len(self)``; None: they do not end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__} must have a method __len__() or a property num_batches"
        )

    def on_epoch_begin(self):
        """Do what is to be done before each epoch; by default nothing."""

    def on_epoch_end(self):
        """Do what is to be done after each epoch, such as a shuffle; by default nothing."""


_ARRAY_METHODS = ("__array__", "__array_interface__", "__dlpack__", "to_numpy")
_NO_SOURCES = (np.ndarray, str, bytes, collections.abc.Mapping, collections.abc.Set)


def is_batch_source(x):
    """Whether x gives batches, and is not an array, a table or a list of examples."""
    if type(x) is np.ndarray:
        return False
    if isinstance(x, PyDataset):
        return True
    if isinstance(x, _NO_SOURCES) or is_sparse(x) or any(hasattr(x, m) for m in _ARRAY_METHODS):
        return False
    if hasattr(x, "__next__") or _has_batches_by_index(x):
        return True
    if isinstance(x, collections.abc.Sequence):  # a list, tuple or range of numbers
        return False
    return hasattr(x, "__iter__")


def batch_source(x, y=None, sample_weight=None, *, name="x", shuffle=False):
    """Return the `BatchSource` of an object for which `is_batch_source` is true.

    Parameters
    ----------
    x : object
    y, sample_weight : None
        Anything else is refused: x brings its own.
    name : str
        What errors call x.
    shuffle : bool
        Take the batches of a finite PyDataset in an order drawn from Python's `random` for each
        epoch, as Keras does; of others, the order is theirs.
    """
    for value, what in ((y, "y"), (sample_weight, "sample_weight")):
        if value is not None:
            raise ValueError(
                f"{name} is a {type(x).__name__}, which gives batches (x, y) or (x, y, "
                f"sample_weight); {what} must not be passed beside it"
            )
    if any(
        cls.__name__ == "Dataset" and cls.__module__.startswith("torch.utils.data")
        for cls in type(x).__mro__
    ):
        raise TypeError(
            f"{name} is a {type(x).__name__}, which gives single examples; expected batches. "
            "Pass torch.utils.data.DataLoader(dataset, batch_size=…)"
        )
    return BatchSource(x, name, shuffle)


class BatchSource:
    """Batches, epoch by epoch.

    Parameters
    ----------
    data : iterator, iterable, or object with ``__getitem__`` and ``__len__`` or ``num_batches``
        An iterator (a generator) is gone through once, over all epochs together.
    name : str
    shuffle : bool
        See `batch_source`.

    Attributes
    ----------
    batches_per_epoch : int or None
        None: not known (yet), or without end.
    exhausted : bool
        Whether an iterator has come to its end, so that no epoch can follow.
    """

    def __init__(self, data, name="x", shuffle=False):
        self.data, self.name, self.shuffle = data, name, shuffle
        self.exhausted = False
        self._once = hasattr(data, "__next__")
        self._indexed = not self._once and _has_batches_by_index(data)
        self.batches_per_epoch = None if self._once else _length(data)
        if self.batches_per_epoch == 0:
            raise self._empty()
        self._iterator = None
        self._seen = 0  # batches taken from the iterator
        self._ahead = None  # a batch looked at, but not used yet

    def peek(self):
        """Return the first batch without using it up."""
        if self._indexed:  # at hand, whatever on_epoch_begin may do
            return self._checked(self.data[0])
        if self._ahead is None:
            self._ahead = self._next()
            if self._ahead is None:
                raise self._empty()
        return self._ahead

    def epoch(self, steps=None):
        """Yield the batches of one epoch as (x, y, sample_weight).

        x is an ndarray or a matrix of scipy.sparse, y and sample_weight are ndarrays or None.

        Parameters
        ----------
        steps : int, optional
            How many. The next epoch goes on where this one stopped; at the end of the data, the
            epoch ends early with a warning. Default: all there are, from the start.
        """
        if steps is None:
            if self._indexed and self.batches_per_epoch is None:
                raise ValueError(
                    f"{self.name} has batches without end (num_batches is None); pass "
                    "steps_per_epoch (or validation_steps, steps)"
                )
            if not self._once and self._ahead is None:
                self._iterator = None
        self._notify("on_epoch_begin")
        try:
            taken = 0
            while steps is None or taken < steps:
                batch = self._next()
                if batch is None and taken == 0 and self._seen and not self._once:
                    batch = self._next()  # the last epoch ended with the data
                if batch is None:
                    self._ended(taken, steps)
                    break
                taken += 1
                yield batch
            if self._seen == self.batches_per_epoch:
                self._iterator = None
        finally:
            self._notify("on_epoch_end")

    def _next(self):
        """Return the next batch, or None at the end."""
        if self._ahead is not None:
            batch, self._ahead = self._ahead, None
            return batch
        if self._iterator is None:
            if self.exhausted:
                return None
            self._iterator, self._seen = self._start(), 0
        try:
            batch = next(self._iterator)
        except StopIteration:
            self._iterator = None
            self.exhausted = self._once
            return None
        self._seen += 1
        return self._checked(batch)

    def _start(self):
        if not self._indexed:
            return iter(self.data)
        count = self.batches_per_epoch
        indices = itertools.count() if count is None else range(count)
        if self.shuffle and count is not None:
            indices = list(indices)
            import random  # takes a millisecond, which few need

            random.shuffle(indices)
        workers = getattr(self.data, "workers", 1)
        if workers > 1:
            return _made_ahead(self.data, indices, workers)
        return (self.data[index] for index in indices)

    def _ended(self, taken, steps):
        """Take note of the end of the data, and warn if it came too early."""
        if steps is None and taken:
            self.batches_per_epoch = taken
            return
        if not taken and not self._seen:
            raise self._empty()
        warnings.warn(
            f"{self.name} ran out of data after {taken} of {steps or self.batches_per_epoch} "
            "batches of the epoch. It must give at least steps_per_epoch * epochs batches",
            stacklevel=3,
        )

    def _notify(self, event):
        method = getattr(self.data, event, None)
        if method is not None:
            method()

    def _empty(self):
        return ValueError(f"{self.name} (a {type(self.data).__name__}) has no batches")

    def _checked(self, batch):
        """Return what the data gave as (x, y, sample_weight)."""
        if isinstance(batch, list):
            batch = tuple(batch)
        elif not isinstance(batch, (tuple, dict)):
            batch = (batch,)
        if not isinstance(batch, tuple) or not 1 <= len(batch) <= 3 or batch[0] is None:
            got = f"{len(batch)} items" if isinstance(batch, tuple) else type(batch).__name__
            raise ValueError(
                f"a batch of {self.name} must be (x,), (x, y) or (x, y, sample_weight), got {got}"
            )
        named = zip(batch, ("x", "y", "sample_weight"), strict=False)
        arrays = [
            value if value is None or is_sparse(value) else as_array(value, what)
            for value, what in named
        ]
        return tuple(arrays + [None] * (3 - len(arrays)))


def _has_batches_by_index(x):
    """Whether x is, or is like, a PyDataset."""
    if not hasattr(x, "__getitem__"):
        return False
    if hasattr(x, "on_epoch_end") or hasattr(type(x), "num_batches"):
        return True
    plain = isinstance(x, collections.abc.Sequence) or hasattr(x, "__iter__")
    return hasattr(x, "__len__") and not plain


def _length(x):
    """Return how many batches x says it has, or None."""
    if hasattr(type(x), "num_batches"):
        return x.num_batches
    try:
        return len(x)
    except (TypeError, NotImplementedError):  # as torch's loaders of unknown length do
        return None


def _made_ahead(data, indices, workers):
    """Yield data[index] in order, made by threads."""
    from concurrent.futures import ThreadPoolExecutor  # here: it takes long to import

    pool = ThreadPoolExecutor(workers)
    coming = deque()
    try:
        for index in indices:
            coming.append(pool.submit(data.__getitem__, index))
            if len(coming) >= max(workers, getattr(data, "max_queue_size", 10)):
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
