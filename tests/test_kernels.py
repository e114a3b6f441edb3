"""Every kernel against plain NumPy: all instruction sets, both element types, sizes that
are multiples of nothing."""

import itertools

import mpmath
import numpy as np
import pytest
from helpers import array, assert_close, guarded

from bpcore import _core, reference
from bpcore._data import argmax

ROWS = [1, 2, 3, 4, 7, 13, 32, 70, 257]
# The last ones are packed: wider and deeper than the blocks of packed.h; the very last by groups of
# panels, as its rows share sets of the cache.
SIZES = [
    (1, 1),
    (3, 1),
    (1, 5),
    (5, 3),
    (17, 10),
    (20, 64),
    (64, 33),
    (33, 130),
    (130, 1),
    (1, 70),  # few terms, few outputs
    (4, 133),
    (131, 2),
    (67, 3),
    (90, 4),
    (133, 6),
    (290, 64),  # in place for up to 95 rows: in float32, and the next in float64
    (101, 96),
    (150, 300),
    (600, 301),
    (530, 541),
    (264, 704),
]


@pytest.mark.parametrize(("n_in", "n_out"), SIZES)
@pytest.mark.parametrize("rows", ROWS)
def test_products(isa, dtype, rng, rows, n_in, n_out):
    a, w = array(rng, dtype, rows, n_in), array(rng, dtype, n_in, n_out)
    b, delta = array(rng, dtype, n_out), array(rng, dtype, rows, n_out)
    exact = [v.astype("float64") for v in (a, w, b, delta)]
    a_, w_, b_, delta_ = exact

    whole, z = guarded(dtype, rows, n_out)
    _core.kernel_weighted_sum(isa, a, w, b, z)
    assert_close(z, a_ @ w_ + b_, dtype)
    assert (whole[z.size :] == -7).all()
    _core.kernel_weighted_sum(isa, a, w, None, z)
    assert_close(z, a_ @ w_, dtype)
    index = rng.integers(0, rows, rows)
    _core.kernel_weighted_sum(isa, a[index], w, b, z)
    indexed = np.empty_like(z)
    _core.kernel_weighted_sum(isa, a, w, b, indexed, index)
    assert (indexed == z).all()
    _core.kernel_weighted_sum(isa, a, w, b, indexed, index, True)
    assert (indexed == np.maximum(z, 0)).all()

    whole, out = guarded(dtype, rows, n_in)
    _core.kernel_delta_product(isa, delta, w, np.ascontiguousarray(w.T), out)
    assert_close(out, delta_ @ w_.T, dtype)
    turned = np.empty_like(out)
    _core.kernel_delta_product(isa, delta, w, None, turned)
    assert (turned == out).all()
    below = array(rng, dtype, rows, n_in)
    _core.kernel_delta_product(isa, delta, w, None, turned, below, "relu")
    assert (turned == np.where(below > 0, out, 0)).all()
    below_ = below.astype("float64")
    for g, slope in (("sigmoid", below_ * (1 - below_)), ("tanh", 1 - below_**2)):
        _core.kernel_delta_product(isa, delta, w, None, turned, below, g)
        assert_close(turned, out.astype("float64") * slope, dtype)
        if n_out <= 128:  # then out may take a's place
            in_place = below.copy()
            _core.kernel_delta_product(isa, delta, w, None, in_place, in_place, g)
            assert (in_place == turned).all()
    assert (whole[out.size :] == -7).all()

    whole, grad = guarded(dtype, n_in, n_out)
    _core.kernel_gradient(isa, a, delta, grad)
    assert_close(grad, a_.T @ delta_, dtype)
    assert (whole[grad.size :] == -7).all()

    indexed = np.empty_like(grad)
    _core.kernel_gradient(isa, a, delta, indexed, 0, index)
    assert_close(indexed, a_[index].T @ delta_, dtype)
    _core.kernel_gradient(isa, a[index], delta, grad)
    assert (indexed == grad).all()

    whole, sums = guarded(dtype, n_out)
    _core.kernel_column_sums(isa, delta, sums)
    assert_close(sums, delta_.sum(axis=0), dtype)
    assert (whole[sums.size :] == -7).all()

    whole, w_t = guarded(dtype, n_out, n_in)
    _core.kernel_transpose(isa, w, w_t)
    assert (w_t == w.T).all()
    assert (whole[w_t.size :] == -7).all()


def test_transposes_of_all_small_shapes(isa, dtype):
    for rows in range(1, 36):
        for n in range(1, 36):
            src = np.arange(rows * n, dtype=dtype).reshape(rows, n)
            whole, dst = guarded(dtype, n, rows)
            _core.kernel_transpose(isa, src, dst)
            assert (dst == src.T).all(), (rows, n)
            assert (whole[dst.size :] == -7).all(), (rows, n)


@pytest.mark.parametrize(
    ("rows", "n_in", "n_out"),
    [(1, 256, 96), (3, 257, 97), (33, 300, 100), (40, 784, 128), (70, 447, 131), (130, 321, 203)],
)
@pytest.mark.parametrize("relu", [False, True])
def test_quarters_in_any_order_make_the_sum(isa, dtype, rng, rows, n_in, n_out, relu):
    half = _core.half_of_outputs(n_in, n_out)
    a, w = array(rng, dtype, rows, n_in), array(rng, dtype, n_in, n_out)
    b, index = array(rng, dtype, n_out), rng.integers(0, rows, rows)
    for bias in (b, None):
        for rows_of in (None, index):
            want = np.empty((rows, n_out), dtype)
            _core.kernel_weighted_sum(isa, a, w, bias, want, rows_of, relu)
            # An output's own quarter comes before its other one.
            for order in ["00 11 10 01", "11 00 01 10", "00 10 11 01"]:
                whole, z = guarded(dtype, rows, n_out)
                for quarter in order.split():
                    inputs, outputs = map(int, quarter)
                    first, end = (half, n_out) if outputs else (0, half)
                    for part in ((first, first + 16), (first + 16, end)):
                        _core.kernel_sum_quarter(isa, a, w, bias, z, inputs, *part, rows_of, relu)
                assert (z == want).all()
                assert (whole[z.size :] == -7).all()


@pytest.mark.parametrize("n", [(255, 96), (256, 95), (64, 1000)])
def test_small_sums_are_not_quartered(n):
    assert _core.half_of_outputs(*n) is None


@pytest.mark.parametrize(
    ("n_in", "n_out"), [(20, 64), (64, 10), (33, 1), (100, 3), (37, 130), (300, 192)]
)
def test_splitting_changes_no_bit(isa, dtype, rng, n_in, n_out):
    """Threads and blocks may cut the rows anywhere: each element keeps its sum's order."""
    a, w, b = array(rng, dtype, 57, n_in), array(rng, dtype, n_in, n_out), array(rng, dtype, n_out)
    delta = array(rng, dtype, 57, n_out)
    w_t = np.ascontiguousarray(w.T)
    whole, part = np.empty((57, n_out), dtype), np.empty((57, n_out), dtype)
    _core.kernel_weighted_sum(isa, a, w, b, whole)
    back, back_part = np.empty((57, n_in), dtype), np.empty((57, n_in), dtype)
    _core.kernel_delta_product(isa, delta, w, w_t, back)
    for start, stop in [(0, 1), (1, 12), (12, 40), (40, 57)]:
        _core.kernel_weighted_sum(isa, a[start:stop], w, b, part[start:stop])
        _core.kernel_delta_product(isa, delta[start:stop], w, w_t, back_part[start:stop])
    assert (whole == part).all()
    assert (back == back_part).all()

    grad, grad_part = np.empty((n_in, n_out), dtype), np.empty((n_in, n_out), dtype)
    _core.kernel_gradient(isa, a, delta, grad)
    for start, stop in [(0, 3), (3, 4), (4, n_in)]:
        _core.kernel_gradient(isa, a, delta, grad_part[start:stop], start)
    assert (grad == grad_part).all()
    index = rng.permutation(57)
    a[index] = a.copy()
    _core.kernel_gradient(isa, a, delta, grad_part, index=index)
    assert (grad == grad_part).all()
    for start, stop in [(0, 7), (7, 15), (15, n_in)]:
        _core.kernel_gradient(isa, a, delta, grad_part[start:stop], start, index)
    assert (grad == grad_part).all()


def apart(rows):
    """The same rows as parts of longer ones, NaN between them."""
    whole = np.full((len(rows), rows.shape[1] + 3), np.nan, rows.dtype)
    whole[:, : rows.shape[1]] = rows
    return whole, whole[:, : rows.shape[1]]


@pytest.mark.parametrize(("n_in", "n_out"), [(5, 3), (17, 1), (1, 9), (100, 10), (150, 300)])
@pytest.mark.parametrize("rows", [1, 7, 70])
def test_rows_apart(isa, dtype, rng, rows, n_in, n_out):
    a, delta = array(rng, dtype, rows, n_in), array(rng, dtype, rows, n_out)
    w, b = array(rng, dtype, n_in, n_out), array(rng, dtype, n_out)
    w_t, index = np.ascontiguousarray(w.T), rng.permutation(rows)
    a_apart, delta_apart = apart(a)[1], apart(delta)[1]

    def products(a, delta, out_of):
        z, whole_z = out_of(rows, n_out)
        _core.kernel_weighted_sum(isa, a, w, b, z, None, True)
        below, whole_below = out_of(rows, n_in)
        _core.kernel_delta_product(isa, delta, w, w_t, below, a, "tanh")
        grads = np.empty((2, n_in, n_out), dtype)
        _core.kernel_gradient(isa, a, delta, grads[0])
        _core.kernel_gradient(isa, a, delta, grads[1], 0, index)
        sums = np.empty(n_out, dtype)
        _core.kernel_column_sums(isa, delta, sums)
        return (z, below, grads, sums), (whole_z, whole_below)

    def part_of_longer(*shape):
        whole, part = apart(np.zeros(shape, dtype))
        return part, whole

    plain, _ = products(a, delta, lambda *shape: (np.empty(shape, dtype), None))
    padded, wholes = products(a_apart, delta_apart, part_of_longer)
    for x, y in zip(plain, padded, strict=True):
        assert_close(y, x.astype("float64"), dtype)
    assert all(np.isnan(whole[:, -3:]).all() for whole in wholes)


@pytest.mark.parametrize("name", sorted(reference.ACTIVATIONS))
@pytest.mark.parametrize(("rows", "n"), [(1, 1), (3, 5), (7, 16), (2, 33), (257, 10), (40, 18)])
def test_activations(isa, dtype, rng, name, rows, n):
    z, v = 3 * array(rng, dtype, rows, n), array(rng, dtype, rows, n)
    g, times_derivative = reference.ACTIVATIONS[name]
    want = g(z.astype("float64"))
    whole, a = guarded(dtype, rows, n)
    _core.kernel_activate(isa, name, z, a)
    assert_close(a, want, dtype)
    assert (whole[a.size :] == -7).all()
    in_place = z.copy()
    _core.kernel_activate(isa, name, in_place, in_place)
    assert (in_place == a).all()

    delta = v.copy()
    _core.kernel_derive(isa, name, z, a, delta)
    assert_close(delta, times_derivative(z.astype("float64"), want, v.astype("float64")), dtype)


@pytest.mark.parametrize("n", [1, 5, 16, 37, 1000])
def test_optimizers(isa, dtype, rng, n):
    w, grad = array(rng, dtype, n), array(rng, dtype, n)
    for momentum, nesterov in [(0.0, False), (0.9, False), (0.9, True)]:
        got, m = w.copy(), np.zeros_like(w) if momentum else None
        want = [w.astype("float64")]
        update = reference.sgd(0.1, momentum, nesterov)
        for _ in range(3):
            settings = {"rate": 0.1, "beta_1": momentum, "nesterov": nesterov}
            _core.kernel_update(isa, "sgd", got, grad, [m], settings)
            update(want, [grad.astype("float64")])
        assert_close(got, want[0], dtype)

    got, m, v = w.copy(), np.zeros_like(w), np.zeros_like(w)
    want, update = [w.astype("float64")], reference.adam(0.1)
    for t in range(1, 4):
        alpha = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        settings = {"rate": alpha, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
        _core.kernel_update(isa, "adam", got, grad, [m, v], settings)
        update(want, [grad.astype("float64")])
    assert_close(got, want[0], dtype)


@pytest.mark.parametrize("n", [1, 3, 20])
def test_gather(isa, dtype, rng, n):
    src, index = array(rng, dtype, 50, n), rng.integers(0, 50, 33)
    for rows in (33, 20):  # of the index's 33: the others are the next batch's
        whole, out = guarded(dtype, rows, n)
        _core.kernel_gather(isa, src, index, out)
        assert (out == src[index[:rows]]).all()
        assert (whole[out.size :] == -7).all()


def test_nan_and_infinity_come_through(isa, dtype):
    z = np.array([[np.nan, np.inf, -np.inf, 1.0, -0.0]], dtype)
    out = np.empty_like(z)

    def g(name):
        _core.kernel_activate(isa, name, z, out)
        return out[0].tolist()

    assert str(g("relu")) == "[nan, inf, 0.0, 1.0, -0.0]"
    values = g("sigmoid")
    assert np.isnan(values[0])
    assert values[1:3] == [1, 0]
    values = g("tanh")
    assert np.isnan(values[0])
    assert values[1:3] == [1, -1]
    assert np.isnan(g("softmax")).all()
    assert not _core.all_finite(z)
    assert not _core.all_finite(np.array([1, np.inf], dtype))
    assert _core.all_finite(np.full(10001, np.finfo(dtype).max, dtype))


def test_tanh_of_any_nan(isa, dtype):
    """Whatever its last bits, which name a place in a table where x is a number."""
    one = np.array([1], "u4" if dtype == "float32" else "u8")
    infinity = np.array([np.inf], dtype).view(one.dtype)
    bits = np.concatenate([~(0 * one), infinity | one, infinity | (infinity >> one), ~one])
    z = bits.view(dtype)[None, :]
    out = np.zeros_like(z)
    _core.kernel_activate(isa, "tanh", z, out)
    assert np.isnan(z).all()
    assert np.isnan(out).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_accuracy_over_the_whole_range(isa, dtype, name):
    """At most 2 units in the last place of the exact value, from denormals to overflow."""
    exact = {
        "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
        "tanh": mpmath.tanh,
    }[name]
    least = -44 if dtype == "float32" else -323
    magnitudes = np.concatenate(
        [np.logspace(least, 2.9, 400), np.linspace(0.01, 30, 400), np.linspace(0.001, 1, 600)]
    )
    z = np.concatenate([magnitudes, -magnitudes]).astype(dtype)[None, :]
    a = np.empty_like(z)
    _core.kernel_activate(isa, name, z, a)
    with mpmath.workdps(40):
        want = [exact(mpmath.mpf(float(x))) for x in z[0]]
        nearest = np.array([float(v) for v in want]).astype(dtype)
        ulp = np.spacing(np.abs(nearest))
        error = [
            abs(mpmath.mpf(float(g)) - w) / mpmath.mpf(float(u))
            for g, w, u in zip(a[0], want, ulp, strict=True)
        ]
    assert max(error) <= 2


def softmax_rows(dtype, n):
    """Rows of n sums: near one another, spread, far from 0, tied, down to where exp is 0."""
    rng = np.random.default_rng(n)
    noise = rng.standard_normal((7, n))
    rows = [noise[0] * 1e-3, noise[1], noise[2] * 30, noise[3] * 1e3, noise[4] * 5 + 1e4]
    rows += [np.zeros(n), np.where(noise[5] > 0, 1, -0.7), -np.abs(noise[6]) * 1e30]
    return np.array(rows).astype(dtype)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 64, 65, 203])
def test_accuracy_of_softmax(isa, dtype, n):
    """At most 2 units in the last place, however far apart or far from 0 the sums are."""
    z = softmax_rows(dtype, n)
    a = np.empty_like(z)
    _core.kernel_activate(isa, "softmax", z, a)
    with mpmath.workdps(40):
        for row, got in zip(z, a, strict=True):
            e = [mpmath.exp(mpmath.mpf(float(x)) - mpmath.mpf(float(row.max()))) for x in row]
            want = [x / mpmath.fsum(e) for x in e]
            ulp = np.spacing(np.array([float(w) for w in want]).astype(dtype))
            error = [
                abs(mpmath.mpf(float(g)) - w) / mpmath.mpf(float(u))
                for g, w, u in zip(got, want, ulp, strict=True)
            ]
            assert max(error) <= 2


def test_softmax_near_the_least_normal_numbers(isa):
    """Where what a product loses is less than them; to 2 units in the last place all the same."""
    rng = np.random.default_rng(0)
    least = np.finfo(np.float32).tiny
    z = (np.log(least) + rng.uniform(-0.5, 4, (30_000, 10))).astype(np.float32)
    z[:, 0], z[:, 1:5] = 0, rng.uniform(-1, 0, (30_000, 4))
    a = np.empty_like(z)
    _core.kernel_activate(isa, "softmax", z, a)
    e = np.exp(z.astype(np.float64))
    want = e / e.sum(axis=1, keepdims=True)
    assert 0.1 < (want < 8 * least).mean() < (want < 128 * least).mean() < 0.6
    assert (np.abs(a - want) <= 2 * np.spacing(want.astype(np.float32))).all()


@pytest.mark.parametrize("c", [-0.3, -0.5, -0.7])
def test_softmax_of_a_long_row(isa, dtype, c):
    """Whose like terms round alike."""
    z = np.full((1, 1 << 18), c, dtype)
    z[0, 0] = 0
    a = np.empty_like(z)
    _core.kernel_activate(isa, "softmax", z, a)
    with mpmath.workdps(40):
        e = mpmath.exp(mpmath.mpf(float(z[0, 1])))
        total = 1 + (z.size - 1) * e
        for got, want in ((a[0, 0], 1 / total), (a[0, 1], e / total)):
            ulp = mpmath.mpf(float(np.spacing(np.array(float(want)).astype(dtype))))
            assert abs(mpmath.mpf(float(got)) - want) <= 2 * ulp
    assert (a[0, 1:] == a[0, 1]).all()


def test_softmax_of_infinities(isa, dtype):
    """-infinity has probability 0; nothing but -infinity, +infinity or NaN give NaN."""
    for n in (2, 3, 10, 70):
        z = np.zeros((5, n), dtype)
        z[0, 1] = z[4] = -np.inf
        z[1, 0], z[1, 1] = np.finfo(dtype).max, np.finfo(dtype).min
        z[2, 1], z[3, 1] = np.inf, np.nan
        a = np.empty_like(z)
        _core.kernel_activate(isa, "softmax", z, a)
        np.testing.assert_allclose(a[0], np.where(np.arange(n) == 1, 0, 1 / (n - 1)), 1e-6)
        assert (a[1] == (np.arange(n) == 0)).all()
        assert np.isnan(a[2:]).all()


@pytest.mark.parametrize("size", [1e-25, 1e-16, 1.0, 1e15, 1e25])
def test_adam_over_the_range_of_gradients(isa, dtype, size):
    """From gradients whose square underflows to those whose square overflows."""
    for epsilon, divides in itertools.product((1e-7, 1e-20), (False, True)):
        w, grad = np.zeros(33, dtype), np.full(33, size, dtype)
        m, v = np.zeros_like(w), np.zeros_like(w)
        with np.errstate(over="ignore"):
            settings = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": epsilon}
            settings["divides"] = divides
            _core.kernel_update(isa, "adam", w, grad, [m, v], settings)
        assert np.isfinite(w).all()
        with np.errstate(over="ignore", under="ignore"):
            want = -1e-3 * m.astype("float64") / (np.sqrt(v.astype("float64")) + epsilon)
        if np.isfinite(v).all() and (v > 1e-37).all():
            np.testing.assert_allclose(w, want, rtol=1e-5)


@pytest.mark.parametrize("n", [*range(1, 20), 31, 33, 64, 100])
def test_argmax(isa, dtype, rng, n):
    """As NumPy's, of few different numbers, so that many are equal; with NaN, -0 and infinities."""
    for rows in (1, 7, 100):
        for values in ((0, 1), (-2, -1, -0.0, 0.0), (-np.inf, -1), (np.nan, 1, np.inf), (3.5,)):
            a = rng.choice(np.array(values, dtype), (rows, n))
            whole = np.full(rows + 8, -7)
            _core.argmax(a, whole[:rows], isa)
            assert (whole[:rows] == np.argmax(a, axis=1)).all()
            assert (whole[rows:] == -7).all()
    a = array(rng, dtype, 333, n)
    index = np.empty(333, np.int64)
    _core.argmax(a, index, isa)
    assert (index == np.argmax(a, axis=1)).all()


def test_argmax_takes_an_index_of_as_many():
    with pytest.raises(ValueError, match=r"index has 2 elements for 3 rows of 4"):
        _core.argmax(np.zeros((3, 4)), np.empty(2, np.int64))


@pytest.mark.parametrize("kind", [">f4", ">f8", "f2", "i4", "?", "f4", "f8", "longdouble"])
def test_argmax_of_any_array(rng, kind):
    a = rng.integers(-3, 3, (4, 3, 5)).astype(kind)
    read_only = a.copy()
    read_only.flags.writeable = False
    for view in (
        a,
        read_only,
        a[::2],
        a[..., ::2],
        a.T,
        a[0],
        a[:, :, 2:3],
        a[:0],
        np.asfortranarray(a),
    ):
        got = argmax(view)
        assert got.shape == view.shape[:-1]
        assert (got == np.argmax(view, axis=-1)).all()
    assert argmax(a[0, 0]) == np.argmax(a[0, 0])
    assert argmax(np.float32(3)) == 0
