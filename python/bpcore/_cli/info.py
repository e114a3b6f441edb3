"""``python -m bpcore info``: what this installation is and what it runs on."""

import os
import platform

import numpy as np

import bpcore
from bpcore import _core


def run(options):
    """Print version, instruction sets, BLAS and threads."""
    lines = {
        "bpcore": bpcore.__version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "NumPy": np.__version__,
        "instruction set": f"{_core.isa()} in use, of {', '.join(_core.isas())} available "
        "(BPCORE_ISA chooses)",
        "BLAS": f"{blas()}, used by the NumPy version; bpcore's own kernels do the compiled "
        "products",
        "threads": f"{available_cpus()} CPUs available to this process; a fit uses 1",
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        print(f"{name:<{width}}  {value}")
    return 0


def blas():
    """Return name and version of the BLAS that NumPy was built with."""
    config = np.show_config(mode="dicts")
    found = config.get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def available_cpus():
    """Return how many CPUs this process may use, by its affinity where there is such a thing."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
