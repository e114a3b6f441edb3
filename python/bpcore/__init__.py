"""bpcore: trains small dense neural networks on CPUs, fast.

Backpropagation as the textbook writes it, in a compiled core under a Keras-like API.
Start with `Sequential` and `bpcore.layers`; `bpcore.reference` is the same network in
plain NumPy.
"""

from . import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)
from ._core import __version__
from ._threads import get_num_threads, num_threads, set_num_threads
from .layers import Input
from .models import Sequential
from .saving import load_model

__all__ = [
    "Input",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "constraints",
    "get_num_threads",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "num_threads",
    "optimizers",
    "regularizers",
    "saving",
    "set_num_threads",
    "utils",
]
