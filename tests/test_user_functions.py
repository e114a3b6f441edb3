"""A user's own activations and costs."""

import numpy as np
import pytest
from helpers import dense_model, relative_error

import bpcore
from bpcore import activations, layers, regularizers


def softplus(z):
    return np.logaddexp(0, z)


def softplus_prime(z):
    return 1 / (1 + np.exp(-z))


def quartic(y, a):
    return ((a - y) ** 4).sum(axis=1), 4 * (a - y) ** 3


def numeric(model, x, y, weight):
    theta = model.theta
    grad = np.empty_like(theta)
    for i in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        grad[i] = (
            model.cost_and_grad(up, x, y, weight)[0] - model.cost_and_grad(down, x, y, weight)[0]
        ) / 2e-5
    return grad


@pytest.mark.parametrize(
    "loss", ["mse", quartic, (lambda y, a: quartic(y, a)[0], lambda y, a: quartic(y, a)[1])]
)
@pytest.mark.parametrize("output", ["linear", (softplus, softplus_prime)])
def test_gradients(rng, loss, output):
    model = dense_model((3, 6, 2), [(softplus, softplus_prime), output], loss)
    x, y, weight = rng.normal(size=(7, 3)), rng.normal(size=(7, 2)), rng.uniform(0, 2, 7)
    want = numeric(model, x, y, weight)
    assert relative_error(model.cost_and_grad(model.theta, x, y, weight)[1], want) < 1e-8
    step = model.backprop(x, y, weight)
    flat = np.concatenate([v.ravel() for l in (1, 2) for v in (step.grad_w[l], step.grad_b[l])])
    assert relative_error(flat, want) < 1e-8


def test_a_users_relu_is_the_built_in_one(isa, dtype, rng):
    x, y = rng.normal(size=(50, 5)), rng.normal(size=50)
    ends = []
    for g in ("relu", (lambda z: np.maximum(z, 0), lambda z: z > 0)):
        bpcore.utils.set_random_seed(2)
        model = dense_model((5, 9, 1), [g, "linear"], "mse", dtype, "adam")
        model.fit(x, y, epochs=2, verbose=0)
        ends.append(model.theta)
    assert (ends[0] == ends[1]).all()


def test_a_users_mse_is_the_built_in_one(isa, dtype, rng):
    x, y, weight = rng.normal(size=(50, 5)), rng.normal(size=(50, 2)), rng.uniform(0, 2, 50)
    ends = []
    for loss in ("mse", lambda y, a: (((a - y) ** 2).mean(axis=1), a - y)):
        bpcore.utils.set_random_seed(2)
        model = dense_model((5, 9, 2), ["tanh", "linear"], loss, dtype, "adam")
        model.fit(x, y, epochs=2, verbose=0, sample_weight=weight)
        ends.append(model.theta)
    assert relative_error(*ends) < (1e-4 if dtype == "float32" else 1e-10)


def test_targets_of_any_width(rng):
    """A user's cost may read more than the outputs: here a scale for each example."""
    model = dense_model(
        (3, 4, 1),
        ["tanh", "linear"],
        lambda y, a: (
            ((a[:, 0] - y[:, 0]) / y[:, 1]) ** 2,
            (2 * (a[:, 0] - y[:, 0]) / y[:, 1] ** 2)[:, None],
        ),
    )
    x, y = rng.normal(size=(20, 3)), rng.uniform(1, 2, (20, 2))
    assert model.fit(x, y, epochs=3, verbose=0).history["loss"][-1] > 0
    assert (
        relative_error(model.cost_and_grad(model.theta, x, y)[1], numeric(model, x, y, None)) < 1e-7
    )


def test_errors_reach_the_user(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))

    def fails(z):
        raise ZeroDivisionError("mine")

    model = dense_model((3, 4, 1), [(fails, fails), "linear"], "mse")
    with pytest.raises(ZeroDivisionError, match="mine"):
        model.predict(x)
    model = dense_model((3, 4, 1), [(np.tanh, fails), "linear"], "mse")
    with pytest.raises(ZeroDivisionError, match="mine"):
        model.fit(x, y, verbose=0)
    model = dense_model((3, 4, 1), [(lambda z: z[:, :2], np.ones_like), "linear"], "mse")
    with pytest.raises(ValueError, match=r"shape \(6, 2\); expected \(6, 4\)"):
        model.predict(x)
    model = dense_model((3, 4, 1), [(np.tanh, lambda z: z[0]), "linear"], "mse")
    with pytest.raises(ValueError, match=r"derivative .* shape \(4,\); expected \(6, 4\)"):
        model.fit(x, y, verbose=0)
    model = dense_model((3, 1), ["linear"], lambda y, a: (0.0, a))
    with pytest.raises(ValueError, match=r"costs of shape \(\); expected \(6,\)"):
        model.fit(x, y, verbose=0)
    model = dense_model((3, 1), ["linear"], lambda y, a: (a[:, 0], a[:, 0]))
    with pytest.raises(ValueError, match=r"gradient of shape \(6,\); expected \(6, 1\)"):
        model.fit(x, y, verbose=0)


def test_what_is_not_an_activation():
    with pytest.raises(ValueError, match="without its derivative"):
        layers.Dense(3, activation=np.tanh)
    with pytest.raises(ValueError, match="unknown activation 'reul'; did you mean 'relu'"):
        layers.Dense(3, activation="reul")
    with pytest.raises(ValueError, match="activation must be a name"):
        layers.Dense(3, activation=3)
    pair = activations.get((np.tanh, lambda z: 1 - np.tanh(z) ** 2))
    assert pair.name == "tanh"


def test_a_function_cannot_run_its_own_model(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=6)

    def cost(y, a):
        model.evaluate(x, y)
        return (a - y)[:, 0], np.ones_like(a)

    model = dense_model((3, 1), ["linear"], cost)
    with pytest.raises(RuntimeError, match="serves one call at a time"):
        model.fit(x, y, verbose=0)
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)  # and is free again


def test_a_refused_call_counts_no_steps(rng):
    """What the last training got done is not counted again for a call that never ran."""
    x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
    model = dense_model((3, 1), ["linear"], "mse")
    model.fit(x, y, batch_size=2, verbose=0)
    trainer = next(iter(model._trainers.values()))
    data = model._data(x, y)
    with pytest.raises(ValueError, match="do not fit"):
        trainer.steps(model, data, None, 2, 0, 99, 0)
    assert model.optimizer.iterations == 3


@pytest.mark.parametrize("what", ["activation", "slope", "cost", "regularizer", "constraint"])
def test_denormals_are_there_for_a_users_function(rng, dtype, what):
    """The loop takes them for 0; a function of the user's computes as anywhere else."""
    kind = np.dtype(dtype).type
    seen = []

    def look(value):
        seen.append(kind(np.finfo(dtype).tiny) / kind(4) > 0)
        return value

    class Free(regularizers.Regularizer):
        def __call__(self, w):
            return look(0.0)

        def gradient(self, w):
            return look(np.zeros_like(w))

    g = {
        "activation": (look, np.ones_like),
        "slope": (lambda z: z, lambda z: look(np.ones_like(z))),
    }.get(what, "linear")
    model = bpcore.Sequential(
        [
            bpcore.Input((3,)),
            layers.Dense(
                2,
                activation=g,
                kernel_regularizer=Free() if what == "regularizer" else None,
                kernel_constraint=look if what == "constraint" else None,
            ),
        ],
        dtype=dtype,
    )
    model.compile("sgd", (lambda y, a: look(quartic(y, a))) if what == "cost" else "mse")
    model.fit(rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), verbose=0)
    assert all(seen)
    assert seen
    assert not (model.theta == 0).all()
