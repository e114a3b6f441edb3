"""Batches that Python supplies: generators, and sources that can be iterated over again."""

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import layers


class Source:
    """Batches of arrays, as often as one likes."""

    def __init__(self, *arrays, size=7):
        self.arrays, self.size = arrays, size
        self.passes = 0

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __iter__(self):
        self.passes += 1
        for i in range(0, len(self.arrays[0]), self.size):
            yield tuple(array[i : i + self.size] for array in self.arrays)


@pytest.fixture
def xy(rng):
    return rng.normal(size=(30, 3)), rng.normal(size=(30, 2))


def fresh(**kwargs):
    bpcore.utils.set_random_seed(3)
    return dense_model((3, 6, 2), ["tanh", "linear"], "mse", "float64", "adam", **kwargs)


@pytest.mark.parametrize("kind", ["source", "generator"])
def test_batches_train_as_arrays_do(xy, rng, kind):
    x, y = xy
    weight = rng.uniform(0, 2, 30)
    a, b = fresh(metrics=["mae"]), fresh(metrics=["mae"])
    want = a.fit(
        x, y, 7, 3, 0, shuffle=False, sample_weight=weight, validation_data=(x + 1, y, weight)
    )
    source = Source(x, y, weight)
    given = source if kind == "source" else (batch for _ in range(3) for batch in source)
    got = b.fit(
        given,
        epochs=3,
        verbose=0,
        steps_per_epoch=None if kind == "source" else 5,
        validation_data=Source(x + 1, y, weight),
    )
    assert got.params["steps"] == 5
    assert source.passes == 3
    for name, values in want.history.items():
        np.testing.assert_allclose(got.history[name], values, rtol=1e-12)
    np.testing.assert_allclose(b.theta, a.theta, rtol=1e-12)


def test_evaluate_and_predict(xy):
    x, y = xy
    model = fresh(metrics=["mae"])
    want = model.evaluate(x, y, verbose=0)
    assert model.evaluate(Source(x, y), verbose=0) == pytest.approx(want, rel=1e-12)
    assert model.evaluate(iter(Source(x, y)), verbose=0, steps=2) == pytest.approx(
        model.evaluate(x[:14], y[:14], verbose=0), rel=1e-12
    )
    np.testing.assert_array_equal(model.predict(Source(x)), model.predict(x))
    np.testing.assert_array_equal(model.predict(iter([x[:9], x[9:]])), model.predict(x))
    np.testing.assert_array_equal(model.predict(Source(x, y), steps=1), model.predict(x[:7]))
    unbuilt = bpcore.Sequential([layers.Dense(2)])
    unbuilt.compile("sgd", "mse")
    for method in (model.evaluate, model.predict, unbuilt.fit):
        with pytest.raises(ValueError, match="has no batches"):
            method(iter([]), verbose=0)


def test_running_out(xy):
    model = fresh()
    batches = iter(Source(*xy))
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches, epochs=4, steps_per_epoch=4, verbose=0)
    assert len(history.epoch) == 2  # of 4 steps and of 1
    assert model.optimizer.iterations == 5
    history = fresh().fit(iter(Source(*xy)), verbose=0)  # a whole pass: as it should be
    assert len(history.epoch) == 1
    with pytest.warns(UserWarning, match="ran out of data"):
        history = fresh().fit(iter(Source(*xy)), epochs=3, verbose=0)
    assert len(history.epoch) == 1
    with pytest.warns(UserWarning, match="ran out of data"):
        # What can be iterated over again goes on.
        history = fresh().fit(Source(*xy), epochs=3, steps_per_epoch=6, verbose=0)
    assert len(history.epoch) == 3


def test_class_weight_of_batches(rng):
    x, labels = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    ends = []
    for data, kwargs in [
        ((Source(x, labels),), {"class_weight": {1: 4.0}}),
        ((Source(x, labels, np.where(labels == 1, 4.0, 1.0)),), {}),
    ]:
        bpcore.utils.set_random_seed(3)
        model = dense_model((3, 2), ["softmax"], "sparse_categorical_crossentropy")
        model.fit(*data, epochs=2, verbose=0, **kwargs)
        ends.append(model.theta.tolist())
    assert ends[0] == ends[1]


def test_the_first_batch_builds_and_dropout_differs(rng):
    x = rng.normal(size=(64, 8))
    model = bpcore.Sequential([layers.Dropout(0.5), layers.Dense(1)])
    model.compile(bpcore.optimizers.SGD(0.0), "mse")
    losses = []
    keep = bpcore.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"] * (batch + 1))
    )
    model.fit(iter([(x, np.zeros(64))] * 3), verbose=0, callbacks=keep)
    each = np.diff(losses, prepend=0)
    assert len(set(each.round(6))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": np.ones(3)}, "y cannot be used with an x that supplies batches"),
        ({"batch_size": 4}, "batch_size cannot be used"),
        ({"validation_split": 0.2}, "validation_split cannot be used"),
    ],
)
def test_refused(xy, arguments, message):
    with pytest.raises(ValueError, match=message):
        fresh().fit(Source(*xy), verbose=0, **arguments)


def test_bad_batches(xy):
    x, y = xy
    for batch, message in [
        ((x, y, y, y), "a batch of x must be .* got 4 items"),
        ((x,), "y is None"),
        ((x[:, :2], y), r"x has shape \(30, 2\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            fresh().fit(iter([batch]), verbose=0)


def test_ctrl_c_in_the_first_epoch(xy):
    model = fresh()
    before = model.theta

    def batches():
        yield xy
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(batches(), verbose=0)
    assert (model.theta == before).all()
    assert model.optimizer.iterations == model._epochs == 0
    assert model.history.history == {}
