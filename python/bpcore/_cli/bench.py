"""``python -m bpcore bench``: the standing benchmark on this machine."""

import json
import platform

import bpcore
from bpcore import _core
from bpcore._bench import runners, table
from bpcore._bench.workloads import WORKLOADS

from .errors import UserError


def run(options):
    """Measure and print one line a workload; write them to --json if asked."""
    isas = options.isa or [_core.isa()]
    for isa in isas:
        if isa not in _core.isas():
            raise UserError(
                f"unknown or unsupported instruction set {isa!r}; this machine runs "
                f"{', '.join(_core.isas())}"
            )
    others = ["numpy"] + (runners.installed() if options.peers else [])
    threads = options.threads or 1
    print(
        f"bpcore {bpcore.__version__} on {platform.machine()}; medians of {options.rounds} paired "
        f"rounds, each process pinned to {threads} core{'s' * (threads > 1)}"
    )
    print(table.heading(others), flush=True)
    results = []
    for dtype in options.dtype or ["float32"]:
        for isa in isas:
            for name in options.workload or WORKLOADS:
                result = table.measure(name, dtype, isa, others, threads, options.rounds)
                results.append(result)
                print(table.line(result, others), flush=True)
    print(_LEGEND)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=2)
    return 0


_LEGEND = """
µs/step: a whole fit (shuffling, loss, Adam, epochs) after the first epoch, by its steps.
efficiency: the products' operations a second, of what BLAS reaches at 1024³ on one core with the
same instruction set. × other: how many times longer the other takes for the same training; its
first epoch reached the same loss before it was timed."""
