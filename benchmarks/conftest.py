"""One core for everybody, and a closing table of ratios."""

import os

# Before NumPy is imported, so that its BLAS starts no second thread.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

RATIOS = []


def pytest_terminal_summary(terminalreporter):
    if not RATIOS:
        return
    terminalreporter.section("a training step, compiled against NumPy (one core, medians)")
    terminalreporter.write_line(f"{'workload':10}{'bpcore µs':>12}{'NumPy µs':>12}{'ratio':>8}")
    for name, compiled, plain in RATIOS:
        terminalreporter.write_line(
            f"{name:10}{compiled:12.2f}{plain:12.1f}{plain / compiled:8.1f}"
        )
