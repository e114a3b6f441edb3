"""What is in a model comes back from its file, and training goes on with the same bits."""

import copy
import functools

import numpy as np
import pytest

import bpcore
from bpcore import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from bpcore.optimizers import schedules


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def stack(*between, n_in=4, dtype=None, last="linear"):
    return bpcore.Sequential(
        [bpcore.Input((n_in,)), layers.Dense(6, "tanh"), *between, layers.Dense(2, last)],
        dtype=dtype,
    )


def adapted():
    layer = layers.Normalization()
    layer.adapt(np.random.default_rng(1).normal(2, 3, (30, 4)))
    return layer


LAYERS = {
    "batch_normalization": lambda: stack(
        layers.BatchNormalization(momentum=0.8, beta_regularizer="l2", gamma_constraint="non_neg")
    ),
    "batch_normalization_no_scale": lambda: stack(layers.BatchNormalization(scale=False)),
    "layer_normalization": lambda: stack(layers.LayerNormalization(epsilon=1e-4)),
    "rms_normalization": lambda: stack(layers.RMSNormalization()),
    "unit_normalization": lambda: stack(layers.UnitNormalization()),
    "normalization": lambda: bpcore.Sequential([bpcore.Input((4,)), adapted(), layers.Dense(2)]),
    "normalization_given": lambda: bpcore.Sequential(
        [bpcore.Input((4,)), layers.Normalization(mean=[1, 2, 3, 4.0], variance=[1, 1, 2, 2.0])]
        + [layers.Dense(2)]
    ),
    "rescaling": lambda: stack(layers.Rescaling([1.0, 2, 3, 4, 5, 6], 0.5)),
    "dropout": lambda: stack(layers.Dropout(0.3), layers.GaussianNoise(0.1)),
    "dropout_seeded": lambda: stack(layers.Dropout(0.3, seed=3), layers.GaussianDropout(0.1)),
    "alpha_dropout": lambda: stack(layers.AlphaDropout(0.2)),
    "prelu": lambda: stack(layers.PReLU(alpha_initializer="ones", alpha_regularizer="l1")),
    "relu": lambda: stack(layers.ReLU(3, 0.1, 0.2), layers.LeakyReLU(0.05), layers.ELU(0.7)),
    "activation": lambda: stack(layers.Activation("gelu"), last="softmax"),
    "activity": lambda: stack(layers.ActivityRegularization(0.01, 0.02)),
    "softmax": lambda: stack(layers.Softmax()),
    "shapes": lambda: bpcore.Sequential(
        [bpcore.Input((2, 2)), layers.Rescaling(0.5), layers.Flatten(), layers.Dense(4)]
        + [layers.Reshape((2, -1)), layers.BatchNormalization(), layers.Flatten()]
        + [layers.Dense(2, "log_softmax")]
    ),
    "arguments": lambda: stack(
        layers.Dense(
            3,
            sloped(),
            kernel_initializer=initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=4),
            bias_initializer=initializers.Constant(0.25),
            kernel_regularizer=regularizers.L1L2(1e-3, 2e-3),
            bias_regularizer=regularizers.L2(0.1),
            activity_regularizer=regularizers.L1(1e-3),
            kernel_constraint=constraints.MaxNorm(1.5, axis=[0]),
            bias_constraint=constraints.NonNeg(),
        ),
        layers.Dense(
            3,
            kernel_regularizer=regularizers.OrthogonalRegularizer(0.1, "columns"),
            kernel_initializer=np.full((3, 3), 0.1),
            kernel_constraint=constraints.MinMaxNorm(0.1, 0.9, 0.5),
        ),
        dtype="float64",
    ),
    "frozen": lambda: stack(
        layers.Dense(5, "relu", trainable=False), layers.BatchNormalization(trainable=False)
    ),
}


def sloped():
    return functools.partial(bpcore.activations.leaky_relu, negative_slope=0.15)


RATE = 0.01
OPTIMIZERS = {
    **{
        name: (lambda name=name: getattr(optimizers, name)(RATE))
        for name in ("SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "Ftrl", "Lion")
    },
    "Nadam": lambda: optimizers.Nadam(RATE),
    "RMSprop": lambda: optimizers.RMSprop(RATE, momentum=0.5, centered=True),
    "momentum": lambda: optimizers.SGD(RATE, momentum=0.9, nesterov=True, clipvalue=0.1),
    "amsgrad": lambda: optimizers.Adam(RATE, amsgrad=True, global_clipnorm=0.5),
    "ema": lambda: optimizers.Adam(RATE, use_ema=True, ema_overwrite_frequency=3),
    "accumulation": lambda: optimizers.Adam(RATE, gradient_accumulation_steps=4),
    "decay": lambda: optimizers.AdamW(RATE, weight_decay=0.1, clipnorm=0.1, name="mine"),
    "exponential": lambda: optimizers.Adam(schedules.ExponentialDecay(RATE, 7, 0.5)),
    "piecewise": lambda: optimizers.SGD(schedules.PiecewiseConstantDecay([5, 20], [0.1, 0.02, 0])),
    "restarts": lambda: optimizers.SGD(schedules.CosineDecayRestarts(RATE, 5, alpha=0.1)),
}
LOSSES = {
    "huber": losses.Huber(0.3),
    "sum": losses.MeanSquaredError(reduction="sum"),
    "smoothed": losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    "focal": losses.CategoricalFocalCrossentropy(alpha=0.4, gamma=1.5, name="f"),
    "weighted": losses.LogCosh(reduction="mean_with_sample_weight"),
}


def goes_on(model, path):
    """Train, save, load, train both on; everything is the same."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(37, *model.input_shape[1:]))
    y = rng.random(size=(37, 2))
    weight = rng.random(37)
    model.fit(x, y, batch_size=8, epochs=2, sample_weight=weight, verbose=0)
    model.save(path)
    loaded = bpcore.load_model(path)
    assert loaded.get_config() == model.get_config()
    assert loaded.get_compile_config() == model.get_compile_config()
    assert loaded.name == model.name
    again = copy.deepcopy(loaded)
    histories = []
    for m in (model, loaded, again):
        history = m.fit(x, y, batch_size=8, epochs=3, sample_weight=weight, verbose=0).history
        histories.append(history)
    for other, history in zip((loaded, again), histories[1:], strict=True):
        for one, two in zip(model.weights, other.weights, strict=True):
            np.testing.assert_array_equal(one, two)
        assert history == histories[0]
        np.testing.assert_array_equal(other.predict(x), model.predict(x))
        assert other.optimizer.iterations == model.optimizer.iterations
    return loaded


@pytest.mark.parametrize("name", LAYERS)
def test_layers(path, name):
    model = LAYERS[name]()
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    goes_on(model, path)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(path, name):
    model = stack(layers.Dropout(0.1), layers.PReLU())
    model.compile(OPTIMIZERS[name](), "mse")
    goes_on(model, path)


@pytest.mark.parametrize("name", LOSSES)
def test_losses(path, name):
    model = stack(last="softmax", dtype="float64")
    model.compile("rmsprop", LOSSES[name])
    assert goes_on(model, path).loss.get_config() == LOSSES[name].get_config()


def test_metrics(path):
    model = stack(last="sigmoid")
    model.compile(
        "adam",
        "bce",
        metrics=["mae", metrics.BinaryAccuracy(threshold=0.3), metrics.huber, metrics.R2Score],
        weighted_metrics=["mse", metrics.AUC(num_thresholds=30, curve="PR", name="a")],
        steps_per_execution=3,
    )
    loaded = goes_on(model, path)
    assert loaded.steps_per_execution == 3
    assert loaded.metrics_names == model.metrics_names
    assert [type(m) for m in loaded.metrics] == [type(m) for m in model.metrics]


def test_weight_decay_leaves_out_the_same(path):
    model = stack()
    optimizer = optimizers.AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model.layers[0].kernel], var_names=["bias"])
    model.compile(optimizer, "mse")
    goes_on(model, path)


def test_a_frozen_model(path):
    model = stack(layers.BatchNormalization())
    model.trainable = False
    assert not model.trainable_weights
    model.compile("adam", "mse")
    before = model.get_weights()
    loaded = goes_on(model, path)
    assert not loaded.trainable
    for one, two in zip(before, loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    model.trainable = True
    assert len(model.trainable_weights) == 6


def test_without_compiling(path, rng):
    model = stack()
    model.compile("adam", "mse")
    model.fit(rng.normal(size=(8, 4)), np.ones((8, 2)), verbose=0)
    model.save(path)
    loaded = bpcore.load_model(path, compile=False)
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.theta, model.theta)
    predicting = stack()
    predicting.compile()
    predicting.save(path)
    loaded = bpcore.load_model(path)
    assert loaded.compiled
    assert loaded.loss is None


def test_weights(path, rng):
    model, other = stack(layers.BatchNormalization()), stack(layers.BatchNormalization())
    model.compile("adam", "mse")
    x = rng.normal(size=(20, 4))
    model.fit(x, np.ones((20, 2)), verbose=0)
    assert [la.name for la in model.layers] != [la.name for la in other.layers]
    for save in (model.save_weights, model.save):
        other.set_weights([np.zeros_like(w) for w in other.weights])
        save(path)
        other.load_weights(path)
        np.testing.assert_array_equal(other.predict(x), model.predict(x))
    model.save_weights(path)
    with pytest.raises(ValueError, match="holds weights alone"):
        bpcore.load_model(path)
    with pytest.raises(ValueError, match="weights of 3 layers"):
        stack().load_weights(path)
    wider = bpcore.Sequential(
        [bpcore.Input((4,)), layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)]
    )
    before = wider.get_weights()
    with pytest.raises(ValueError, match="has weights of shapes"):
        wider.load_weights(path)
    for one, two in zip(before, wider.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.warns(UserWarning, match="it is left as it is"):
        wider.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(wider.layers[0].kernel, model.layers[0].kernel)
    np.testing.assert_array_equal(wider.layers[2].kernel, before[-2])


def test_loading_draws_no_random_numbers(path):
    model = stack()
    model.save(path)
    bpcore.utils.set_random_seed(3)
    wanted = stack().get_weights()[0]
    bpcore.utils.set_random_seed(3)
    model = stack()
    np.testing.assert_array_equal(model.get_weights()[0], wanted)


def test_single_batches_go_on_too(path, rng):
    model = stack(layers.Dropout(0.4), layers.BatchNormalization())
    model.compile("adam", "mse")
    x, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    for _ in range(3):
        model.train_on_batch(x, y)
    model.save(path)
    loaded = bpcore.load_model(path)
    for _ in range(3):
        assert model.train_on_batch(x, y) == loaded.train_on_batch(x, y)
    np.testing.assert_array_equal(model.theta, loaded.theta)
