"""The arguments of compile, fit, evaluate and predict, and the ways a fit can end early."""

import signal
import threading
import time

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import callbacks, optimizers


@pytest.fixture
def xy(rng):
    return rng.normal(size=(50, 3)).astype("float32"), rng.normal(size=50).astype("float32")


def fresh(optimizer="adam", loss="mse", **kwargs):
    bpcore.utils.set_random_seed(3)
    return dense_model((3, 6, 1), ["tanh", "linear"], loss, "float32", optimizer, **kwargs)


# ---- compile -------------------------------------------------------------------


def test_compile_takes_keras_arguments(xy):
    model = fresh()
    model.compile("adam", "mse", None, ["mae"], ["mae"], False, 3, "auto", True)
    assert model.metrics_names == ["loss", "mae", "weighted_mae"]
    assert [m.name for m in model.metrics] == ["mae", "mae"]
    assert model.steps_per_execution == 3
    assert model.compiled
    model.compile("adam", "mse", metrics=[["mae"]], jit_compile=False)
    assert model.metrics_names == ["loss", "mae"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"loss_weights": [0.5]}, ValueError, r"loss_weights=\[0.5\] is not covered"),
        ({"run_eagerly": True}, ValueError, "run_eagerly=True is not covered"),
        ({"steps_per_execution": 0}, ValueError, "steps_per_execution must be at least 1"),
        ({"weighted_metrics": "mae"}, TypeError, "weighted_metrics must be a list, got 'mae'"),
    ],
)
def test_compile_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        fresh().compile("adam", "mse", **arguments)


def test_compiled_without_a_loss(xy):
    model = fresh()
    model.compile("sgd")
    assert model.predict(xy[0]).shape == (50, 1)
    with pytest.raises(ValueError, match=r"model.fit\(…\) needs a loss"):
        model.fit(*xy)
    uncompiled = bpcore.Sequential([bpcore.Input((3,)), bpcore.layers.Dense(1)])
    assert not uncompiled.compiled
    with pytest.raises(RuntimeError, match=r"call model.compile\("):
        uncompiled.evaluate(*xy)


def test_weighted_metrics(xy, rng):
    x, y = xy
    weight = rng.uniform(0, 2, 50)
    model = fresh(optimizers.SGD(0.0), metrics=["mae"], weighted_metrics=["mae"])
    history = model.fit(x, y, 8, verbose=0, sample_weight=weight).history
    error = np.abs(model.predict(x)[:, 0] - y)
    assert history["mae"][0] == pytest.approx(error.mean(), rel=1e-5)
    assert history["weighted_mae"][0] == pytest.approx(np.average(error, weights=weight), rel=1e-5)
    assert model.evaluate(x, y, verbose=0, sample_weight=weight)[1:] == pytest.approx(
        [history["mae"][0], history["weighted_mae"][0]], rel=1e-6
    )


# ---- weights of classes ----------------------------------------------------------


@pytest.mark.parametrize("form", ["labels", "column", "one-hot"])
def test_class_weight(rng, form):
    x, labels = rng.normal(size=(40, 3)), rng.integers(0, 3, 40)
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    y = {"labels": labels, "column": labels[:, None], "one-hot": np.eye(3)[labels]}[form]
    given = rng.uniform(0.5, 1, 40)
    class_weight = {0: 3.0, 2: 0.25}
    by_hand = np.array([3.0, 1.0, 0.25])[labels]
    ends = []
    for kwargs in (
        {"class_weight": class_weight, "sample_weight": given},
        {"sample_weight": by_hand * given},
    ):
        bpcore.utils.set_random_seed(4)
        model = dense_model((3, 3), ["softmax"], loss, "float64", "adam")
        history = model.fit(x, y, 8, 3, 0, validation_split=0.25, **kwargs).history
        model.train_on_batch(x, y, kwargs["sample_weight"], kwargs.get("class_weight"))
        ends.append((history["loss"], model.theta.tolist(), history["val_loss"]))
    assert ends[0][:2] == ends[1][:2]
    # In validation sample weights count, class weights do not.
    assert ends[0][2] != ends[1][2]


def test_class_weight_refused(xy):
    model = fresh()
    for wrong, error, message in [
        ([1.0, 2.0], TypeError, "class_weight must be a dict of class to weight"),
        ({"a": 1.0}, TypeError, "class_weight must map integers to numbers, got 'a': 1.0"),
        ({0: "b"}, TypeError, "class_weight must map integers to numbers, got 0: 'b'"),
    ]:
        with pytest.raises(error, match=message):
            model.fit(*xy, class_weight=wrong, verbose=0)
    with pytest.raises(ValueError, match="sample_weight has shape"):
        model.fit(*xy, class_weight={0: 1.0}, sample_weight=np.ones(3), verbose=0)


# ---- what is run -----------------------------------------------------------------


def test_steps_per_epoch_are_parts_of_a_pass(xy):
    """Five epochs of one step are one epoch of five, in the same shuffled order."""
    ends = []
    for kwargs in ({"epochs": 5, "steps_per_epoch": 1}, {"epochs": 1}):
        model = fresh()
        losses = model.fit(*xy, batch_size=10, verbose=0, **kwargs).history["loss"]
        ends.append((model.theta.tobytes(), np.mean(losses)))
        assert model._epochs == 1
    assert ends[0][0] == ends[1][0]
    assert ends[0][1] == pytest.approx(ends[1][1])
    model = fresh()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(*xy, batch_size=20, epochs=3, steps_per_epoch=2, verbose=0)
    assert model.optimizer.iterations == 2 + 1 + 2
    assert len(history.epoch) == 3
    assert fresh().fit(*xy, steps_per_epoch=5, verbose=0).params["steps"] == 5


def test_initial_epoch(xy):
    history = fresh().fit(*xy, epochs=5, initial_epoch=3, verbose=0)
    assert history.epoch == [3, 4]
    assert fresh().fit(*xy, epochs=2, initial_epoch=2, verbose=0).epoch == []


def test_steps_of_evaluate_and_predict(xy):
    x, y = xy
    model = fresh(metrics=["mae"])
    want = model.evaluate(x[:20], y[:20], verbose=0)
    assert model.evaluate(x, y, 10, 0, steps=2) == want
    assert model.test_on_batch(x[:20], y[:20]) == want
    assert (model.predict(x, 10, steps=2) == model.predict(x[:20])).all()
    assert (model.predict_on_batch(x) == model.predict(x)).all()
    assert model.evaluate(x, y, verbose=0, steps=1) == model.evaluate(x, y, verbose=0)
    with pytest.warns(UserWarning, match="ran out of data"):
        assert (model.predict(x, 10, steps=6) == model.predict(x)).all()


def test_long_evaluations_come_in_pieces(rng, monkeypatch):
    """So that Ctrl-C is not kept waiting; the pieces change nothing."""
    x, y = rng.normal(size=(1000, 3)), rng.normal(size=1000)
    model = fresh(metrics=["mae"])
    whole, out = model.evaluate(x, y, verbose=0), model.predict(x)
    monkeypatch.setattr(bpcore._evaluation, "CHUNK_SECONDS", 0.0)
    assert bpcore._evaluation.rows_per_call(model) == 256
    assert model.evaluate(x, y, verbose=0) == pytest.approx(whole, rel=1e-12)
    assert (model.predict(x) == out).all()


def test_train_on_batch_with_metrics(xy):
    x, y = xy
    model = fresh(metrics=["mae"])
    result = model.train_on_batch(x, y, return_dict=True)
    assert list(result) == ["loss", "mae"]
    assert model.metrics[0].result() == result["mae"]
    model.reset_metrics()
    assert model.metrics[0].result() == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"initial_epoch": -1}, ValueError, "initial_epoch must be at least 0"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch must be at least 1"),
        ({"validation_freq": 0}, ValueError, "validation_freq must be at least 1"),
        ({"validation_freq": "always"}, TypeError, "validation_freq must be an integer"),
        ({"max_seconds": 0}, ValueError, "max_seconds must be above 0, got 0"),
        ({"max_seconds": "1"}, TypeError, "max_seconds must be a number, got '1'"),
    ],
)
def test_fit_refuses(xy, arguments, error, message):
    with pytest.raises(error, match=message):
        fresh().fit(*xy, verbose=0, **arguments)


# ---- ends ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["short epochs", "long epochs", "with metrics", "batches"])
def test_max_seconds(rng, kind):
    x, y = rng.normal(size=(256, 3)).astype("f"), rng.normal(size=256).astype("f")
    model = fresh(metrics=["mae"] if kind == "with metrics" else None)
    data, epochs = (x, y), 10**7
    if kind == "long epochs":
        data, epochs = (np.tile(x, (8000, 1)), np.tile(y, 8000)), 3
    if kind == "batches":
        data, epochs = (((x, y) for _ in range(10**9)),), 1
    # A first fit for what is done once.
    model.fit(x, y, verbose=0)
    start = time.perf_counter()
    history = model.fit(
        *data, **({} if kind == "batches" else {"batch_size": 1 if kind == "long epochs" else 16}),
        epochs=epochs, verbose=0, max_seconds=0.1,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    assert 0.1 <= seconds < 0.6
    done = len(history.epoch)
    assert all(len(values) == done for values in history.history.values())
    assert (done == 0) == (kind in ("long epochs", "batches"))
    assert model.optimizer.iterations > 0


def interrupted_fit(model, *data, after=0.1, **kwargs):
    """Fit until Ctrl-C comes after so many seconds; return how long that then took."""
    sent = []

    def send():
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(after, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, verbose=0, **kwargs)
    timer.join()
    return time.perf_counter() - sent[0]


@pytest.mark.parametrize("kind", ["metrics", "callback", "validation", "plain", "generator"])
@pytest.mark.parametrize("rows", [100, 20_000])
def test_ctrl_c_goes_back_to_the_last_whole_epoch(rng, kind, rows):
    """Trained anew for as many epochs as the history has, all is the same."""
    x, y = rng.normal(size=(rows, 3)).astype("f"), rng.normal(size=rows).astype("f")
    kwargs = {"batch_size": 10, "epochs": 10**7}
    if kind == "callback":
        kwargs["callbacks"] = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    if kind == "validation":
        kwargs["validation_data"] = (x, y)

    def arguments(epochs):
        if kind != "generator":
            return (x, y), {**kwargs, "epochs": epochs}
        batches = (
            (x[i : i + 10], y[i : i + 10]) for _ in range(epochs) for i in range(0, rows, 10)
        )
        return (batches,), {"epochs": epochs, "steps_per_epoch": rows // 10}

    given = {"metrics": ["mae"]} if kind == "metrics" else {}
    model = fresh(**given)
    data, options = arguments(10**5)
    latency = interrupted_fit(model, *data, **options)
    assert latency < 0.5  # 0.05 on a machine that does nothing else
    done = len(model.history.epoch)
    assert model.history.epoch == list(range(done))
    assert all(len(values) == done for values in model.history.history.values())
    again = fresh(**given)
    data, options = arguments(done)
    want = again.fit(*data, verbose=0, **options)
    assert model.optimizer.iterations == again.optimizer.iterations
    assert model._epochs == again._epochs
    assert (model.theta == again.theta).all()
    assert model.history.history == want.history
    # And training goes on from there.
    if kind != "generator":
        model.fit(x, y, batch_size=10, verbose=0)
        again.fit(x, y, batch_size=10, verbose=0)
        assert (model.theta == again.theta).all()


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_end", "on_epoch_end"])
def test_ctrl_c_in_a_callback(xy, hook):
    def press(at, logs):
        if at == 2 and len(model.history.epoch) == 2:
            raise KeyboardInterrupt

    model = fresh(metrics=["mae"])
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            *xy,
            batch_size=10,
            epochs=9,
            verbose=0,
            callbacks=callbacks.LambdaCallback(**{hook: press}),
        )
    want = fresh(metrics=["mae"])
    history = want.fit(*xy, batch_size=10, epochs=2, verbose=0)
    assert (model.theta == want.theta).all()
    assert model.history.history == history.history
    assert model.history.epoch == [0, 1]


def test_a_broken_history_entry_is_mended(xy):
    """Ctrl-C between two values of one epoch leaves no half of it."""

    class Cut(callbacks.History):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                self.history["loss"].append(logs["loss"])
                raise KeyboardInterrupt
            super().on_epoch_end(epoch, logs)

    model = fresh(metrics=["mae"])
    with pytest.raises(KeyboardInterrupt):
        model.fit(*xy, epochs=3, verbose=0, callbacks=Cut())
    assert {name: len(v) for name, v in model.history.history.items()} == {"loss": 1, "mae": 1}


def test_stop_training_from_outside(rng):
    x, y = rng.normal(size=(50_000, 3)).astype("f"), rng.normal(size=50_000).astype("f")
    model = fresh()
    timer = threading.Timer(0.1, lambda: setattr(model, "stop_training", True))
    timer.start()
    history = model.fit(x, y, batch_size=1, epochs=10**6, verbose=0)
    timer.join()
    assert 0 < len(history.epoch) < 10**6


def test_ctrl_c_takes_moving_averages_back(rng):
    model = bpcore.Sequential(
        [bpcore.Input((3,)), bpcore.layers.BatchNormalization(), bpcore.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    x, y = rng.normal(size=(20, 3)) + 5, rng.normal(size=20)
    model.fit(x, y, epochs=2, verbose=0)
    before = model.get_weights()

    def press(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 5, verbose=0, callbacks=callbacks.LambdaCallback(on_train_batch_end=press))
    for got, want in zip(model.get_weights(), before, strict=True):
        assert (got == want).all()
