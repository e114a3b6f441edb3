"""Draw the rates of the three products by size, for every instruction set of this machine.

    python benchmarks/roofline.py [PNG]

Needs matplotlib (extra ``plot``). Square layers of n units, batches of 32 and 256; the
dashed line is NumPy's BLAS on the same core.
"""

import os
import sys
import time
from functools import partial

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from bpcore import _core

WIDTHS = [8, 16, 32, 64, 100, 128, 200, 256, 384, 512, 768, 1024]


def rate(call, flops):
    """Median GFLOP/s over a few rounds of about 5 ms."""
    call()
    start = time.perf_counter()
    call()
    count = max(1, int(0.005 / (time.perf_counter() - start)))
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            call()
        rates.append(flops * count / (time.perf_counter() - start) / 1e9)
    return sorted(rates)[2]


def rates_of_width(n, batch, dtype):
    """Return the rate of every product and instruction set, and of BLAS, for n by n weights."""
    rng = np.random.default_rng(0)
    a, delta = (rng.normal(size=(batch, n)).astype(dtype) for _ in range(2))
    w = rng.normal(size=(n, n)).astype(dtype)
    w_t, out, grad = w.T.copy(), np.empty_like(a), np.empty_like(w)
    calls = {("BLAS", "NumPy"): partial(np.matmul, a, w, out=out)}
    for isa in _core.isas():
        calls["weighted sum", isa] = partial(_core.kernel_weighted_sum, isa, a, w, None, out)
        calls["delta", isa] = partial(_core.kernel_delta_product, isa, delta, w, w_t, out)
        calls["gradient", isa] = partial(_core.kernel_gradient, isa, a, delta, grad)
    return {name: rate(call, 2 * batch * n * n) for name, call in calls.items()}


def main():
    """Measure and draw."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    path = sys.argv[1] if len(sys.argv) > 1 else "roofline.png"
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), sharex=True)
    for row, dtype in zip(axes, ("float32", "float64"), strict=True):
        for axis, batch in zip(row, (32, 256), strict=True):
            by_width = [rates_of_width(n, batch, dtype) for n in WIDTHS]
            for name, isa in by_width[0]:
                rates = [of_width[name, isa] for of_width in by_width]
                axis.plot(
                    WIDTHS, rates, "k--" if name == "BLAS" else "o-", ms=3, label=f"{name}, {isa}"
                )
            axis.set(
                title=f"{dtype}, batch {batch}",
                xscale="log",
                xlabel="units n",
                ylabel="GFLOP/s on one core",
            )
            axis.set_ylim(bottom=0)
            axis.grid(alpha=0.3)
    axes[0][0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    print(path)


if __name__ == "__main__":
    main()
