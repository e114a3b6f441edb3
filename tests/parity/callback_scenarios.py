"""Fits and scripted values that Keras and bpcore are both put through."""

import os
import types
import warnings

import numpy as np

HOOKS = [
    f"on_{what}"
    for what in [
        "train_begin",
        "train_end",
        "test_begin",
        "test_end",
        "predict_begin",
        "predict_end",
        "epoch_begin",
        "epoch_end",
        "train_batch_begin",
        "train_batch_end",
        "test_batch_begin",
        "test_batch_end",
        "predict_batch_begin",
        "predict_batch_end",
        "batch_begin",
        "batch_end",
    ]
]


def data():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(11, 3)).astype("float32")
    y = rng.normal(size=(11, 1)).astype("float32")
    w = rng.normal(size=(3, 1)).astype("float32")
    return x, y, rng.uniform(0.5, 2, 11).astype("float32"), w, np.full(1, 0.1, "float32")


def _plain(value):
    return np.shape(value) if np.ndim(value) else float(f"{float(value):.7g}")


def recorder(library, calls, act=None):
    """A callback that notes every call of every hook; `act` may do more."""

    def note(hook):
        def method(self, *args, logs=None):
            *index, given = args if args and not isinstance(args[-1], int) else (*args, logs)
            calls.append([hook, *index, {k: _plain(v) for k, v in (given or {}).items()}])
            if act is not None:
                act(self, hook, *index)
            # As a callback of a user's that calls what it overrides.
            if hook in ("on_train_batch_begin", "on_train_batch_end"):
                getattr(library.callbacks.Callback, hook)(self, *index, logs=given)

        return method

    methods = {hook: note(hook) for hook in HOOKS}
    return type("Recorder", (library.callbacks.Callback,), methods)()


def _stop(hook, at):
    def act(callback, called, *index):
        if called == hook and list(index) == [at]:
            callback.model.stop_training = True

    return act


FITS = {
    "plain": {"batch_size": 4, "epochs": 2},
    "validation": {"batch_size": 4, "epochs": 2, "validation_split": 0.3},
    "validation_freq": {
        "batch_size": 6,
        "epochs": 5,
        "initial_epoch": 1,
        "validation": True,
        "validation_freq": 2,
    },
    "validation_epochs": {
        "batch_size": 6,
        "epochs": 4,
        "validation": True,
        "validation_freq": [1, 4],
        "validation_batch_size": 4,
        "validation_steps": 2,
    },
    "steps": {"batch_size": 4, "epochs": 4, "steps_per_epoch": 2},
    "steps_alone": {"epochs": 2, "steps_per_epoch": 2},
    "weights": {"batch_size": 4, "epochs": 1, "weights": True},
    "class_weight": {"batch_size": 4, "epochs": 1, "class_weight": {0: 2.0, 1: 0.25}},
    "execution": {"batch_size": 2, "epochs": 1, "execution": 4, "validation_split": 0.3},
    "stop_at_batch": {
        "batch_size": 4,
        "epochs": 3,
        "validation": True,
        "act": ("on_train_batch_end", 1),
    },
    "stop_at_epoch": {"batch_size": 4, "epochs": 3, "act": ("on_epoch_end", 1)},
    "stop_at_begin": {"batch_size": 4, "epochs": 3, "act": ("on_epoch_begin", 1)},
    "no_epochs": {"batch_size": 4, "epochs": 0},
    "generator": {"epochs": 2, "steps_per_epoch": 2, "generator": True},
}


def _compiled(library, make_model, execution=1, weighted="mae"):
    *_, w, b = data()
    model = make_model(w, b)
    model.compile(
        library.optimizers.SGD(0.05),
        "mse",
        metrics=["mae"],
        weighted_metrics=[weighted],
        steps_per_execution=execution,
    )
    return model


def run_hooks(library, make_model):
    """All calls of all hooks in all fits, an evaluation and a prediction."""
    x, y, weight, *_ = data()
    results = {}
    for name, options in FITS.items():
        options = dict(options)
        calls = []
        model = _compiled(library, make_model, options.pop("execution", 1))
        act = options.pop("act", None)
        if options.pop("validation", False):
            options["validation_data"] = (x[:7] + 1, y[:7], weight[:7])
        if options.pop("weights", False):
            options["sample_weight"] = weight
        if "class_weight" in options:
            y_used = np.round(np.clip(y, 0, 2))
        else:
            y_used = y
        arrays = (x, y_used)
        if options.pop("generator", False):
            arrays = (((x[i : i + 3], y[i : i + 3]) for i in (0, 3, 6, 2, 5, 7)),)
        callback = recorder(library, calls, act and _stop(*act))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = model.fit(*arrays, shuffle=False, verbose=0, callbacks=[callback], **options)
        results[name] = {
            "calls": calls,
            "history": {k: [_plain(v) for v in vs] for k, vs in history.history.items()},
            "epoch": list(history.epoch),
            "params": history.params,
            "weights": [_plain(v) for v in np.concatenate(model.get_weights(), None)],
        }
    for name, options in [("evaluate", {}), ("evaluate_steps", {"steps": 2, "batch_size": 3})]:
        calls = []
        callback = recorder(library, calls)
        # Of two metrics by one name Keras's evaluate returns one twice.
        model = _compiled(library, make_model, weighted="mse")
        got = model.evaluate(
            x,
            y,
            sample_weight=weight,
            verbose=0,
            callbacks=[callback],
            **{"batch_size": 4, **options},
        )
        results[name] = {"calls": calls, "result": [_plain(v) for v in got]}
    calls = []
    out = model.predict(x, batch_size=4, verbose=0, callbacks=[recorder(library, calls)])
    results["predict"] = {"calls": calls, "result": [_plain(v) for v in out[:, 0]]}
    return results


# ---- decisions on scripted values ------------------------------------------------

VALUES = [
    [3.0, 2.0, 1.5, 1.49, 1.6, 1.7, 1.2, 1.2, 1.3, 1.4, 1.5, 0.5],
    [0.1, 0.2, 0.2, 0.15, 0.3, 0.1, 0.1, 0.1, 0.1, 0.35, 0.1, 0.1],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, float("nan"), 0.5, float("nan"), float("nan"), 0.4, 0.3, 0.6, 0.6, 0.6, 0.6, 0.6],
    [float("nan")] * 12,
]
EARLY = [
    {},
    {"patience": 2},
    {"patience": 2, "min_delta": 0.05},
    {"patience": 3, "mode": "max"},
    {"patience": 2, "baseline": 1.4},
    {"patience": 1, "baseline": 0.2, "mode": "max", "restore_best_weights": True},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
    {"patience": 0, "min_delta": -0.1, "mode": "min"},
]
PLATEAU = [
    {"patience": 1},
    {"patience": 2, "factor": 0.5},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.2, "min_lr": 0.03},
    {"patience": 1, "mode": "max", "min_delta": 0.1},
    {"patience": 0, "factor": 0.9, "cooldown": 1},
]


class FakeModel:
    """As much of a model as a callback sees."""

    def __init__(self):
        self.stop_training = False
        self.optimizer = types.SimpleNamespace(learning_rate=0.5)
        self.metrics = []
        self.epoch = None
        self.restored = None
        self.saved = []

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights

    def save(self, path, overwrite=True):
        self.saved.append(os.path.basename(path))

    save_weights = save


def _through(callback, values, monitor="val_loss"):
    """Feed values to a callback; yield the model after each epoch."""
    model = FakeModel()
    callback.set_model(model)
    callback.set_params({"epochs": len(values)})
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 1.0, monitor: value})
        yield model
        if model.stop_training:
            break
    callback.on_train_end()
    yield model


def run_decisions(callbacks):
    """When EarlyStopping stops, what it restores, and the rates of ReduceLROnPlateau."""
    early, plateau = [], []
    for options in EARLY:
        for values in VALUES:
            callback = callbacks.EarlyStopping(**options)
            models = list(_through(callback, values))
            early.append(
                [len(models) - 1, callback.stopped_epoch, callback.best_epoch, models[-1].restored]
            )
    for options in PLATEAU:
        for values in VALUES:
            callback = callbacks.ReduceLROnPlateau(**options)
            rates = [m.optimizer.learning_rate for m in _through(callback, values)]
            plateau.append([float(f"{rate:.9g}") for rate in rates])
    return {"early": early, "plateau": plateau}


CHECKPOINTS = [
    {},
    {"save_best_only": True},
    {"save_best_only": True, "mode": "max"},
    {"save_best_only": True, "initial_value_threshold": 1.4},
    {"save_weights_only": True},
    {"save_weights_only": True, "save_best_only": True},
]


def run_checkpoints(callbacks, directory, whole, weights):
    """The names of the files that ModelCheckpoint writes, without their endings."""
    results = []
    for options in CHECKPOINTS:
        ending = weights if options.get("save_weights_only") else whole
        for values in VALUES:
            path = os.path.join(directory, "m-{epoch:02d}-{val_loss:.2f}" + ending)
            callback = callbacks.ModelCheckpoint(path, **options)
            *_, model = _through(callback, values)
            results.append([name.removesuffix(ending) for name in model.saved])
    for every in (1, 3, 5):
        path = os.path.join(directory, "m-{epoch}-{batch}" + whole)
        callback = callbacks.ModelCheckpoint(path, save_freq=every)
        model = FakeModel()
        callback.set_model(model)
        for epoch in range(3):
            callback.on_epoch_begin(epoch)
            for batch in range(4):
                callback.on_train_batch_end(batch, {"loss": 1.0})
            callback.on_epoch_end(epoch, {"loss": 1.0})
        results.append([name.removesuffix(whole) for name in model.saved])
    return results


def run_csv(callbacks, directory):
    """The files that CSVLogger writes."""
    results = []
    path = os.path.join(directory, "log.csv")
    for options in [{}, {"append": True}, {"separator": ";"}]:
        callback = callbacks.CSVLogger(path, **options)
        callback.set_model(FakeModel())
        callback.on_train_begin()
        callback.on_epoch_end(0, {"loss": 0.5, "accuracy": 0.25})
        callback.on_epoch_end(1, {"loss": 0.25, "accuracy": 0.5, "val_loss": 1.5})
        callback.on_train_end()
        with open(path, newline="") as file:
            results.append(file.read().replace("\r\n", "\n"))
    return results
