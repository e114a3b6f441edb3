"""Models as plain data: configs, JSON, copies; and the user's own objects in them."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import bpcore
from bpcore import (
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)


def model_of(**options):
    model = bpcore.Sequential(
        [bpcore.Input((4,)), layers.Dense(5, "relu", **options), layers.Dense(2, name="top")],
        name="small",
    )
    model.compile(optimizers.SGD(0.1, momentum=0.5), "mae", metrics=["mse"], steps_per_execution=2)
    return model


def test_configs_may_hold_arrays():
    config = {"mean": np.array([0.5, 1.0]), "variance": np.array([1.0, 4.0])}
    layer = layers.deserialize({"class_name": "Normalization", "config": config})
    np.testing.assert_allclose(layer(np.ones((1, 2))), [[0.5, 0.0]], atol=1e-6)


def test_config_and_json_make_the_model_again():
    model = model_of(kernel_regularizer="l1", bias_constraint="non_neg")
    config = json.loads(json.dumps(model.get_config()))
    again = bpcore.Sequential.from_config(config)
    assert again.get_config() == model.get_config()
    assert not again.compiled
    assert (again.get_weights()[0] != model.get_weights()[0]).any()
    again = models.model_from_json(model.to_json(indent=1))
    assert again.get_config() == model.get_config()
    assert again.get_compile_config() == model.get_compile_config()
    assert again.steps_per_execution == 2
    again.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    unbuilt = bpcore.Sequential([layers.Dense(3), layers.Dense(1)])
    again = bpcore.Sequential.from_config(unbuilt.get_config())
    assert not again.built
    assert again.get_config() == unbuilt.get_config()
    with pytest.raises(ValueError, match="one of 'Functional'"):
        models.model_from_json('{"class_name": "Functional", "config": {}}')


def test_json_of_keras():
    """parity/make_saving.py: the JSON of a model with every layer, and its outputs."""
    golden = json.loads((Path(__file__).parent / "parity" / "saving.json").read_text())
    model = models.model_from_json(golden["json"])
    assert [type(la).__name__ for la in model.layers] == golden["classes"]
    assert [la.name for la in model.layers] == golden["names"]
    assert model.compiled
    assert model.optimizer.learning_rate == pytest.approx(0.002)
    assert isinstance(model.loss, losses.Huber)
    rng = np.random.default_rng(golden["seed"])
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.weights])
    x = np.random.default_rng(golden["seed"] + 1).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(model.predict(x), golden["outputs"], rtol=2e-5, atol=1e-6)


def test_keras_gives_the_same_configs():
    golden = json.loads((Path(__file__).parent / "parity" / "saving.json").read_text())
    theirs = json.loads(golden["json"])["config"]["layers"]
    model = models.model_from_json(golden["json"])
    for layer, entry in zip(model.layers, theirs[1:], strict=True):
        mine = layers.serialize(layer)
        assert mine["class_name"] == entry["class_name"]
        for name, value in entry["config"].items():
            if name in mine["config"] and not isinstance(value, list):
                wanted = pytest.approx(value) if isinstance(value, float) else value
                assert name == "dtype" or mine["config"][name] == wanted, name


def test_clone():
    def cube(z):
        return z**3

    model = bpcore.Sequential(
        [layers.Dense(3, (cube, lambda z: 3 * z**2), input_shape=(4,)), layers.Dense(2)],
        dtype="float64",
    )
    model.layers[1].trainable = False
    copy = models.clone_model(model)
    assert not copy.compiled
    assert copy.dtype == "float64"
    assert copy.layers[0] is not model.layers[0]
    assert not copy.layers[1].trainable
    assert (copy.get_weights()[0] != model.get_weights()[0]).any()
    copy.set_weights(model.get_weights())
    x = np.ones((2, 4))
    np.testing.assert_array_equal(copy.predict(x), model.predict(x))
    wider = models.clone_model(model, clone_function=lambda layer: layers.Dense(7))
    assert wider.output_shape == (None, 7)
    with pytest.raises(ValueError, match="input_tensors"):
        models.clone_model(model, input_tensors=[x])
    assert not models.clone_model(bpcore.Sequential([layers.Dense(2)])).built


def test_call_and_export(rng):
    model = model_of()
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(model(x), model.predict(x))
    np.testing.assert_array_equal(model(x, training=False), model.predict(x))
    with pytest.raises(ValueError, match="training=True"):
        model(x, training=True)
    with pytest.raises(NotImplementedError, match="export"):
        model.export("model")
    assert model.get_layer("top") is model.layers[1]


class Halved(losses.Loss):
    def __init__(self, power=2, name="halved", reduction="sum_over_batch_size"):
        super().__init__(name, reduction)
        self.power = power

    def call(self, y_true, y_pred):
        return np.sum((y_pred - y_true) ** self.power, axis=-1) / 2

    def gradient(self, y_true, y_pred):
        return self.power * (y_pred - y_true) ** (self.power - 1) / 2

    def get_config(self):
        return {**super().get_config(), "power": self.power}


class Largest(metrics.Metric):
    def __init__(self, name="largest", dtype=None, scale=1.0):
        super().__init__(name=name, dtype=dtype)
        self.scale = scale
        self.value = self.add_variable((), "zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.value.assign(max(float(self.value), self.scale * float(np.max(y_pred))))

    def result(self):
        return float(self.value)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


class Quartic(regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * np.sum(x**4)

    def gradient(self, x):
        return 4 * self.factor * x**3

    def get_config(self):
        return {"factor": self.factor}


class Steps(optimizers.schedules.LearningRateSchedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first / (1 + step)

    def get_config(self):
        return {"first": self.first}


class Alternating(initializers.Initializer):
    def __call__(self, shape, dtype="float32"):
        return np.resize([0.5, -0.5, 0.25], shape).astype(dtype)


class Halfway(constraints.Constraint):
    def __call__(self, w):
        return np.clip(w, -0.4, 0.4)


def clipped(w):
    return np.clip(w, -0.3, 0.3)


def spread(y_true, y_pred):
    return np.max(y_pred) - np.min(y_pred)


def cube(z):
    return z**3


def cube_prime(z):
    return 3 * z**2


OWN = {
    "cube": (cube, cube_prime),
    **{f.__name__: f for f in (Halved, Largest, Quartic, Steps, Alternating, Halfway)},
    **{f.__name__: f for f in (clipped, spread)},
}


def own_model():
    model = bpcore.Sequential(
        [
            bpcore.Input((4,)),
            layers.Dense(
                3,
                (cube, cube_prime),
                kernel_initializer=Alternating(),
                kernel_regularizer=Quartic(0.01),
                kernel_constraint=Halfway(),
                bias_constraint=clipped,
            ),
            layers.Dense(2),
        ]
    )
    model.compile(
        optimizers.SGD(Steps(0.001)), Halved(4), metrics=[Largest(scale=2.0), spread, "mae"]
    )
    return model


def test_the_users_own_objects_come_back(tmp_path, rng):
    model, path = own_model(), tmp_path / "own.safetensors"
    x, y = rng.uniform(-1, 1, (20, 4)), rng.uniform(-1, 1, (20, 2))
    model.fit(x, y, epochs=2, verbose=0)
    model.save(path)
    for name in OWN:
        others = {key: value for key, value in OWN.items() if key != name}
        with pytest.raises(ValueError, match=f"own .* '{name}'; pass it as"):
            bpcore.load_model(path, others)
    loaded = bpcore.load_model(path, OWN)
    # What was loaded can be saved again outside of the call that knew the names.
    loaded.save(path)
    with utils.custom_object_scope(OWN):
        again = bpcore.load_model(path)
    histories = [m.fit(x, y, epochs=3, verbose=0).history for m in (model, loaded, again)]
    assert histories[0] == histories[1] == histories[2]
    np.testing.assert_array_equal(model.theta, loaded.theta)
    np.testing.assert_array_equal(model.theta, again.theta)
    assert loaded.loss.power == 4
    again = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    json_ = model.to_json()
    assert models.model_from_json(json_, OWN).get_config() == model.get_config()


def test_a_users_object_is_not_mistaken_for_one_of_bpcores(tmp_path):
    def huber(y_true, y_pred):
        return np.abs(y_pred - y_true)

    own = type("L2", (Quartic,), {})
    model = model_of(kernel_regularizer=own(0.1))
    model.compile("sgd", "mse", metrics=[huber])
    path = tmp_path / "m.safetensors"
    model.save(path)
    with pytest.raises(ValueError, match="own regularizer 'L2'"):
        bpcore.load_model(path)
    with pytest.raises(ValueError, match="own metric 'huber'"):
        bpcore.load_model(path, {"L2": own})
    loaded = bpcore.load_model(path, {"L2": own, "huber": huber})
    assert type(loaded.layers[0].kernel_regularizer) is own
    broken = type("L2", (Quartic,), {"__init__": lambda self: None})
    with pytest.raises(ValueError, match="custom objects does not take its config"):
        bpcore.load_model(path, {"L2": broken, "huber": huber})


@pytest.fixture
def registry():
    before = dict(utils.get_custom_objects())
    yield utils.get_custom_objects()
    utils.get_custom_objects().clear()
    utils.get_custom_objects().update(before)


def test_registering(tmp_path, registry, rng):
    @saving.register_keras_serializable("mine", "quart")
    class Registered(Quartic):
        pass

    @saving.register_keras_serializable()
    def absolute(y_true, y_pred):
        return np.abs(y_pred - y_true)

    assert saving.get_registered_name(Registered) == "mine>quart"
    assert saving.get_registered_object("Custom>absolute") is absolute
    assert saving.get_registered_object("nothing") is None
    assert saving.get_registered_name(Quartic) == "Quartic"
    model = model_of(kernel_regularizer=Registered(0.1))
    model.compile("sgd", "mse", metrics=[absolute])
    model.save(tmp_path / "m.safetensors")
    loaded = bpcore.load_model(tmp_path / "m.safetensors")
    assert type(loaded.layers[0].kernel_regularizer) is Registered
    with pytest.raises(ValueError, match="without a get_config"):
        saving.register_keras_serializable()(type("Plain", (), {}))


def test_names_in_a_scope():
    with pytest.raises(ValueError, match="unknown activation 'cube'"):
        layers.Dense(2, "cube")
    with saving.CustomObjectScope(OWN) as scope:
        assert scope.custom_objects == OWN
        assert layers.Dense(2, "cube").activation[0] is cube
        assert isinstance(losses.get("Halved"), Halved)
        assert isinstance(metrics.get("Largest"), Largest)
        assert isinstance(initializers.get("Alternating"), Alternating)
        assert constraints.get("clipped") is clipped
        with saving.custom_object_scope({"cube": (np.tanh, cube_prime)}):
            assert activations.get("cube")[0] is np.tanh
        assert activations.get("cube")[0] is cube
    assert saving.get_registered_object("cube") is None
    with pytest.raises(TypeError, match="custom_objects must be a dict"):
        saving.CustomObjectScope([cube])


def test_lambdas_cannot_be_saved(tmp_path):
    model = model_of(kernel_constraint=lambda w: w)
    with pytest.raises(ValueError, match="no name of its own"):
        model.save(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    "thing",
    [
        layers.Dense(3, "relu", name="d"),
        bpcore.Input((3,), name="i"),
        losses.Huber(0.3),
        metrics.AUC(num_thresholds=7, name="a"),
        optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
        optimizers.schedules.CosineDecay(0.1, 30),
        initializers.HeNormal(seed=3),
        regularizers.L1L2(0.1, 0.2),
        constraints.MaxNorm(3),
    ],
)
def test_objects_of_all_kinds(thing):
    config = json.loads(json.dumps(saving.serialize_keras_object(thing)))
    again = saving.deserialize_keras_object(config)
    assert type(again) is type(thing)
    assert again.get_config() == thing.get_config()


def test_objects_that_are_none():
    model = model_of()
    again = saving.deserialize_keras_object(saving.serialize_keras_object(model))
    assert again.get_config() == model.get_config()
    quartic = saving.serialize_keras_object(Quartic(0.3))
    assert saving.deserialize_keras_object(quartic, {"Quartic": Quartic}).factor == 0.3
    with pytest.raises(ValueError, match="cannot serialize"):
        saving.serialize_keras_object(3)
    with pytest.raises(ValueError, match="expected a dict"):
        saving.deserialize_keras_object(3)
    with pytest.raises(ValueError, match="module must be"):
        saving.deserialize_keras_object({"module": "os", "class_name": "system", "config": {}})
