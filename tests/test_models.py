"""Sequential: building, looking, weights, predictions."""

import copy
import io
import pickle
import signal
import threading
from contextlib import redirect_stdout

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import _core, activations, layers, losses, metrics, optimizers


def test_readme_example(tmp_path, rng):
    x, y = rng.normal(size=(100, 64)), rng.integers(0, 10, 100)
    model = bpcore.Sequential(
        [
            bpcore.Input((64,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=2, validation_split=0.1, verbose=0)
    assert model.predict(x).shape == (100, 10)
    assert model.predict(x).dtype == np.float32
    np.testing.assert_allclose(model.predict(x).sum(axis=1), 1, rtol=1e-5)
    model.save(tmp_path / "digits.safetensors")
    step = model.backprop(x[:32], y[:32])
    assert step.grad_w[2].shape == (128, 10)
    cost, grad = model.cost_and_grad(model.theta, x, y)
    assert grad.shape == (model.count_params(),)
    assert cost > 0


def test_scipy_optimizes_it(rng):
    from scipy.optimize import minimize

    x = rng.uniform(-1, 1, (200, 1))
    y = np.sin(3 * x)
    model = dense_model((1, 10, 1), ["tanh", "linear"], "mse")
    result = minimize(
        model.cost_and_grad,
        model.theta,
        (x, y),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500},
    )
    before = model.evaluate(x, y)
    model.theta = result.x
    assert model.evaluate(x, y) == pytest.approx(result.fun)
    assert result.fun < 1e-3 < before


def test_built_by_the_first_data(rng):
    model = bpcore.Sequential([layers.Dense(5, "relu"), layers.Dense(2)])
    assert not model.built
    with pytest.raises(ValueError, match="not built"):
        model.count_params()
    assert model.predict(rng.normal(size=(3, 4))).shape == (3, 2)
    assert model.built
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    model = bpcore.Sequential([layers.Dense(5)])
    model.build((None, 7))
    assert model.count_params() == 40


def test_adding_and_popping_keeps_weights():
    model = bpcore.Sequential([bpcore.Input((4,)), layers.Dense(5)])
    first = model.get_weights()
    model.add(layers.Dense(3))
    assert (model.get_weights()[0] == first[0]).all()
    assert model.output_shape == (None, 3)
    top = model.pop()
    assert isinstance(top, layers.Dense)
    assert model.output_shape == (None, 5)
    assert (model.get_weights()[0] == first[0]).all()
    model.add(top)
    assert (model.get_weights()[2] == top.get_weights()[0]).all()


def test_weights_are_views_of_theta():
    model = bpcore.Sequential([bpcore.Input((4,)), layers.Dense(5), layers.Dense(2)])
    theta = model.theta
    assert theta.shape == (4 * 5 + 5 + 5 * 2 + 2,)
    assert (np.concatenate([w.ravel() for w in model.get_weights()]) == theta).all()
    model.theta = np.arange(37)
    assert model.layers[0].kernel[1, 0] == 5
    model.get_weights()[0][...] = -1  # a copy
    assert model.layers[0].kernel[1, 0] == 5
    model.layers[1].set_weights([np.ones((5, 2)), np.zeros(2)])
    assert (model.theta[25:35] == 1).all()
    assert model.layers[1].get_weights()[0].tolist() == np.ones((5, 2)).tolist()


def test_no_copy_of_good_arrays(rng):
    """Inputs that are right already are read where they lie."""
    from bpcore._data import as_inputs

    x = rng.normal(size=(10, 3)).astype("float32")
    assert np.shares_memory(as_inputs(x, 3, "float32"), x)
    for other in (
        x.astype("float64"),
        np.asfortranarray(x),
        x[::2],
        x.tolist(),
        x.astype("float16"),
    ):
        assert as_inputs(other, 3, "float32").flags.c_contiguous


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "bool", "float16", "float64", ">f4"])
def test_inputs_of_any_numeric_dtype(rng, kind):
    x = rng.integers(0, 2, (9, 3)).astype(kind)
    model = dense_model((3, 4, 2), ["relu", "linear"], "mse", "float32")
    assert (model.predict(x) == model.predict(x.astype("float32"))).all()


def test_every_float16(isa, dtype, monkeypatch):
    """The conversion of all 63488 finite halves is exact."""
    monkeypatch.setattr("bpcore._data.COPY_BYTES", 0)
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    model = bpcore.Sequential([bpcore.Input((1,)), layers.Activation("linear")], dtype=dtype)
    out = model.predict(halves[:, None])[:, 0]
    assert (out == halves.astype(dtype)).all()
    assert (np.signbit(out) == np.signbit(halves)).all()
    with pytest.raises(ValueError, match=r"x\[1, 0\] is inf"):
        model.predict(np.float16([[1], [np.inf]]))


def test_predict_one(isa, dtype, rng):
    model = dense_model((7, 33, 3), ["tanh", "softmax"], "categorical_crossentropy", dtype)
    x, out = rng.normal(size=(5, 7)).astype(dtype), np.empty(3, dtype)
    want = model.predict(x)
    for row, expected in zip(x, want, strict=True):
        assert model.predict_one(row, out) is out
        assert (out == expected).all()
    other = "float64" if dtype == "float32" else "float32"
    for bad, error, message in [
        (x[0].astype(other), TypeError, "x must be a C-contiguous array of"),
        (x[0, ::2], TypeError, "x must be a C-contiguous"),
        (x[0].tolist(), TypeError, "got list"),
        (x[:2], ValueError, "x and out have 14 and 3 elements"),
        (x[0] * np.nan, ValueError, "x contains NaN"),
    ]:
        with pytest.raises(error, match=message):
            model.predict_one(bad, out)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        model.predict_one(x[0], out)
    with pytest.raises(ValueError, match="not built"):
        bpcore.Sequential([layers.Dense(1)]).predict_one(x[0], out)


def test_predict_does_not_depend_on_the_other_rows(isa, dtype, rng):
    model = dense_model((7, 33, 3), ["tanh", "softmax"], "categorical_crossentropy", dtype)
    x = rng.normal(size=(600, 7))
    whole = model.predict(x)
    assert (
        np.concatenate([model.predict(x[:1]), model.predict(x[1:300]), model.predict(x[300:])])
        == whole
    ).all()


def test_summary():
    model = bpcore.Sequential(
        [
            bpcore.Input((64,)),
            layers.Dense(128, "relu", name="hidden"),
            layers.Dropout(0.5),
            layers.Dense(10, name="out"),
        ],
        name="net",
    )
    out = io.StringIO()
    with redirect_stdout(out):
        model.summary()
    text = out.getvalue()
    for part in (
        '"net"',
        "hidden (Dense)",
        "(None, 128)",
        "8,320",
        "Total params: 9,610",
    ):
        assert part in text


def test_names():
    model = bpcore.Sequential([layers.Dense(2, name="a"), layers.Dense(2)])
    assert model.get_layer("a") is model.layers[0]
    assert model.get_layer(index=1) is model.layers[1]
    with pytest.raises(ValueError, match="no layer named 'b'"):
        model.get_layer("b")
    with pytest.raises(ValueError, match="either name or index"):
        model.get_layer()


def test_dtypes():
    assert bpcore.Sequential([bpcore.Input((3,)), layers.Dense(1)]).dtype == "float32"
    model = bpcore.Sequential([bpcore.Input((3,), dtype="float64"), layers.Dense(1)])
    assert model.dtype == "float64"
    assert model.predict(np.ones((2, 3))).dtype == np.float64
    with pytest.raises(ValueError, match="float16"):
        bpcore.Sequential(dtype="float16")


def test_activations_on_arrays(rng):
    z = rng.normal(size=(2, 3, 4))
    np.testing.assert_allclose(activations.tanh(z), np.tanh(z))
    assert activations.relu(np.float32([-1, 2])).tolist() == [0, 2]
    assert activations.relu(np.float32([-1, 2])).dtype == np.float32
    np.testing.assert_allclose(activations.softmax(z).sum(axis=-1), 1)
    assert activations.sigmoid(0.0) == 0.5
    assert layers.Dense(3, activations.relu).activation == "relu"


def test_losses_on_arrays():
    y, a = [[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]
    assert losses.MeanSquaredError()(y, a) == 0.5
    assert losses.MeanSquaredError()(y, a, sample_weight=[0.7, 0.3]) == 0.25
    value = losses.SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
    assert value == pytest.approx(1.177, abs=1e-3)  # the example of Keras's documentation
    value = losses.BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
    assert value == pytest.approx(0.815, abs=1e-3)
    value = losses.CategoricalCrossentropy()(
        [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
    )
    assert value == pytest.approx(1.177, abs=1e-3)


def test_metrics():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    assert metric.result() == 0.5
    metric.update_state([1, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    assert metric.result() == 0.75
    metric.reset_state()
    assert metric.result() == 0
    assert (
        metrics.CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        == 0.5
    )
    assert metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6]) == 0.75
    assert metrics.MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]) == 0.25
    assert metrics.MeanAbsoluteError()([[0, 1], [0, 0]], [[1, 1], [1, 0]], [1, 0]) == 0.5


def test_optimizer_state_belongs_to_one_model(rng):
    adam = optimizers.Adam()
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    one = dense_model((3, 1), ["linear"], "mse", "float32", adam)
    one.fit(x, y, verbose=0)
    assert adam.iterations == 1
    other = dense_model((3, 5, 1), ["relu", "linear"], "mse", "float32", adam)
    with pytest.raises(ValueError, match="make a new optimizer for each model"):
        other.fit(x, y, verbose=0)


def test_verbose(rng, capsys):
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    model = dense_model((3, 4, 1), ["relu", "linear"], "mse", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0)
    assert capsys.readouterr() == ("", "")
    model.fit(x, y, epochs=2, verbose=2, validation_split=0.25)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Epoch 2/2")
    assert all(name in lines[1] for name in ("loss:", "mae:", "val_loss:", "val_mae:"))
    model.fit(x, y, epochs=2)
    bar = capsys.readouterr().err
    assert "Epoch 2/2" in bar
    assert "100%" in bar
    assert "loss:" in bar
    assert "mae:" in bar
    with pytest.raises(ValueError, match="verbose must be"):
        model.fit(x, y, verbose=7)


# ---- states a model can be left in ---------------------------------------------


def test_a_failed_add_leaves_the_model_as_it_was(rng):
    model = dense_model((4, 3, 2), ["relu", "linear"], "mse")
    x = rng.normal(size=(5, 4))
    before = model.predict(x)
    built = layers.Dense(2)
    bpcore.Sequential([bpcore.Input((2000,)), built]).pop()
    with pytest.raises(ValueError, match=r"was built for inputs of shape \(2000,\), got \(2,\)"):
        model.add(built)
    assert len(model.layers) == 2
    assert (model.predict(x) == before).all()
    assert built._owner is None
    model.layers.pop()  # a copy of the list
    assert (model.predict(x) == before).all()
    model.layers[1].use_bias = False
    model.compile("sgd", "mse")
    model.layers[1].use_bias = True
    assert model.predict(x).shape == (5, 2)


def test_a_plan_that_does_not_fit_is_refused(rng):
    model = bpcore.Sequential([bpcore.Input((4,)), layers.Dense(3, use_bias=False)])
    model.layers[0].use_bias = True
    with pytest.raises(ValueError, match="behind the model's back"):
        model.predict(rng.normal(size=(5, 4)))


@pytest.mark.parametrize("how", ["copy", "deepcopy", "pickle"])
def test_copies(how, rng):
    """A copy trains on with the same bits, and apart from the original."""
    x, y = rng.normal(size=(40, 4)), rng.integers(0, 3, 40)
    model = dense_model(
        (4, 9, 3),
        ["relu", "softmax"],
        "sparse_categorical_crossentropy",
        "float32",
        "adam",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=2, verbose=0)
    copies = {
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda m: pickle.loads(pickle.dumps(m)),
    }
    twin = copies[how](model)
    assert all(layer._owner is model for layer in model.layers)
    start = model.theta
    assert (twin.theta == start).all()
    assert twin.optimizer.iterations == model.optimizer.iterations
    twin.fit(x, y, epochs=2, verbose=0)
    assert (model.theta == start).all()
    flat = np.concatenate([w.ravel() for w in twin.get_weights()])
    assert (flat == twin.theta).all()
    model.fit(x, y, epochs=2, verbose=0)
    assert (model.theta == twin.theta).all()
    assert model.evaluate(x, y) == twin.evaluate(x, y)


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_copied_layer_is_free(how, rng):
    """It keeps its numbers and joins another model; the copied model's layers stay its own."""
    x = rng.normal(size=(5, 4)).astype("float32")
    model = bpcore.Sequential([bpcore.Input((4,)), layers.Dense(3, activation="tanh")])
    layer = model.layers[0]
    layer = copy.deepcopy(layer) if how == "deepcopy" else pickle.loads(pickle.dumps(layer))
    other = bpcore.Sequential([bpcore.Input((4,)), layer])
    assert (other.predict(x) == model.predict(x)).all()
    layer.kernel[...] = 0
    assert not (other.predict(x) == model.predict(x)).any()
    twin = copy.deepcopy(model)
    with pytest.raises(ValueError, match="already part of a model"):
        bpcore.Sequential([twin.layers[0]])


def test_popping_everything():
    model = bpcore.Sequential([bpcore.Input((4,)), layers.Dense(3)])
    model.pop()
    assert not model.built
    with pytest.raises(ValueError, match="no layers"):
        model.predict(np.ones((1, 4)))


def test_a_changed_stack_starts_the_optimizer_anew(rng):
    x, y = rng.normal(size=(20, 4)), rng.normal(size=(20, 2))
    model = dense_model((4, 3, 2), ["relu", "linear"], "mse", "float32", "adam")
    model.fit(x, y, verbose=0)
    model.pop()
    model.add(layers.Dense(2))
    assert model.optimizer.iterations == 0
    model.fit(x, y, verbose=0)


def test_an_optimizer_belongs_to_one_model_even_of_equal_size(rng):
    adam = optimizers.Adam()
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    models = [dense_model((3, 1), ["linear"], "mse", "float32", adam) for _ in range(2)]
    models[0].fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="already trains another model"):
        models[1].fit(x, y, verbose=0)


def test_optimizer_settings_are_checked_when_they_change(rng):
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    model = dense_model((3, 1), ["linear"], "mse", "float32", optimizers.SGD())
    model.fit(x, y, verbose=0)
    model.optimizer.momentum = 0.9  # needs a velocity it had not
    model.fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="momentum must be"):
        model.optimizer.momentum = 1.0


def test_epoch_numbers_wrap(rng):
    """train_on_batch counts one an epoch: after 2**32 calls it starts again."""
    model = dense_model((3, 1), ["linear"], "mse")
    model._epochs = 2**32 - 1
    for _ in range(3):
        model.train_on_batch(np.ones((2, 3)), np.ones(2))
    model.fit(np.ones((2, 3)), np.ones(2), verbose=0, epochs=2)


def test_small_float16_inputs_survive_training(monkeypatch):
    monkeypatch.setattr("bpcore._data.COPY_BYTES", 0)
    x = np.full((4, 1), 5e-5, np.float16)
    for data in (x, x.astype("float32")):
        model = dense_model((1, 1), ["linear"], "mse", "float32", optimizers.SGD(1.0))
        model.theta = np.zeros(2)
        model.fit(data, np.ones(4), batch_size=4, verbose=0)
        assert model.get_weights()[0][0, 0] == pytest.approx(2 * float(x[0, 0]))


def test_misaligned_arrays_are_taken(rng):
    raw = np.zeros(4 * 15 + 1, np.uint8)[1:]
    x = raw.view("float32").reshape(5, 3)
    x[...] = rng.normal(size=(5, 3))
    model = dense_model((3, 2), ["linear"], "mse", "float32")
    assert (model.predict(x) == model.predict(x.copy())).all()


def test_labels_that_change_under_the_core(isa, dtype, rng):
    """They give NaN, not an access out of bounds."""
    labels = np.array([[0], [1], [1000000], [-5], [np.nan]], dtype)
    z = np.ascontiguousarray(rng.normal(size=(5, 3)).astype(dtype))
    a = activations.softmax(z)
    for loss in ("SPARSE", "FROM_Z"):
        number = (
            _core.LOSSES["sparse_categorical_crossentropy"]
            if loss == "SPARSE"
            else _core.LOSSES_FROM_Z["softmax", "sparse_categorical_crossentropy"]
        )
        delta = np.zeros_like(a)
        assert np.isnan(_core.kernel_cost(isa, number, z, a, labels, None, 1.0, delta))
        assert np.isfinite(delta[:2]).all()
        assert np.isnan(delta[2:]).all()


def test_an_interrupted_chunk_counts_what_it_did(rng, monkeypatch):
    """Ctrl-C reaches Python when the compiled loop returns: nothing done is forgotten."""
    x, y = rng.normal(size=(64, 4)), rng.normal(size=64)
    model = dense_model((4, 8, 1), ["relu", "linear"], "mse", "float32", "adam")
    threading.Timer(0.15, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=10**7, verbose=0)
    done = len(model.history.epoch)
    assert done > 0
    assert model._epochs == done
    assert model.optimizer.iterations == 2 * done
    assert len(model.history.history["loss"]) == done


def test_names_start_anew():
    bpcore.utils.clear_session()
    first = [layers.Dense(1).name for _ in range(2)]
    bpcore.utils.clear_session()
    assert first == [layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]


def test_a_plan_is_made_once_until_something_changes(rng):
    """cost_and_grad sees a penalty's layer compiled anew, another loss, another stack."""
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    model = dense_model((3, 4, 2), ["tanh", "linear"], "mse")
    costs = [model.cost_and_grad(model.theta, x, y)[0] for _ in range(2)]
    assert costs[0] == costs[1]
    model.compile("sgd", "mae")
    assert model.cost_and_grad(model.theta, x, y)[0] == pytest.approx(
        np.abs(model.predict(x) - y).mean()
    )
    model.add(layers.Activation("tanh"))
    assert model.cost_and_grad(model.theta, x, y)[0] == pytest.approx(
        np.abs(model.predict(x) - y).mean()
    )
    assert repr(model) == f"<Sequential name={model.name}, built=True>"
