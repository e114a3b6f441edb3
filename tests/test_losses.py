"""The losses: kernels against NumPy, gradients against central differences, reductions, and
the Python face."""

import numpy as np
import pytest
from helpers import dense_model, relative_error

import bpcore
from bpcore import _core, layers, losses
from bpcore.losses.user import central_differences

EPS = 1e-7


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def clip(p):
    return np.clip(p, EPS, 1 - EPS)


def bce(y, p):
    return -(y * np.log(clip(p)) + (1 - y) * np.log(1 - clip(p)))


def smooth(y, amount, classes):
    return y * (1 - amount) + amount / classes


def binary_focal(y, a, balance, alpha, gamma):
    weight = y * alpha + (1 - y) * (1 - alpha) if balance else 1.0
    p_t = y * a + (1 - y) * (1 - a)
    return np.mean(weight * (1 - p_t) ** gamma * bce(y, a), axis=1)


def categorical_focal(y, a, alpha, gamma):
    p = clip(a / a.sum(axis=1, keepdims=True))
    return -np.sum(alpha * (1 - p) ** gamma * y * np.log(p), axis=1)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def tversky(y, a, alpha, beta):
    both, missed, wrong = (y * a).sum(1), ((1 - a) * y).sum(1), (a * (1 - y)).sum(1)
    return 1 - both / (both + alpha * missed + beta * wrong + EPS)


def quantiles(y, a, q):
    return np.mean(np.maximum(q * (y - a), (q - 1) * (y - a)), axis=1)


def likelihood(y, a, constant=0.0):
    mean, s = np.split(a, 2, axis=1)
    return np.mean(0.5 * (s + (y - mean) ** 2 * np.exp(-s)), axis=1) + constant


def picked(y, p):
    return np.take_along_axis(p, y.astype(int), axis=1)[:, 0]


def log_softmax(z):
    return z - z.max(1, keepdims=True) - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1))[:, None]


# (loss, its cost in NumPy, kind of targets, kind of outputs)
TABLE = [
    (losses.MeanSquaredError(), lambda y, a: ((a - y) ** 2).mean(1), "real", "real"),
    (losses.MeanAbsoluteError(), lambda y, a: abs(a - y).mean(1), "real", "real"),
    (
        losses.MeanAbsolutePercentageError(),
        lambda y, a: 100 * (abs(a - y) / np.maximum(abs(y), EPS)).mean(1),
        "positive",
        "real",
    ),
    (
        losses.MeanSquaredLogarithmicError(),
        lambda y, a: ((np.log(np.maximum(a, EPS) + 1) - np.log(y + 1)) ** 2).mean(1),
        "positive",
        "real",
    ),
    (losses.CosineSimilarity(), lambda y, a: -(unit(y) * unit(a)).sum(1), "real", "real"),
    (
        losses.Huber(0.7),
        lambda y, a: np.where(
            abs(a - y) <= 0.7, (a - y) ** 2 / 2, 0.7 * abs(a - y) - 0.7**2 / 2
        ).mean(1),
        "real",
        "real",
    ),
    (losses.LogCosh(), lambda y, a: np.log(np.cosh(a - y)).mean(1), "real", "real"),
    (losses.Poisson(), lambda y, a: (a - y * np.log(a + EPS)).mean(1), "positive", "inner"),
    (losses.KLDivergence(), lambda y, a: (y * np.log(y / a)).sum(1), "inner", "inner"),
    (losses.Hinge(), lambda y, a: np.maximum(1 - y * a, 0).mean(1), "signs", "real"),
    (losses.Hinge(), lambda y, a: np.maximum(1 - (2 * y - 1) * a, 0).mean(1), "bits", "real"),
    (losses.SquaredHinge(), lambda y, a: (np.maximum(1 - y * a, 0) ** 2).mean(1), "signs", "real"),
    (
        losses.SquaredHinge(),
        lambda y, a: (np.maximum(1 - (2 * y - 1) * a, 0) ** 2).mean(1),
        "bits",
        "real",
    ),
    (
        losses.CategoricalHinge(),
        lambda y, a: np.maximum(((1 - y) * a).max(1) - (y * a).sum(1) + 1, 0),
        "one_hot",
        "inner",
    ),
    (losses.QuantileLoss(0.2), lambda y, a: quantiles(y, a, 0.2), "real", "real"),
    (losses.GaussianNegativeLogLikelihood(), likelihood, "half", "real"),
    (
        losses.GaussianNegativeLogLikelihood(full=True),
        lambda y, a: likelihood(y, a, 0.5 * np.log(2 * np.pi)),
        "half",
        "real",
    ),
    (losses.BinaryCrossentropy(), lambda y, a: bce(y, a).mean(1), "bits", "inner"),
    (
        losses.BinaryCrossentropy(label_smoothing=0.3),
        lambda y, a: bce(smooth(y, 0.3, 2), a).mean(1),
        "bits",
        "inner",
    ),
    (
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.3),
        lambda y, a: bce(smooth(y, 0.3, 2), sigmoid(a)).mean(1),
        "bits",
        "real",
    ),
    (
        losses.BinaryFocalCrossentropy(True, 0.3, 1.7),
        lambda y, a: binary_focal(y, a, True, 0.3, 1.7),
        "bits",
        "inner",
    ),
    (
        losses.BinaryFocalCrossentropy(from_logits=True, label_smoothing=0.1),
        lambda y, a: binary_focal(smooth(y, 0.1, 2), sigmoid(a), False, 0.3, 2.0),
        "bits",
        "real",
    ),
    (
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        lambda y, a: -(smooth(y, 0.2, y.shape[1]) * np.log(a / a.sum(1, keepdims=True))).sum(1),
        "one_hot",
        "inner",
    ),
    (
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
        lambda y, a: -(smooth(y, 0.2, y.shape[1]) * log_softmax(a)).sum(1),
        "one_hot",
        "real",
    ),
    (
        losses.CategoricalFocalCrossentropy(0.6, 1.4, label_smoothing=0.2),
        lambda y, a: categorical_focal(smooth(y, 0.2, y.shape[1]), a, 0.6, 1.4),
        "one_hot",
        "inner",
    ),
    (
        losses.CategoricalFocalCrossentropy(from_logits=True),
        lambda y, a: categorical_focal(y, softmax(a), 0.25, 2.0),
        "one_hot",
        "real",
    ),
    (
        losses.SparseCategoricalCrossentropy(),
        lambda y, a: -np.log(picked(y, a) / a.sum(1)),
        "labels",
        "inner",
    ),
    (
        losses.SparseCategoricalCrossentropy(from_logits=True),
        lambda y, a: -picked(y, log_softmax(a)),
        "labels",
        "real",
    ),
    (
        losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        lambda y, a: np.where(y[:, 0] == 0, 0, -picked(y, log_softmax(a))),
        "labels",
        "real",
    ),
    (
        losses.SparseCategoricalCrossentropy(ignore_class=0),
        lambda y, a: np.where(y[:, 0] == 0, 0, -np.log(picked(y, a) / a.sum(1))),
        "labels",
        "inner",
    ),
    (
        losses.CategoricalGeneralizedCrossEntropy(0.7),
        lambda y, a: (1 - picked(y, a) ** 0.7) / 0.7,
        "labels",
        "inner",
    ),
    (
        losses.Dice(axis=-1),
        lambda y, a: 1 - 2 * (y * a).sum(1) / (y.sum(1) + a.sum(1) + EPS),
        "inner",
        "inner",
    ),
    (losses.Tversky(0.3, 0.8, axis=-1), lambda y, a: tversky(y, a, 0.3, 0.8), "inner", "inner"),
]
IDS = [f"{i}-{type(loss).__name__}" for i, (loss, *_) in enumerate(TABLE)]


def draw(rng, kind, rows, n):
    labels = rng.integers(0, n, (rows, 1))
    return {
        "real": lambda: rng.normal(size=(rows, n)),
        "half": lambda: rng.normal(size=(rows, n // 2)),
        "positive": lambda: rng.uniform(0.5, 2, (rows, n)),
        "inner": lambda: rng.uniform(0.1, 0.9, (rows, n)),
        "signs": lambda: rng.choice([-1.0, 1.0], (rows, n)),
        "bits": lambda: rng.integers(0, 2, (rows, n)).astype(float),
        "one_hot": lambda: np.eye(n)[labels[:, 0]],
        "labels": lambda: labels.astype(float),
    }[kind]()


@pytest.mark.parametrize("index", range(len(TABLE)), ids=IDS)
@pytest.mark.parametrize(("rows", "n"), [(1, 2), (7, 4), (33, 10), (5, 38), (3, 1100)])
def test_kernels(isa, dtype, rng, index, rows, n):
    """Costs and dC/da against NumPy, weighted and not, and nothing written past the end."""
    loss, cost, y_kind, a_kind = TABLE[index]
    y, a = draw(rng, y_kind, rows, n).astype(dtype), draw(rng, a_kind, rows, n).astype(dtype)
    y_, a_ = y.astype("float64"), a.astype("float64")
    want = cost(y_, a_)
    kernel, p = _core.LOSSES[loss.kernel], loss._parameters()
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    slope_tolerance = {"float32": 2e-5, "float64": 1e-6}[dtype]  # differences are no better
    weight = rng.uniform(0, 2, rows).astype(dtype)
    columns = range(n) if n < 50 else [0, 1, 1023, 1024, n - 1]
    slopes, spread = central_differences(lambda v: cost(y_, v), a_, columns, error=True)
    smooth_here = spread <= 2e-6 * np.abs(slopes).max()  # not at a kink
    assert smooth_here[:, columns].mean() > 0.7
    for w in (None, weight):
        whole = np.full(rows * n + 64, -7, dtype)
        delta = whole[: rows * n].reshape(rows, n)
        total = _core.kernel_cost(isa, kernel, a, a, y, w, 0.25, delta, p)
        # Compiled apart from the loop with delta: the last bit may be another.
        alone = _core.kernel_cost(isa, kernel, a, a, y, w, 0.25, None, p)
        assert alone == pytest.approx(total, rel=1e-13, abs=1e-13)
        assert (whole[rows * n :] == -7).all()
        w = np.ones(rows) if w is None else w.astype("float64")
        # One example may cost nothing or less: relative to the sum of sizes.
        assert abs(total - want @ w) <= tolerance * (abs(want) @ w + 1e-3)
        got = delta[:, columns].astype("float64")
        expected = (0.25 * w[:, None] * slopes)[:, columns]
        error = np.abs(got - expected)[smooth_here[:, columns]]
        assert error.max(initial=0) <= slope_tolerance * max(np.abs(delta).max(), 1e-30)


@pytest.mark.parametrize("index", range(len(TABLE)), ids=IDS)
def test_nan_comes_through(isa, dtype, rng, index):
    """Outputs of a model that diverged must not look cheap."""
    loss, _, y_kind, a_kind = TABLE[index]
    y, a = draw(rng, y_kind, 3, 6).astype(dtype), draw(rng, a_kind, 3, 6).astype(dtype)
    a[1] = np.nan
    if y_kind == "labels":
        y[:] = 2
    p = loss._parameters()
    assert np.isnan(_core.kernel_cost(isa, _core.LOSSES[loss.kernel], a, a, y, None, 1, None, p))


def test_several_quantiles(isa, dtype, rng):
    q = [0.1, 0.3, 0.5, 0.7, 0.9]
    loss = losses.QuantileLoss(q)
    y, a = rng.normal(size=(9, 1)), rng.normal(size=(9, 5))
    np.testing.assert_allclose(loss.call(y, a), quantiles(y, a, np.array(q)))
    np.testing.assert_allclose(loss.call(y[:, 0], a), quantiles(y, a, np.array(q)))
    slopes = central_differences(lambda v: quantiles(y, v, np.array(q)), a)
    np.testing.assert_allclose(loss.gradient(y, a), slopes, atol=1e-9)
    model = dense_model((2, 8, 5), ["tanh", "linear"], loss, dtype, "adam")
    x, y = rng.normal(size=(64, 2)), rng.normal(size=64)
    history = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0]
    with pytest.raises(ValueError, match="5 quantiles; expected a model of as many outputs"):
        dense_model((2, 3), ["linear"], loss).fit(x, y, verbose=0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("index", range(len(TABLE)), ids=IDS)
def test_gradients_of_models(rng, index, reduction, weighted):
    """By central differences, through the output activation that fits."""
    loss, _, y_kind, a_kind = TABLE[index]
    loss = type(loss)(**{**loss.get_config(), "reduction": reduction})
    output = {"real": "linear", "inner": "sigmoid"}[a_kind]
    if output == "sigmoid" and ("Categorical" in type(loss).__name__ or y_kind == "labels"):
        output = "softmax"
    model = dense_model((3, 5, 4), ["tanh", output], loss)
    x, y = rng.normal(size=(7, 3)), draw(rng, y_kind, 7, 4)
    weight = rng.uniform(0.1, 2, 7) if weighted else None
    theta = model.theta
    want, spread = central_differences(
        lambda t: model.cost_and_grad(t, x, y, weight)[0], theta, error=True
    )
    cost, got = model.cost_and_grad(theta, x, y, weight)
    near = spread <= 1e-3 * np.abs(want).max()
    assert near.mean() > 0.8
    assert np.abs(got - want)[near].max() <= 1e-6 * np.abs(want).max()
    # The direct call, the pieces of one step and training agree.
    y_given = y[:, 0] if y_kind == "labels" else y
    assert cost == pytest.approx(loss(y_given, model.predict(x), weight), rel=1e-12)
    step = model.backprop(x, y, weight)
    assert step.cost == pytest.approx(cost, rel=1e-12)
    assert model.evaluate(x, y, sample_weight=weight) == pytest.approx(cost, rel=1e-12)
    model.compile("sgd", loss)
    model.optimizer.learning_rate = 1e-3
    assert model.train_on_batch(x, y, weight) == pytest.approx(cost, rel=1e-12)
    np.testing.assert_allclose(model.theta, theta - 1e-3 * got, rtol=0, atol=1e-13)


@pytest.mark.parametrize("arguments", [{"ignore_class": 1}, {"reduction": "sum"}])
@pytest.mark.parametrize("shuffle", [False, True])
def test_threads_change_no_bit(dtype, rng, arguments, shuffle):
    x, y, weight = rng.normal(size=(500, 6)), rng.integers(0, 4, 500), rng.uniform(0, 2, 500)
    ends = []
    for threads in (1, 4):
        bpcore.utils.set_random_seed(3)
        loss = losses.SparseCategoricalCrossentropy(from_logits=True, **arguments)
        model = dense_model((6, 40, 4), ["relu", "linear"], loss, dtype)
        model.optimizer.learning_rate = 1e-3
        with bpcore.num_threads(threads):
            history = model.fit(
                x, y, 200, 3, verbose=0, sample_weight=weight, shuffle=shuffle
            ).history["loss"]
        ends.append((history, model.theta))
    assert ends[0][0] == ends[1][0]
    assert (ends[0][1] == ends[1][1]).all()


def test_an_epoch_is_the_mean_of_its_batches(rng):
    """Each batch's loss, reduced by itself, counts by its rows: Keras's loss tracker."""
    x, y, weight = rng.normal(size=(10, 3)), rng.normal(size=(10, 2)), rng.uniform(0, 2, 10)
    for reduction in ("sum", "mean_with_sample_weight"):
        loss = losses.MeanSquaredError(reduction=reduction)
        model = dense_model((3, 2), ["linear"], loss)
        model.optimizer.learning_rate = 0.0
        a = model.predict(x)
        parts = [loss(y[s], a[s], weight[s]) for s in (slice(0, 4), slice(4, 8), slice(8, 10))]
        want = np.dot(parts, [4, 4, 2]) / 10
        fit = {"batch_size": 4, "shuffle": False, "verbose": 0, "sample_weight": weight}
        history = model.fit(x, y, validation_data=(x, y, weight), **fit).history
        assert history["loss"] == pytest.approx([want], rel=1e-12)
        assert history["val_loss"] == pytest.approx([want], rel=1e-12)
        assert model.evaluate(x, y, 4, sample_weight=weight) == pytest.approx(want, rel=1e-12)


def test_nothing_that_counts(rng):
    """A batch without a label or a weight costs 0 and moves nothing, as in Keras."""
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    model = dense_model((3, 2), ["softmax"], loss)
    theta = model.theta
    assert model.train_on_batch(rng.normal(size=(4, 3)), [-1] * 4) == 0
    assert (model.theta == theta).all()
    assert loss([-1, -1], [[0.1, 0.9], [0.5, 0.5]]) == 0


def test_penalties_where_nothing_counts(rng):
    """They are the cost then, the same by every way to it, with the gradient of that."""
    x, y, weight = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), np.zeros(5)
    model = dense_model((3, 4, 2), ["tanh"] * 2, "mse")
    top = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l1")
    model.add(top)
    model.compile(
        bpcore.optimizers.SGD(0.1), losses.MeanSquaredError(reduction="mean_with_sample_weight")
    )
    on_activity = 0.01 * np.abs(model.predict(x)).sum() / 5
    want = 0.01 * (top.kernel**2).sum() + on_activity
    assert model.evaluate(x, y, sample_weight=weight) == pytest.approx(want, rel=1e-12)
    assert model.backprop(x, y, weight).cost == pytest.approx(on_activity, rel=1e-12)
    theta = model.theta
    cost, grad = model.cost_and_grad(theta, x, y, weight)
    assert cost == pytest.approx(want, rel=1e-12)
    numeric = central_differences(lambda theta: model.cost_and_grad(theta, x, y, weight)[0], theta)
    assert relative_error(grad, numeric) < 1e-6
    assert model.train_on_batch(x, y, weight) == pytest.approx(want, rel=1e-12)
    np.testing.assert_allclose(model.theta, theta - 0.1 * grad, rtol=1e-12)


def test_logits_far_out(isa, dtype):
    """The cost of logits grows like their size, with no clipping and no overflow."""
    z = np.array([[-300.0, 300.0, 0.0], [200.0, -50.0, -500.0]], dtype)
    y = np.array([[1, 0, 0], [0, 1, 0]], dtype)
    loss = losses.CategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(loss.call(y, z), [600, 250])
    np.testing.assert_allclose(loss.gradient(y, z)[0], [-1, 1, 0], atol=1e-30)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(loss.call([0, 1], z), [600, 250])
    np.testing.assert_allclose(loss.gradient([0, 1], z)[0], [-1, 1, 0], atol=1e-30)
    loss = losses.BinaryCrossentropy(from_logits=True)
    np.testing.assert_allclose(loss.call(y, z), [(600 + np.log(2)) / 3, 250 / 3], rtol=1e-6)
    np.testing.assert_allclose(loss.gradient(y, z)[0], [-1 / 3, 1 / 3, 0.5 / 3], rtol=1e-6)


def test_smoothing_after_its_own_activation(rng):
    """Exact from z, and equal to the loss of logits."""
    x = rng.normal(size=(6, 3))
    for cls, g, y in [
        (losses.BinaryCrossentropy, "sigmoid", rng.integers(0, 2, (6, 4))),
        (losses.CategoricalCrossentropy, "softmax", np.eye(4)[rng.integers(0, 4, 6)]),
    ]:
        model = dense_model((3, 4), [g], cls(label_smoothing=0.2))
        other = dense_model((3, 4), ["linear"], cls(from_logits=True, label_smoothing=0.2))
        theta = 50 * model.theta
        ours, logits = model.cost_and_grad(theta, x, y), other.cost_and_grad(theta, x, y)
        assert ours[0] == pytest.approx(logits[0], rel=1e-12)
        assert relative_error(ours[1], logits[1]) < 1e-12


# ---- the Python face -----------------------------------------------------------


@pytest.mark.parametrize("name", sorted(losses.BUILT_IN))
def test_names_and_configs(name):
    loss = losses.get(name)
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert type(losses.get(losses.serialize(loss))) is type(loss)
    assert type(loss).from_config(loss.get_config()).get_config() == loss.get_config()
    loss._require_trainable() if getattr(loss, "axis", 0) is not None else None


def test_functions(dtype, rng):
    y, a = rng.normal(size=(5, 3)).astype(dtype), rng.normal(size=(5, 3)).astype(dtype)
    values = losses.huber(y, a, delta=0.5)
    assert values.dtype == dtype
    np.testing.assert_allclose(values, losses.Huber(0.5, reduction=None)(y, a), rtol=1e-6)
    assert losses.mean_squared_error([0.0, 1.0], [1.0, 1.0]) == 0.5
    assert losses.mean_squared_error([1.0, 2.0], [[1.0], [4.0]]).tolist() == [0, 4]
    assert type(losses.get(losses.log_cosh)) is losses.LogCosh
    assert losses.serialize(losses.log_cosh) == "log_cosh"
    assert losses.dice([[1, 0]], [[1.0, 0.0]]) == pytest.approx(0, abs=1e-6)
    cubes = rng.uniform(size=(2, 3, 4))
    assert losses.mean_absolute_error(cubes, 0 * cubes).shape == (2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.get("ctc"), "CTC is not covered"),
        (lambda: losses.CTC(), "CTC is not covered"),
        (lambda: losses.Circle(gamma=3), "Circle is not covered"),
        (lambda: losses.MeanSquaredError(reduction="avg"), "reduction must be one of"),
        (lambda: losses.MeanSquaredError(dtype="float16"), "dtype must be 'float32'"),
        (lambda: losses.QuantileLoss(np.nan), "quantile must be a finite number, got nan"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), "label_smoothing must lie"),
        (lambda: losses.CosineSimilarity(axis=0), "bpcore covers axis=-1"),
        (lambda: losses.QuantileLoss([0.5, 1.5]), "quantile must lie between 0 and 1"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(1.5), "q must lie between"),
        (lambda: losses.Huber(-1.0), "delta must be a finite number above 0"),
        (lambda: losses.hinge([[0.0, -1.0]], [[1.0, 1.0]]), "labels 0 and also -1"),
        (lambda: losses.get("hubber"), "did you mean 'huber'"),
        (lambda: dense_model((2, 1), ["linear"], losses.Dice()), "trains with Dice.axis=-1"),
        (
            lambda: dense_model((2, 1), ["linear"], losses.MeanSquaredError(reduction=None)),
            "leaves a value for each example: cannot train",
        ),
        (
            lambda: dense_model(
                (2, 3), ["linear"], losses.GaussianNegativeLogLikelihood()
            ).evaluate(np.ones((2, 2)), np.ones((2, 2))),
            "even number of outputs, got 3",
        ),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "loss",
    [
        losses.Huber(0.3, reduction="sum", name="mine"),
        losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2),
        losses.BinaryFocalCrossentropy(True, gamma=1.0, label_smoothing=0.1),
        losses.QuantileLoss([0.1, 0.5, 0.9]),
    ],
)
def test_options_are_saved(tmp_path, loss):
    model = dense_model((2, 3), ["linear"], loss)
    model.save(tmp_path / "m.safetensors")
    again = bpcore.load_model(tmp_path / "m.safetensors").loss
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
