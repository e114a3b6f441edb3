"""Whole fits: against the reference, reproducible, and without Python in the loop."""

import cProfile
import pstats

import numpy as np
import pytest
from helpers import assert_close, dense_model, oracle, targets

import bpcore
from bpcore import _core, layers, optimizers, reference, utils

OPTIMIZERS = {
    "sgd": (lambda: optimizers.SGD(0.05), lambda: reference.sgd(0.05)),
    "momentum": (lambda: optimizers.SGD(0.02, 0.9), lambda: reference.sgd(0.02, 0.9)),
    "nesterov": (lambda: optimizers.SGD(0.02, 0.9, True), lambda: reference.sgd(0.02, 0.9, True)),
    "adam": (lambda: optimizers.Adam(0.01), lambda: reference.adam(0.01)),
}


def orders(model, rows, epochs):
    """The orders in which a fresh model's fit visits its rows."""
    return [_core.epoch_order(rows, model._seed, epoch) for epoch in range(epochs)]


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("loss", ["mean_squared_error", "sparse_categorical_crossentropy"])
# Rows of a line of the cache or less, in batches small and, as segments have a gradient of their
# own, large; with a last batch that is small, and with one that is large.
@pytest.mark.parametrize(("n", "batch", "rows"), [(6, 16, 101), (6, 200, 451), (20, 130, 275)])
def test_fit_follows_the_reference(isa, rng, optimizer, loss, n, batch, rows):
    make, update = OPTIMIZERS[optimizer]
    g = ["tanh", "softmax" if loss.startswith("sparse") else "linear"]
    model = dense_model((n, 17, 3), g, loss, "float64", make())
    x, y = rng.normal(size=(rows, n)), targets(loss, rows, 3, rng)
    weight = rng.uniform(0, 2, rows)
    net = oracle(model, g, loss)
    losses = net.fit(x, y, update(), batch, orders(model, rows, 5), weight)
    history = model.fit(x, y, batch_size=batch, epochs=5, verbose=0, sample_weight=weight)
    np.testing.assert_allclose(history.history["loss"], losses, rtol=1e-9)
    for got, want in zip(
        model.get_weights(), [net.W[1], net.b[1], net.W[2], net.b[2]], strict=True
    ):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)


def test_float32_follows_float64(rng):
    x, y = rng.normal(size=(101, 6)), rng.normal(size=(101, 2))
    model32 = dense_model((6, 17, 2), ["tanh", "linear"], "mse", "float32", "adam")
    model64 = dense_model((6, 17, 2), ["tanh", "linear"], "mse", "float64", "adam")
    model64.set_weights(model32.get_weights())
    model64._seed = model32._seed
    a = model32.fit(x, y, epochs=5, verbose=0).history["loss"]
    b = model64.fit(x, y, epochs=5, verbose=0).history["loss"]
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_unshuffled_fit_takes_the_rows_as_they_lie(rng):
    model = dense_model((3, 5, 1), ["relu", "linear"], "mse", "float64")
    x, y = rng.normal(size=(10, 3)), rng.normal(size=(10, 1))
    net = oracle(model, ["relu", "linear"], "mean_squared_error")
    want = net.fit(x, y, reference.sgd(), 4, [np.arange(10)] * 2)
    got = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_train_on_batch_is_one_step(rng):
    model = dense_model((3, 5, 1), ["relu", "linear"], "mse", "float64", "adam", metrics=["mae"])
    x, y = rng.normal(size=(10, 3)), rng.normal(size=(10, 1))
    net = oracle(model, ["relu", "linear"], "mean_squared_error")
    update = reference.adam()
    for _ in range(3):
        want = net.backprop(x, y)
        update(net.W[1:] + net.b[1:], want.grad_w[1:] + want.grad_b[1:])
        loss, mae = model.train_on_batch(x, y)
        assert loss == pytest.approx(want.cost, rel=1e-12)
        assert mae == pytest.approx(np.abs(want.a[2] - y).mean(), rel=1e-12)
    assert model.train_on_batch(x, y, return_dict=True).keys() == {"loss", "mae"}


def build_and_fit(seed, x, y):
    utils.set_random_seed(seed)
    model = bpcore.Sequential(
        [
            bpcore.Input((6,)),
            layers.Dense(20, "relu", kernel_initializer="he_normal"),
            layers.Dropout(0.3),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    history = model.fit(x, y, epochs=3, verbose=0).history
    return np.append(model.theta, history["loss"])


def test_seeds_reproduce_bit_for_bit(isa, rng):
    x, y = rng.normal(size=(100, 6)), rng.normal(size=100)
    first, again, other = (build_and_fit(seed, x, y) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_chunks_change_no_bit(rng, monkeypatch):
    """However the epoch is cut into chunks, the training is the same."""
    x, y = rng.normal(size=(100, 6)), rng.normal(size=100)
    whole = build_and_fit(5, x, y)
    monkeypatch.setattr(bpcore._training, "CHUNK_SECONDS", 0.0)
    assert (build_and_fit(5, x, y) == whole).all()


def test_two_fits_of_one_epoch_are_one_fit_of_two(rng):
    x, y = rng.normal(size=(50, 4)), rng.normal(size=50)
    ends = []
    for epochs in ([2], [1, 1]):
        utils.set_random_seed(1)
        model = dense_model((4, 9, 1), ["relu", "linear"], "mse", "float32", "adam")
        for n in epochs:
            model.fit(x, y, epochs=n, verbose=0)
        ends.append(model.theta)
    assert (ends[0] == ends[1]).all()


def test_no_python_call_for_each_batch(rng):
    """cProfile sees as many calls for 400 mini-batches an epoch as for 2."""
    x, y = rng.normal(size=(400, 4)).astype("float32"), rng.normal(size=400).astype("float32")
    model = dense_model((4, 8, 1), ["relu", "linear"], "mse", "float32", "adam", metrics=["mse"])
    counts = []
    for batch_size in (200, 1):
        model.fit(x, y, batch_size=batch_size, verbose=0)
        profile = cProfile.Profile()
        profile.enable()
        model.fit(x, y, batch_size=batch_size, epochs=3, verbose=0)
        profile.disable()
        counts.append(pstats.Stats(profile).total_calls)
    # A slow machine may cut an epoch into a few chunks more.
    assert counts[1] - counts[0] < 400


def test_history_and_validation(rng):
    x, y = rng.normal(size=(100, 4)), rng.integers(0, 3, 100)
    model = dense_model(
        (4, 8, 3),
        ["relu", "softmax"],
        "sparse_categorical_crossentropy",
        "float32",
        "adam",
        metrics=["accuracy"],
    )
    history = model.fit(x, y, epochs=4, batch_size=10, validation_split=0.2, verbose=0)
    # Sorted by name, as Keras has them.
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(len(v) == 4 for v in history.history.values())
    assert history.epoch == [0, 1, 2, 3]
    assert history.params == {"verbose": 0, "epochs": 4, "steps": 8}
    assert model.history is history
    loss, accuracy = model.evaluate(x[80:], y[80:])
    assert history.history["val_loss"][-1] == pytest.approx(loss)
    assert history.history["val_accuracy"][-1] == accuracy
    assert accuracy == np.mean(model.predict(x[80:]).argmax(axis=1) == y[80:])
    history = model.fit(x, y, validation_data=(x[:7], y[:7], np.ones(7)), verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(x[:7], y[:7])[0])
    assert model.evaluate(x, y, return_dict=True).keys() == {"loss", "accuracy"}


def test_metrics_of_an_epoch_are_of_the_outputs_as_trained(rng):
    """With a learning rate of 0 nothing changes, so they equal an evaluation."""
    x, y = rng.normal(size=(53, 4)), rng.integers(0, 2, 53)
    model = dense_model(
        (4, 8, 1),
        ["relu", "sigmoid"],
        "binary_crossentropy",
        "float64",
        optimizers.SGD(0.0),
        metrics=["accuracy", "mse"],
    )
    history = model.fit(x, y, batch_size=8, verbose=0).history
    loss, accuracy, mse = model.evaluate(x, y)
    assert history["loss"][0] == pytest.approx(loss)
    assert history["accuracy"][0] == pytest.approx(accuracy)
    assert history["mse"][0] == pytest.approx(mse)


def test_sample_weights_count_like_repeated_rows(rng, dtype):
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    times = rng.integers(0, 3, 20)
    model = dense_model((3, 7, 1), ["tanh", "linear"], "mse", dtype)
    _, weighted = model.cost_and_grad(model.theta, x, y, times)
    _, repeated = model.cost_and_grad(model.theta, x.repeat(times, 0), y.repeat(times, 0))
    # Keras divides by the number of examples, not by the sum of the weights.
    assert_close(weighted * 20, repeated * times.sum(), dtype)


def test_dropout_trains_and_is_off_outside_training(rng):
    x = rng.normal(size=(256, 8)).astype("float32")
    model = bpcore.Sequential([bpcore.Input((8,)), layers.Dropout(0.5), layers.Dense(1)])
    model.compile(optimizers.SGD(0.0), "mse", metrics=["mse"])
    w, b = model.get_weights()
    np.testing.assert_allclose(model.predict(x), x @ w + b, rtol=1e-5, atol=1e-6)
    losses = model.fit(x, np.zeros(256), epochs=3, verbose=0).history["loss"]
    assert len(set(losses)) == 3  # other elements each epoch
    assert losses[0] > model.evaluate(x, np.zeros(256))[0]


def test_dropout_gradient(rng):
    """One update with dropout is one on the network of the units that were kept."""
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 1))
    model = bpcore.Sequential(
        [bpcore.Input((4,)), layers.Dense(6, "tanh"), layers.Dropout(0.4), layers.Dense(1)],
        dtype="float64",
    )
    model.compile(optimizers.SGD(1.0), "mse")
    before = model.get_weights()
    scale = np.empty((5, 6))
    _core.kernel_dropout(_core.isa(), 0.4, model._seed, (1, 0, 0, 0), np.ones((5, 6)), scale)
    model.fit(x, y, batch_size=5, shuffle=False, verbose=0)
    w1, b1, w2, b2 = before
    h = np.tanh(x @ w1 + b1)
    out = (h * scale) @ w2 + b2
    delta2 = 2 * (out - y) / 5
    delta1 = (delta2 @ w2.T) * scale * (1 - h**2)
    want = [w1 - x.T @ delta1, b1 - delta1.sum(0), w2 - (h * scale).T @ delta2, b2 - delta2.sum(0)]
    for got, expected in zip(model.get_weights(), want, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


def test_batches_larger_than_the_data_and_short_last_ones(rng):
    x, y = rng.normal(size=(10, 3)), rng.normal(size=10)
    model = dense_model((3, 4, 1), ["relu", "linear"], "mse")
    assert model.fit(x, y, batch_size=1000, verbose=0).params["steps"] == 1
    assert model.fit(x, y, batch_size=3, verbose=0).params["steps"] == 4
    assert model.fit(x, y, epochs=0, verbose=0).history == {}


def test_learning(rng):
    """It learns what it should: a smooth function to a small error."""
    x = rng.uniform(-1, 1, (2000, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1]
    model = bpcore.Sequential(
        [bpcore.Input((2,)), layers.Dense(32, "tanh"), layers.Dense(32, "tanh"), layers.Dense(1)]
    )
    model.compile(optimizers.Adam(0.01), "mse")
    model.fit(x[:1600], y[:1600], epochs=60, verbose=0)
    assert model.evaluate(x[1600:], y[1600:]) < 5e-3 * y.var()


def test_interrupt_keeps_the_history(rng):
    x, y = rng.normal(size=(64, 3)), rng.normal(size=64)
    model = dense_model((3, 4, 1), ["relu", "linear"], "mse")
    calls = []

    def cost(y, a):
        calls.append(1)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return ((a - y) ** 2)[:, 0], 2 * (a - y)

    model.compile("sgd", cost)
    calls.clear()  # of its check of the gradient
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=32, epochs=10, verbose=0)
    assert model.history.epoch == [0, 1]
