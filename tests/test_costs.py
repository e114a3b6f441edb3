"""The kernels of costs: against the reference, and by vectors as row by row."""

import mpmath
import numpy as np
import pytest
from helpers import array, assert_close, guarded

from bpcore import _core, reference


@pytest.mark.parametrize("loss", sorted(reference.COSTS))
@pytest.mark.parametrize(("rows", "n"), [(1, 2), (7, 3), (32, 10), (5, 17)])
@pytest.mark.parametrize("weighted", [False, True])
def test_costs(isa, dtype, rng, loss, rows, n, weighted):
    a = np.ascontiguousarray(rng.uniform(0.05, 0.95, (rows, n)).astype(dtype))
    y = rng.uniform(0, 1, (rows, n)).astype(dtype)
    if loss.startswith("sparse"):
        y = rng.integers(0, n, (rows, 1)).astype(dtype)
    weight = rng.uniform(0, 2, rows).astype(dtype) if weighted else None
    costs, slopes = reference.COSTS[loss](a.astype("float64"), y.astype("float64"))
    w = np.ones(rows) if weight is None else weight.astype("float64")
    delta = np.full_like(a, np.nan)
    total = _core.kernel_cost(isa, _core.LOSSES[loss], a, a, y, weight, 0.25, delta)
    assert_close(total, costs @ w, dtype)
    assert_close(delta, 0.25 * w[:, None] * slopes, dtype)
    assert _core.kernel_cost(isa, _core.LOSSES[loss], a, a, y, weight, 0.25, None) == total


def test_probabilities_are_clipped_as_in_keras(isa, dtype):
    """Costs apart from their activation: log of at least 1e-7, and no slope where clipped."""
    a = np.array([[1.0, 0.0], [1e-9, 1.0]], dtype)
    for loss, y, want in [
        ("categorical_crossentropy", [[0, 1], [1, 0]], 2 * np.log(1e-7)),
        ("sparse_categorical_crossentropy", [[1], [0]], 2 * np.log(1e-7)),
        ("binary_crossentropy", [[0, 1], [1, 0]], 2 * np.log(1e-7)),
    ]:
        delta = np.full_like(a, np.nan)
        total = _core.kernel_cost(
            isa, _core.LOSSES[loss], a, a, np.array(y, dtype), None, 1.0, delta
        )
        # In float32 the upper end, 1 - 1e-7, rounds to 1 - 1.2e-7.
        assert total == pytest.approx(-want, rel=1e-2 if dtype == "float32" else 1e-9)
        assert (delta == 0).all()


@pytest.mark.parametrize(("g", "loss"), sorted(_core.LOSSES_FROM_Z))
@pytest.mark.parametrize("n", [2, 3, 10, 17])
def test_costs_from_z(isa, dtype, rng, g, loss, n):
    """An output activation and its cost as one function of z, against the two apart."""
    z = array(rng, dtype, 13, n)
    a = np.empty_like(z)
    _core.kernel_activate(isa, g, z, a)
    y = rng.uniform(0, 1, (13, n)).astype(dtype)
    if loss.startswith("sparse"):
        y = rng.integers(0, n, (13, 1)).astype(dtype)
    weight = rng.uniform(0, 2, 13).astype(dtype)
    a_ = reference.ACTIVATIONS[g][0](z.astype("float64"))
    costs, slopes = reference.COSTS[loss](a_, y.astype("float64"))
    w = weight.astype("float64")
    delta = np.full_like(a, np.nan)
    total = _core.kernel_cost(isa, _core.LOSSES_FROM_Z[g, loss], z, a, y, weight, 0.5, delta)
    assert_close(total, costs @ w, dtype)
    want = reference.ACTIVATIONS[g][1](z, a_, 0.5 * w[:, None] * slopes)
    assert_close(delta, want, dtype)


@pytest.mark.parametrize(("g", "loss"), sorted(_core.LOSSES_FROM_Z))
def test_costs_from_z_stay_exact_where_probabilities_round(isa, dtype, g, loss):
    """z far out: the cost grows like |z|, and delta is a - y, where clipping gives 16 and 0."""
    z = np.array([[-300.0, 300.0, 0.0], [200.0, -50.0, -500.0]], dtype)
    y = np.array([[1, 0, 0], [0, 1, 0]], dtype)
    if loss.startswith("sparse"):
        y = np.array([[0], [1]], dtype)
    a = np.empty_like(z)
    _core.kernel_activate(isa, g, z, a)
    delta = np.empty_like(a)
    total = _core.kernel_cost(isa, _core.LOSSES_FROM_Z[g, loss], z, a, y, None, 1.0, delta)
    if g == "softmax":
        assert total == pytest.approx(600 + 250)
        np.testing.assert_allclose(delta[0], [-1, 1, 0], atol=1e-30)
    else:
        # Means over three outputs of log(1 + exp(z)) - y z.
        assert total == pytest.approx((300 + 300 + np.log(2) + 200 + 50) / 3)
        np.testing.assert_allclose(delta[0], [-1 / 3, 1 / 3, 0.5 / 3], rtol=1e-6)


@pytest.mark.parametrize(("g", "loss"), sorted(_core.LOSSES_FROM_Z))
@pytest.mark.parametrize("rows", [1, 2, 7, 64, 65, 257])
@pytest.mark.parametrize("n_out", [1, 3, 10])
@pytest.mark.parametrize("weighted", [False, True])
def test_costs_from_z_of_many_rows(isa, dtype, rng, g, loss, rows, n_out, weighted):
    """Whole vectors, blocks of rows and what is left of them: the sum of each row's own cost
    (whose logarithm is a double's, if it is one alone), and each row's delta in all its bits."""
    n = max(n_out, 2) if g == "softmax" else n_out
    z = 3 * array(rng, dtype, rows, n)
    y = rng.integers(0, 2, (rows, n)).astype(dtype)
    if loss.startswith("sparse"):
        y = rng.integers(0, n, (rows, 1)).astype(dtype)
    if rows != 64:  # one block without a probability too small for a logarithm
        z[rows // 2] = np.where(np.arange(n) == 0, 200, -200)
    a = np.empty_like(z)
    _core.kernel_activate(isa, g, z, a)
    weight = rng.uniform(0, 2, rows).astype(dtype) if weighted else None
    kind = _core.LOSSES_FROM_Z[g, loss]
    whole, delta = guarded(dtype, rows, n)
    total = _core.kernel_cost(isa, kind, z, a, y, weight, 0.5, delta)
    assert (whole[delta.size :] == -7).all()
    assert _core.kernel_cost(isa, kind, z, a, y, weight, 0.5, None) == total
    alone, row = 0.0, np.empty((1, n), dtype)
    for i in range(rows):
        one = slice(i, i + 1)
        w = None if weight is None else weight[one]
        alone += _core.kernel_cost(isa, kind, z[one], a[one], y[one], w, 0.5, row)
        assert (row[0] == delta[i]).all()
    assert total == pytest.approx(alone, rel=1e-13 if dtype == "float64" else 1e-6)


@pytest.mark.parametrize("rows", [1, 7, 257])
def test_costs_from_z_of_nan_and_infinity(isa, dtype, rows):
    y, from_z = np.ones((rows, 1), dtype), _core.LOSSES_FROM_Z["sigmoid", "binary_crossentropy"]
    for kind in (from_z, _core.LOSSES["binary_crossentropy_from_logits"]):
        for bad, want in [(np.nan, np.nan), (np.inf, np.nan), (-np.inf, np.inf)]:
            z = np.zeros((rows, 1), dtype)
            z[-1] = bad
            total = _core.kernel_cost(isa, kind, z, z, y, None, 1.0, None)
            np.testing.assert_equal(total, want)
    kind = _core.LOSSES_FROM_Z["softmax", "sparse_categorical_crossentropy"]
    a, label = np.full((rows, 3), 1 / 3, dtype), np.zeros((rows, 1), dtype)
    a[-1] = np.nan
    assert np.isnan(_core.kernel_cost(isa, kind, a, a, label, None, 1.0, None))
    a[-1], label[-1] = 1 / 3, 3  # no such class
    delta = np.zeros_like(a)
    assert np.isnan(_core.kernel_cost(isa, kind, a, a, label, None, 1.0, delta))
    assert np.isnan(delta[-1]).all()
    assert np.isfinite(delta[:-1]).all()


def test_accuracy_of_the_logarithms_of_costs(isa, dtype, rng):
    """A row's cost within units in the last place of the exact one, for every probability that
    has its digits and for z of any size: one log, and log1p of an exp with an error of both."""
    a = np.concatenate([np.logspace(-29.9, 0, 300), 1 - np.logspace(-15, -1, 100)])
    a = np.minimum(np.concatenate([a, rng.uniform(0.4, 1, 400)]), 1).astype(dtype)
    z = np.concatenate([-np.logspace(-30, 1.93, 400), rng.uniform(-20, 0, 400)]).astype(dtype)
    sparse = _core.LOSSES_FROM_Z["softmax", "sparse_categorical_crossentropy"]
    binary = _core.LOSSES_FROM_Z["sigmoid", "binary_crossentropy"]
    zero = np.zeros((1, 1), dtype)
    got_log, got_log1p, want_log, want_log1p = [], [], [], []
    with mpmath.workdps(40):
        for x, v in zip(a, z, strict=True):
            row, out = np.array([[x]], dtype), np.array([[v]], dtype)
            got_log.append(_core.kernel_cost(isa, sparse, row, row, zero, None, 1.0, None))
            got_log1p.append(_core.kernel_cost(isa, binary, out, out, zero, None, 1.0, None))
            want_log.append(float(-mpmath.log(mpmath.mpf(float(x)))))
            want_log1p.append(float(mpmath.log1p(mpmath.exp(mpmath.mpf(float(v))))))
    for got, want, most in ((got_log, want_log, 1), (got_log1p, want_log1p, 2.5)):
        ulp = np.spacing(np.abs(np.array(want).astype(dtype))).astype("float64")
        assert (np.abs(np.array(got) - want) <= most * ulp).all()


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 257])
@pytest.mark.parametrize("n", [1, 3, 10])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_binary_cost_of_logits(isa, dtype, rng, rows, n, weighted, smoothing):
    """As of z with sigmoid(z) beside it, but for digits of delta that sigmoid(z) - 1 has lost; the
    same bits row by row."""
    z = 5 * array(rng, dtype, rows, n)
    z[rows // 2] = 60
    a, y = np.empty_like(z), rng.integers(0, 2, (rows, n)).astype(dtype)
    _core.kernel_activate(isa, "sigmoid", z, a)
    weight = rng.uniform(0, 2, rows).astype(dtype) if weighted else None
    p = np.array([smoothing] + 7 * [0.0])
    whole, delta = guarded(dtype, rows, n)
    of_logits = _core.LOSSES["binary_crossentropy_from_logits"]
    total = _core.kernel_cost(isa, of_logits, z, z, y, weight, 0.5, delta, p)
    assert (whole[delta.size :] == -7).all()
    assert _core.kernel_cost(isa, of_logits, z, z, y, weight, 0.5, None, p) == total
    want = np.empty_like(delta)
    from_z = _core.LOSSES_FROM_Z["sigmoid", "binary_crossentropy"]
    same = _core.kernel_cost(isa, from_z, z, a, y, weight, 0.5, want, p)
    assert total == pytest.approx(same, rel=1e-6 if dtype == "float32" else 1e-13)
    assert np.abs(delta - want).max() <= 2 * np.finfo(dtype).eps
    t, q = y * (1 - smoothing) + smoothing / 2, 1 / (1 + np.exp(np.abs(z.astype("float64"))))
    slope = np.where(z > 0, (1 - t) - q, q - t) * 0.5 / n
    if weighted:
        slope *= weight[:, None]
    info = np.finfo(dtype)
    if smoothing == 0:
        np.testing.assert_allclose(delta, slope, rtol=8 * info.eps, atol=info.tiny)
    else:  # as near as a rounded t lets it
        np.testing.assert_allclose(delta, slope, rtol=0, atol=2 * info.eps)
    row = np.empty((1, n), dtype)
    for i in range(rows):
        one = slice(i, i + 1)
        w = None if weight is None else weight[one]
        _core.kernel_cost(isa, of_logits, z[one], z[one], y[one], w, 0.5, row, p)
        assert (row[0] == delta[i]).all()


def test_accuracy_of_log_cosh(isa, dtype):
    """Near 0 too, where it is d^2 / 2, and far out, where cosh overflows."""
    d = np.concatenate([np.logspace(-9, 2.5, 500), np.linspace(0.9, 1.1, 200)]).astype(dtype)
    a, y = np.concatenate([d, -d])[:, None], np.zeros((2 * d.size, 1), dtype)
    costs, slopes = np.empty(2 * d.size), np.empty_like(a)
    _core.kernel_costs(isa, _core.LOSSES["log_cosh"], a, y, np.zeros(8), costs, slopes)
    with mpmath.workdps(40):
        want = [float(mpmath.log(mpmath.cosh(mpmath.mpf(float(x))))) for x in d]
        slope = [float(mpmath.tanh(mpmath.mpf(float(x)))) for x in d]
    for got, exact, most in (
        (costs, np.tile(want, 2), 4),
        (slopes[:, 0], np.r_[slope, -np.array(slope)], 2),
    ):
        ulp = np.spacing(np.abs(exact).astype(dtype)).astype("float64")
        assert (np.abs(got - exact) <= most * ulp).all()
