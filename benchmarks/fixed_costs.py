"""What a call costs beside its arithmetic, and what else should hold whatever the machine.

    python benchmarks/fixed_costs.py [NAME ...]

Without names everything, in about two minutes; the machine should have nothing else to do. Each
line is a median over rounds, the limit it should keep beside it. Ratios are of runs that
alternate; what is said in microseconds depends on the machine.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

import bpcore
from bpcore import _core
from bpcore._bench.workloads import WORKLOADS

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []

FIRST_FIT = """
import time
import numpy as np
import bpcore
from bpcore import layers

x, y = np.ones((32, 4), np.float32), np.ones((32, 1), np.float32)

def first_fit():
    model = bpcore.Sequential([layers.Input((4,))])
    for n, g in ((32, "relu"), (32, "relu"), (1, "linear")):
        model.add(layers.Dense(n, g))
    start = time.perf_counter()
    model.compile("adam", "mse")
    model.fit(x, y, batch_size=32, epochs=1, verbose=0)
    return (time.perf_counter() - start) * 1e6

print(first_fit(), sorted(first_fit() for _ in range(101))[50])
"""


def pin(cores):
    """Let this thread, and what it starts, run on so many cores."""
    if CORES:
        os.sched_setaffinity(0, CORES[:cores])


def run(code):
    """Return what a fresh process prints; bytecode is kept, as of an installed package."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    ).stdout


def seconds(call, *arguments):
    """Return how long one call takes."""
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def microseconds(call, seconds_a_round=0.02, rounds=11):
    """Return the median over rounds of many calls, per call."""
    call()
    count = max(1, int(seconds_a_round / seconds(call)))
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        times.append((time.perf_counter() - start) / count)
    return median(times) * 1e6


def fits(workload, model, x, y, epochs):
    """Return how long a fit takes."""
    return seconds(lambda: model.fit(x, y, workload.batch, epochs, verbose=0))


def show(what, value, unit, limit, at_least=False):
    """Print one line, marked where the limit is not kept."""
    kept = value >= limit if at_least else value <= limit
    sign = "≥" if at_least else "≤"
    print(f"{what:58}{value:9.2f} {unit:2}  {sign} {limit:g}{'' if kept else '   *'}", flush=True)


def imports():
    """The time of `import bpcore` in a fresh process, by that of `import numpy`."""
    pin(1)
    ratios = []
    for _ in range(15):
        both = [seconds(run, f"import {name}") - seconds(run, "") for name in ("bpcore", "numpy")]
        ratios.append(both[0] / both[1])
    show("import bpcore / import numpy", median(ratios[1:]), "", 1.3)


def first_fits():
    """Compile and a first fit of one tiny batch: a process's first, and those that follow."""
    pin(1)
    first, later = zip(*(map(float, run(FIRST_FIT).split()) for _ in range(9)), strict=True)
    show("compile + first fit of a tiny batch, first in a process", median(first), "µs", 300)
    show("compile + first fit of a tiny batch, later", median(later), "µs", 300)


def calls():
    """Calls on a model that is ready."""
    pin(1)
    workload = WORKLOADS["tiny"]
    x, y = (array[: workload.batch] for array in workload.data())
    model = workload.model()
    step = microseconds(lambda: model.fit(x, y, batch_size=32, epochs=1000, verbose=0)) / 1000
    fit = microseconds(lambda: model.fit(x, y, batch_size=32, epochs=1, verbose=0))
    show("fit, beside its steps", fit - step, "µs", 50)
    row, out = x[:1].copy(), np.empty(1, np.float32)
    show("predict of one row", microseconds(lambda: model.predict(row)), "µs", 5)
    show("predict_one", microseconds(lambda: model.predict_one(row[0], out)), "µs", 1)
    show("train_on_batch of tiny", microseconds(lambda: model.train_on_batch(x, y)), "µs", 8)


def tanh():
    """A step of tab256 with tanh, by one with ReLU."""
    pin(1)
    bpcore.set_num_threads(1)
    workload = WORKLOADS["tab256"]
    before = _core.isa()
    for isa in _core.isas():
        _core.set_isa(isa)
        for dtype in ("float32", "float64"):
            x, y = workload.data(dtype)
            models = [workload.model(dtype, [g, g, "linear"]) for g in ("tanh", "relu")]
            ratios = []
            for _ in range(21):
                times = [fits(workload, model, x, y, 10) for model in models]
                ratios.append(times[0] / times[1])
            show(f"tanh / ReLU on tab256, {isa}, {dtype}", median(ratios[1:]), "", 1.3)
    _core.set_isa(before)


def two_fits():
    """Two fits in two Python threads, by one alone."""
    pin(2)
    bpcore.set_num_threads(1)
    for name in ("tiny", "tab"):
        workload = WORKLOADS[name]
        x, y = workload.data()
        models = [workload.model() for _ in range(2)]
        ratios = []
        with ThreadPoolExecutor(2) as pool:
            for _ in range(12):
                start = time.perf_counter()
                at_once = [pool.submit(fits, workload, model, x, y, 50) for model in models]
                for fit in at_once:
                    fit.result()
                both = time.perf_counter() - start
                ratios.append(both / fits(workload, models[0], x, y, 50))
        show(f"two fits at once / one, {name}", median(ratios[1:]), "", 1.1)


def default_threads():
    """Fits with the default number of threads and with one, alternating."""
    pin(len(CORES))
    for name, workload in WORKLOADS.items():
        x, y = workload.data()
        models = [workload.model() for _ in range(2)]
        epochs = max(1, int(4e8 / (workload.flops * workload.steps)))
        ratios = []
        for _ in range(12):
            times = []
            for threads, model in zip((1, None), models, strict=True):
                bpcore.set_num_threads(threads)
                times.append(fits(workload, model, x, y, epochs))
            ratios.append(times[0] / times[1])
        show(f"one thread / the default, {name}", median(ratios[1:]), "", 0.97, at_least=True)


PARTS = {f.__name__: f for f in (imports, first_fits, calls, tanh, two_fits, default_threads)}


def main():
    """Measure what was asked for."""
    unknown = [name for name in sys.argv[1:] if name not in PARTS]
    if unknown:
        sys.exit(f"error: unknown {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
