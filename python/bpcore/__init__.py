"""bpcore: trains small dense neural networks on CPUs, fast.

Backpropagation as the textbook writes it, in a compiled core under a Keras-like API.
Start with `Sequential` and `bpcore.layers`; `bpcore.reference` is the same network in
plain NumPy.
"""

from . import (
    activations,
    callbacks,
    config,
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
from ._not_covered import not_covered
from ._threads import get_num_threads, num_threads, set_num_threads
from .initializers import Initializer
from .layers import Input, Layer
from .losses import Loss
from .metrics import Metric
from .models import Sequential
from .optimizers import Optimizer
from .regularizers import Regularizer
from .saving import load_model


def version():
    """Return the version, as ``__version__`` has it."""
    return __version__


__all__ = [
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "config",
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
    "version",
]

__getattr__ = not_covered(__name__)
