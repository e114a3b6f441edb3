"""Keras's epochs over batches, one-hot rows and norms; tests/parity/make_data.py made them."""

import json
import random
import warnings
from pathlib import Path

import numpy as np
import pytest

from bpcore import utils
from bpcore._sources import batch_source

GOLDEN = json.loads(Path(__file__).with_name("parity").joinpath("data.json").read_text())


class Numbered(utils.PyDataset):
    """Five batches; batch i holds the number i."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return np.full((2, 1), index, "float32"), np.zeros((2, 1), "float32")


def epochs(data, steps, count, shuffle=False):
    source = batch_source(data, shuffle=shuffle)
    seen = []
    for _ in range(count):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            numbers = [int(x[0, 0]) for x, _, _ in source.epoch(steps)]
        seen.append([numbers, bool(caught)])
    return seen


@pytest.mark.parametrize("steps", list(GOLDEN["indexed"]))
def test_epochs_of_a_dataset(steps):
    want = GOLDEN["indexed"][steps]
    steps = None if steps == "None" else int(steps)
    assert epochs(Numbered(), steps, len(want)) == want
    # The same where batches come from an iterable, as from a loader.
    assert epochs(map_of(Numbered()), steps, len(want)) == want


class map_of:
    """An iterable of known length and nothing more."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        return iter(self.data)


def test_shuffled_epochs():
    random.seed(11)
    assert epochs(Numbered(), None, 4, shuffle=True) == GOLDEN["shuffled"]


@pytest.mark.parametrize("steps", list(GOLDEN["generator"]))
def test_epochs_of_a_generator(steps):
    want = GOLDEN["generator"][steps]
    got = epochs((Numbered()[i] for i in range(7)), int(steps), len(want))
    # What comes after the end differs: Keras gives the first two batches a second time.
    last = next((e for e, (_, warned) in enumerate(want) if warned), len(want))
    assert got[: last + 1] == want[: last + 1]
    assert all(epoch == [[], True] for epoch in got[last + 1 :])


def test_to_categorical():
    for shape, want_shape, dtype, want in GOLDEN["to_categorical"]:
        labels = np.random.default_rng(5).integers(0, 4, shape)
        got = utils.to_categorical(labels, 5)
        assert (list(got.shape), str(got.dtype)) == (want_shape, dtype)
        assert got.tolist() == want
        assert (utils.to_categorical(labels.astype(float)) == got[..., : labels.max() + 1]).all()


def test_normalize():
    for shape, axis, order, want in GOLDEN["normalize"]:
        x = np.random.default_rng(6).normal(size=shape)
        got = utils.normalize(x, axis, float(order) if order == "inf" else int(order))
        np.testing.assert_allclose(got, want, rtol=1e-15)
    assert utils.normalize([[0.0, 0.0], [3.0, 4.0]]).tolist() == [[0, 0], [0.6, 0.8]]
    # Along the first axis, which Keras takes for the last.
    assert utils.normalize([[3.0, 0.0], [4.0, 2.0]], axis=0).tolist() == [[0.6, 0], [0.8, 1]]
