"""Products, activations and Adam on their own, by size, on the best instruction set or the one
that BPCORE_ISA names.

The answer is compared with NumPy's before anything is timed. `roofline.py` draws the
products' rates by size.
"""

import numpy as np
import pytest

from bpcore import _core, reference

SIZES = [
    (32, 32, 32),
    (32, 64, 64),
    (32, 64, 128),
    (128, 128, 10),
    (128, 784, 128),
    (256, 512, 512),
    (256, 1024, 1024),
]


def arrays(rows, n_in, n_out, dtype):
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(rows, n_in)).astype(dtype),
        rng.normal(size=(n_in, n_out)).astype(dtype),
        rng.normal(size=(rows, n_out)).astype(dtype),
    )


def check(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3 * np.abs(want).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("product", ["weighted_sum", "delta_product", "gradient"])
def test_product(benchmark, product, size, dtype):
    a, w, delta = arrays(*size, dtype)
    isa = _core.isa()
    if product == "weighted_sum":
        out, want = np.empty_like(delta), a @ w
        call = lambda: _core.kernel_weighted_sum(isa, a, w, None, out)  # noqa: E731
    elif product == "delta_product":
        out, want, w_t = np.empty_like(a), delta @ w.T, np.ascontiguousarray(w.T)
        call = lambda: _core.kernel_delta_product(isa, delta, w, w_t, out)  # noqa: E731
    else:
        out, want = np.empty_like(w), a.T @ delta
        call = lambda: _core.kernel_gradient(isa, a, delta, out)  # noqa: E731
    call()
    check(out, want)
    benchmark(call)
    flops = 2 * size[0] * size[1] * size[2]
    benchmark.extra_info["GFLOP/s"] = flops / benchmark.stats.stats.median / 1e9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax"])
def test_activation(benchmark, name, dtype):
    z = np.random.default_rng(0).normal(size=(256, 64)).astype(dtype)
    out = np.empty_like(z)
    _core.kernel_activate(_core.isa(), name, z, out)
    check(out, reference.ACTIVATIONS[name][0](z.astype("float64")))
    benchmark(_core.kernel_activate, _core.isa(), name, z, out)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1000, 10_000, 100_000])
def test_adam(benchmark, n, dtype):
    rng = np.random.default_rng(0)
    w, grad, m, v = (np.abs(rng.normal(size=n)).astype(dtype) for _ in range(4))
    settings = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    new_m, new_v = m + (grad - m) * 0.1, v + (grad * grad - v) * 0.001
    want = w - 1e-3 * new_m / (np.sqrt(new_v) + 1e-7)
    _core.kernel_update(_core.isa(), "adam", w, grad, [m, v], settings)
    for got, wanted in ((w, want), (m, new_m), (v, new_v)):
        check(got, wanted)
    benchmark(_core.kernel_update, _core.isa(), "adam", w, grad, [m, v], settings)
