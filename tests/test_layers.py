"""Layers beyond Dense: gradients, random numbers, shapes."""

import numpy as np
import pytest
from helpers import relative_error

import bpcore
from bpcore import _core, layers

NORMALIZERS = {
    "batch_norm": lambda: layers.BatchNormalization(momentum=0.7),
    "layer_norm": lambda: layers.LayerNormalization(epsilon=0.01),
    "layer_norm_centred": lambda: layers.LayerNormalization(scale=False),
    "layer_norm_scaled": lambda: layers.LayerNormalization(center=False),
    "layer_norm_plain": lambda: layers.LayerNormalization(center=False, scale=False),
    "rms_norm": lambda: layers.RMSNormalization(),
    "unit_norm": lambda: layers.UnitNormalization(),
    "prelu": lambda: layers.PReLU(),
    "rescaling": lambda: layers.Rescaling([1.0, -2.0, 0.5] * 3, 0.3),
    "activity": lambda: layers.ActivityRegularization(l1=0.2, l2=0.3),
    "dropout": lambda: layers.Dropout(0.5),
    "gaussian_noise": lambda: layers.GaussianNoise(0.5),
}


def model_with(layer, dtype="float64", loss="mse"):
    model = bpcore.Sequential(
        [
            bpcore.Input((4,)),
            layers.Dense(9, "tanh", activity_regularizer="l2"),
            layer,
            layers.Dense(2, "tanh"),
        ],
        dtype=dtype,
    )
    model.compile("sgd", loss)
    rng = np.random.default_rng(11)
    model.set_weights([rng.uniform(0.3, 0.9, w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("name", NORMALIZERS)
def test_central_differences(isa, rng, name):
    """Outside of training: batch normalisation by its moving averages, no noise."""
    model = model_with(NORMALIZERS[name]())
    x, y = rng.normal(size=(7, 4)), rng.normal(size=(7, 2))
    theta = model.theta

    def slope(i, h):
        up, down = theta.copy(), theta.copy()
        up[i] += h
        down[i] -= h
        return (model.cost_and_grad(up, x, y)[0] - model.cost_and_grad(down, x, y)[0]) / (2 * h)

    want = np.array([(4 * slope(i, 1e-4) - slope(i, 2e-4)) / 3 for i in range(theta.size)])
    _, grad = model.cost_and_grad(theta, x, y)
    assert np.abs(grad - want).max() <= 1e-6 * np.abs(want).max()
    step = model.backprop(x, y)
    assert relative_error(step.grad_w[1].ravel(), grad[: 4 * 9]) < 1e-12
    assert model.evaluate(x, y) == pytest.approx(model.cost_and_grad(theta, x, y)[0], rel=1e-12)


@pytest.mark.parametrize("name", NORMALIZERS)
def test_every_isa_gives_the_same(dtype, rng, name):
    """Up to rounding, after some steps of training."""
    x = rng.normal(size=(37, 4)).astype(dtype)
    y = rng.normal(size=(37, 2)).astype(dtype)
    before = _core.isa()
    results = []
    try:
        for isa in _core.isas():
            _core.set_isa(isa)
            bpcore.utils.set_random_seed(3)
            model = model_with(NORMALIZERS[name](), dtype)
            model.fit(x, y, batch_size=16, epochs=3, verbose=0)
            results.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    finally:
        _core.set_isa(before)
    for result in results[1:]:
        assert relative_error(result, results[0]) < (2e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize("name", [n for n in NORMALIZERS if n.endswith("_norm") or "layer" in n])
@pytest.mark.parametrize("n", [5, 9, 17])
def test_equal_columns_stay_equal(isa, dtype, rng, name, n):
    """To the last bit, there and back: the last column, in a part of a vector, and the first."""
    layer = NORMALIZERS[name]()
    model = bpcore.Sequential(
        [bpcore.Input((n,)), layers.Dense(n, use_bias=False), layer, layers.Dense(1)], dtype=dtype
    )
    model.compile("sgd", "mse")
    copies = np.eye(n)
    copies[:, -1] = copies[:, 0]
    of_columns = [rng.normal(size=n) for _ in layer.trainable_weights]
    for values in of_columns:
        values[-1] = values[0]
    averages = [rng.uniform(0.5, 1, 1).repeat(n) for _ in layer.non_trainable_weights]
    up = rng.normal(size=(n, 1))
    up[-1] = up[0]
    model.set_weights([copies, *of_columns, *averages, up, [0.1]])
    x, y = rng.normal(size=(40, n)), rng.normal(size=(40, 1))
    step, (_, grad) = model.backprop(x, y), model.cost_and_grad(model.theta, x, y)
    of_columns = grad[n * n : n * (n + len(of_columns))].reshape(-1, n)
    for array in (step.z[1], step.a[2], step.delta[2], step.delta[1], of_columns):
        assert np.isfinite(array).all()
        assert (array[:, 0] == array[:, -1]).all()


def test_batch_norm_learns_its_averages(isa, dtype, rng):
    """One step by hand: moments of the batch, and the moving averages after it."""
    model = bpcore.Sequential(
        [bpcore.Input((3,)), layers.BatchNormalization(momentum=0.9)], dtype=dtype
    )
    model.compile(bpcore.optimizers.SGD(0.0), "mse")
    x = (5 + 3 * rng.normal(size=(33, 3))).astype(dtype)
    loss = model.train_on_batch(x, np.zeros_like(x))
    layer = model.layers[0]
    x = x.astype("float64")
    h = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3)
    assert loss == pytest.approx((h**2).mean(), rel=1e-5)
    assert relative_error(layer.moving_mean, 0.1 * x.mean(0)) < 1e-5
    assert relative_error(layer.moving_variance, 0.9 + 0.1 * x.var(0)) < 1e-5
    want = (x - layer.moving_mean) / np.sqrt(layer.moving_variance.astype("float64") + 1e-3)
    assert relative_error(model.predict(x), want) < 1e-5


def test_a_layer_seed_is_its_own(rng):
    """Dropout with a seed draws the same mask in models of different seeds."""
    x = rng.normal(size=(16, 8)).astype("float32")

    def trained(seed, layer_seed):
        bpcore.utils.set_random_seed(seed)
        kernel = bpcore.initializers.GlorotUniform(seed=1)
        model = bpcore.Sequential(
            [layers.Dropout(0.5, seed=layer_seed), layers.Dense(2, kernel_initializer=kernel)]
        )
        model.compile("sgd", "mse")
        model.fit(x, x[:, :2], shuffle=False, verbose=0)
        return model.get_weights()[0]

    assert (trained(1, 5) == trained(2, 5)).all()
    assert (trained(1, 5) != trained(1, 6)).any()
    assert (trained(1, None) != trained(2, None)).any()


def test_normalization_adapts(rng):
    data = rng.normal(3, [1, 2, 5], size=(200, 3))
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer.mean, data.mean(0))
    np.testing.assert_allclose(layer.variance, data.var(0))
    out = layer(data)
    assert np.abs(out.mean(0)).max() < 1e-5
    assert np.abs(out.std(0) - 1).max() < 1e-5
    batches = layers.Normalization()
    batches.adapt([data[:50], data[50:53], data[53:]])
    np.testing.assert_allclose(batches.variance, layer.variance)
    model = bpcore.Sequential([layer, layers.Dense(1)])
    before = model.predict(data)
    layer.adapt(data * 2)
    assert not np.allclose(model.predict(data), before)
    back = layers.Normalization(mean=[1.0], variance=[4.0], invert=True)
    np.testing.assert_allclose(back(np.array([[0.5]])), [[2.0]])


def test_images(rng):
    """Pixels in, rows inside: rescaled, flattened, and back into a shape."""
    x = rng.integers(0, 256, size=(10, 4, 3), dtype=np.uint8)
    model = bpcore.Sequential(
        [
            bpcore.Input((4, 3)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(6),
            layers.Reshape((3, -1)),
        ]
    )
    assert model.output_shape == (None, 3, 2)
    out = model.predict(x)
    assert out.shape == (10, 3, 2)
    kernel, bias = model.get_weights()
    want = (x.reshape(10, -1) / 255) @ kernel + bias
    np.testing.assert_allclose(out.reshape(10, -1), want, rtol=1e-4, atol=1e-5)
    model.compile("sgd", "mse")
    model.fit(x, rng.normal(size=(10, 3, 2)), verbose=0)
    with pytest.raises(ValueError, match=r"expected \(N, 4, 3\)"):
        model.predict(x[:, :3])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BatchNormalization(axis=2), "last axis"),
        (lambda: layers.BatchNormalization(renorm=True), "renorm=True"),
        (lambda: layers.LayerNormalization(rms_scaling=True), "RMSNormalization"),
        (lambda: layers.PReLU(shared_axes=[1]), "shared_axes"),
        (lambda: layers.Dropout(0.5, noise_shape=(1, 2)), "noise_shape"),
        (lambda: layers.AlphaDropout(1.0), "below 1"),
        (lambda: layers.GaussianNoise(-1), "stddev must be from 0 to 1"),
        (lambda: layers.Dropout(0.5, seed=-1), "seed must be"),
        (lambda: layers.Normalization(mean=1.0), "both mean and variance"),
        (lambda: layers.Normalization(axis=2), "axis=-1"),
        (lambda: layers.Normalization().adapt([]), "needs data"),
        (lambda: layers.Normalization().adapt([[np.nan]]), "NaN"),
        (lambda: layers.Flatten("channels_first"), "channels_first"),
        (lambda: bpcore.Sequential([bpcore.Input((6,)), layers.Reshape((4, -1))]), "cannot make"),
        (lambda: layers.Reshape((-1, -1)), "one -1"),
        (
            lambda: bpcore.Sequential([bpcore.Input((2, 3)), layers.Dense(2)]),
            r"put a Flatten\(\) layer before it",
        ),
        (lambda: bpcore.Input(), "either shape or batch_shape"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unknown_arguments():
    with pytest.raises(TypeError, match=r"unexpected arguments \['kernel_size'\]"):
        layers.Dense(3, kernel_size=2)


def test_first_layer_says_the_shape():
    model = bpcore.Sequential([layers.Dense(3, input_shape=(5,)), layers.Dense(2)])
    assert model.input_shape == (None, 5)
    assert bpcore.Sequential([layers.Dense(3, input_dim=4)]).count_params() == 15
