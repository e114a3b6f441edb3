"""Batches of one row, which have a kernel of their own (kernels/chain.h): the bits of the general
way, and the reference's numbers."""

import numpy as np
import pytest
from helpers import dense_model, oracle, relative_error, targets

import bpcore
from bpcore import layers, optimizers, reference, regularizers

# Widths around a vector and around the four that a tile holds, one and few outputs, deep ones.
WIDTHS = [
    (8, 16, 1),
    (1, 1),
    (5, 3),
    (3, 1, 2),
    (20, 64, 64, 1),
    (64, 128, 10),
    (7, 33, 9, 4),
    (40, 3, 40, 2),
    (6, 130, 1),
    (90, 17, 31),
    (70, 3),
    (70, 4, 2),
    (4, 5, 6, 7, 8, 9, 8, 7, 3),
    (4, 5, 6, 7, 8, 9, 8, 7, 6, 3),  # more layers than the kernel takes
]
ACTIVATIONS = ["relu", "tanh", "sigmoid", "linear", "gelu", "elu", "softmax"]


def trained(widths, activations, loss, dtype, optimizer, x, y, threads=1, **fit):
    """Weights, history and predictions after two epochs of single rows."""
    bpcore.utils.set_random_seed(11)
    metrics = fit.pop("metrics", None)
    model = dense_model(widths, activations, loss, dtype, optimizer, metrics=metrics)
    with bpcore.num_threads(threads):
        history = model.fit(x, y, 1, 2, 0, **fit).history
    return model.theta.tobytes(), repr(history), model.predict(x).tobytes()


def assert_general(widths, activations, loss, dtype, x, y, rule=optimizers.Adam, **fit):
    """Bits of two threads, and of a gradient that is clipped by a norm it never reaches: both go
    the general way."""
    alone = trained(widths, activations, loss, dtype, rule(0.01), x, y, **fit)
    assert trained(widths, activations, loss, dtype, rule(0.01), x, y, 2, **fit) == alone
    clipped = rule(0.01, global_clipnorm=1e30)
    assert trained(widths, activations, loss, dtype, clipped, x, y, **fit) == alone


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_bits_of_the_general_way(isa, dtype, widths, rng):
    x = rng.normal(size=(37, widths[0])).astype(dtype)
    y = rng.normal(size=(37, widths[-1])).astype(dtype)
    activations = ["relu"] * (len(widths) - 2) + ["linear"]
    assert_general(widths, activations, "mse", dtype, x, y, metrics=["mae"])


@pytest.mark.parametrize("g", ACTIVATIONS)
def test_bits_of_every_kind_of_activation(isa, dtype, g, rng):
    x, y = rng.normal(size=(20, 9)).astype(dtype), rng.normal(size=(20, 5)).astype(dtype)
    assert_general((9, 18, 7, 5), [g, g, g], "mse", dtype, x, y, shuffle=False)


@pytest.mark.parametrize(
    ("loss", "g"),
    [
        ("sparse_categorical_crossentropy", "softmax"),
        ("categorical_crossentropy", "softmax"),
        ("binary_crossentropy", "sigmoid"),
        ("categorical_crossentropy", "sigmoid"),
        ("huber", "tanh"),
    ],
)
@pytest.mark.parametrize("rule", [optimizers.SGD, optimizers.Nadam, optimizers.RMSprop])
def test_bits_of_losses_weights_and_optimizers(isa, dtype, loss, g, rule, rng):
    x, y = rng.normal(size=(25, 6)).astype(dtype), targets(loss, 25, 4, rng, dtype)
    weight = rng.uniform(0, 2, 25)
    weight[3] = 0
    assert_general((6, 19, 4), ["relu", g], loss, dtype, x, y, rule, sample_weight=weight)


@pytest.mark.parametrize("kind", ["int8", "uint8", "float16", "float64"])
def test_bits_of_other_inputs(kind, rng):
    x = rng.integers(0, 100, size=(30, 6)).astype(kind)
    y = rng.normal(size=30)
    assert_general((6, 12, 1), ["relu", "linear"], "mse", "float32", x, y)
    as_float = x.astype("float32")
    rule = optimizers.Adam
    activations = ["relu", "linear"]
    assert trained((6, 12, 1), activations, "mse", "float32", rule(), x, y) == trained(
        (6, 12, 1), activations, "mse", "float32", rule(), as_float, y
    )


def test_without_biases_and_by_schedule(isa, dtype, rng):
    x, y = rng.normal(size=(40, 5)).astype(dtype), rng.normal(size=(40, 2)).astype(dtype)
    thetas = []
    for norm in (None, 1e30):
        bpcore.utils.set_random_seed(2)
        model = bpcore.Sequential(
            [bpcore.Input((5,)), layers.Dense(11, "tanh", use_bias=False), layers.Dense(2)],
            dtype=dtype,
        )
        rate = optimizers.schedules.ExponentialDecay(0.01, 7, 0.9)
        model.compile(optimizers.Adam(rate, global_clipnorm=norm), "mse")
        model.fit(x, y, 1, 3, 0)
        thetas.append(model.theta)
    assert (thetas[0] == thetas[1]).all()


@pytest.mark.parametrize("widths", WIDTHS[:-1], ids=str)
def test_the_reference_learns_the_same(isa, widths, rng):
    """An epoch of single rows in order, by plain gradient descent."""
    activations = ["tanh"] * (len(widths) - 2) + ["linear"]
    x, y = rng.normal(size=(30, widths[0])), rng.normal(size=(30, widths[-1]))
    model = dense_model(widths, activations, "mse", "float64", optimizers.SGD(0.02))
    net = oracle(model, activations, "mean_squared_error")
    losses = model.fit(x, y, 1, 2, 0, shuffle=False).history["loss"]
    wanted = net.fit(x, y, reference.sgd(0.02), 1, [np.arange(30)] * 2)
    np.testing.assert_allclose(losses, wanted, rtol=1e-11)
    wanted = [a for pair in zip(net.W[1:], net.b[1:], strict=True) for a in pair]
    for got, want in zip(model.get_weights(), wanted, strict=True):
        assert relative_error(got, want) < 1e-11


def test_divergence_is_seen(isa, dtype, rng):
    """Overflow comes through to the weights as in general, neither skipped nor healed."""
    x, y = rng.normal(size=(12, 4)).astype(dtype), rng.normal(size=(12, 3)).astype(dtype)
    thetas = []
    for threads in (1, 2):
        bpcore.utils.set_random_seed(5)
        rule = optimizers.SGD(1e30 if dtype == "float32" else 1e250)
        model = dense_model((4, 6, 3), ["relu", "linear"], "mse", dtype, rule)
        with bpcore.num_threads(threads):
            model.fit(x, y, 1, 1, 0)
        thetas.append(model.theta)
    assert np.isnan(thetas[0]).any()
    np.testing.assert_array_equal(thetas[0], thetas[1])


@pytest.mark.parametrize(
    ("of_layer", "of_rule", "more"),
    [
        ({"kernel_regularizer": regularizers.L2(0.1)}, {}, []),
        ({"activity_regularizer": regularizers.L1(0.1)}, {}, []),
        ({"kernel_constraint": "non_neg"}, {}, []),
        ({"trainable": False}, {}, []),
        ({}, {"weight_decay": 0.1}, []),
        ({}, {"clipvalue": 0.001}, []),
        ({}, {"use_ema": True, "ema_overwrite_frequency": 2}, []),
        ({}, {"gradient_accumulation_steps": 3}, []),
        ({}, {}, [lambda: layers.Dropout(0.5)]),
        ({}, {}, [lambda: layers.LayerNormalization()]),
    ],
    ids=str,
)
def test_what_the_kernel_does_not_do_is_done(of_layer, of_rule, more, rng):
    """Single rows with all that may surround a step: as with two threads, and not as without."""
    x, y = rng.normal(size=(30, 6)), rng.normal(size=(30, 2))

    def theta(threads, plain=False):
        bpcore.utils.set_random_seed(4)
        model = bpcore.Sequential([bpcore.Input((6,))])
        model.add(layers.Dense(9, "tanh", **({} if plain else of_layer)))
        for layer in [] if plain else more:
            model.add(layer())
        model.add(layers.Dense(2))
        model.compile(optimizers.Adam(0.01, **({} if plain else of_rule)), "mse")
        with bpcore.num_threads(threads):
            model.fit(x, y, 1, 2, 0)
        return np.concatenate([w.ravel() for w in model.get_weights()])

    got = theta(1)
    np.testing.assert_array_equal(got, theta(2))
    assert not np.array_equal(got, theta(1, plain=True))
