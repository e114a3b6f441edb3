"""How many threads a fit uses.

The bits do not depend on it: every sum has one order. By default a fit takes a second
thread only where its steps are long enough for two to pay.
"""

import contextlib
import contextvars
import os

from ._core import MAX_THREADS
from ._data import as_count

# Floating-point operations of a step that pay for one more thread: two barriers cost
# about a microsecond, in which a core does 0.1 to 0.2 million.
_FLOPS_PER_THREAD = 3e6
# And of all steps run between two looks at signals: threads are started for each.
_FLOPS_TO_START = 1e8

_default: int | None = None
_here: contextvars.ContextVar[int | None] = contextvars.ContextVar("threads", default=None)


def affine_cpus():
    """Return how many CPUs this process may be put on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_cpus():
    """Return how many CPUs this process may use, by its affinity and its cgroup's quota."""
    cpus = affine_cpus()
    with contextlib.suppress(OSError, ValueError):
        quota, period = _read("/sys/fs/cgroup/cpu.max").split()
        if quota != "max":
            cpus = min(cpus, max(1, int(quota) // int(period)))
    return cpus


def set_num_threads(n):
    """Set the number of threads of every fit from now on.

    Parameters
    ----------
    n : int or None
        None, the default, leaves the choice to bpcore: as many of the CPUs available to the
        process as the size of the network and its batches pays for, or one while that turns
        out to be faster. The environment variable BPCORE_NUM_THREADS sets it at import.
    """
    global _default
    _default = None if n is None else _as_threads(n)


def get_num_threads():
    """Return the number set by `num_threads`, `set_num_threads` or BPCORE_NUM_THREADS, or None."""
    return _default if _here.get() is None else _here.get()


@contextlib.contextmanager
def num_threads(n):
    """Context manager: fits inside the ``with`` block, in this thread, use n threads."""
    token = _here.set(_as_threads(n))
    try:
        yield
    finally:
        _here.reset(token)


def threads_for(flops, steps):
    """Return the number of threads for a fit of `steps` steps an epoch of `flops` each."""
    wanted = get_num_threads()
    if wanted is not None:
        return wanted
    if flops * steps < _FLOPS_TO_START:
        return 1
    return max(1, min(available_cpus(), int(flops / _FLOPS_PER_THREAD), MAX_THREADS))


def _as_threads(n):
    n = as_count(n, "n")
    if n > MAX_THREADS:
        raise ValueError(f"n must be at most {MAX_THREADS} threads, got {n}")
    return n


if os.environ.get("BPCORE_NUM_THREADS"):
    try:
        set_num_threads(int(os.environ["BPCORE_NUM_THREADS"]))
    except ValueError:
        raise ValueError(
            f"BPCORE_NUM_THREADS must be a whole number from 1 to {MAX_THREADS}, got "
            f"{os.environ['BPCORE_NUM_THREADS']!r}"
        ) from None


def _read(path):
    with open(path) as file:
        return file.read()
