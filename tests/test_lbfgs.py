"""The compiled L-BFGS beside SciPy's L-BFGS-B, whose algorithm it is."""

import numpy as np
import pytest
from scipy import optimize

import bpcore
from bpcore import _core, layers
from bpcore._plan import make_plan


def problem(seed, activation, spread, dtype="float64", loss="mean_squared_error", rows=60):
    rng = np.random.default_rng(seed)
    model = bpcore.Sequential(
        [bpcore.Input((5,)), layers.Dense(9, activation=activation), layers.Dense(3)],
        dtype=dtype,
    )
    model.compile("adam", loss)
    for w in model.weights:
        w[...] = rng.normal(scale=spread, size=w.shape)
    x = rng.normal(size=(rows, 5)).astype(dtype)
    y = np.sin(x @ rng.normal(size=(5, 3))).astype(dtype)
    core = make_plan(model.layers, model.loss, 3).network(model._parameters, model._state, rows)
    return model, core, x, y


def by_scipy(model, x, y, iterations):
    theta = model._parameters.astype(np.float64)

    def cost_and_grad(theta):
        return model.cost_and_grad(theta.astype(x.dtype), x, y)

    costs = []
    result = optimize.minimize(
        cost_and_grad,
        theta,
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: costs.append(intermediate_result.fun),
        options={"maxiter": iterations, "gtol": 0, "ftol": 0},
    )
    return costs, result


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "linear"])
@pytest.mark.parametrize("seed", range(3))
def test_iterates_are_scipys(activation, spread, seed):
    model, core, x, y = problem(seed, activation, spread)
    want, result = by_scipy(model, x, y, 15)
    model, core, x, y = problem(seed, activation, spread)
    minimiser = _core.Minimiser(core, x, y, None, 1 / len(x), 1.0, 1.0)
    costs = []
    for _ in want:
        assert minimiser.iterate()
        costs.append(minimiser.cost)
    np.testing.assert_allclose(costs, want, rtol=1e-6)
    np.testing.assert_allclose(costs[:6], want[:6], rtol=1e-9)
    assert minimiser.iterations == len(want)
    # The same line searches, not only the same minimum. (SciPy counts a try it has not made.)
    assert abs(minimiser.evaluations - result.nfev) <= 1


def test_float32():
    model, core, x, y = problem(0, "tanh", 0.5, "float32")
    minimiser = _core.Minimiser(core, x, y, None, 1 / len(x), 1.0, 1.0)
    start = minimiser.cost
    for _ in range(50):
        if not minimiser.iterate():
            break
    assert minimiser.cost < 0.02 * start
    assert minimiser.cost == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-6)


def test_factor_and_weights():
    _, core, x, y = problem(1, "tanh", 0.5)
    weight = np.linspace(0.5, 2, len(x))
    plain = _core.Minimiser(core, x, y, weight, 1 / weight.sum(), 1.0, 1.0)
    model, core, x, y = problem(1, "tanh", 0.5)
    tripled = _core.Minimiser(core, x, y, weight, 1 / weight.sum(), 3.0, 1.0)
    assert tripled.cost == pytest.approx(3 * plain.cost, rel=1e-14)
    assert tripled.largest_gradient == pytest.approx(3 * plain.largest_gradient, rel=1e-14)
    want = np.average(((model.predict(x) - y) ** 2).mean(axis=1), weights=weight)
    assert plain.cost == pytest.approx(want, rel=1e-12)


def test_a_minimum_is_reached():
    _, core, x, y = problem(2, "linear", 0.5)
    minimiser = _core.Minimiser(core, x, y, None, 1 / len(x), 1.0, 1.0)
    for _ in range(500):
        if not minimiser.iterate() or minimiser.decrease <= 0:
            break
    best = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[1].sum() / y.size
    assert minimiser.cost == pytest.approx(best, rel=1e-9)
    assert minimiser.largest_gradient < 1e-6


def test_no_gradient_at_all():
    _, core, x, y = problem(2, "linear", 0.0)
    minimiser = _core.Minimiser(core, x, np.zeros_like(y), None, 1 / len(x), 1.0, 1.0)
    assert minimiser.cost == minimiser.largest_gradient == 0
    assert not minimiser.iterate()
    assert (core.parameters == 0).all()


def test_costs_that_are_no_numbers():
    _, core, x, y = problem(3, "linear", 1.0)
    x *= 1e200
    minimiser = _core.Minimiser(core, x, y, None, 1 / len(x), 1.0, 1.0)
    before = core.parameters.copy()
    assert not np.isfinite(minimiser.cost)
    assert not minimiser.largest_gradient <= 1e300
    assert not minimiser.iterate()
    assert (core.parameters == before).all()
