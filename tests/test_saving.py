"""Models in files."""

import json

import numpy as np
import pytest
from helpers import dense_model
from safetensors.numpy import save_file

import bpcore
from bpcore import layers, optimizers, saving


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def build(dtype="float32"):
    model = bpcore.Sequential(
        [
            bpcore.Input((4,)),
            layers.Dense(9, "relu", kernel_initializer="he_normal"),
            layers.Dropout(0.2),
            layers.Activation("tanh"),
            layers.Dense(3, use_bias=False),
            layers.Activation("softmax"),
        ],
        dtype=dtype,
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_training_goes_on_with_the_same_bits(path, dtype, rng):
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    model = build(dtype)
    model.fit(x, y, epochs=2, verbose=0)
    model.save(path)
    loaded = bpcore.load_model(path)
    assert loaded.dtype == dtype
    assert loaded.name == model.name
    assert [la.name for la in loaded.layers] == [la.name for la in model.layers]
    assert (loaded.predict(x) == model.predict(x)).all()
    assert loaded.evaluate(x, y) == model.evaluate(x, y)
    for m in (model, loaded):
        m.fit(x, y, epochs=2, verbose=0)
    assert (loaded.theta == model.theta).all()


@pytest.mark.parametrize("axis", [-1, None])
def test_normalization_with_what_it_found(path, rng, axis):
    """Also the count of examples, a number alone."""
    x = rng.normal(2, 3, size=(20, 4))
    normalization = layers.Normalization(axis=axis)
    normalization.adapt(x)
    model = bpcore.Sequential([bpcore.Input((4,)), normalization, layers.Dense(2)])
    model.save(path)
    loaded = bpcore.load_model(path)
    assert loaded.layers[0].count == normalization.count
    assert (loaded.predict(x) == model.predict(x)).all()


def test_uncompiled(path):
    model = bpcore.Sequential([bpcore.Input((2,)), layers.Dense(1)])
    model.save(path)
    assert bpcore.load_model(path).loss is None


def test_users_functions_come_from_the_caller(path, rng):
    def cube(z):
        return z**3

    def quartic(y, a):
        return ((a - y) ** 4).sum(axis=1), 4 * (a - y) ** 3

    pair = (cube, lambda z: 3 * z**2)
    model = dense_model((2, 3, 1), [pair, "linear"], quartic)
    model.save(path)
    with pytest.raises(ValueError, match="own activation 'cube'; pass it as"):
        bpcore.load_model(path)
    with pytest.raises(ValueError, match="own loss 'quartic'"):
        bpcore.load_model(path, {"cube": pair})
    loaded = bpcore.load_model(path, {"cube": pair, "quartic": quartic})
    x, y = rng.normal(size=(5, 2)), rng.normal(size=5)
    assert loaded.evaluate(x, y) == model.evaluate(x, y)


def test_extra(path):
    model = bpcore.Sequential([bpcore.Input((2,)), layers.Dense(1)])
    saving.save_model(model, path, {"columns": ["a", "b"]})
    assert saving.read_extra(path) == {"columns": ["a", "b"]}
    model.save(path)
    assert saving.read_extra(path) is None


def test_bad_files(path, tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        bpcore.load_model(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="is not a bpcore model file"):
        bpcore.load_model(path)
    save_file({"a": np.ones(3)}, path)
    with pytest.raises(ValueError, match="is not a bpcore model file"):
        bpcore.load_model(path)
    model = build()
    model.save(path)
    description, tensors = saving._read(path)
    for damage, message in [
        (lambda d, t: d.update(format=99), "has format 99"),
        (lambda d, t: d["model"]["layers"][0].update({"class": "os.system"}), "unknown layer"),
        (lambda d, t: d["compile"]["optimizer"].update({"class": "eval"}), "unknown optimizer"),
        (lambda d, t: d.pop("model"), "incomplete or damaged"),
        (lambda d, t: d["model"].update(layers=3), "incomplete or damaged"),
        (lambda d, t: d["compile"]["loss"].update({"class": "eval"}), "unknown loss"),
        (lambda d, t: t.pop(d["model"]["layers"][0]["config"]["name"] + "/kernel"), "no tensor"),
    ]:
        d, t = json.loads(json.dumps(description)), dict(tensors)
        damage(d, t)
        save_file(t, path, {"bpcore": json.dumps(d)})
        with pytest.raises(ValueError, match=message):
            bpcore.load_model(path)


def test_a_failed_save_leaves_the_old_file(path, monkeypatch):
    model = build()
    model.save(path)
    before = path.read_bytes()

    def fails(*args):
        raise OSError("disk full")

    monkeypatch.setattr(saving.os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        model.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_names_of_users_functions_must_differ(path):
    square, cube = (lambda z: z**2, lambda z: 2 * z), (lambda z: z**3, lambda z: 3 * z**2)
    model = dense_model((2, 3, 1), [square, "linear"], "mse")
    with pytest.raises(ValueError, match="cannot save a user's function named '<lambda>'"):
        model.save(path)
    model = dense_model((2, 3, 1), [(*square, "g"), (*cube, "g")], "mse")
    with pytest.raises(ValueError, match="named 'g'"):
        model.save(path)
    model = dense_model((2, 3, 1), [(*square, "square"), (*cube, "cube")], "mse")
    model.save(path)
    loaded = bpcore.load_model(path, {"square": square, "cube": cube})
    assert (loaded.predict(np.ones((1, 2))) == model.predict(np.ones((1, 2)))).all()


def test_a_diverged_model_and_a_changed_one_come_back(path, rng):
    model = build()
    model._parameters[:] = np.nan
    model.save(path)
    assert np.isnan(bpcore.load_model(path).theta).all()
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    model = build()
    model.fit(x, y, verbose=0)
    model.add(layers.Dense(3, "softmax"))
    model.save(path)
    assert (bpcore.load_model(path).predict(x) == model.predict(x)).all()
