"""The table of the standing benchmark on this machine."""

import sys
import time
from statistics import median

from .runners import TOLERANCE
from .worker import Worker
from .workloads import WORKLOADS

ROUNDS = 7
# Between the rounds of several threads: a library's idle threads may spin on for a while, on cores
# that the next one needs (OpenBLAS's for 0.2 s: two threads of bpcore took twice their time).
REST_SECONDS = 0.4


def measure(name, dtype, isa, others, threads=1, rounds=ROUNDS):
    """Time one workload beside others, in alternating rounds.

    Returns
    -------
    dict
        "step_us" and, for one thread, "efficiency": the products' operations a second as a
        part of what BLAS reaches at 1024³ with the same instruction set; for several, "speedup":
        how many times longer one takes. "ratios": how many times longer each of the others
        takes. All are medians over the rounds.

    Raises
    ------
    WrongAnswer
        If one of the others does not reach the same loss.
    """
    workload = WORKLOADS[name]
    workers = {"bpcore": Worker("bpcore", name, dtype, isa, threads)}
    try:
        if threads == 1:
            workers["gemm"] = Worker("gemm", name, dtype, isa)
        else:
            workers["alone"] = Worker("bpcore", name, dtype, isa)
        for other in others:
            try:
                workers[other] = Worker(other, name, dtype, isa, threads)
            except RuntimeError as error:  # its own message is on stderr
                print(f"{other} is left out: {error}", file=sys.stderr)
                continue
            _check_answer(other, name, workers[other].first, workers["bpcore"].first)
        samples = [_sample(workers, REST_SECONDS * (threads > 1)) for _ in range(rounds)]
    finally:
        for worker in workers.values():
            worker.close()
    result = {
        "workload": name,
        "dtype": dtype,
        "isa": isa,
        "threads": threads,
        "step_us": median(s["bpcore"] for s in samples) * 1e6,
        "ratios": {o: median(s[o] / s["bpcore"] for s in samples) for o in others if o in workers},
    }
    if threads == 1:
        result["gemm_gflops"] = median(s["gemm"] for s in samples) / 1e9
        result["efficiency"] = median(workload.flops / (s["bpcore"] * s["gemm"]) for s in samples)
    else:
        result["speedup"] = median(s["alone"] / s["bpcore"] for s in samples)
    return result


def _sample(workers, rest):
    """Let each run one round, after a rest."""
    sample = {}
    for kind, worker in workers.items():
        time.sleep(rest)
        sample[kind] = worker.round()
    return sample


class WrongAnswer(Exception):
    """Two libraries do not compute the same, so that their times say nothing."""


def _check_answer(other, name, loss, want):
    tolerance = TOLERANCE.get(other, 1e-2)
    if not abs(loss - want) <= tolerance * abs(want):
        raise WrongAnswer(
            f"{other} reaches a loss of {loss:.6g} in the first epoch of {name}, bpcore "
            f"{want:.6g}: they do not compute the same, so their times say nothing"
        )


def heading(others, threads=1):
    """Return the first line of the table."""
    against = "efficiency" if threads == 1 else "× 1 thread"
    columns = "".join(f"{'× ' + other:>15}" for other in others)
    return (
        f"{'workload':10}{'dtype':>9}{'ISA':>8}{'threads':>8}{'µs/step':>11}{against:>11}" + columns
    )


def line(result, others):
    """Return one line of the table."""
    alone = result["threads"] == 1
    against = f"{result['efficiency']:.0%}" if alone else f"{result['speedup']:.2f}"
    ratios = result["ratios"]
    columns = "".join(f"{ratios[o]:15.1f}" if o in ratios else f"{'–':>15}" for o in others)
    return (
        f"{result['workload']:10}{result['dtype']:>9}{result['isa']:>8}{result['threads']:8}"
        f"{result['step_us']:11.2f}{against:>11}" + columns
    )
