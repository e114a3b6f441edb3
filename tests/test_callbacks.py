"""Callbacks at work in fits, evaluations and predictions; what Keras does is in test_parity_…"""

import builtins
import io
import math
import sys
import types

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import callbacks, metrics, optimizers


@pytest.fixture
def xy(rng):
    return rng.normal(size=(50, 3)).astype("float32"), rng.normal(size=50).astype("float32")


@pytest.fixture
def model():
    return dense_model((3, 6, 1), ["tanh", "linear"], "mse", "float32", optimizers.Adam(0.01))


def fresh(**kwargs):
    bpcore.utils.set_random_seed(3)
    return dense_model((3, 6, 1), ["tanh", "linear"], "mse", "float32", "adam", **kwargs)


class Noting(callbacks.Callback):
    """Overrides one hook and notes its calls."""

    def __init__(self, hook):
        super().__init__()
        self.calls = []
        setattr(self, hook, lambda *args, **kwargs: self.calls.append(args))


# ---- which path a fit takes ----------------------------------------------------


def core_calls(model, xy, given, **kwargs):
    """How many times a fit enters the compiled core."""
    x, y = xy
    trainer = model._trainer(model._data(x, y), 10)
    counted = []
    steps = trainer.steps
    trainer.steps = lambda *args, **kw: (counted.append(1), steps(*args, **kw))[1]
    model.fit(x, y, batch_size=10, epochs=4, verbose=0, callbacks=given, **kwargs)
    return len(counted)


@pytest.mark.parametrize(
    ("hook", "calls"),
    [
        ("on_train_begin", 1),
        ("on_train_end", 1),
        ("on_test_batch_end", 1),
        ("on_epoch_begin", 4),
        ("on_epoch_end", 4),
        ("on_train_batch_begin", 20),
        ("on_batch_end", 20),
    ],
)
def test_a_hook_costs_only_what_it_looks_at(model, xy, hook, calls):
    assert core_calls(model, xy, [callbacks.Callback(), Noting(hook)]) == calls


def test_saving_each_epoch_is_not_a_batch_hook(model, xy, tmp_path):
    path = tmp_path / "m-{epoch}.safetensors"
    assert core_calls(model, xy, [callbacks.ModelCheckpoint(path)]) == 4
    assert core_calls(model, xy, [callbacks.BackupAndRestore(tmp_path / "b", 3)]) == 20


def test_looking_changes_no_bit(xy):
    x, y = xy
    ends = []
    for given in (None, Noting("on_epoch_end"), Noting("on_train_batch_end")):
        model = fresh()
        history = model.fit(x, y, epochs=5, batch_size=8, verbose=0, callbacks=given)
        ends.append((model.theta.tobytes(), history.history))
    assert ends[0] == ends[1] == ends[2]


# ---- one by one ----------------------------------------------------------------


def test_history_of_two_fits_in_one(model, xy):
    history = callbacks.History()
    for _ in range(2):
        got = model.fit(*xy, epochs=3, verbose=0, callbacks=history)
    assert got is history is model.history
    assert len(history.history["loss"]) == 6
    assert history.epoch == [0, 1, 2]


def test_early_stopping_restores(xy):
    x, y = xy
    model = fresh()
    model.compile(optimizers.SGD(0.01), "mse")
    weights = []
    keep = callbacks.LambdaCallback(on_epoch_end=lambda e, logs: weights.append(model.theta))
    rates = callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 4 else 30.0)
    stop = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    history = model.fit(x, y, epochs=50, verbose=0, callbacks=[rates, keep, stop])
    losses = history.history["loss"]
    assert stop.stopped_epoch == len(losses) - 1 == stop.best_epoch + 2
    assert stop.best == min(losses)
    assert (model.theta == weights[stop.best_epoch]).all()


def test_directions(model):
    score = metrics.Mean("score")
    model.compile("adam", "mse", metrics=["mae", "binary_accuracy", score])
    assert model.metrics_names == ["loss", "mae", "binary_accuracy", "score"]

    def greater(name):
        monitor = callbacks.EarlyStopping(name)
        monitor.set_model(model)
        monitor._set_monitor_op()
        return monitor.monitor_op(2, 1)

    assert not greater("val_loss")
    assert not greater("mae")
    assert greater("val_binary_accuracy")
    with pytest.raises(ValueError, match="cannot tell whether more or less of 'val_score'"):
        greater("val_score")
    score._direction = "up"
    assert greater("val_score")


def test_monitors_warn_of_what_is_not_there(model, xy, tmp_path):
    for callback, message in [
        (callbacks.EarlyStopping(), "EarlyStopping watches 'val_loss', which .* are: loss"),
        (callbacks.ReduceLROnPlateau(), "ReduceLROnPlateau watches 'val_loss'"),
        (
            callbacks.ModelCheckpoint(tmp_path / "m.safetensors", save_best_only=True),
            "saves the best 'val_loss', which",
        ),
    ]:
        with pytest.warns(UserWarning, match=message):
            model.fit(*xy, verbose=0, callbacks=[callback])
    assert (tmp_path / "m.safetensors").exists()
    with pytest.warns(UserWarning, match="mode 'best' is unknown"):
        callbacks.EarlyStopping(mode="best")


def test_checkpoints(model, xy, tmp_path):
    path = tmp_path / "new" / "m-{epoch:02d}-{loss:.1f}.safetensors"
    history = model.fit(*xy, epochs=2, verbose=0, callbacks=[callbacks.ModelCheckpoint(path)])
    last = f"m-02-{history.history['loss'][1]:.1f}.safetensors"
    assert (bpcore.load_model(path.parent / last).theta == model.theta).all()
    saved = []
    model.save_weights = saved.append
    weights = callbacks.ModelCheckpoint(tmp_path / "{batch}.weights.safetensors",
                                        save_weights_only=True, save_freq=2)  # fmt: skip
    model.fit(*xy, batch_size=10, epochs=2, verbose=0, callbacks=[weights])
    assert [p.rsplit("/")[-1][0] for p in saved] == ["2", "4", "1", "3", "5"]
    with pytest.raises(KeyError, match="cannot fill in 'nothing'"):
        model.fit(*xy, verbose=0, callbacks=[callbacks.ModelCheckpoint(tmp_path / "{nothing}")])
    with pytest.raises(IsADirectoryError, match="which is a directory"):
        model.fit(*xy, verbose=0, callbacks=[callbacks.ModelCheckpoint(tmp_path)])
    with pytest.raises(ValueError, match="save_freq must be 'epoch' or an integer, got 'batch'"):
        callbacks.ModelCheckpoint(tmp_path, save_freq="batch")


def test_said_with_verbose(model, xy, tmp_path, capsys):
    given = [
        callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1),
        callbacks.ModelCheckpoint(tmp_path / "m.safetensors", "loss", 1, True),
        callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=1e9, verbose=1),
        callbacks.EarlyStopping("loss", 1e9, 1, 1, restore_best_weights=True),
    ]
    model.fit(*xy, epochs=9, verbose=0, callbacks=given)
    said = capsys.readouterr().out
    assert "Epoch 1: LearningRateScheduler setting learning rate to 0.005." in said
    assert "Epoch 1: loss improved from None to" in said
    assert "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.00025." in said
    assert said.endswith("Epoch 2: early stopping\nRestoring the weights of the best epoch: 1.\n")


def test_learning_rate_scheduler(model, xy):
    history = model.fit(
        *xy,
        epochs=3,
        verbose=0,
        callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
    )
    assert history.history["learning_rate"] == [0.005, 0.0025, 0.00125]
    for schedule in (lambda epoch: 1, lambda epoch: None):
        with pytest.raises(ValueError, match="schedule must return a float, got"):
            model.fit(*xy, verbose=0, callbacks=[callbacks.LearningRateScheduler(schedule)])
    with pytest.raises(TypeError, match="schedule must be a function"):
        callbacks.LearningRateScheduler(0.1)
    with pytest.raises(ValueError, match=r"factor below 1, got 1\.5"):
        callbacks.ReduceLROnPlateau(factor=1.5)


@pytest.mark.parametrize("save_freq", ["epoch", 3])
@pytest.mark.parametrize("damaged", [False, True])
def test_backup_goes_on_to_the_same_bits(xy, tmp_path, save_freq, damaged):
    x, y = xy
    want = fresh(metrics=["mae"])
    losses = want.fit(x, y, epochs=5, batch_size=10, verbose=0).history["loss"]

    def fail(epoch, logs):
        if epoch == 3:
            raise OSError("power failure")

    backup = callbacks.BackupAndRestore(tmp_path / "b", save_freq, double_checkpoint=damaged)
    model = fresh(metrics=["mae"])
    with pytest.raises(OSError, match="power failure"):
        model.fit(
            x,
            y,
            epochs=5,
            batch_size=10,
            verbose=0,
            callbacks=[backup, callbacks.LambdaCallback(on_epoch_begin=fail)],
        )
    if damaged:
        (tmp_path / "b" / "latest.safetensors").write_bytes(b"half a fi")
    bpcore.utils.set_random_seed(99)
    model = dense_model((3, 6, 1), ["tanh", "linear"], "mse", "float32", "adam", metrics=["mae"])
    history = model.fit(x, y, epochs=5, batch_size=10, verbose=0, callbacks=[backup])
    assert not (tmp_path / "b").exists()
    assert history.epoch[-1] == 4
    if save_freq == "epoch":
        first = 2 if damaged else 3
        assert history.epoch == list(range(first, 5))
        assert history.history["loss"] == losses[first:]
        assert (model.theta == want.theta).all()
    # It is not taken up twice.
    assert model.fit(x, y, verbose=0).epoch == [0]


def test_backup_of_another_model_is_refused(model, xy, tmp_path):
    backup = callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    model.fit(*xy, verbose=0, callbacks=[backup])
    other = dense_model((3, 1), ["linear"], "mse", "float32", "adam")
    with pytest.raises(ValueError, match="not of this model and optimizer"):
        other.fit(*xy, verbose=0, callbacks=[backup])
    (tmp_path / "b" / "latest.safetensors").write_bytes(b"half a fi")
    with pytest.raises(OSError, match="cannot read the backup"):
        model.fit(*xy, verbose=0, callbacks=[backup])
    with pytest.raises(ValueError, match="backup_dir is empty"):
        callbacks.BackupAndRestore("")


@pytest.mark.parametrize("raise_error", [False, True])
def test_terminate_on_nan(xy, capsys, raise_error):
    x, y = xy
    model = dense_model((3, 1), ["linear"], "mse", "float32", optimizers.SGD(1e6))
    given = callbacks.TerminateOnNaN(raise_error)
    if raise_error:
        with pytest.raises(RuntimeError, match=r"the loss is .* at batch"):
            model.fit(x, y, epochs=50, batch_size=10, verbose=0, callbacks=[given])
        return
    history = model.fit(x, y, epochs=50, batch_size=10, verbose=0, callbacks=[given])
    assert len(history.epoch) < 50
    assert not math.isfinite(history.history["loss"][-1])
    assert all(map(math.isfinite, history.history["loss"][:-1]))
    assert "Invalid loss, terminating training" in capsys.readouterr().out


def test_lambda_callback(model, xy):
    seen = []
    given = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, list(logs))),
        on_test_begin=lambda logs: seen.append("test"),
        note=4,
    )
    model.fit(*xy, epochs=2, validation_split=0.5, verbose=0, callbacks=given)
    assert seen == ["test", (0, ["loss", "val_loss"]), "test", (1, ["loss", "val_loss"])]
    assert given.note == 4
    with pytest.raises(ValueError, match="no hook named 'on_epoch_over'"):
        callbacks.LambdaCallback(on_epoch_over=print)


class FakeWriter:
    written: list = []  # noqa: RUF012

    def __init__(self, log_dir):
        self.where = log_dir.rsplit("/")[-1]

    def add_scalar(self, tag, value, step):
        self.written.append((self.where, tag, step, float(value)))

    def add_histogram(self, tag, values, step):
        self.written.append((self.where, tag, step, values.shape))

    def flush(self):
        pass

    def close(self):
        self.written.append((self.where, "closed"))


def test_tensorboard(model, xy, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeWriter, "written", [])
    fake = types.SimpleNamespace(SummaryWriter=FakeWriter)
    monkeypatch.setitem(sys.modules, "tensorboardX", fake)
    board = callbacks.TensorBoard(
        tmp_path, histogram_freq=1, update_freq=2, write_steps_per_second=True
    )
    history = model.fit(
        *xy, batch_size=10, validation_split=0.2, verbose=0, callbacks=[board]
    ).history
    written = {line[:3]: line[3] for line in FakeWriter.written if len(line) == 4}
    assert written["train", "epoch_loss", 0] == history["loss"][0]
    assert written["validation", "epoch_loss", 0] == history["val_loss"][0]
    assert written["validation", "evaluation_loss_vs_iterations", 4] == history["val_loss"][0]
    assert written["train", "epoch_learning_rate", 0] == 0.01
    assert written["train", "epoch_steps_per_second", 0] > 0
    assert {("train", "batch_loss", 2), ("train", "batch_loss", 4)} <= written.keys()
    assert written["train", f"{model.layers[0].name}/kernel/histogram", 0] == (3, 6)
    assert ("train", "closed") in FakeWriter.written
    with pytest.raises(ValueError, match="does not cover write_images=True"):
        callbacks.TensorBoard(write_images=True)


def test_tensorboard_without_a_writer(monkeypatch):
    for name in ("torch", "tensorboardX", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"found none: pip install tensorboardX, or"):
        callbacks.TensorBoard()


@pytest.mark.parametrize("name", ["RemoteMonitor", "OrbaxCheckpoint", "SwapEMAWeights"])
def test_not_covered(name):
    with pytest.raises(NotImplementedError, match=f"does not cover callbacks.{name}; "):
        getattr(callbacks, name)("anything", at=1)


# ---- lists ---------------------------------------------------------------------


def test_callback_list(model, xy):
    noting = [Noting("on_epoch_end"), Noting("on_test_end")]
    given = callbacks.CallbackList([noting[0], [noting[1]]], model=model, epochs=1)
    history = model.fit(*xy, validation_split=0.1, verbose=0, callbacks=given)
    assert noting[0].params == {"epochs": 1}
    assert history is model.history
    assert len(noting[0].calls) == len(noting[1].calls) == 1
    shared = {"b": np.float32(1), "a": 2}
    given.on_epoch_end(7, shared)
    assert noting[0].calls[-1] == (7, {"a": 2.0, "b": 1.0})
    for wrong in (3, [callbacks.EarlyStopping], ["history"]):
        with pytest.raises(TypeError, match="callbacks must be objects of"):
            model.fit(*xy, callbacks=wrong)


def test_hooks_of_evaluate_and_predict(model, xy):
    x, y = xy
    noting = Noting("on_predict_batch_end")
    out = model.predict(x, batch_size=20, callbacks=[noting])
    assert [(batch, logs["outputs"].shape) for batch, logs in noting.calls] == [
        (0, (20, 1)),
        (1, (20, 1)),
        (2, (10, 1)),
    ]
    np.testing.assert_array_equal(np.concatenate([c[1]["outputs"] for c in noting.calls]), out)
    noting = Noting("on_test_batch_end")
    result = model.evaluate(x, y, 20, 0, callbacks=[noting])
    assert noting.calls[-1] == (2, {"loss": result})

    class Stop(callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = True

        def on_test_batch_end(self, batch, logs=None):
            self.model.stop_evaluating = True

    assert model.predict(x, batch_size=20, callbacks=[Stop()]).shape == (20, 1)
    first = model.evaluate(x, y, 20, 0, callbacks=[Stop()])
    assert first == pytest.approx(model.evaluate(x[:20], y[:20], verbose=0), rel=1e-6)


# ---- drawings and printing -------------------------------------------------------


def test_plot(model, xy, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(*xy, epochs=4, validation_split=0.2, validation_freq=2, verbose=0)
    figure = history.plot()
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss", "mae"]
    training, validation = figure.axes[0].lines
    assert training.get_ydata().tolist() == history.history["loss"]
    assert training.get_xdata().tolist() == [1, 2, 3, 4]
    assert validation.get_ydata().tolist() == history.history["val_loss"]
    assert validation.get_xdata().tolist() == [2, 4]
    assert len(history.plot(["mae"]).axes) == 1
    history.history["late"] = [5.0, 6.0]  # as of a metric that a callback compiled
    (late,) = history.plot(["late"]).axes[0].lines
    assert late.get_xdata().tolist() == [3, 4]
    pyplot.close("all")
    with pytest.raises(ValueError, match=r"nothing to draw for \['acc'\]"):
        history.plot(["acc"])
    with pytest.raises(ValueError, match="holds no epoch"):
        callbacks.History().plot()
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'bpcore\[plot\]'"):
        history.plot()


def test_lines_and_bars(xy, capsys, monkeypatch):
    x, y = xy
    model = fresh(metrics=["mae"])
    model.fit(x, y, 10, 3, verbose=2, initial_epoch=1, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:19] for line in lines] == ["Epoch 2/3  4 steps ", "Epoch 3/3  4 steps "]
    assert [word for word in lines[0].split() if word[-1] == ":"] == [
        "loss:",
        "mae:",
        "val_loss:",
        "val_mae:",
    ]
    model.evaluate(x, y)
    assert capsys.readouterr().out.startswith("evaluate  2 steps")
    model.evaluate(x, y, verbose=0)
    model.predict(x)
    model.test_on_batch(x, y)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    model.fit(x, y, 10, 3, verbose=1, validation_split=0.2)
    assert "Epoch 3/3 100%" in sys.stderr.getvalue()
    model.fit((batch for batch in [(x, y)] * 7), verbose="auto")
    assert "Epoch 1/1 7 steps" in sys.stderr.getvalue()
    model.predict(x, verbose=1)
    assert "predict 100%" in sys.stderr.getvalue()
    for method in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="verbose must be 'auto', 0, 1 or 2, got 3"):
            method(x, y, verbose=3)


def test_lines_of_epochs_trained_together(model, xy, capsys):
    model.fit(*xy, epochs=3, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    seconds = [line.split("  ")[2] for line in lines]
    assert len(lines) == 3
    assert seconds[0] == seconds[1] == seconds[2]
    assert [line[:9] for line in lines] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]
