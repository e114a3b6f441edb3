"""Data in batches: what is one, what its epochs are, and what is refused."""

import array
import collections
import threading

import numpy as np
import pytest
import scipy.sparse as sp

from bpcore import utils
from bpcore._sources import batch_source, is_batch_source


class Batches(utils.PyDataset):
    """Batch i is i + 1 rows that hold i."""

    def __init__(self, count=4, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.log = []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        rows = index + 1
        return np.full((rows, 2), index), np.arange(rows), np.ones(rows)

    def on_epoch_begin(self):
        self.log.append("begin")

    def on_epoch_end(self):
        self.log.append("end")


class Endless(utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.full((1, 2), index), np.zeros(1)


class KerasLike:
    """Keras's protocol without its class."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return [np.full((1, 2), index), [0.0]]


class Loader:
    """What torch's DataLoader can do; of an IterableDataset it does not know its length."""

    def __init__(self, batches, known=True):
        self.batches, self.known, self.started = batches, known, 0

    def __len__(self):
        if not self.known:
            raise TypeError("object of type 'IterableDataset' has no len()")
        return len(self.batches)

    def __iter__(self):
        self.started += 1
        return iter(self.batches)


def firsts(source, steps=None):
    return [int(x[0, 0]) for x, _, _ in source.epoch(steps)]


def some(count):
    return [(np.full((2, 2), i), np.zeros(2)) for i in range(count)]


@pytest.mark.parametrize(
    "x",
    [
        Batches(),
        Endless(),
        KerasLike(),
        Loader(some(2)),
        iter(some(2)),
        (batch for batch in some(2)),
        zip([1], [2], strict=True),
    ],
)
def test_what_is_a_source(x):
    assert is_batch_source(x)


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((2, 2)),
        np.float32(1),
        [[1.0, 2.0]],
        ((1.0, 2.0),),
        range(3),
        array.array("d", [1.0]),
        collections.deque([1.0]),
        "text",
        b"bytes",
        None,
        3.5,
        {"a": [1.0]},
        {1.0},
        sp.csr_array((2, 2)),
        memoryview(b"12"),
    ],
)
def test_what_is_not_a_source(x):
    assert not is_batch_source(x)


def test_tables_are_not_sources():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1.0]})
    assert not is_batch_source(frame)
    assert not is_batch_source(frame["a"])
    assert not is_batch_source(frame.index)


def test_batches_come_as_arrays():
    source = batch_source(KerasLike())
    assert source.batches_per_epoch == 3
    for i, (x, y, weight) in enumerate(source.epoch()):
        assert type(x) is type(y) is np.ndarray
        assert weight is None
        assert (x == i).all()
    batches = [
        np.ones((2, 2)),
        (np.ones((2, 2)),),
        ([[1.0, 1.0]], [1]),
        (sp.csr_array(np.ones((2, 2))), None, None),
    ]
    for x, y, weight in batch_source(iter(batches)).epoch():
        assert (x == 1).sum() in (2, 4)
        assert y is None or y.tolist() == [1]
        assert weight is None


def test_batches_of_many_sizes_and_epoch_events():
    data = Batches()
    source = batch_source(data)
    assert source.peek()[0].shape == (1, 2)
    assert data.log == []  # looking is not using
    for _ in range(2):
        assert [len(x) for x, _, _ in source.epoch()] == [1, 2, 3, 4]
    assert data.log == ["begin", "end"] * 2
    part = source.epoch()
    next(part)
    part.close()  # as when training stops within an epoch
    assert data.log == ["begin", "end"] * 3
    assert firsts(source) == [0, 1, 2, 3]


def test_workers_keep_the_order():
    main, seen = threading.get_ident(), set()

    class Slow(Batches):
        def __getitem__(self, index):
            seen.add(threading.get_ident())
            return super().__getitem__(index)

    for count in (1, 4, 30):
        data = Slow(count, workers=3, use_multiprocessing=True, max_queue_size=2)
        assert firsts(batch_source(data)) == list(range(count))
    assert main not in seen
    part = batch_source(Slow(1000, workers=2)).epoch()
    assert next(part)[0][0, 0] == 0
    part.close()  # ends the threads


def test_an_error_in_a_worker_is_raised():
    class Broken(Batches):
        def __getitem__(self, index):
            if index == 2:
                raise OSError("disk")
            return super().__getitem__(index)

    for workers in (1, 2):
        data = Broken(workers=workers)
        with pytest.raises(OSError, match="disk"):
            firsts(batch_source(data))
        assert data.log == ["begin", "end"]


def test_batches_without_end():
    source = batch_source(Endless(), shuffle=True)
    assert source.batches_per_epoch is None
    assert firsts(source, 3) == [0, 1, 2]
    assert firsts(source, 2) == [3, 4]
    with pytest.raises(ValueError, match=r"batches without end.*steps_per_epoch"):
        firsts(source)
    endless = iter(Endless())
    assert [next(endless)[0][0, 0] for _ in range(3)] == [0, 1, 2]


def test_loaders():
    loader = Loader(some(3))
    source = batch_source(loader)
    assert source.batches_per_epoch == 3
    assert source.peek()[0][0, 0] == 0
    assert firsts(source) == [0, 1, 2]
    assert loader.started == 1  # the batch looked at was the first of the epoch
    assert firsts(source) == [0, 1, 2]
    assert firsts(source, 2) == [0, 1]
    with pytest.warns(UserWarning, match="x ran out of data after 1 of 2 batches"):
        assert firsts(source, 2) == [2]
    assert firsts(source, 2) == [0, 1]
    unknown = batch_source(Loader(some(3), known=False))
    assert unknown.batches_per_epoch is None
    assert firsts(unknown) == [0, 1, 2]
    assert unknown.batches_per_epoch == 3
    again = batch_source(Loader(some(2), known=False))
    assert [firsts(again, 2) for _ in range(3)] == [[0, 1]] * 3


def test_a_generator_goes_on_where_it_stopped():
    source = batch_source(iter(some(7)))
    assert source.peek()[0][0, 0] == 0
    assert firsts(source, 3) == [0, 1, 2]
    assert firsts(source, 3) == [3, 4, 5]
    assert not source.exhausted
    with pytest.warns(UserWarning, match="ran out of data after 1 of 3 batches"):
        assert firsts(source, 3) == [6]
    assert source.exhausted
    with pytest.warns(UserWarning, match="after 0 of 3"):
        assert firsts(source, 3) == []


def test_a_generator_without_steps_is_one_epoch():
    source = batch_source(iter(some(4)))
    assert source.batches_per_epoch is None
    assert firsts(source) == [0, 1, 2, 3]
    assert source.exhausted
    assert source.batches_per_epoch == 4
    with pytest.warns(UserWarning, match="ran out of data after 0 of 4"):
        assert firsts(source) == []


def test_the_base_class():
    assert utils.Sequence is utils.PyDataset
    data = Batches(3, workers=2, use_multiprocessing=True, max_queue_size=4)
    assert (data.workers, data.use_multiprocessing, data.max_queue_size) == (2, True, 4)
    assert data.num_batches == 3
    assert [len(x) for x, _, _ in data] == [1, 2, 3]

    class NoInit(utils.PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.zeros((1, 1)), np.zeros(1)

    assert NoInit().workers == 1
    assert firsts(batch_source(NoInit())) == [0]

    class Empty(utils.PyDataset):
        pass

    with pytest.raises(NotImplementedError, match="Empty must have a method __len__"):
        _ = Empty().num_batches
    with pytest.raises(NotImplementedError, match="Empty must have a method __getitem__"):
        Empty()[0]


class TorchDataset:
    __module__ = "torch.utils.data.dataset"
    __qualname__ = "Dataset"

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.zeros(2), 0.0


TorchDataset.__name__ = "Dataset"


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: batch_source(Batches(), y=[1]), ValueError, "x is a Batches.*y must not be"),
        (lambda: batch_source(Batches(), None, [1]), ValueError, "sample_weight must not be"),
        (lambda: batch_source(TorchDataset()), TypeError, "single examples.*DataLoader"),
        (lambda: batch_source(Batches(0)), ValueError, "x .a Batches. has no batches"),
        (lambda: firsts(batch_source(iter([]))), ValueError, "has no batches"),
        (lambda: batch_source(iter([])).peek(), ValueError, "has no batches"),
        (lambda: firsts(batch_source(Loader([], known=False))), ValueError, "has no batches"),
        (
            lambda: firsts(batch_source(iter([{"x": 1}]), name="validation_data")),
            ValueError,
            "a batch of validation_data must be .* got dict",
        ),
        (lambda: firsts(batch_source(iter([(1, 2, 3, 4)]))), ValueError, "got 4 items"),
        (lambda: firsts(batch_source(iter([()]))), ValueError, "got 0 items"),
        (lambda: firsts(batch_source(iter([([[1], [1, 2]], 0)]))), ValueError, "x is a list"),
    ],
)
def test_bad_sources(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_torch_loaders():
    torch = pytest.importorskip("torch")
    x, y = torch.arange(10.0)[:, None], torch.arange(10)
    data = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    source = batch_source(loader)
    assert source.batches_per_epoch == 3
    assert [y.tolist() for _, y, _ in source.epoch()] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    with pytest.raises(TypeError, match="DataLoader"):
        batch_source(data)
