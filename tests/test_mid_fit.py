"""What a callback may change while a fit goes on, and what Ctrl-C then goes back to."""

import copy

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import callbacks, optimizers

CHANGES = {
    "momentum": (optimizers.SGD, {"momentum": 0.9}),
    "amsgrad": (optimizers.Adam, {"amsgrad": True}),
    "use_ema": (optimizers.Adam, {"use_ema": True, "ema_momentum": 0.5}),
    "accumulation": (optimizers.Adam, {"gradient_accumulation_steps": 2}),
    # As many arrays before and after, of another meaning.
    "rmsprop": (optimizers.RMSprop, {"momentum": 0.0, "centered": True}),
    "clipping": (optimizers.Adam, {"global_clipnorm": 1e-3}),
}


class Change(callbacks.Callback):
    """Calls change(model) at the end of an epoch."""

    def __init__(self, change, epoch):
        super().__init__()
        self.change, self.epoch = change, epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.change(self.model)


class ChangeInEpoch(callbacks.Callback):
    """Calls change(model) at the end of a mini-batch of an epoch."""

    def __init__(self, change, epoch, batch):
        super().__init__()
        self.change, self.when, self.at = change, (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.at = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.at, batch) == self.when:
            self.change(self.model)


def network(dtype, optimizer):
    """The same weights each time."""
    bpcore.utils.set_random_seed(1)
    return dense_model((5, 6, 2), ["tanh", "linear"], "mse", dtype, optimizer)


def setting(settings):
    def change(model):
        for name, value in settings.items():
            setattr(model.optimizer, name, value)

    return change


def batches(x, y, size=8):
    for start in range(0, len(x), size):
        yield x[start : start + size], y[start : start + size]


def made(name):
    cls, settings = CHANGES[name]
    start = {"momentum": 0.5} if name == "rmsprop" else {}
    return cls(0.01, **start), settings


@pytest.mark.parametrize("name", CHANGES)
def test_settings(rng, dtype, name):
    """A fit goes on with what a callback set, as one that starts with it then would."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    optimizer, settings = made(name)
    model = network(dtype, optimizer)
    two = network(dtype, made(name)[0])
    change = setting(settings)
    history = model.fit(x, y, 8, 4, 0, callbacks=[Change(change, 1)], shuffle=False)
    two.fit(x, y, 8, 2, verbose=0, shuffle=False)
    change(two)
    two.fit(x, y, 8, 2, verbose=0, shuffle=False)
    assert np.isfinite(history.history["loss"]).all()
    np.testing.assert_array_equal(model.theta, two.theta)


@pytest.mark.parametrize("name", CHANGES)
def test_settings_within_an_epoch(rng, dtype, name):
    """Over arrays as over batches that Python supplies."""
    x, y = rng.normal(size=(40, 5)).astype(dtype), rng.normal(size=(40, 2)).astype(dtype)
    results = []
    for whole in (True, False):
        optimizer, settings = made(name)
        model = network(dtype, optimizer)
        hook = ChangeInEpoch(setting(settings), 0, 1)
        data = {"x": x, "y": y, "batch_size": 8} if whole else {"x": batches(x, y)}
        model.fit(**data, callbacks=[hook], shuffle=False, verbose=0)
        results.append(model.theta)
    assert np.isfinite(results[0]).all()
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("kind", [Change, lambda change, epoch: ChangeInEpoch(change, epoch, 1)])
def test_trainable(rng, dtype, kind):
    """A layer that a callback freezes stays as it is from then on, and moves again later."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    seen = []

    def freeze(model, value):
        model.layers[0].trainable = value
        seen.append(model.layers[0].get_weights()[0])

    model.fit(
        x,
        y,
        batch_size=8,
        epochs=4,
        verbose=0,
        callbacks=[
            kind(lambda model: freeze(model, False), 0),
            kind(lambda model: freeze(model, True), 2),
        ],
    )
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (model.layers[0].get_weights()[0] != seen[1]).any()


@pytest.mark.parametrize("kind", [Change, lambda change, epoch: ChangeInEpoch(change, epoch, 2)])
def test_compile(rng, dtype, kind):
    """The fit goes on with the new optimizer, loss and metrics, validation with it."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")

    def compile_anew(model):
        model.compile(optimizers.SGD(0.1), "mae", metrics=["mse"])

    fit = model.fit(
        x,
        y,
        batch_size=8,
        epochs=3,
        validation_data=(x, y),
        callbacks=[kind(compile_anew, 0)],
        verbose=0,
    )
    assert model.optimizer.iterations == (10 if kind is Change else 12)
    loss, mse = model.evaluate(x, y, verbose=0)
    assert fit.history["val_loss"][-1] == pytest.approx(loss)
    assert fit.history["val_mse"][-1] == pytest.approx(mse)
    assert loss == pytest.approx(np.abs(model.predict(x) - y).mean(), rel=1e-5)
    assert len(fit.history["mse"]) == (2 if kind is Change else 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model: model.compile("sgd", "sparse_categorical_crossentropy"), "one integer"),
        (lambda model: model.compile("sgd", "binary_crossentropy"), "probabilities from 0 to 1"),
        (lambda model: model.compile("sgd"), "needs a loss"),
        (lambda model: model.add(bpcore.layers.Dense(3)), r"expected \(40, 3\)"),
        (lambda model: (model.pop(), model.pop()), "is not built"),
    ],
)
@pytest.mark.parametrize("kind", [Change, lambda change, epoch: ChangeInEpoch(change, epoch, 0)])
@pytest.mark.parametrize("validated", [False, True])
def test_changes_that_the_data_do_not_fit(rng, dtype, kind, change, message, validated):
    """What the fit was given is checked again for what there is to train now."""
    x, y = rng.normal(size=(40, 5)), 2 + rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    validation = (x, y) if validated else None
    hook = kind(change, 0)
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, 8, 3, 0, callbacks=[hook], validation_data=validation)


class ChangeAtStart(callbacks.Callback):
    """Calls change(model) before the first epoch, and looks at nothing after."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def on_train_begin(self, logs=None):
        self.change(self.model)


def test_compile_before_the_first_epoch(rng, dtype):
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    at_start = ChangeAtStart(lambda model: model.compile("sgd", "mae", metrics=["mse"]))
    fit = model.fit(x, y, 8, 3, 0, callbacks=[at_start])
    assert {name: len(values) for name, values in fit.history.items()} == {"loss": 3, "mse": 3}


def test_compile_with_other_steps_per_execution(rng, dtype):
    x, y = rng.normal(size=(80, 5)), rng.normal(size=(80, 2))
    model = network(dtype, "adam")
    seen = []

    class Look(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                self.model.compile("sgd", "mse", steps_per_execution=4)

        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    model.fit(x, y, 8, 1, 0, callbacks=[Look()])
    assert seen == [0, 1, 5, 9]


def test_freezing_leaves_the_data_as_they_are(rng, dtype, monkeypatch):
    """They were checked, all of them, for the same loss and outputs."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    checks = []
    targets = model.loss.targets
    monkeypatch.setattr(model.loss, "targets", lambda *args: (checks.append(1), targets(*args))[1])

    def freeze(model):
        model.layers[0].trainable = False

    model.fit(x, y, 8, 3, 0, callbacks=[Change(freeze, 0)], validation_data=(x, y))
    assert len(checks) == 2


def test_data_are_checked_once_after_a_change(rng, dtype, monkeypatch):
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    checks = []

    def compile_anew(model):
        model.compile("sgd", "mae")
        targets = model.loss.targets
        count = lambda *args: (checks.append(1), targets(*args))[1]  # noqa: E731
        monkeypatch.setattr(model.loss, "targets", count)

    model.fit(x, y, 8, 4, 0, callbacks=[Change(compile_anew, 0)], validation_data=(x, y))
    assert len(checks) == 2


def test_another_width_of_outputs(rng, dtype):
    """A layer put on top in the midst of a fit: outputs for the metrics are as wide as it."""
    x, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    model = network(dtype, "adam")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    widen = Change(lambda model: model.add(bpcore.layers.Dense(9, activation="softmax")), 0)
    fit = model.fit(x, y, 8, 3, 0, callbacks=[widen])
    assert len(fit.history["accuracy"]) == 3
    assert model.predict(x).shape == (40, 9)
    assert fit.history["loss"][2] == pytest.approx(np.log(9), abs=1.5)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("trained", [False, True])
def test_ctrl_c_after_a_change(rng, dtype, name, trained):
    """Back to the last whole epoch; where the moments mean something else now, they start anew."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    optimizer, settings = made(name)
    model = network(dtype, optimizer)

    def press(model):
        raise KeyboardInterrupt

    hooks = [ChangeInEpoch(setting(settings), 1, 1), ChangeInEpoch(press, 1, 1 + trained)]
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 8, 4, 0, callbacks=hooks, shuffle=False)
    whole = network(dtype, made(name)[0])
    whole.fit(x, y, 8, 1, 0, shuffle=False)
    np.testing.assert_array_equal(model.theta, whole.theta)
    assert model.optimizer._iterations == whole.optimizer._iterations
    setting(settings)(whole)
    for again in (model, whole):
        again.fit(x, y, 8, 2, 0, shuffle=False)
    np.testing.assert_array_equal(model.theta, whole.theta)


def test_ctrl_c_pressed_twice(rng, dtype, monkeypatch):
    """The second finds the way back begun, which is then taken from its start."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    copyto, presses = np.copyto, []

    def press(model):
        monkeypatch.setattr(np, "copyto", press_again)
        raise KeyboardInterrupt

    def press_again(*arguments):
        copyto(*arguments)
        if not presses:
            presses.append(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 8, 3, 0, callbacks=[ChangeInEpoch(press, 1, 2)], shuffle=False)
    assert presses
    whole = network(dtype, "adam")
    whole.fit(x, y, 8, 1, 0, shuffle=False)
    np.testing.assert_array_equal(model.theta, whole.theta)
    np.testing.assert_array_equal(model.optimizer._slots, whole.optimizer._slots)
    assert len(model.history.epoch) == 1


def test_ctrl_c_after_a_callback_compiled(rng, dtype):
    """The weights are those of the last whole epoch; the new optimizer is as it is."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")

    def compile_and_press(model):
        model.compile("sgd", "mse")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 8, 3, 0, callbacks=[ChangeInEpoch(compile_and_press, 1, 2)], shuffle=False)
    whole = network(dtype, "adam")
    whole.fit(x, y, 8, 1, 0, shuffle=False)
    np.testing.assert_array_equal(model.theta, whole.theta)
    assert model.optimizer.iterations == 0
    assert model._epochs == 1


def test_ctrl_c_after_two_changes(rng, dtype):
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")

    def average_and_press(model):
        model.optimizer.use_ema = True
        raise KeyboardInterrupt

    hooks = [
        ChangeInEpoch(setting({"amsgrad": True}), 1, 1),
        ChangeInEpoch(average_and_press, 1, 3),
    ]
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 8, 3, 0, callbacks=hooks, shuffle=False)
    whole = network(dtype, "adam")
    whole.fit(x, y, 8, 1, 0, shuffle=False)
    np.testing.assert_array_equal(model.theta, whole.theta)
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


def test_copy_keeps_what_does_not_decay(rng, dtype):
    model = network(dtype, "sgd")
    optimizer = optimizers.AdamW(0.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model.layers[0].kernel])
    model.compile(copy.copy(optimizer), "mse")
    before = model.get_weights()
    model.fit(rng.normal(size=(8, 5)), rng.normal(size=(8, 2)), verbose=0)
    assert (model.get_weights()[0] == before[0]).all()


def test_copy_of_an_optimizer(rng, dtype):
    """It has moments of its own."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    model.fit(x, y, verbose=0)
    other = copy.copy(model.optimizer)
    assert other.get_config() == model.optimizer.get_config()
    before = model.optimizer._slots.copy()
    network(dtype, other).fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.optimizer._slots, before)


@pytest.mark.parametrize("batch", [0, 2])
def test_an_error_within_an_epoch(rng, dtype, batch):
    """What was trained stays, and the next fit visits the rows in another order."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")

    def fail(model):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        model.fit(x, y, 8, 2, 0, callbacks=[ChangeInEpoch(fail, 0, batch)])
    assert model.optimizer.iterations == batch + 1
    assert model._epochs == 1


def test_an_error_of_a_users_cost(rng, dtype):
    """Of the steps before it one is trained, in the first call of the compiled loop."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")
    left = [np.inf]

    def cost(y, a):
        left[0] -= 1
        if left[0] < 0:
            raise ArithmeticError
        return ((a - y) ** 2).sum(axis=1), 2 * (a - y)

    model.compile("adam", cost)
    left[0] = 1
    with pytest.raises(ArithmeticError):
        model.fit(x, y, 8, 2, 0)
    assert model.optimizer.iterations == 1
    assert model._epochs == 1
