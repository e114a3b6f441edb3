"""Models in files."""

import json

import numpy as np
import pytest
from helpers import dense_model
from safetensors.numpy import save_file

import bpcore
from bpcore import layers, optimizers, saving
from bpcore.saving import _files


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
    saving.save_model(model, path, extra={"columns": ["a", "b"]})
    assert saving.read_extra(path) == {"columns": ["a", "b"]}
    model.save(path)
    assert saving.read_extra(path) is None


def test_bad_files(path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        bpcore.load_model(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="is not a bpcore model file"):
        bpcore.load_model(path)
    save_file({"a": np.ones(3)}, path)
    with pytest.raises(ValueError, match="of another program"):
        bpcore.load_model(path)
    with pytest.raises(ValueError, match="is a directory"):
        bpcore.load_model(path.parent)
    model = build()
    model.save(path)
    description, tensors = _files.read(path)
    stack = description["model"]["config"]["layers"]
    first = stack[1]["config"]["name"]

    def of(entry, **changes):
        return lambda d, t: entry(d).update(changes)

    for damage, message in [
        (of(lambda d: d, format=99), "has format 99.*newer"),
        (of(lambda d: d, format=1), "has format 1.*anew"),
        (of(lambda d: d["model"]["config"]["layers"][1], class_name="os.system"), "unknown layer"),
        (of(lambda d: d["model"]["compile_config"]["optimizer"], class_name="eval"), "optimizer"),
        (lambda d, t: d.pop("model"), "holds weights alone"),
        (lambda d, t: d["model"].pop("config"), "incomplete or damaged"),
        (of(lambda d: d["model"]["config"], layers=3), "incomplete or damaged"),
        (of(lambda d: d["model"]["compile_config"]["loss"], class_name="eval"), "unknown loss"),
        (of(lambda d: d["model"]["compile_config"], metrics=["eval"]), "unknown metric"),
        (of(lambda d: d["model"]["config"]["layers"][1]["config"], units=10**14), "damaged: "),
        (lambda d, t: t.pop(f"{first}/kernel"), "no tensor"),
        (lambda d, t: t.update({f"{first}/bias": np.zeros(9)}), "is float64"),
        (lambda d, t: t.update({f"{first}/bias": np.zeros(3, np.float32)}), "has shape"),
    ]:
        d, t = json.loads(json.dumps(description)), dict(tensors)
        damage(d, t)
        save_file(t, path, {"bpcore": json.dumps(d)})
        with pytest.raises(ValueError, match=message):
            bpcore.load_model(path)


def test_no_byte_can_be_damaged_unnoticed(path, rng):
    model = build("float64")
    model.fit(rng.normal(size=(20, 4)), rng.integers(0, 3, 20), verbose=0)
    model.save(path)
    whole = path.read_bytes()
    sum_at = whole.index(b'"crc32')
    places = [*range(60), *range(sum_at - 5, sum_at + 30), *rng.integers(0, len(whole), 400)]
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"model\.safetensors'"):
            bpcore.load_model(path)
    for size in [0, 1, 7, 8, 9, *rng.integers(0, len(whole), 60)]:
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"model\.safetensors'"):
            bpcore.load_model(path)
    path.write_bytes(whole + b"more")
    with pytest.raises(ValueError, match="is not a bpcore model file"):
        bpcore.load_model(path)


def test_a_damaged_description_is_a_value_error(path, rng):
    """Whatever is in the description, without the checksum that would give it away."""
    model = build()
    model.save(path)
    description, tensors = _files.read(path)
    text = json.dumps(description)
    refused = 0
    for _ in range(400):
        at, length = rng.integers(0, len(text)), rng.integers(1, 4)
        swapped = "".join(rng.choice(list('0123456789"{}[],:nulltre-'), length))
        save_file(tensors, path, {"bpcore": text[:at] + swapped + text[at + length :]})
        try:
            bpcore.load_model(path)
        except ValueError:
            refused += 1
    assert refused > 200


def test_files_of_keras_are_refused(path):
    model = build()
    for start in (b"PK\x03\x04....", b"\x89HDF\r\n\x1a\n"):
        path.write_bytes(start)
        with pytest.raises(ValueError, match="is a file of Keras"):
            model.load_weights(path)
    for name in ("any.name", "a_script_of.keras"):  # the names of scripts go on working
        model.save(path.with_name(name))
        assert bpcore.load_model(path.with_name(name)).name == model.name
    model.save_weights(path.with_name("m.weights.h5"))
    model.load_weights(path.with_name("m.weights.h5"))


def test_overwrite(path):
    model = build()
    model.save(path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(path, overwrite=False)
    with pytest.raises(TypeError, match="overwrite must be"):
        saving.save_model(model, path, {"columns": 3})


def test_a_failed_save_leaves_the_old_file(path, monkeypatch):
    model = build()
    model.save(path)
    before = path.read_bytes()

    def fails(*args):
        raise OSError("disk full")

    monkeypatch.setattr(_files.os, "replace", fails)
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
