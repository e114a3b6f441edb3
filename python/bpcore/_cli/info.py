"""``python -m bpcore info``: what this installation is and what it runs on."""

import platform

import numpy as np

import bpcore
from bpcore import _core
from bpcore._threads import available_cpus

from .machine import blas, processor


def run(options):
    """Print version, processor, instruction sets, BLAS and threads."""
    lines = {
        "bpcore": bpcore.__version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "NumPy": np.__version__,
        "processor": processor(),
        "instruction set": f"{_core.isa()} in use, of {', '.join(_core.isas())} available "
        "(BPCORE_ISA chooses)",
        "BLAS": f"{blas()}, used by the NumPy version; bpcore's own kernels do the compiled "
        "products",
        "threads": f"{available_cpus()} CPUs available to this process; a fit uses {_setting()}",
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        print(f"{name:<{width}}  {value}")
    return 0


def _setting():
    threads = bpcore.get_num_threads()
    return "what its size pays for" if threads is None else f"{threads}, as set"
