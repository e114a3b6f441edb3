"""Every float32: slow, so apart (``python -m pytest -m slow``, half an hour)."""

import numpy as np
import pytest
from scipy.special import erfc

from bpcore import _core


def gelu(x):
    x = np.maximum(x, -20)  # 0 in float32 long before; at -infinity its limit
    return x / 2 * erfc(-x / np.sqrt(2))


def gelu_tanh(x):
    x = np.maximum(x, -20)
    e = np.exp(-np.sqrt(8 / np.pi) * np.abs(x + 0.044715 * x**3))
    return x * np.where(x < 0, e, 1) / (1 + e)


EXACT = {
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "sigmoid": lambda x: np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x))),
    "tanh": np.tanh,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXACT))
def test_every_float32_bit_pattern(name):
    """At most 2 units in the last place from the value in float64; NaN where NaN went in."""
    worst = dict.fromkeys(_core.isas(), 0.0)
    out = np.empty((1, 1 << 22), np.float32)
    for start in range(0, 1 << 32, out.size):
        x = np.arange(start, start + out.size, dtype=np.uint32).view(np.float32)[None, :]
        with np.errstate(all="ignore"):
            want = EXACT[name](x.astype(np.float64))
            ulp = np.spacing(np.abs(want.astype(np.float32))).astype(np.float64)
        nan = np.isnan(x)
        for isa in worst:
            _core.kernel_activate(isa, name, x, out)
            assert (np.isnan(out) == nan).all()
            with np.errstate(all="ignore"):
                error = np.abs(out - want) / ulp
            worst[isa] = max(worst[isa], float(np.nanmax(error, initial=0.0)))
    assert max(worst.values()) <= 2, worst


@pytest.mark.slow
def test_softmax_of_every_float32_beside_0():
    """Of every x and 0, two outputs: at most 2 units in the last place, as above."""
    sigmoid = EXACT["sigmoid"]
    worst = dict.fromkeys(_core.isas(), 0.0)
    z = np.zeros((1 << 21, 2), np.float32)
    out = np.empty_like(z)
    for start in range(0, 1 << 32, len(z)):
        z[:, 0] = np.arange(start, start + len(z), dtype=np.uint32).view(np.float32)
        with np.errstate(all="ignore"):
            x = z[:, 0].astype(np.float64)
            want = np.stack([sigmoid(x), sigmoid(-x)], axis=1)
            ulp = np.spacing(want.astype(np.float32)).astype(np.float64)
        nan = np.isnan(x) | (x == np.inf)
        for isa in worst:
            _core.kernel_activate(isa, "softmax", z, out)
            assert (np.isnan(out) == nan[:, None]).all()
            with np.errstate(all="ignore"):
                error = np.abs(out - want)[~nan] / ulp[~nan]
            worst[isa] = max(worst[isa], float(np.nanmax(error, initial=0.0)))
    assert max(worst.values()) <= 2, worst
