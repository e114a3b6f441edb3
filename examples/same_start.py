"""What lets two libraries start alike, and the stopwatch of the examples."""

import contextlib
import sys
import time

import numpy as np


def same_start(model, seed=0):
    """Give a model weights that do not depend on the library.

    Kernels are drawn from Glorot's uniform distribution by NumPy; everything else (biases,
    gamma, beta, moving averages, what `adapt` found) stays what the library made it.
    """
    rng = np.random.default_rng(seed)
    weights = model.get_weights()
    for i, w in enumerate(weights):
        if w.ndim == 2:
            limit = np.sqrt(6 / sum(w.shape))
            weights[i] = rng.uniform(-limit, limit, w.shape).astype(w.dtype)
    model.set_weights(weights)


@contextlib.contextmanager
def stopwatch(what="fit"):
    """Say on stderr how long something took: stdout holds the scores alone."""
    start = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - start:.3f} s", file=sys.stderr)
