"""Every layer with every activation, every layer with every loss, every activation with every
loss: gradients against central differences, in float64, with penalties and sample weights.

All triples are some 20 000 networks, which the slow test tries. A Latin square of them holds
every pair: loss i and hidden activation j meet at layer (i + j) mod the number of layers.
"""

import functools

import numpy as np
import pytest

import bpcore
from bpcore import _activations, activations, layers, losses, regularizers
from bpcore.losses import _registry

TOLERANCE = 1e-6
STEP = 1e-4
N_IN, HIDDEN, OUT, ROWS = 3, 4, 4, 5


# ---- what there is -----------------------------------------------------------------------


def penalty():
    return regularizers.L1L2(l1=0.01, l2=0.02)


# Each makes the layers between the two Dense ones.
LAYERS = {
    "Dense": lambda: [
        layers.Dense(
            HIDDEN, "tanh", kernel_regularizer=regularizers.OrthogonalRegularizer(0.1, "columns")
        )
    ],
    "Dense without bias": lambda: [
        layers.Dense(HIDDEN, use_bias=False, activity_regularizer=penalty())
    ],
    "Activation": lambda: [layers.Activation("silu", activity_regularizer="l2")],
    "ActivityRegularization": lambda: [layers.ActivityRegularization(l1=0.02, l2=0.03)],
    "AlphaDropout": lambda: [layers.AlphaDropout(0.3)],
    "BatchNormalization": lambda: [
        layers.BatchNormalization(gamma_regularizer=penalty(), beta_regularizer="l2")
    ],
    "Dropout": lambda: [layers.Dropout(0.3)],
    "ELU": lambda: [layers.ELU(alpha=0.7)],
    "Flatten": lambda: [layers.Flatten()],
    "GaussianDropout": lambda: [layers.GaussianDropout(0.3)],
    "GaussianNoise": lambda: [layers.GaussianNoise(0.3)],
    "LayerNormalization": lambda: [
        layers.LayerNormalization(gamma_regularizer="l2", beta_regularizer=penalty())
    ],
    "LeakyReLU": lambda: [layers.LeakyReLU(negative_slope=0.2)],
    "Normalization": lambda: [layers.Normalization(mean=[0.1] * HIDDEN, variance=[2.0] * HIDDEN)],
    "PReLU": lambda: [layers.PReLU("ones", alpha_regularizer=penalty())],
    "RMSNormalization": lambda: [layers.RMSNormalization()],
    "ReLU": lambda: [layers.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.1)],
    "Rescaling": lambda: [layers.Rescaling([0.5, 2.0, -1.0, 1.0], offset=0.1)],
    "Reshape": lambda: [
        layers.Reshape((2, -1)),
        layers.LayerNormalization(epsilon=0.1),
        layers.Flatten(),
    ],
    "Softmax": lambda: [layers.Softmax()],
    "UnitNormalization": lambda: [layers.UnitNormalization()],
}

ACTIVATIONS = {name: name for name in _activations._LOWERED if name != "threshold"}
ACTIVATIONS |= {
    "threshold": functools.partial(activations.threshold, threshold=0.1, default_value=-0.2),
    "celu(0.6)": functools.partial(activations.celu, alpha=0.6),
    "relu(general)": functools.partial(
        activations.relu, negative_slope=0.1, max_value=1.5, threshold=0.2
    ),
    "gelu(approximate)": functools.partial(activations.gelu, approximate=True),
    "a user's": (np.sin, np.cos, "sine"),
}
POSITIVE = [
    *("exponential", "relu", "relu6", "sigmoid", "softmax", "softplus"),
    *("sparse_plus", "sparsemax", "squareplus"),
]
UNIT = ["hard_sigmoid", "sigmoid", "softmax", "sparse_sigmoid", "sparsemax"]
OUTPUTS = {"real": list(ACTIVATIONS), "positive": POSITIVE, "unit": UNIT}


def absolute_cube(y, a):
    return np.sum(np.abs(a - y) ** 3, axis=1)


def gradient_of_absolute_cube(y, a):
    return 3 * (a - y) * np.abs(a - y)


# name: (how it is made, its targets, the outputs it is defined for)
LOSSES = {
    "MeanSquaredError": (losses.MeanSquaredError, "real", "real"),
    "MeanAbsoluteError": (losses.MeanAbsoluteError, "real", "real"),
    "MeanAbsolutePercentageError": (losses.MeanAbsolutePercentageError, "positive", "real"),
    "MeanSquaredLogarithmicError": (losses.MeanSquaredLogarithmicError, "positive", "positive"),
    "CosineSimilarity": (losses.CosineSimilarity, "real", "real"),
    "Huber": (functools.partial(losses.Huber, delta=0.7), "real", "real"),
    "LogCosh": (losses.LogCosh, "real", "real"),
    "QuantileLoss": (functools.partial(losses.QuantileLoss, 0.3), "real", "real"),
    "QuantileLoss of several": (
        functools.partial(losses.QuantileLoss, [0.1, 0.4, 0.6, 0.9]),
        "one",
        "real",
    ),
    "GaussianNegativeLogLikelihood": (
        functools.partial(losses.GaussianNegativeLogLikelihood, full=True),
        "half",
        "real",
    ),
    "Hinge": (losses.Hinge, "signs", "real"),
    "SquaredHinge": (losses.SquaredHinge, "bits", "real"),
    "CategoricalHinge": (losses.CategoricalHinge, "one-hot", "real"),
    "Dice": (functools.partial(losses.Dice, axis=-1), "bits", "unit"),
    "Tversky": (functools.partial(losses.Tversky, 0.3, 0.7, axis=-1), "bits", "unit"),
    "KLDivergence": (losses.KLDivergence, "distribution", "unit"),
    "Poisson": (losses.Poisson, "positive", "positive"),
    "CategoricalGeneralizedCrossEntropy": (
        losses.CategoricalGeneralizedCrossEntropy,
        "labels",
        "unit",
    ),
    "SparseCategoricalCrossentropy": (losses.SparseCategoricalCrossentropy, "labels", "unit"),
    "SparseCategoricalCrossentropy of logits": (
        functools.partial(losses.SparseCategoricalCrossentropy, from_logits=True, ignore_class=1),
        "labels",
        "real",
    ),
    "a user's": (
        functools.partial(losses.custom, absolute_cube, gradient_of_absolute_cube),
        "real",
        "real",
    ),
}
for _cls, _targets, _more in [
    (losses.BinaryCrossentropy, "bits", {"label_smoothing": 0.1}),
    (losses.BinaryFocalCrossentropy, "bits", {"apply_class_balancing": True, "alpha": 0.3}),
    (losses.CategoricalCrossentropy, "distribution", {"label_smoothing": 0.1}),
    (losses.CategoricalFocalCrossentropy, "one-hot", {"alpha": 0.4, "gamma": 1.5}),
]:
    _name = _cls.__name__
    LOSSES[_name] = (_cls, _targets, "unit")
    LOSSES[f"{_name} of logits"] = (functools.partial(_cls, from_logits=True), _targets, "real")
    LOSSES[f"{_name} with arguments"] = (functools.partial(_cls, **_more), _targets, "unit")

REDUCTIONS = ["sum_over_batch_size", "sum", "mean_with_sample_weight"]


def targets(kind, rng):
    if kind == "labels":
        return rng.integers(0, OUT, ROWS)
    return {
        "real": lambda: rng.normal(size=(ROWS, OUT)),
        "one": lambda: rng.normal(size=(ROWS, 1)),
        "half": lambda: rng.normal(size=(ROWS, OUT // 2)),
        "positive": lambda: rng.uniform(0.5, 2, (ROWS, OUT)),
        "signs": lambda: rng.choice([-1.0, 1.0], (ROWS, OUT)),
        "bits": lambda: rng.integers(0, 2, (ROWS, OUT)).astype(float),
        "one-hot": lambda: np.eye(OUT)[rng.integers(0, OUT, ROWS)],
        "distribution": lambda: rng.dirichlet(np.full(OUT, 2.0), ROWS),
    }[kind]()


def cases(loss):
    """Return (layer, hidden activation, output activation, reduction) for this loss."""
    i = list(LOSSES).index(loss)
    outputs = OUTPUTS[LOSSES[loss][2]]
    for j, hidden in enumerate(ACTIVATIONS):
        layer = list(LAYERS)[(i + j) % len(LAYERS)]
        yield layer, hidden, outputs[(j + i) % len(outputs)], REDUCTIONS[(i + j) % 3]


def network(layer, hidden, output, loss, reduction):
    model = bpcore.Sequential(
        [
            bpcore.Input((N_IN,)),
            layers.Dense(
                HIDDEN,
                ACTIVATIONS[hidden],
                kernel_regularizer=penalty(),
                bias_regularizer="l2",
                activity_regularizer=regularizers.L2(0.01),
            ),
            *LAYERS[layer](),
            layers.Dense(
                OUT,
                ACTIVATIONS[output],
                kernel_regularizer=regularizers.OrthogonalRegularizer(0.05),
            ),
        ],
        dtype="float64",
    )
    model.compile("sgd", LOSSES[loss][0](reduction=reduction))
    return model


def randomise(model, rng):
    """Set every number of the model, so that none is at a default that hides its part."""
    for layer in model.layers:
        values = [0.7 * rng.normal(size=w.shape) for w in layer.weights]
        if isinstance(layer, layers.BatchNormalization):
            values[-1] = rng.uniform(0.5, 2, values[-1].shape)
        if values:
            layer.set_weights(values)


# ---- derivatives by differences ------------------------------------------------------------


def differences(cost, theta):
    """Return dC/dθ by central differences with Richardson's extrapolation, and how far the
    two steps disagree: by order h² where the cost is smooth, by far more across a kink.
    """
    slopes = np.empty((2, theta.size))
    for k, h in enumerate((STEP, 2 * STEP)):
        for p in range(theta.size):
            moved = theta.copy()
            moved[p] = theta[p] + h
            up = cost(moved)
            moved[p] = theta[p] - h
            slopes[k, p] = (up - cost(moved)) / (2 * h)
    return (4 * slopes[0] - slopes[1]) / 3, np.abs(slopes[0] - slopes[1])


def scales(model, grad):
    """Return what errors are relative to: the largest element of the same array's gradient, and
    where that is next to nothing (a bias before a normalisation) a part of the whole's.
    """
    sizes = [w.size for w in model.trainable_weights]
    parts = np.split(grad, np.cumsum(sizes)[:-1])
    return np.maximum(
        np.repeat([np.abs(part).max() for part in parts], sizes), 1e-3 * np.abs(grad).max()
    )


def worst_error(model, kind, case):
    """Return the relative error of the gradient, at the first random place without a kink."""
    for attempt in range(40):
        rng = np.random.default_rng([attempt, *case.encode()])
        randomise(model, rng)
        x, y, weight = rng.normal(size=(ROWS, N_IN)), targets(kind, rng), rng.uniform(0.2, 2, ROWS)
        theta = model.theta
        _, grad = model.cost_and_grad(theta, x, y, weight)
        want, disagreement = differences(
            lambda t, x=x, y=y, w=weight: model.cost_and_grad(t, x, y, w)[0], theta
        )
        scale = scales(model, want)
        # A third of the disagreement is in `want`: below the tolerance.
        if (disagreement <= TOLERANCE * scale).all():
            return (np.abs(grad - want) / scale).max()
    raise AssertionError(f"{case}: kinks wherever it was looked at")


# ---- the tests -----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient(loss):
    for layer, hidden, output, reduction in cases(loss):
        model = network(layer, hidden, output, loss, reduction)
        case = f"{layer}, {hidden}, {output}, {loss}, {reduction}"
        assert worst_error(model, LOSSES[loss][1], case) <= TOLERANCE, case


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_of_every_triple(loss):
    outputs = OUTPUTS[LOSSES[loss][2]]
    for i, layer in enumerate(LAYERS):
        for j, hidden in enumerate(ACTIVATIONS):
            output, reduction = outputs[(i + j) % len(outputs)], REDUCTIONS[(i + j) % 3]
            model = network(layer, hidden, output, loss, reduction)
            case = f"{layer}, {hidden}, {output}, {loss}, {reduction}"
            assert worst_error(model, LOSSES[loss][1], case) <= TOLERANCE, case


def test_every_pair_is_there():
    seen = {(*case[:3], loss) for loss in LOSSES for case in cases(loss)}
    assert {(s[0], s[1]) for s in seen} == {(a, b) for a in LAYERS for b in ACTIVATIONS}
    assert {(s[0], s[3]) for s in seen} == {(a, b) for a in LAYERS for b in LOSSES}
    assert {(s[1], s[3]) for s in seen} == {(a, b) for a in ACTIVATIONS for b in LOSSES}
    allowed = {(out, loss) for loss in LOSSES for out in OUTPUTS[LOSSES[loss][2]]}
    assert {(s[2], s[3]) for s in seen} == allowed


def test_everything_is_there():
    """What the package gets must come into the tables above."""
    assert set(layers.BUILT_IN) <= set(LAYERS)
    assert set(_activations._LOWERED) <= set(ACTIVATIONS)
    assert {cls.__name__ for cls in _registry._CLASSES} <= set(LOSSES)


def test_differences_tell_kinks():
    """The criterion: small for a smooth cost, large within a step of a kink."""
    want, disagreement = differences(lambda t: np.sin(t).sum(), np.array([0.3, 1.0]))
    np.testing.assert_allclose(want, np.cos([0.3, 1.0]), rtol=1e-10)
    assert disagreement.max() < 1e-7
    assert differences(lambda t: np.abs(t).sum(), np.array([1.5 * STEP]))[1][0] > 0.1


# ---- batch normalisation in training: one step of SGD with rate 1 is the gradient ------------


def normalised(z, gamma, beta, epsilon):
    return gamma * (z - z.mean(0)) / np.sqrt(z.var(0) + epsilon) + beta


def forward(theta, x, epsilon):
    """Dense tanh, normalisation, Dense; normalisation once more before the outputs."""
    w1, b1, gamma1, beta1, w2, gamma2, beta2 = theta
    a = normalised(np.tanh(x @ w1 + b1), gamma1, beta1, epsilon)
    return normalised(a @ w2, gamma2, beta2, 1e-3)


def mse(y, z):
    return ((y - z) ** 2).mean(1)


def crossentropy(y, z):
    z = z - z.max(1, keepdims=True)
    return -(y * (z - np.log(np.exp(z).sum(1, keepdims=True)))).sum(1)


def bernoulli(y, z):
    return (np.logaddexp(0, z) - y * z).mean(1)


@pytest.mark.parametrize("rows", [7, 33])
@pytest.mark.parametrize(
    ("loss", "output", "cost", "kind"),
    [
        ("mse", "linear", mse, "real"),
        ("categorical_crossentropy", "softmax", crossentropy, "one-hot"),
        ("binary_crossentropy", "sigmoid", bernoulli, "bits"),
    ],
)
def test_batch_normalisation_in_training(loss, output, cost, kind, rows):
    model = bpcore.Sequential(
        [
            bpcore.Input((N_IN,)),
            layers.Dense(6, "tanh"),
            layers.BatchNormalization(epsilon=0.01),
            layers.Dense(OUT, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation(output),
        ],
        dtype="float64",
    )
    model.compile(bpcore.optimizers.SGD(1.0), loss)
    rng = np.random.default_rng([rows, *loss.encode()])
    randomise(model, rng)
    x, weight = rng.normal(size=(rows, N_IN)), rng.uniform(0.2, 2, rows)
    y = np.concatenate([targets(kind, rng) for _ in range(-(-rows // ROWS))])[:rows]
    before = [w.copy() for w in model.trainable_weights]
    sizes = np.cumsum([w.size for w in before])[:-1]

    def training_loss(theta):
        parts = [
            part.reshape(w.shape) for part, w in zip(np.split(theta, sizes), before, strict=True)
        ]
        return np.mean(weight * cost(y, forward(parts, x, 0.01)))

    theta = np.concatenate([w.ravel() for w in before])
    want, _ = differences(training_loss, theta)
    reported = model.train_on_batch(x, y, weight)
    assert reported == pytest.approx(training_loss(theta), rel=1e-12)
    got = theta - np.concatenate([w.ravel() for w in model.trainable_weights])
    assert (np.abs(got - want) <= TOLERANCE * scales(model, want)).all()
