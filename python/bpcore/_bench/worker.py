"""One process that times one library on one workload, a round at a time.

The parent starts it with ``python -m bpcore._bench.worker CONFIG`` (JSON), reads a line that
says it is ready, and then writes a line for each round it wants; the answer is a line of
JSON. Rounds of several workers alternate that way, so that a change of the machine's
speed meets all of them.
"""

import json
import os
import subprocess
import sys
import time

# The core whose kernels OpenBLAS is told to use for the peak rate of an instruction set.
_CORETYPES = {"sse4": "NEHALEM", "avx2": "HASWELL", "avx512": "SKYLAKEX"}
ROUND_SECONDS = 0.12  # at least


class Worker:
    """The parent's end.

    Parameters
    ----------
    kind : str
        A name of `runners.RUNNERS`, or "gemm": the rate of BLAS at 1024³.
    workload, dtype, isa : str
    threads : int
        How many cores it is pinned to and may use.
    """

    def __init__(self, kind, workload, dtype, isa, threads=1):
        config = {
            "kind": kind,
            "workload": workload,
            "dtype": dtype,
            "isa": isa,
            "threads": threads,
        }
        environment = dict(os.environ, BPCORE_ISA=isa)
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        if kind == "gemm" and isa in _CORETYPES:
            environment["OPENBLAS_CORETYPE"] = _CORETYPES[isa]
        if threads == 1:
            environment.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bpcore._bench.worker", json.dumps(config)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first = self._read()

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a benchmark process ended with code {self._process.wait()}")
        return json.loads(line)

    def round(self):
        """Let it run one round; return seconds a step, or FLOP/s for "gemm"."""
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._read()

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _gemm_round(dtype):
    import numpy as np

    n = 1024
    a, b, c = (np.ones((n, n), dtype) for _ in range(3))
    np.matmul(a, b, out=c)

    def run():
        best = []
        for _ in range(3):
            start = time.perf_counter()
            np.matmul(a, b, out=c)
            best.append(2 * n**3 / (time.perf_counter() - start))
        return sorted(best)[1]

    return run


def _training_round(config):
    from .runners import RUNNERS
    from .workloads import WORKLOADS

    workload = WORKLOADS[config["workload"]]
    runner = RUNNERS[config["kind"]](workload, config["dtype"], config["threads"])
    first = runner.run(1)  # the first epoch: checked, not timed
    start = time.perf_counter()
    runner.run(1)
    # Every fit checks its data once; its share in a step is a fourth of an epoch's at most.
    epochs = max(4, round(ROUND_SECONDS / (time.perf_counter() - start)))

    def run():
        start = time.perf_counter()
        runner.run(epochs)
        return (time.perf_counter() - start) / (epochs * workload.steps)

    return first, run


def main():
    """Serve rounds until the parent closes the pipe."""
    config = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: config["threads"]])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    if config["kind"] == "gemm":
        first, run = None, _gemm_round(config["dtype"])
    else:
        first, run = _training_round(config)
    print(json.dumps(first), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(run()), file=answers, flush=True)


if __name__ == "__main__":
    main()
