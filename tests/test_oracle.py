"""Every z, a, delta and gradient of the compiled core equals the reference's, and central
differences confirm both."""

import numpy as np
import pytest
from helpers import assert_close, dense_model, oracle, targets

import bpcore
from bpcore import layers, reference

LOSSES = sorted(reference.COSTS)
BATCHES = [1, 2, 7, 32, 257]
WIDTHS = (5, 13, 9, 3)  # multiples of no vector
OUTPUT = {
    "mean_squared_error": "linear",
    "binary_crossentropy": "sigmoid",
    "categorical_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
}
ACTIVATIONS = sorted(reference.ACTIVATIONS)


def compare(step, want, dtype):
    for l in range(1, len(want.z)):
        for name in ("z", "a", "delta", "grad_w", "grad_b"):
            assert_close(getattr(step, name)[l], getattr(want, name)[l], dtype)
    assert_close(step.cost, want.cost, dtype)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_backprop(isa, dtype, rng, hidden, loss, batch):
    g = [hidden, "tanh", OUTPUT[loss]]
    model = dense_model(WIDTHS, g, loss, dtype)
    x, y = rng.normal(size=(batch, WIDTHS[0])).astype(dtype), targets(loss, batch, 3, rng, dtype)
    weight = rng.uniform(0.1, 2, batch).astype(dtype)
    net = oracle(model, g, loss)
    compare(model.backprop(x, y), net.backprop(x.astype("float64"), y), dtype)
    compare(
        model.backprop(x, y, weight),
        net.backprop(x.astype("float64"), y, weight.astype("float64")),
        dtype,
    )


@pytest.mark.parametrize("batch", [1, 7, 32])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh", "linear", "relu"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_output_activation_with_every_cost(isa, dtype, rng, output, loss, batch):
    """Costs that are not made for an activation: the full product with g', and clipping."""
    g = ["tanh", output]
    model = dense_model((4, 11, 3), g, loss, dtype)
    if loss != "mean_squared_error" and output in ("tanh", "linear", "relu"):
        # Outputs must lie within (0, 1) to have both logarithms: around 1/2.
        weights = model.get_weights()
        weights[-1] = np.full(3, 0.5)
        weights[-2] *= 0.1
        model.set_weights(weights)
    x, y = rng.normal(size=(batch, 4)).astype(dtype), targets(loss, batch, 3, rng, dtype)
    compare(model.backprop(x, y), oracle(model, g, loss).backprop(x.astype("float64"), y), dtype)


@pytest.mark.parametrize(
    "widths", [(1, 1), (3, 1), (1, 8, 1), (64, 128, 10), (20, 64, 64, 1), (7, 50, 33, 17, 2)]
)
def test_shapes(isa, dtype, rng, widths):
    g = ["relu"] * (len(widths) - 2) + ["linear"]
    model = dense_model(widths, g, "mse", dtype)
    x = rng.normal(size=(33, widths[0])).astype(dtype)
    y = rng.normal(size=(33, widths[-1])).astype(dtype)
    want = oracle(model, g, "mean_squared_error").backprop(x.astype("float64"), y)
    compare(model.backprop(x, y), want, dtype)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_reference_stays_finite_where_probabilities_underflow(loss):
    """And in the element type it was given."""
    z = np.array([[-300.0, 300.0, 0.0], [200.0, -50.0, -500.0]], np.float32)
    y = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    g = reference.ACTIVATIONS[OUTPUT[loss]]
    with np.errstate(over="ignore"):
        a = g[0](z)
        cost, v = reference.COSTS[loss](a, np.array([0, 1]) if loss.startswith("sparse") else y)
        delta = g[1](z, a, v)
    for array in (cost, v, delta):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def numeric_gradient(f, theta, step=1e-5):
    """Central differences, with Richardson's step to fourth order."""
    grad = np.empty_like(theta)
    for i in range(theta.size):

        def slope(h, i=i):
            up, down = theta.copy(), theta.copy()
            up[i] += h
            down[i] -= h
            return (f(up) - f(down)) / (2 * h)

        grad[i] = (4 * slope(step) - slope(2 * step)) / 3
    return grad


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_central_differences(isa, rng, hidden, loss):
    g = [hidden, OUTPUT[loss]]
    model = dense_model((3, 6, 3), g, loss)
    x, y = rng.normal(size=(7, 3)), targets(loss, 7, 3, rng)
    weight = rng.uniform(0.1, 2, 7)
    theta = model.theta

    def cost(t):
        return model.cost_and_grad(t, x, y, weight)[0]

    want = numeric_gradient(cost, theta, 1e-4)
    _, grad = model.cost_and_grad(theta, x, y, weight)
    assert np.abs(grad - want).max() / np.abs(want).max() <= 1e-7
    step = oracle(model, g, loss).backprop(x, y, weight)
    flat = np.concatenate([v.ravel() for l in (1, 2) for v in (step.grad_w[l], step.grad_b[l])])
    assert np.abs(flat - want).max() / np.abs(want).max() <= 1e-7


def test_layers_without_weights(isa, dtype, rng):
    """Activation and Dropout layers are steps of their own: z is the a before them."""
    model = bpcore.Sequential(
        [
            bpcore.Input((5,)),
            layers.Activation("tanh"),
            layers.Dense(9),
            layers.Dropout(0.5),
            layers.Activation("sigmoid"),
            layers.Dense(3, use_bias=False),
            layers.Activation("softmax"),
        ],
        dtype=dtype,
    )
    model.compile("sgd", "categorical_crossentropy")
    x, y = rng.normal(size=(7, 5)).astype(dtype), targets("categorical_crossentropy", 7, 3, rng)
    step = model.backprop(x, y)
    w, b, w2 = model.get_weights()
    net = reference.Network(
        [(w, b), (w2, np.zeros(3))], ["sigmoid", "softmax"], "categorical_crossentropy"
    )
    want = net.backprop(np.tanh(x.astype("float64")), y)
    assert_close(step.a[1], want.a[0], dtype)
    assert_close(step.z[2], want.z[1], dtype)
    assert (step.a[2] == step.z[2]).all()
    assert (step.a[3] == step.z[2]).all()
    assert_close(step.a[4], want.a[1], dtype)
    assert_close(step.delta[2], want.delta[1], dtype)
    assert_close(step.grad_w[2], want.grad_w[1], dtype)
    assert_close(step.grad_w[5], want.grad_w[2], dtype)
    assert step.grad_b[5] is None
    assert step.grad_w[1] is None
    assert step.delta[0] is None
    assert_close(step.a[6], want.a[2], dtype)
    # dC/dz of the first layer: the product with tanh' on the way down to the inputs.
    below = (want.delta[1] @ w.astype("float64").T) * (1 - want.a[0] ** 2)
    assert_close(step.delta[1], below, dtype)


def test_cost_and_grad_over_many_blocks(isa, dtype, rng):
    """More rows than a workspace: the gradient is the sum of its blocks'."""
    g = ["relu", "softmax"]
    model = dense_model((6, 20, 4), g, "sparse_categorical_crossentropy", dtype)
    x, y = rng.normal(size=(1000, 6)).astype(dtype), rng.integers(0, 4, 1000)
    cost, grad = model.cost_and_grad(model.theta, x, y)
    step = oracle(model, g, "sparse_categorical_crossentropy").backprop(x.astype("float64"), y)
    flat = np.concatenate([v.ravel() for l in (1, 2) for v in (step.grad_w[l], step.grad_b[l])])
    assert_close(cost, step.cost, dtype)
    assert_close(grad, flat, dtype)
    assert model.evaluate(x, y) == pytest.approx(cost, rel=1e-6)
