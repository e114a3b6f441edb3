"""The updates of the parameters against plain NumPy: all instruction sets, both element
types, sizes that are multiples of nothing, and any cut."""

import numpy as np
import pytest
from helpers import assert_close

from bpcore import _core

SIZES = [1, 3, 8, 17, 37, 1001]
C = {
    "rate": 0.05,
    "beta_1": 0.8,
    "beta_2": 0.95,
    "epsilon": 1e-3,
    "of_m": 0.04,
    "of_g": 0.02,
    "of_v": 1.7,
    "power": 0.5,
    "l1": 0.02,
    "l2": 0.3,
    "shrinkage": 0.1,
}


def sgd(w, g, m, nesterov=False):
    if m is None:
        return w - 0.05 * g, None
    m = 0.8 * m - 0.05 * g
    return w + (0.8 * m - 0.05 * g if nesterov else m), m


def adam(w, g, m, v):
    m, v = m + (g - m) * 0.2, v + (g * g - v) * 0.05
    return w - 0.05 * m / (np.sqrt(v) + 1e-3), m, v


def amsgrad(w, g, m, v, largest):
    m, v = m + (g - m) * 0.2, v + (g * g - v) * 0.05
    largest = np.maximum(largest, v)
    return w - 0.05 * m / (np.sqrt(largest) + 1e-3), m, v, largest


def rmsprop(w, g, v, m, mean):
    v = 0.95 * v + 0.05 * g * g
    mean = None if mean is None else 0.95 * mean + 0.05 * g
    step = 0.05 * g / np.sqrt(v - (0 if mean is None else mean**2) + 1e-3)
    m = None if m is None else 0.8 * m + step
    return w - (step if m is None else m), v, m, mean


def adagrad(w, g, s):
    s = s + g * g
    return w - 0.05 * g / np.sqrt(s + 1e-3), s


def adadelta(w, g, v, u):
    v = 0.95 * v + 0.05 * g * g
    step = np.sqrt(u + 1e-3) / np.sqrt(v + 1e-3) * g
    return w - 0.05 * step, v, 0.95 * u + 0.05 * step**2


def adamax(w, g, m, u):
    m, u = m + (g - m) * 0.2, np.maximum(0.95 * u, np.abs(g))
    return w - 0.05 * m / (u + 1e-3), m, u


def nadam(w, g, m, v):
    m, v = m + (g - m) * 0.2, v + (g * g - v) * 0.05
    return w - (0.04 * m + 0.02 * g) / (np.sqrt(1.7 * v) + 1e-3), m, v


def ftrl(w, g, n, z, power=0.5):
    new = n + g * g
    z = z + g + 0.2 * w - (new**power - n**power) / 0.05 * w
    return (np.clip(z, -0.02, 0.02) - z) / (new**power / 0.05 + 0.6), new, z


def lion(w, g, m):
    return w - 0.05 * np.sign(0.8 * m + 0.2 * g), 0.95 * m + 0.05 * g


# kernel, its NumPy version, which slots are kept, further settings
UPDATES = [
    ("sgd", sgd, [False], {}),
    ("sgd", sgd, [True], {}),
    ("sgd", sgd, [True], {"nesterov": True}),
    ("adam", adam, [True, True], {}),
    ("amsgrad", amsgrad, [True, True, True], {}),
    ("rmsprop", rmsprop, [True, False, False], {}),
    ("rmsprop", rmsprop, [True, True, False], {}),
    ("rmsprop", rmsprop, [True, False, True], {}),
    ("rmsprop", rmsprop, [True, True, True], {}),
    ("adagrad", adagrad, [True], {}),
    ("adadelta", adadelta, [True, True], {}),
    ("adamax", adamax, [True, True], {}),
    ("nadam", nadam, [True, True], {}),
    ("ftrl", ftrl, [True, True], {}),
    ("ftrl", ftrl, [True, True], {"power": 0.7}),
    ("lion", lion, [True], {}),
]


@pytest.mark.parametrize(("name", "formula", "kept", "more"), UPDATES)
@pytest.mark.parametrize("n", SIZES)
def test_updates(isa, dtype, rng, name, formula, kept, more, n):
    """Three steps; and the same bits in two cuts as in one."""
    settings = C | more
    w = rng.normal(size=n).astype(dtype)
    # The first slot is above the square of the third: variances are not negative.
    slots = [np.abs(rng.normal(size=n)).astype(dtype) + 1 if k else None for k in kept]
    slots = [None if s is None else (s * (0.1 if i else 1)).astype(dtype)
             for i, s in enumerate(slots)]  # fmt: skip
    want = [v if v is None else v.astype("float64") for v in (w, *slots)]
    cut_w, cut_slots = w.copy(), [None if s is None else s.copy() for s in slots]
    cut = n // 3
    for _ in range(3):
        g = rng.normal(size=n).astype(dtype)
        g[g.size // 2] = 0
        _core.kernel_update(isa, name, w, g, slots, settings)
        want = formula(want[0], g.astype("float64"), *want[1:], **more)
        for part in (slice(0, cut), slice(cut, n)):
            if g[part].size:
                views = [None if s is None else s[part] for s in cut_slots]
                _core.kernel_update(isa, name, cut_w[part], g[part], views, settings)
    for got, expected, other in zip((w, *slots), want, (cut_w, *cut_slots), strict=True):
        if got is not None:
            assert_close(got, expected, dtype, 10 if name == "ftrl" else 2)
            assert (got == other).all()


@pytest.mark.parametrize("name", sorted(set(_core.OPTIMIZERS) - {"adafactor"}))
def test_nan_shows(isa, dtype, name):
    """A gradient that is NaN is not hidden in the weights."""
    w, g = np.ones(20, dtype), np.full(20, np.nan, dtype)
    slots = [np.ones(20, dtype) for _ in range(3)]
    _core.kernel_update(isa, name, w, g, slots, C)
    assert np.isnan(w).all()


@pytest.mark.parametrize("name", ["adam", "amsgrad"])
def test_nan_in_the_mean_square_alone_shows(isa, dtype, name):
    """As after two gradients whose squares overflow: infinity less infinity."""
    w, g = np.ones(20, dtype), np.ones(20, dtype)
    slots = [np.ones(20, dtype), np.full(20, np.nan, dtype), np.full(20, np.nan, dtype)]
    _core.kernel_update(isa, name, w, g, slots, C)
    assert np.isnan(w).all()


@pytest.mark.parametrize("name", ["adam", "amsgrad"])
@pytest.mark.parametrize("n", SIZES)
def test_adam_divides_or_estimates(isa, dtype, rng, name, n):
    """What a processor with a fast divider takes differs by rounding alone."""
    w, g, m = (rng.normal(size=n).astype(dtype) for _ in range(3))
    v = rng.uniform(1e-6, 10, n).astype(dtype)
    got = []
    for divides in (False, True):
        slots = [m.copy(), v.copy(), v.copy()]
        got.append(w.copy())
        _core.kernel_update(isa, name, got[-1], g, slots, C | {"divides": divides})
        near = [got[-1], *slots]
        far = [w.copy(), m.copy(), v.copy(), v.copy()]  # asked for, with the same bits
        settings = C | {"divides": divides, "far": True}
        _core.kernel_update(isa, name, far[0], g, far[1:], settings)
        assert all((x == y).all() for x, y in zip(near, far, strict=True))
    steps = [w.astype("float64") - x for x in got]
    np.testing.assert_allclose(steps[0], steps[1], rtol=0, atol=2 * np.finfo(dtype).eps * 8)


def hard_roots():
    """Doubles whose roots are as near as can be to the middle between two doubles.

    The middles are odd M of 54 bits. M^2 is X 2^54 or X 2^55 but for delta, X of 53 bits: so M is a
    root of delta modulo that power of 2, of which there are four if delta = 1 modulo 8.
    """
    found = []
    for bits in (54, 55):
        for delta in range(1 - 1024, 1025, 8):
            root = 1
            for k in range(3, bits):  # from modulo 2^k to 2^(k + 1)
                if (root * root - delta) >> k & 1:
                    root += 1 << (k - 1)
            for r in (root, -root, root + (1 << bits - 1), (1 << bits - 1) - root):
                middle = r % (1 << bits)
                x, rest = divmod(middle * middle - delta, 1 << bits)
                assert rest == 0
                if middle >> 53 == 1 and x.bit_length() == 53:
                    found.append(float(x) * 2.0 ** (bits % 2))
    return np.array(found)


def test_every_third_root_is_the_dividers(isa, rng):
    """Whatever is estimated, where v is a float's and where it is not."""
    hard = hard_roots()
    assert len(hard) > 300
    v = np.concatenate(
        [hard * 4.0**k for k in (-70, -26, 0, 30)]
        + [2 ** rng.uniform(-140, 140, 30000), 2 ** rng.uniform(-1074, 1023, 2000)]
        + [[0, 5e-324, 2.0**-120, 2.0**120, np.finfo("float64").max, np.nan]]
    )
    v = np.repeat(v, 12)  # at every place in a group
    w, m = np.zeros_like(v), np.ones_like(v)
    settings = C | {"beta_1": 1.0, "beta_2": 1.0, "epsilon": 0.0, "rate": 1.0, "divides": True}
    with np.errstate(divide="ignore"):
        want = -1 / np.sqrt(v)
    _core.kernel_update(isa, "adam", w, np.ones_like(v), [m, v], settings)
    if isa == "avx512":  # which estimates throughout
        normal = (v > 1e-300) & (v < 1e308)
        np.testing.assert_allclose(w[normal], want[normal], rtol=4 * np.finfo("float64").eps)
    else:
        np.testing.assert_array_equal(w, want)


@pytest.mark.parametrize("divides", [False, True])
def test_an_elements_bits_do_not_depend_on_its_company(isa, dtype, rng, divides):
    """Also where epsilon is so small that some quotients are out of an estimate's range."""
    settings = C | {"epsilon": 1e-40 if dtype == "float64" else 1e-38, "divides": divides}
    w, g, m = (rng.normal(size=37).astype(dtype) for _ in range(3))
    v = rng.uniform(0.1, 1, 37).astype(dtype)
    dead = np.arange(37) % 3 == 0
    g[dead] = m[dead] = v[dead] = 0
    alone = [a.copy() for a in (w, m, v)]
    _core.kernel_update(isa, "adam", w, g, [m, v], settings)
    for i in range(37):
        part = slice(i, i + 1)
        _core.kernel_update(
            isa, "adam", alone[0][part], g[part], [a[part] for a in alone[1:]], settings
        )
    assert (w[~dead] == alone[0][~dead]).all()


@pytest.mark.parametrize("n", SIZES)
def test_what_surrounds_an_update(isa, dtype, rng, n):
    w, g, s = (rng.normal(size=n).astype(dtype) for _ in range(3))
    w[n // 2] = 0
    w_, g_, s_ = (v.astype("float64") for v in (w, g, s))
    want = 0.3 * np.abs(w_).sum() + 0.7 * np.square(w_).sum()
    assert _core.kernel_penalty(isa, w, 0.3, 0.7) == pytest.approx(want, rel=1e-13)
    want = np.square(w_).sum()
    assert _core.kernel_sum_of_squares(isa, w) == pytest.approx(want, rel=1e-13)

    grad = g.copy()
    _core.kernel_penalty_gradient(isa, w, 0.3, 0.7, grad)
    assert_close(grad, g_ + 0.3 * np.sign(w_) + 1.4 * w_, dtype)
    grad = g.copy()
    _core.kernel_penalty_gradient(isa, w, 0.0, 0.7, grad)
    assert_close(grad, g_ + 1.4 * w_, dtype)
    total, grad = s.copy(), g.copy()
    _core.kernel_accumulate(isa, grad, total)
    assert_close(total, s_ + g_, dtype)
    total, grad = s.copy(), g.copy()
    _core.kernel_release(isa, 0.25, total, grad)
    assert_close(grad, (s_ + g_) / 4, dtype)
    assert (total == 0).all()
    x = g.copy()
    _core.kernel_scale(isa, 0.3, x)
    assert_close(x, 0.3 * g_, dtype)
    x = g.copy()
    x[0] = np.nan
    _core.kernel_clip(isa, -0.5, 0.25, x)
    assert np.isnan(x[0])
    assert_close(x[1:], np.clip(g_, -0.5, 0.25)[1:], dtype) if n > 1 else None
    average = s.copy()
    _core.kernel_moving_average(isa, w, 0.9, average)
    assert_close(average, 0.9 * s_ + 0.1 * w_, dtype)


def test_a_penalty_of_one_kind_ignores_the_other(isa):
    """No 0 times infinity."""
    w = np.full(5, 1e200)
    with np.errstate(over="ignore"):
        assert _core.kernel_penalty(isa, w, 1.0, 0.0) == pytest.approx(5e200)
