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


def test_an_error_within_an_epoch(rng, dtype):
    """What was trained stays, and the next fit visits the rows in another order."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    model = network(dtype, "adam")

    def fail(model):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        model.fit(x, y, 8, 2, 0, callbacks=[ChangeInEpoch(fail, 0, 2)])
    assert model.optimizer.iterations == 3
    assert model._epochs == 1
