"""What a report says of the machine it was made on."""

import platform

import numpy as np


def processor():
    """Return the processor's name, with family and model, where the system tells them."""
    told = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                told.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    name = told.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in told and "model" in told:  # names such as "AMD EPYC" leave open which
        name += f" (family {told['cpu family']}, model {told['model']})"
    return name


def blas():
    """Return name and version of the BLAS that NumPy was built with."""
    config = np.show_config(mode="dicts")
    found = config.get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()
