"""Show what a training step cannot do without: its multiply-adds, its products, its update.

    python benchmarks/limits.py [WORKLOAD ...]

Needs a C compiler that knows -shared, and half a minute. One core; the standing workloads but
online1, whose step is mostly other work, by every instruction set with vectors of 32 bytes or more
(else by all). A step of `fit` in µs, and in % of it:

- peak: its multiply-adds at the rate they reach in registers (peak.c), no lane left empty;
- products: those of every layer by the kernels alone, W^T at hand where a plan keeps it, without
  biases, activations and slopes, and where the caches hold all they can;
- update: Adam's of every parameter, likewise;
- rest: what is left beside products and update, from the shuffle to the cost.

`limit` is the efficiency, by that peak, of a step that takes peak + update: whose products lose
nothing to shapes and memory, and which neither gathers, turns round, compares with targets nor
calls. gemm is NumPy's product of 1024 x 1024 by the peak of the best instruction set. On a core
that another thread shares, what reads memory loses more than what stays in registers: compare
what was taken in one run.
"""

import statistics
import sys
import tempfile
from functools import partial

from roofline import roofs, seconds  # before NumPy: it keeps that and its BLAS on one core

# isort: split
import numpy as np

import bpcore
from bpcore import _core
from bpcore._bench.workloads import WORKLOADS
from bpcore._plan import _KEEP_TRANSPOSED

ROUNDS = 15
ROUND_SECONDS = 0.03
ADAM = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


def products_of(pairs, batch, dtype, isa):
    """Return a call for every product of a step, of layers with so many inputs and outputs."""
    rng = np.random.default_rng(0)
    calls = []
    for l, (n_in, n_out) in enumerate(pairs):
        a = rng.normal(size=(batch, n_in)).astype(dtype)
        w = rng.normal(size=(n_in, n_out)).astype(dtype)
        delta = rng.normal(size=(batch, n_out)).astype(dtype)
        calls.append(partial(_core.kernel_weighted_sum, isa, a, w, None, np.empty_like(delta)))
        calls.append(partial(_core.kernel_gradient, isa, a, delta, np.empty_like(w)))
        if l > 0:
            turned, below = w.T.copy() if w.size <= _KEEP_TRANSPOSED else None, np.empty_like(a)
            calls.append(partial(_core.kernel_delta_product, isa, delta, w, turned, below))
    return calls


def update_of(n, dtype, isa):
    """Return Adam's update of n parameters."""
    w, grad, m, v = (np.full(n, 0.01, dtype) for _ in range(4))
    return partial(_core.kernel_update, isa, "adam", w, grad, [m, v], ADAM)


def own_seconds(calls, idle):
    """Return how long one of each takes, without what it takes to call the idle ones."""
    once = max(sum(seconds(call, 1) for call in calls), 1e-6)
    count = max(1, int(ROUND_SECONDS / once))
    return sum(seconds(call, count) for call in calls) - sum(seconds(call, 1000) for call in idle)


def shares(workload, dtype, isa, roof):
    """Return a step's seconds, and medians of peak, products and update by it, taken in turn."""
    _core.set_isa(isa)
    pairs = list(zip(workload.widths[:-1], workload.widths[1:], strict=True))
    products = products_of(pairs, workload.batch, dtype, isa)
    no_products = products_of([(1, 1)] * len(pairs), 1, dtype, isa)
    (x, y), model = workload.data(dtype), workload.model(dtype)
    update, no_update = ([update_of(n, dtype, isa)] for n in (model.count_params(), 1))
    fit = partial(model.fit, x, y, batch_size=workload.batch, verbose=0)
    fit(epochs=1)
    epochs = max(4, int(ROUND_SECONDS / seconds(partial(fit, epochs=1), 1)))
    steps, found = [], []
    for _ in range(ROUNDS):
        step = seconds(partial(fit, epochs=epochs), 1) / (epochs * workload.steps)
        peak = workload.flops / roof()
        parts = peak, own_seconds(products, no_products), own_seconds(update, no_update)
        again = seconds(partial(fit, epochs=epochs), 1) / (epochs * workload.steps)
        steps.append((step + again) / 2)
        found.append([part / steps[-1] for part in parts])
    return statistics.median(steps), *map(statistics.median, zip(*found, strict=True))


def gemm_share(dtype, roof):
    """Return the rate of NumPy's product of two matrices of 1024 by 1024, by the peak."""
    n = 1024
    a, b = np.ones((2, n, n), dtype)
    return statistics.median(
        2 * n**3 / seconds(partial(np.matmul, a, b), 1) / roof() for _ in range(ROUNDS)
    )


def main():
    """Measure, and print a table."""
    names = sys.argv[1:] or [name for name in WORKLOADS if name != "online1"]
    for name in names:
        if name not in WORKLOADS:
            sys.exit(f"unknown workload {name!r}: expected one of {', '.join(WORKLOADS)}")
    bpcore.set_num_threads(1)
    isas = [isa for isa in _core.isas() if isa in ("avx2", "avx512")] or _core.isas()
    with tempfile.TemporaryDirectory() as directory:
        for dtype in ("float32", "float64"):
            roof_of = roofs(directory, dtype)
            print(
                f"{dtype}, in %: gemm {100 * gemm_share(dtype, roof_of[isas[-1]]):.0f} of the peak"
            )
            print(f"{'step µs':>26}{'peak':>6}{'products':>10}{'update':>8}{'rest':>6}{'limit':>7}")
            for name in names:
                for isa in isas:
                    step, peak, products, update = shares(WORKLOADS[name], dtype, isa, roof_of[isa])
                    rest, limit = 1 - products - update, peak / (peak + update)
                    parts = (100 * part for part in (peak, products, update, rest, limit))
                    columns = "{:6.0f}{:10.0f}{:8.0f}{:6.0f}{:7.0f}".format(*parts)
                    print(f"{name:9}{isa:8}{1e6 * step:9.2f}{columns}", flush=True)


if __name__ == "__main__":
    main()
