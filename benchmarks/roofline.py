"""Draw how near the three products come to the roof, by size, for every instruction set.

    python benchmarks/roofline.py [PNG]

Needs matplotlib (extra ``plot``), a C compiler that knows -shared, and three minutes. Square layers
of n units, batches of 32 and 256, one core. The roof is what multiply-adds in registers reach
(peak.c), timed in turn with every product, so that a change of the processor's speed meets both.
Drawn is the best of several passes over all sizes: what a product reaches undisturbed, no mean.
The dashed line is NumPy's BLAS, of the best instruction set's roof. roofline.png was drawn so on a
virtual core of a Zen 3.
"""

import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from bpcore import _core
from bpcore._cli.machine import processor

WIDTHS = [8, 16, 32, 64, 100, 128, 200, 256, 384, 512, 768, 1024]
FLAGS = {
    "sse4": ["-msse4.2"],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f"],
    "neon": [],
}
ROUND_SECONDS, ROUNDS = 0.001, 15
# Over all sizes, the best of which counts: what else runs on a shared processor comes and goes.
PASSES = 8


def roofs(directory, dtype):
    """Return a function for each instruction set: FLOP/s of multiply-adds, at this moment."""
    source, found = pathlib.Path(__file__).with_name("peak.c"), {}
    for isa in _core.isas():
        library = pathlib.Path(directory) / f"peak_{isa}_{dtype}.so"
        real = "float" if dtype == "float32" else "double"
        flags = ["-O2", "-fPIC", "-shared", "-ffp-contract=fast", f"-DREAL={real}", *FLAGS[isa]]
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, *flags, source, "-o", library], check=True)
        peak = ctypes.CDLL(str(library)).peak
        peak.argtypes, peak.restype = [ctypes.c_long], ctypes.c_double
        found[isa] = partial(peak, 200_000)
    return found


def seconds(call, count):
    """Return how long a call takes, one of so many in a row."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def share(call, nothing, flops, roof):
    """Return the call's rate by the roof's, in %, without what it takes to call `nothing`: the same
    from Python, for one number. The median of short rounds, each between two looks at the roof, as
    the speed of a shared processor changes. NaN where Python takes half of the time or more.
    """
    call()
    count = max(1, int(ROUND_SECONDS / seconds(call, 1)))
    shares, parts, before = [], [], roof()
    for _ in range(ROUNDS):
        idle, own, after = seconds(nothing, 500), seconds(call, count), roof()
        left = max(own - idle, 1e-9)
        parts.append(left / own)
        shares.append(100 * flops / left / ((before + after) / 2))
        before = after
    return statistics.median(shares) if statistics.median(parts) > 0.5 else float("nan")


def calls_of(batch, n, dtype):
    """Return every product by every instruction set, and BLAS's, for n by n weights."""
    rng = np.random.default_rng(0)
    a, delta = (rng.normal(size=(batch, n)).astype(dtype) for _ in range(2))
    w = rng.normal(size=(n, n)).astype(dtype)
    w_t, out, grad = w.T.copy(), np.empty_like(a), np.empty_like(w)
    calls = {("BLAS", "NumPy"): partial(np.matmul, a, w, out=out)}
    for isa in _core.isas():
        calls["weighted sum", isa] = partial(_core.kernel_weighted_sum, isa, a, w, None, out)
        calls["delta", isa] = partial(_core.kernel_delta_product, isa, delta, w, w_t, out)
        calls["gradient", isa] = partial(_core.kernel_gradient, isa, a, delta, grad)
    return calls


def shares_of_width(n, batch, dtype, roof):
    """Return the share of the roof that each of them reaches, in %."""
    nothing, best = calls_of(1, 1, dtype), _core.isas()[-1]
    return {
        (name, isa): share(call, nothing[name, isa], 2 * batch * n * n, roof.get(isa, roof[best]))
        for (name, isa), call in calls_of(batch, n, dtype).items()
    }


def measured(directory):
    """Return the shares by dtype and batch: for each product and instruction set, by width."""
    found = {}
    roof_of = {dtype: roofs(directory, dtype) for dtype in ("float32", "float64")}
    for _ in range(PASSES):
        for dtype, roof in roof_of.items():
            for batch in (32, 256):
                by_width = [shares_of_width(n, batch, dtype, roof) for n in WIDTHS]
                now = {key: [shares[key] for shares in by_width] for key in by_width[0]}
                before = found.get((dtype, batch), now)
                found[dtype, batch] = {key: np.fmax(before[key], now[key]) for key in now}
    return found


def main():
    """Measure and draw."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    path = sys.argv[1] if len(sys.argv) > 1 else "roofline.png"
    colours = dict(zip(_core.isas(), ("tab:orange", "tab:blue", "tab:green"), strict=False))
    marks = {"weighted sum": "o-", "delta": "s-", "gradient": "^-"}
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), sharex=True, sharey=True)
    with tempfile.TemporaryDirectory() as directory:
        panels = measured(directory)
    for axis, ((dtype, batch), shares) in zip(axes.flat, panels.items(), strict=True):
        for (name, isa), by_width in shares.items():
            style = {"color": colours[isa], "ms": 3} if isa in colours else {"color": "k"}
            axis.plot(WIDTHS, by_width, marks.get(name, "--"), label=f"{name}, {isa}", **style)
        axis.axhline(100, color="0.4", lw=1)
        axis.set(title=f"{dtype}, batch {batch}", xscale="log", ylim=(0, 108))
        axis.grid(alpha=0.3)
    for axis in axes[1]:
        axis.set_xlabel("units n of a layer n to n")
    for axis in axes[:, 0]:
        axis.set_ylabel("% of the multiply-adds' peak")
    axes[0][0].legend(fontsize=7)
    figure.suptitle(f"One core of {processor()}")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    print(path)


if __name__ == "__main__":
    main()
