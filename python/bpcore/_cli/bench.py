"""``python -m bpcore bench``: the standing benchmark on this machine."""

import json
import platform
import sys

import numpy as np

import bpcore
from bpcore import _core
from bpcore._bench import runners, table
from bpcore._bench.workloads import WORKLOADS
from bpcore._threads import affine_cpus

from .errors import UserError
from .machine import processor


def run(options):
    """Measure and print one line a workload; write them to --json if asked."""
    isas, threads = _checked(options)
    others = ["numpy"] + (runners.installed() if options.peers else [])
    machine = _machine()
    report = {**machine, "rounds": options.rounds, "results": []}
    _write(report, options.json)  # before minutes of work, should it not be possible
    print(
        f"bpcore {bpcore.__version__} on {machine['processor']}; medians of {options.rounds} "
        f"paired rounds, each process pinned to {threads} core{'s' * (threads > 1)}"
    )
    print(table.heading(others, threads), flush=True)
    for dtype in options.dtype or ["float32"]:
        for isa in isas:
            for name in options.workload or WORKLOADS:
                try:
                    result = table.measure(name, dtype, isa, others, threads, options.rounds)
                except table.WrongAnswer as error:
                    print(f"error: {error}", file=sys.stderr)
                    return 1
                print(table.line(result, others), flush=True)
                report["results"].append(result)
                _write(report, options.json)  # after each, for whoever stops it
    print(_LEGEND)
    print(_OF_ONE_CORE if threads == 1 else _OF_SEVERAL, end="")
    return 0


def _checked(options):
    """Return the instruction sets and the number of threads, or say what is wrong with them."""
    isas = options.isa or [_core.isa()]
    for isa in isas:
        if isa not in _core.isas():
            raise UserError(
                f"unknown or unsupported instruction set {isa!r}; this machine runs "
                f"{', '.join(_core.isas())}"
            )
    threads = options.threads or 1
    # Every process is pinned to as many cores; a cgroup's quota is another matter.
    cores = affine_cpus()
    if threads > cores:
        raise UserError(
            f"--threads {threads} is more than the {cores} core{'s' * (cores > 1)} that this "
            "process may use"
        )
    return isas, threads


def _write(report, path):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=2)


def _machine():
    """Return what the figures depend on, by name."""
    return {
        "bpcore": bpcore.__version__,
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


_LEGEND = """
µs/step: a whole fit (shuffling, loss, Adam, epochs) after the first epoch, by its steps.
× other: how many times longer the other takes for the same training; its first epoch reached the
same loss before it was timed."""
_OF_ONE_CORE = """\
efficiency: the products' operations a second, of what BLAS reaches at 1024³ on one core with the
same instruction set.
"""
_OF_SEVERAL = """\
× 1 thread: how many times longer one thread takes, which was timed beside.
"""
