"""How long models live: dropped ones are gone at once, without Python's search for cycles."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import bpcore
from bpcore import callbacks, layers, optimizers
from bpcore.sklearn import MLPClassifier, MLPRegressor

X = np.linspace(-1, 1, 200, dtype=np.float32).reshape(40, 5)
Y = (X[:, 0] > 0).astype(np.int32)


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class EveryBatch(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


def model_of(*stack, optimizer="adam", metrics=None):
    stack = [bpcore.Input((5,)), *stack, layers.Dense(2, activation="softmax")]
    model = bpcore.Sequential(stack)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=metrics)
    return model


def plain():
    return model_of(layers.Dense(4, activation="relu"))


MODELS = {
    "plain": plain,
    "metrics": lambda: model_of(layers.Dense(4), metrics=["accuracy"]),
    "layers": lambda: model_of(
        layers.Dense(4), layers.BatchNormalization(), layers.PReLU(), layers.Dropout(0.1)
    ),
    "user's": lambda: model_of(layers.Dense(4, (lambda z: z * z, lambda z: 2 * z))),
    "average": lambda: model_of(layers.Dense(4), optimizer=optimizers.AdamW(use_ema=True)),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("looks", [None, [EveryBatch(), callbacks.EarlyStopping()]])
def test_a_dropped_model_is_gone(make, looks, no_gc):
    model = make()
    model.fit(X, Y, epochs=2, validation_split=0.2, callbacks=looks, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X)
    model.train_on_batch(X, Y)
    model.backprop(X, Y)
    model.cost_and_grad(model.theta, X, Y)
    assert model.history.model is model
    gone = weakref.ref(model)
    for callback in looks or []:  # which keep the model they were at work on
        callback.set_model(None)
    del model
    assert gone() is None


def test_models_of_files_generators_and_copies_are_gone(tmp_path, no_gc):
    model = plain()
    model.fit(((X, Y) for _ in range(3)), steps_per_epoch=3, verbose=0)
    model.save(tmp_path / "m.safetensors")
    loaded = bpcore.load_model(tmp_path / "m.safetensors")
    loaded.fit(X, Y, verbose=0)
    models = [model, loaded, copy.deepcopy(model), bpcore.models.clone_model(model)]
    gone = [weakref.ref(model) for model in models]
    del model, loaded, models
    assert [ref() for ref in gone] == [None] * 4


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("settings", [{"solver": "lbfgs"}, {"early_stopping": True}])
def test_estimators_are_gone(kind, settings, no_gc):
    estimator = kind(max_iter=300, tol=0.1, **settings).fit(X, Y)
    gone = [weakref.ref(estimator), weakref.ref(estimator._network.model)]
    del estimator
    assert [ref() for ref in gone] == [None, None]


def test_history_keeps_the_model(no_gc):
    history = plain().fit(X, Y, verbose=0)
    assert history.model.history is history
    assert history.model.predict(X).shape == (40, 2)


def test_the_model_keeps_what_the_history_holds():
    model = plain()
    assert model.history is None
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    again = model.history
    assert again is model.history  # while anybody has it
    assert again.model is model
    assert again.history["loss"] is losses
    assert again.epoch == [0, 1, 2]
    assert again.params["epochs"] == 3
    model.history = None
    assert model.history is None
    model.history = {"loss": losses}
    assert model.history == {"loss": losses}


def test_a_history_of_the_users_own_is_kept_whole():
    class Noted(callbacks.History):
        __slots__ = ("note",)

        def __init__(self, note):
            super().__init__()
            self.note = note

        def set_model(self, model):
            super().set_model(model)
            self.history = {}

    model = plain()
    model.fit(X, Y, epochs=3, callbacks=[Noted("mine")], verbose=0)
    for kept in (model, copy.deepcopy(model)):
        assert kept.history.note == "mine"
        assert kept.history.model is kept
    assert len(model.history.history["loss"]) == 3


def by_pickle(protocol):
    return lambda x: pickle.loads(pickle.dumps(x, protocol))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, *map(by_pickle, range(pickle.HIGHEST_PROTOCOL + 1))]
)
def test_copies_of_either_have_both(copied):
    model = plain()
    losses = model.fit(X, Y, epochs=2, verbose=0).history["loss"]
    other = copied(model)
    assert other.history.history["loss"] == losses
    assert other.history.model is other
    history = copied(model.history)
    assert history.history["loss"] == losses
    assert history.epoch == [0, 1]
    assert history.model is not model
    assert history.model.history is history


@pytest.mark.parametrize("index", [0, 1])
def test_a_layer_outlives_its_model(no_gc, index):
    """It keeps its numbers and their type, and is no more free for another model than before."""
    stack = [bpcore.Input((5,)), layers.Dense(5, "relu"), layers.Activation("tanh")]
    model = bpcore.Sequential(stack, dtype="float64")
    layer = model.layers[index]
    want = np.tanh(X.astype(float)) if index else model.predict(X)
    gone = weakref.ref(model)
    del model
    assert gone() is None
    got = layer(X.astype(float))
    assert got.dtype == np.float64
    np.testing.assert_allclose(np.tanh(got) if index == 0 else got, want, 1e-15)
    layer.trainable = False
    with pytest.raises(ValueError, match="already part of a model"):
        bpcore.Sequential([layer])
