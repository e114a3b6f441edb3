"""Bad input: the error names the argument, what came and what was expected."""

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import layers, losses, optimizers, utils

X, Y = np.ones((6, 3)), np.zeros((6, 2))


@pytest.fixture
def model():
    return dense_model((3, 4, 2), ["relu", "linear"], "mse", "float32")


@pytest.fixture
def classifier():
    return dense_model((3, 4, 2), ["relu", "softmax"], "sparse_categorical_crossentropy")


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones((6, 4)), ValueError, r"x has shape \(6, 4\); expected \(N, 3\)"),
        (np.ones(3), ValueError, r"x has shape \(3,\).*x\[None, :\]"),
        (np.ones((2, 3, 1)), ValueError, r"x has shape \(2, 3, 1\)"),
        (np.ones((0, 3)), ValueError, r"x is empty \(shape \(0, 3\)\)"),
        ([], ValueError, "x is empty"),
        (np.array([["a", "b", "c"]]), TypeError, "x has dtype <U1; expected real numbers"),
        (np.ones((6, 3), complex), TypeError, "x has dtype complex128"),
        (np.array([[None, 1, 2]]), TypeError, "x has dtype object"),
        (np.array([[1, 2, 3], [4, np.nan, 6]]), ValueError, r"x\[1, 1\] is nan \(1 such"),
        (np.array([[1, -np.inf, 3]]), ValueError, r"x\[0, 1\] is -inf"),
        (np.array([[1, 1e300, 3]]), ValueError, r"x\[0, 1\] is inf .*float32"),
    ],
)
def test_x(model, x, error, message):
    for call in (
        model.predict,
        lambda x: model.fit(x, Y, verbose=0),
        lambda x: model.evaluate(x, Y),
        lambda x: model.train_on_batch(x, Y),
        lambda x: model.backprop(x, Y),
        lambda x: model.cost_and_grad(model.theta, x, Y),
    ):
        with pytest.raises(error, match=message):
            call(x)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.zeros((5, 2)), ValueError, r"y has shape \(5, 2\); expected \(6, 2\)"),
        (np.zeros(6), ValueError, r"y has shape \(6,\); expected \(6, 2\)"),
        (np.zeros((6, 3)), ValueError, r"y has shape \(6, 3\)"),
        ([], ValueError, "y is empty"),
        (None, ValueError, "y is None"),
        (np.full((6, 2), "a"), TypeError, "y has dtype <U1"),
        (np.full((6, 2), np.nan), ValueError, r"y\[0, 0\] is nan \(12 such"),
    ],
)
def test_y(model, y, error, message):
    for call in (model.fit, model.evaluate, model.train_on_batch, model.backprop):
        with pytest.raises(error, match=message):
            call(X, y)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([0, 1, 2, 0, 1, 0], ValueError, "labels in y run from 0 to 2; expected 0 to 1"),
        ([0, 1, -1, 0, 1, 0], ValueError, "labels in y run from -1 to 1"),
        ([0, 1, 0.5, 0, 1, 0], ValueError, "fractional labels"),
        ([0, 1, np.nan, 0, 1, 0], ValueError, r"y contains NaN"),
        (np.eye(2)[[0, 1, 0, 1, 0, 1]], ValueError, "one-hot rows use loss='categorical"),
        (["a", "b", "a", "b", "a", "b"], TypeError, "y has dtype <U1"),
    ],
)
def test_labels(classifier, y, error, message):
    with pytest.raises(error, match=message):
        classifier.fit(X, y, verbose=0)
    assert classifier.fit(X, [0, 1, 0.0, 1, 0, 1], verbose=0)


def test_crossentropy_targets():
    model = dense_model((3, 2), ["softmax"], "categorical_crossentropy")
    with pytest.raises(ValueError, match="integer labels use loss='sparse_categorical"):
        model.fit(X, [0, 1, 0, 1, 0, 1], verbose=0)
    with pytest.raises(ValueError, match="from 0 to 2; categorical_crossentropy expects"):
        model.fit(X, 2 * np.eye(2)[[0, 1, 0, 1, 0, 1]], verbose=0)
    model = dense_model((3, 1), ["sigmoid"], "binary_crossentropy")
    with pytest.raises(ValueError, match="from -1 to 1; binary_crossentropy expects"):
        model.fit(X, [-1, 1, -1, 1, -1, 1], verbose=0)


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (np.ones(5), ValueError, r"sample_weight has shape \(5,\); expected \(6,\)"),
        (np.ones((6, 2)), ValueError, r"sample_weight has shape \(6, 2\)"),
        ([1, 1, 1, 1, 1, np.inf], ValueError, r"sample_weight\[5\] is inf"),
        (["a"] * 6, TypeError, "sample_weight has dtype <U1"),
    ],
)
def test_sample_weight(model, weight, error, message):
    with pytest.raises(error, match=message):
        model.fit(X, Y, sample_weight=weight, verbose=0)


def test_weights(model):
    good = model.get_weights()
    with pytest.raises(ValueError, match=r"takes weights of shapes \[\(3, 4\), \(4,\)"):
        model.set_weights(good[:3])
    with pytest.raises(ValueError, match=r"got \[\(4, 3\)"):
        model.set_weights([good[0].T, *good[1:]])
    with pytest.raises(ValueError, match=r"weights\[3\] contains NaN or infinity"):
        model.set_weights([*good[:3], [np.nan, 0]])
    with pytest.raises(ValueError, match=r"weights\[3\] contains NaN or infinity as float32"):
        model.set_weights([*good[:3], [1e300, 0]])
    with pytest.raises(TypeError, match=r"weights\[1\] has dtype"):
        model.set_weights([good[0], ["a"] * 4, *good[2:]])
    assert all((a == b).all() for a, b in zip(good, model.get_weights(), strict=True))
    with pytest.raises(ValueError, match="theta must be 26 numbers"):
        model.theta = np.ones(3)
    with pytest.raises(ValueError, match="theta contains NaN"):
        model.cost_and_grad(np.full(26, np.nan), X, Y)


def test_before_compile():
    model = bpcore.Sequential([bpcore.Input((3,)), layers.Dense(2)])
    for name in ("fit", "evaluate", "train_on_batch", "backprop"):
        with pytest.raises(RuntimeError, match=rf"compile\(.*before model.{name}"):
            getattr(model, name)(X, Y)
    with pytest.raises(RuntimeError, match="compile"):
        model.cost_and_grad(model.theta, X, Y)
    assert model.predict(X).shape == (6, 2)


def test_compile(model):
    with pytest.raises(ValueError, match="unknown optimizer 'nadm'; did you mean 'nadam'"):
        model.compile("nadm", "mse")
    with pytest.raises(ValueError, match="optimizer must be a name"):
        model.compile(3, "mse")
    with pytest.raises(ValueError, match="unknown loss 'msee'; did you mean 'mse'"):
        model.compile("adam", "msee")
    with pytest.raises(ValueError, match="loss must be a name"):
        model.compile("adam", 3)
    with pytest.raises(ValueError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        model.compile("adam", "mse", metrics=["acuracy"])
    with pytest.raises(TypeError, match="metrics must be a list"):
        model.compile("adam", "mse", metrics="accuracy")
    with pytest.raises(ValueError, match="a metric must be"):
        model.compile("adam", "mse", metrics=[3])


def test_fit_arguments(model):
    for argument, value, error, message in [
        ("batch_size", 0, ValueError, "batch_size must be at least 1, got 0"),
        ("batch_size", 1.5, TypeError, "batch_size must be an integer, got 1.5"),
        ("epochs", -1, ValueError, "epochs must be at least 0"),
        ("epochs", "3", TypeError, "epochs must be an integer"),
        ("validation_split", 1.0, ValueError, "validation_split must be"),
        ("validation_split", 0.999, ValueError, "leaves none to train on"),
        ("validation_data", (X,), ValueError, "validation_data must be a tuple"),
        ("validation_data", (X[:, :2], Y), ValueError, r"validation x has shape \(6, 2\)"),
        ("validation_data", (X, Y[:3]), ValueError, r"validation y has shape \(3"),
        ("validation_data", (X, Y * np.nan), ValueError, "validation y contains NaN"),
        ("validation_data", (X, Y, [1.0]), ValueError, "validation sample_weight has shape"),
        ("validation_data", (X, Y.astype(str)), TypeError, "validation y has dtype"),
    ]:
        with pytest.raises(error, match=message):
            model.fit(X, Y, verbose=0, **{argument: value})
    with pytest.raises(ValueError, match="validation_batch_size must be at least 1, got 0"):
        model.fit(X, Y, validation_data=(X, Y), validation_batch_size=0, verbose=0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(0), ValueError, "units must be at least 1, got 0"),
        (lambda: layers.Dense(2.5), TypeError, "units must be an integer"),
        (lambda: layers.Dense(2, kernel_initializer="glorot"), ValueError, "unknown initializer"),
        (lambda: layers.Dense(2, kernel_initializer=3), ValueError, "initializer must be"),
        (lambda: layers.Dropout(1.5), ValueError, "rate must be from 0 to 1"),
        (lambda: layers.Dropout("a"), TypeError, "rate must be a number"),
        (lambda: bpcore.Input(()), ValueError, r"Input shape must be \(n,\)"),
        (lambda: bpcore.Input((0,)), ValueError, "Input shape must be at least 1"),
        (lambda: optimizers.SGD(-0.1), ValueError, "learning_rate must be at least 0"),
        (lambda: optimizers.SGD(momentum=1.0), ValueError, "momentum must be"),
        (lambda: optimizers.Adam(beta_1=1.5), ValueError, "beta_1 must be"),
        (lambda: optimizers.Adam("fast"), TypeError, "learning_rate must be a number"),
        (lambda: optimizers.Adam(float("nan")), ValueError, "learning_rate must be"),
        (lambda: bpcore.Sequential([3]), TypeError, "expected a layer"),
        (
            lambda: bpcore.Sequential([layers.Dense(2), bpcore.Input((3,))]),
            ValueError,
            "Input must come first",
        ),
        (
            lambda: bpcore.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]),
            ValueError,
            "a layer named 'a' is already",
        ),
        (lambda: bpcore.Sequential().pop(), ValueError, "no layers to pop"),
        (lambda: bpcore.Sequential().build((3,)), ValueError, "has no layers"),
        (lambda: bpcore.Sequential([bpcore.Input((3,))]).predict(X), ValueError, "no layers"),
        (lambda: utils.to_categorical([0, 5], 3), ValueError, "from 0 to 5, expected 0 to 2"),
        (lambda: utils.to_categorical([0.5]), ValueError, "integer labels"),
        (
            lambda: losses.MeanSquaredError()([[1.0]], [[1.0]], [1.0, 2.0]),
            ValueError,
            "sample_weight has shape",
        ),
    ],
)
def test_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_layer_belongs_to_one_model():
    layer = layers.Dense(2)
    bpcore.Sequential([layer])
    with pytest.raises(ValueError, match="already part of a model"):
        bpcore.Sequential([layer])
    other = bpcore.Sequential()
    for _ in range(2):  # the refusal must not set the layer free
        with pytest.raises(ValueError, match="already part of a model"):
            other.add(layer)


def test_build_for_another_width(model):
    with pytest.raises(ValueError, match=r"Input of shape \(3,\), got input_shape \(5,\)"):
        model.build((5,))


def test_validation_targets_of_another_width():
    model = dense_model((3, 2), ["linear"], lambda y, a: ((a - y[:, :1]).sum(1), np.ones_like(a)))
    with pytest.raises(ValueError, match="validation y has 3 columns, y has 1"):
        model.fit(X, np.ones(6), validation_data=(X, np.ones((6, 3))), verbose=0)


def test_a_failed_compile_changes_nothing(model):
    optimizer, loss = model.optimizer, model.loss
    with pytest.raises(ValueError, match="unknown metric"):
        model.compile("adam", "mse", metrics=["nonsense"])
    assert model.optimizer is optimizer
    assert model.loss is loss
    assert model.fit(X, Y, verbose=0).history.keys() == {"loss"}
