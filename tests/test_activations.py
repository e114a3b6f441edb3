"""Every activation: kernels against NumPy in float64, slopes against central differences."""

import functools

import mpmath
import numpy as np
import pytest
from helpers import TOLERANCE, dense_model, relative_error

import bpcore
from bpcore import _core, activations
from bpcore._activations import BuiltIn, built_in

E = np.exp


def sigmoid(z):
    return np.where(z < 0, E(np.minimum(z, 0)), 1) / (1 + E(-np.abs(z)))


def relu(z, negative_slope=0.0, max_value=np.inf, threshold=0.0):
    above = np.where(z > threshold, z, 0)
    if max_value < np.inf:
        above = np.clip(above, 0, max_value)
    return above + negative_slope * np.minimum(z - threshold, 0)


def elu(z, alpha=1.0, slope=1.0, scale=1.0):
    return np.where(z > 0, slope * z, alpha * np.expm1(np.minimum(z, 0) / scale))


def normal(z):
    return np.array([float(mpmath.ncdf(x)) for x in z.ravel()]).reshape(z.shape)


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(E(z).sum(axis=-1, keepdims=True))


def sparsemax(z):
    """By sorting, as the paper's algorithm 1."""
    ordered = -np.sort(-z, axis=-1)
    k = np.arange(1, z.shape[-1] + 1)
    sums = ordered.cumsum(axis=-1)
    size = (1 + k * ordered > sums).sum(axis=-1, keepdims=True)
    tau = (np.take_along_axis(sums, size - 1, axis=-1) - 1) / size
    return np.maximum(z - tau, 0)


# (name, arguments) → the same in NumPy
EXACT = [
    ("celu", {"alpha": 0.4}, lambda z: elu(z, 0.4, 1.0, 0.4)),
    ("elu", {"alpha": 0.7}, lambda z: elu(z, 0.7)),
    ("elu", {"alpha": -0.7}, lambda z: elu(z, -0.7)),
    ("exponential", {}, E),
    ("gelu", {}, lambda z: z * normal(z)),
    (
        "gelu",
        {"approximate": True},
        lambda z: z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    ),
    ("hard_shrink", {"threshold": 0.8}, lambda z: np.where(np.abs(z) > 0.8, z, 0)),
    ("hard_sigmoid", {}, lambda z: np.clip(z / 6 + 0.5, 0, 1)),
    ("hard_silu", {}, lambda z: z * np.clip(z / 6 + 0.5, 0, 1)),
    ("hard_tanh", {}, lambda z: np.clip(z, -1, 1)),
    ("leaky_relu", {"negative_slope": 0.1}, lambda z: relu(z, 0.1)),
    ("leaky_relu", {"negative_slope": -0.1}, lambda z: relu(z, -0.1)),
    ("linear", {}, lambda z: z),
    ("log_sigmoid", {}, lambda z: -np.logaddexp(0, -z)),
    ("log_softmax", {}, log_softmax),
    ("mish", {}, lambda z: z * np.tanh(np.logaddexp(0, z))),
    ("relu", {}, relu),
    (
        "relu",
        {"negative_slope": 0.1, "max_value": 2.1, "threshold": 0.7},
        lambda z: relu(z, 0.1, 2.1, 0.7),
    ),
    ("relu", {"max_value": 1.1, "threshold": -0.7}, lambda z: relu(z, 0.0, 1.1, -0.7)),
    ("relu6", {}, lambda z: np.clip(z, 0, 6)),
    (
        "selu",
        {},
        lambda z: elu(z, 1.0507009873554805 * 1.6732632423543772, 1.0507009873554805),
    ),
    ("sigmoid", {}, sigmoid),
    ("silu", {}, lambda z: z * sigmoid(z)),
    ("soft_shrink", {"threshold": 0.8}, lambda z: z - np.clip(z, -0.8, 0.8)),
    ("softmax", {}, lambda z: E(log_softmax(z))),
    ("softplus", {}, lambda z: np.logaddexp(0, z)),
    ("softsign", {}, lambda z: z / (1 + np.abs(z))),
    ("sparse_plus", {}, lambda z: np.where(z >= 1, z, np.clip(z + 1, 0, 2) ** 2 / 4)),
    ("sparse_sigmoid", {}, lambda z: np.clip((z + 1) / 2, 0, 1)),
    ("sparsemax", {}, sparsemax),
    ("squareplus", {"b": 1.3}, lambda z: (z + np.sqrt(z * z + 1.3)) / 2),
    ("tanh", {}, np.tanh),
    ("tanh_shrink", {}, lambda z: z - np.tanh(z)),
    ("threshold", {"threshold": 0.6, "default_value": -1.5}, lambda z: np.where(z > 0.6, z, -1.5)),
]
ROW_WISE = {"softmax", "log_softmax", "sparsemax"}
each = pytest.mark.parametrize(
    ("name", "arguments", "g"), EXACT, ids=[f"{name}{arguments}" for name, arguments, _ in EXACT]
)


def test_every_activation_is_tested():
    assert {name for name, *_ in EXACT} == set(activations._FUNCTIONS) - {"glu"}


def slopes(name, g, z, v):
    """v times the derivative (of a row: the Jacobian), by differences of the exact g."""
    h = 1e-5
    if name not in ROW_WISE:
        return v * (8 * (g(z + h) - g(z - h)) - (g(z + 2 * h) - g(z - 2 * h))) / (12 * h)
    columns = []
    for step in h * np.eye(z.shape[1]):
        rise = 8 * (g(z + step) - g(z - step)) - (g(z + 2 * step) - g(z - 2 * step))
        columns.append((v * rise).sum(axis=1) / (12 * h))
    return np.stack(columns, axis=1)


@each
@pytest.mark.parametrize(("rows", "n"), [(1, 1), (3, 5), (7, 16), (2, 33), (41, 9)])
def test_kernels(isa, dtype, rng, name, arguments, g, rows, n):
    # On a grid that keeps away from the kinks, so that differences may be taken.
    z = (rng.integers(-400, 400, (rows, n)) / 100 + 0.005).astype(dtype)
    v = rng.normal(size=(rows, n)).astype(dtype)
    known = built_in(name, **arguments)
    whole = np.full(rows * n + 64, -7, dtype)
    a = whole[: rows * n].reshape(rows, n)
    _core.kernel_activate(isa, known.kernel, z, a, known.params)
    exact, exact_v = z.astype("float64"), v.astype("float64")
    limit = 3e-7 if dtype == "float32" else 1e-14
    assert (np.abs(a - g(exact)) <= limit * np.maximum(1, np.abs(g(exact)))).all()
    assert (whole[rows * n :] == -7).all()
    in_place = z.copy()
    _core.kernel_activate(isa, known.kernel, in_place, in_place, known.params)
    assert (in_place == a).all()

    delta = v.copy()
    _core.kernel_derive(isa, known.kernel, a if known.in_place else z, a, delta, known.params)
    want = slopes(name, g, exact, exact_v)
    assert relative_error(delta, want) <= (TOLERANCE["float32"] if dtype == "float32" else 1e-9)


@each
def test_splitting_and_company_change_no_bit(isa, dtype, rng, name, arguments, g):
    z = rng.normal(size=(23, 7)).astype(dtype)
    known = built_in(name, **arguments)
    whole, part = np.empty_like(z), np.empty_like(z)
    _core.kernel_activate(isa, known.kernel, z, whole, known.params)
    for rows in (slice(0, 1), slice(1, 12), slice(12, 23)):
        _core.kernel_activate(isa, known.kernel, z[rows], part[rows], known.params)
    assert (whole == part).all()


SMOOTH = {
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "exponential": mpmath.exp,
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda x: (
        x / (1 + mpmath.exp(-mpmath.sqrt(8 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))
    ),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "squareplus": lambda x: (x + mpmath.sqrt(x * x + 4)) / 2,
    "tanh_shrink": lambda x: x - mpmath.tanh(x),
}


@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_accuracy_over_the_range(isa, dtype, name):
    """In units in the last place: 2 for gelu, 5 for the others, also where they are tiny (but
    exp(z), of which silu and mish are z times, is to be no denormal number).
    """
    lowest = np.log(np.finfo(dtype).tiny)
    sizes = np.concatenate([np.logspace(-18, 2, 120), np.linspace(0.02, 40, 150)])
    z = np.concatenate([sizes, -sizes]).astype(dtype)[None, :]
    kernel, params = name, (0.0, 0.0, 0.0)
    if name != "gelu_tanh":
        kernel, params = built_in(name).kernel, built_in(name).params
    a = np.empty_like(z)
    _core.kernel_activate(isa, kernel, z, a, params)
    with mpmath.workdps(60):
        want = [SMOOTH[name](mpmath.mpf(float(x))) for x in z[0]]
        with np.errstate(over="ignore"):
            nearest = np.array([float(w) for w in want]).astype(dtype)
        error = [
            abs(mpmath.mpf(float(g)) - w) / mpmath.mpf(float(np.spacing(abs(n))))
            for x, g, w, n in zip(z[0], a[0], want, nearest, strict=True)
            if np.isfinite(n) and not (name in ("silu", "mish") and x < lowest)
        ]
    assert (np.isfinite(a[0]) == np.isfinite(nearest)).all()
    assert max(error) <= (2 if name.startswith("gelu") else 5)


@each
def test_nan_and_infinity(isa, dtype, name, arguments, g):
    """NaN comes through; at ±∞ there is a limit, also from the last whole vector's end."""
    known = built_in(name, **arguments)
    z = np.full((1, 19), np.nan, dtype)
    z[0, 1:] = [1.0, -1.0] * 9
    a = np.empty_like(z)
    _core.kernel_activate(isa, known.kernel, z, a, known.params)
    assert np.isnan(a[0, 0])
    assert np.isnan(a).all() == (name in ROW_WISE)
    far = np.array([[1e30, -1e30], [np.inf, -np.inf]], dtype)
    if name in ROW_WISE:
        return
    a = np.empty_like(far)
    _core.kernel_activate(isa, known.kernel, far, a, known.params)
    assert not np.isnan(a).any()
    # The limit is the value far out, but where that still grows.
    same = (a[0] == a[1]) | (np.isinf(a[1]) & (np.abs(a[0]) > 1e28))
    with np.errstate(invalid="ignore"):
        assert (same | (np.abs(a[0] - a[1]) < 1e-28)).all()
    delta = np.ones_like(far[:1])
    _core.kernel_derive(
        isa, known.kernel, (a if known.in_place else far)[:1], a[:1], delta, known.params
    )
    assert not np.isnan(delta).any()


@each
@pytest.mark.parametrize("place", ["hidden", "output"])
def test_gradient_of_a_model(rng, name, arguments, g, place):
    """The gradient through Dense layers and the activation, against differences of the cost."""
    activation = functools.partial(getattr(activations, name), **arguments)
    pair = [activation, "linear"] if place == "hidden" else ["tanh", activation]
    model = dense_model((3, 5, 4), pair, "mse")
    x, y, weight = rng.normal(size=(6, 3)), rng.normal(size=(6, 4)), rng.uniform(0.5, 2, 6)
    theta = model.theta
    _, grad = model.cost_and_grad(theta, x, y, weight)
    want = np.empty_like(theta)
    for i in range(theta.size):

        def cost(step, i=i):
            moved = theta.copy()
            moved[i] += step
            return model.cost_and_grad(moved, x, y, weight)[0]

        h = 1e-5
        want[i] = (8 * (cost(h) - cost(-h)) - (cost(2 * h) - cost(-2 * h))) / (12 * h)
    assert np.abs(grad).max() > 0
    assert relative_error(grad, want) < 1e-6


def test_plain_relu_is_the_fast_one():
    """Whichever way it was asked for, so that it rides in the weighted sum's epilogue."""
    for identifier in (
        "relu",
        activations.relu,
        functools.partial(activations.relu, threshold=0, negative_slope=0.0),
        built_in("relu", max_value=None),
    ):
        assert activations.resolve(identifier) == "relu"
    for model_layer in (bpcore.layers.ReLU(), bpcore.layers.Activation("relu")):
        assert model_layer.activation == "relu"
    assert built_in("relu", negative_slope=0.2).kernel == "leaky_relu"


def test_functions_on_arrays(rng):
    z = rng.normal(size=(2, 3, 4))
    for name, arguments, g in EXACT:
        function = getattr(activations, name)
        np.testing.assert_allclose(function(z, **arguments), g(z), atol=1e-12)
        assert function(z.astype("float32"), **arguments).dtype == np.float32
        assert function(z[:0], **arguments).shape == (0, 3, 4)
        if name in ROW_WISE:
            turned = np.moveaxis(g(np.moveaxis(z, 1, -1)), -1, 1)
            np.testing.assert_allclose(function(z, axis=1), turned, atol=1e-12)
        else:
            assert function(0.25, **arguments).shape == ()
    a, b = np.split(z, 2, axis=-1)
    np.testing.assert_allclose(activations.glu(z), a * sigmoid(b))
    with pytest.raises(ValueError, match=r"two equal halves, got shape \(2, 3, 4\)"):
        activations.glu(z, axis=1)


def test_get_and_serialize(rng):
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu is activations.swish
    assert activations.get("hard_swish") is activations.hard_silu
    assert activations.get(activations.gelu) is activations.gelu
    assert activations.serialize(activations.swish) == "silu"
    assert activations.deserialize("mish") is activations.mish
    assert activations.get("glu") is activations.glu
    assert activations.serialize(activations.glu) == "glu"
    tuned = functools.partial(activations.gelu, approximate=True)
    config = activations.serialize(tuned)
    assert config == {"name": "gelu", "arguments": {"approximate": True}}
    again = activations.deserialize(config)
    assert again == activations.get(tuned) == activations.get(config)
    z = rng.normal(size=7)
    assert (again(z) == activations.gelu(z, approximate=True)).all()
    assert (again(z) != activations.gelu(z)).any()
    pair = (np.tanh, lambda z: 1 - np.tanh(z) ** 2, "mine")
    assert activations.serialize(pair) == {"user": "mine"}
    assert activations.deserialize({"user": "mine"}, {"mine": pair})[:2] == pair[:2]
    assert (activations.get(pair)(z) == np.tanh(z)).all()
    with pytest.raises(ValueError, match="own activation 'mine'; pass it as custom_objects"):
        activations.deserialize({"user": "mine"})
    with pytest.raises(ValueError, match="expected an activation as serialize"):
        activations.get({"class": "x"})


def test_errors():
    with pytest.raises(ValueError, match="glu is not an activation a layer can take"):
        bpcore.layers.Dense(3, "glu")
    with pytest.raises(ValueError, match="glu is not an activation a layer can take"):
        bpcore.layers.Dense(3, activations.glu)
    with pytest.raises(TypeError, match="missing a required argument: 'threshold'"):
        bpcore.layers.Dense(3, "threshold")
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        built_in("elu", beta=3)
    with pytest.raises(ValueError, match="elu's alpha must be a finite number, got nan"):
        activations.elu([1.0], alpha=np.nan)
    with pytest.raises(ValueError, match="relu's max_value must be a finite number, got 'x'"):
        activations.relu([1.0], max_value="x")
    with pytest.raises(ValueError, match="celu's alpha must be above 0, got 0"):
        activations.celu([1.0], alpha=0)
    with pytest.raises(ValueError, match=r"activations\.numerical\(g\)"):
        bpcore.layers.Dense(3, np.tanh)
    with pytest.raises(TypeError, match="numerical takes a function"):
        activations.numerical("tanh")


def test_numerical(rng):
    z = np.concatenate([rng.normal(size=50), [0.0, 1e4, -1e4, 1e-8]])
    mine = activations.numerical(np.sin)
    assert mine.name == "sin"
    assert np.abs(mine.derivative(z) - np.cos(z))[:51].max() < 1e-10
    assert np.abs(mine.derivative(z.astype("float32")) - np.cos(z))[:51].max() < 1e-6
    low = activations.numerical(lambda z: np.sin(z.astype("float32")))
    assert np.abs(low.derivative(z) - np.cos(z))[:50].max() < 1e-4
    cube = activations.numerical(lambda z: z**3, name="cube")
    np.testing.assert_allclose(cube.derivative(z), 3 * z**2, rtol=1e-9, atol=1e-9)

    model = dense_model((3, 5, 1), [activations.numerical(np.tanh), "linear"], "mse")
    exact = dense_model((3, 5, 1), ["tanh", "linear"], "mse")
    exact.set_weights(model.get_weights())
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    assert (
        relative_error(
            model.cost_and_grad(model.theta, x, y)[1], exact.cost_and_grad(exact.theta, x, y)[1]
        )
        < 1e-10
    )
    # Twice the same function is one function where a model is saved.
    assert activations.numerical(np.tanh) == activations.numerical(np.tanh)


def test_built_in_is_immutable():
    known = built_in("elu", alpha=0.5)
    assert isinstance(known, BuiltIn)
    assert known == built_in("elu", alpha=0.5) != built_in("elu", alpha=0.6)
    with pytest.raises(AttributeError):
        known.name = "relu"
