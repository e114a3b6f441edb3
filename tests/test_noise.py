"""The kernels of dropout and noise: each element's own number on every instruction set."""

import numpy as np
import pytest
from helpers import array, guarded

from bpcore import _core

SEED, DRAW = 0x123456789ABCDEF, (3, 2**32 - 2, 5, 2**32 - 4)  # rows count on past the last word
RATE = 1288490188 / 2**32  # nearly 0.3, and no rounding of it
SIZES = [(1, 1), (1, 4), (3, 5), (7, 16), (70, 3), (9, 33), (40, 64), (2, 1031), (300, 10)]


def words(rows, n):
    """Word j % 4 of the block whose counter holds j // 4 and the row."""
    layer, epoch, batch, first = DRAW
    second = (layer << 24 ^ batch) % 2**32
    blocks = [
        _core.philox((block, second, epoch, (first + row) % 2**32), SEED)
        for row in range(rows)
        for block in range(-(-n // 4))
    ]
    return np.array(blocks, "float64").reshape(rows, -1)[:, :n]


@pytest.mark.parametrize(("rows", "n"), SIZES)
@pytest.mark.parametrize("rate", [0.0, 2**-32, RATE, 0.5, 1 - 2**-32])
def test_which_elements_are_dropped(isa, dtype, rng, rows, n, rate):
    src, kept = array(rng, dtype, rows, n), words(rows, n) >= rate * 2**32
    src[0, 0] = np.inf  # dropped it is 0, not NaN
    whole, out = guarded(dtype, rows, n)
    _core.kernel_dropout(isa, rate, SEED, DRAW, src, out)
    scale = np.array(1 / (1 - rate)).astype(dtype)
    assert (out == np.where(kept, src * scale, 0)).all()
    assert (whole[out.size :] == -7).all()
    _core.kernel_dropout(isa, rate, SEED, DRAW, src, src)
    assert (src == out).all()


def test_all_are_dropped(isa, dtype):
    out = np.ones((3, 5), dtype)
    _core.kernel_dropout(isa, 1.0, SEED, DRAW, np.full((3, 5), np.inf, dtype), out)
    assert (out == 0).all()


@pytest.mark.parametrize(("rows", "n"), SIZES)
def test_alpha_dropout(isa, dtype, rng, rows, n):
    src, kept = array(rng, dtype, rows, n), words(rows, n) >= RATE * 2**32
    floor = -1.7580993408473766
    a = 1 / np.sqrt((1 - RATE) * (1 + RATE * floor**2))
    ahead = (False, a * floor * (1 - RATE), -a * floor * RATE)
    for back, dropped, offset in [ahead, (True, 0, 0)]:
        whole, out = guarded(dtype, rows, n)
        _core.kernel_alpha_dropout(isa, RATE, SEED, DRAW, back, src, out)
        np.testing.assert_allclose(
            out, np.where(kept, src * a + offset, dropped), rtol=0, atol=8 * np.finfo(dtype).eps
        )
        assert (whole[out.size :] == -7).all()


@pytest.mark.parametrize(("rows", "n"), SIZES)
def test_normal_numbers(isa, dtype, rng, rows, n):
    """Box and Muller's transform of each two words. Of a small radius, the logarithm of a number
    near 1, that number's rounding is a large part."""
    pairs = words(rows, -(-n // 4) * 4).reshape(rows, -1, 2)
    radius = np.sqrt(-2 * np.log((pairs[..., 0] + 0.5) / 2**32))
    angle = 2 * np.pi * pairs[..., 1] / 2**32
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).reshape(rows, -1)[:, :n]
    eps = np.finfo(dtype).eps
    most = np.repeat(eps * (8 + 2 / radius), 2, axis=-1)[:, :n]
    whole, out = guarded(dtype, rows, n)
    _core.kernel_gaussian(isa, 1.0, False, SEED, DRAW, np.zeros((rows, n), dtype), out)
    assert (np.abs(out - normal) <= most).all()
    src = array(rng, dtype, rows, n)
    _core.kernel_gaussian(isa, 0.5, False, SEED, DRAW, src, out)
    assert (np.abs(out - (src + 0.5 * normal)) <= most).all()
    _core.kernel_gaussian(isa, 0.5, True, SEED, DRAW, src, out)
    assert (np.abs(out - src * (1 + 0.5 * normal)) <= (1 + np.abs(src)) * most).all()
    assert (whole[out.size :] == -7).all()


def test_dropout(isa, dtype, rng):
    """Kept with probability 1 - rate, scaled by 1 / (1 - rate), the same going back."""
    src, out = np.ones((400, 101), dtype), np.empty((400, 101), dtype)
    _core.kernel_dropout(isa, 0.3, 9, (1, 2, 3, 0), src, out)
    kept = out != 0
    np.testing.assert_allclose(out[kept], 1 / 0.7, rtol=1e-6)
    assert kept.mean() == pytest.approx(0.7, abs=0.01)
    assert np.abs(kept.mean(axis=0) - 0.7).max() < 0.15
    assert np.abs(kept.mean(axis=1) - 0.7).max() < 0.25
    again = np.empty_like(out)
    _core.kernel_dropout(isa, 0.3, 9, (1, 2, 3, 0), src, again)
    assert (again == out).all()
    # A block of rows draws what the whole batch draws for them.
    _core.kernel_dropout(isa, 0.3, 9, (1, 2, 3, 100), src[100:], again[100:])
    assert (again == out).all()
    for draw in [(2, 2, 3, 0), (1, 3, 3, 0), (1, 2, 4, 0)]:
        _core.kernel_dropout(isa, 0.3, 9, draw, src, again)
        assert 0.3 < np.mean((again != 0) != kept) < 0.54
    _core.kernel_dropout(isa, 0.3, 9, (1, 2, 3, 0), 2 * src, again)
    assert (again == 2 * out).all()


def test_noise_statistics(isa, dtype):
    rows, n = 400, 103
    ones = np.full((rows, n), 2.0, dtype)
    out = np.empty_like(ones)
    _core.kernel_gaussian(isa, 0.5, False, 7, (1, 2, 3, 0), ones, out)
    noise = (out - 2) / 0.5
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02
    assert abs((noise**4).mean() - 3) < 0.1
    assert abs(np.mean(noise[:, :-1] * noise[:, 1:])) < 0.02
    _core.kernel_gaussian(isa, 0.5, True, 7, (1, 2, 3, 0), ones, out)
    np.testing.assert_allclose(out, 2 * (1 + 0.5 * noise), rtol=1e-5, atol=1e-6)
    _core.kernel_alpha_dropout(isa, 0.3, 7, (1, 2, 3, 0), False, (ones - 2), out)
    assert abs(out.mean()) < 0.02  # of inputs that are 0: their mean
    values = np.unique(out)
    assert len(values) == 2
    assert abs((out == values[0]).mean() - 0.3) < 0.01
    alpha = -1.7580993408473766
    a = 1 / np.sqrt(0.7 * (1 + 0.3 * alpha**2))
    np.testing.assert_allclose(values, [a * alpha * 0.7, -a * alpha * 0.3], rtol=1e-5)
    back = np.empty_like(ones)
    _core.kernel_alpha_dropout(isa, 0.3, 7, (1, 2, 3, 0), True, ones, back)
    np.testing.assert_allclose(back, np.where(out == values[0], 0, 2 * a), rtol=1e-6)
