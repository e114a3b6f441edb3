"""What a fit takes: nothing in the loop, and no more than its arrays in all."""

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from helpers import dense_model

PEAK = """
import resource, sys
import numpy as np
import bpcore
from bpcore import layers

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

bpcore.set_num_threads(int(sys.argv[2]))
kind = sys.argv[1]
rng = np.random.default_rng(0)
x = np.empty((40000, 784), kind)
for row in x:
    row[...] = 1
y = np.zeros(len(x), np.float32)
model = bpcore.Sequential([bpcore.Input((784,)), layers.Dense(256, "relu"), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x[:512], y[:512], batch_size=256, verbose=0)  # code and thread stacks
parameters = model.theta.nbytes
network = next(iter(model._trainers.values())).network
before = peak()
model.fit(x, y, batch_size=256, epochs=1, verbose=0)
allowed = 2 * (4 * parameters + network.workspace.nbytes) + 8 * len(x)
print(peak() - before, allowed, x.nbytes)
"""


def test_nothing_is_allocated_in_the_loop(rng):
    """A hundred epochs reach the peak of Python's and NumPy's memory that two do."""
    x, y = rng.normal(size=(512, 8)).astype("float32"), rng.normal(size=512).astype("float32")
    model = dense_model((8, 32, 1), ["relu", "linear"], "mse", "float32", "adam")
    model.fit(x, y, epochs=2, verbose=0)
    peaks = []
    for epochs in (2, 100):
        tracemalloc.start()
        model.fit(x, y, batch_size=4, epochs=epochs, verbose=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The history itself: a float and its place in two lists for each epoch.
    assert peaks[1] - peaks[0] < 98 * 200


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KB on Linux only")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["float32", "uint8", "float16"])
def test_peak_memory(kind, threads):
    """Beside the data: at most twice the parameters, gradients, moments and workspace."""
    result = subprocess.run(
        [sys.executable, "-c", PEAK, kind, str(threads)],
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )
    grown, allowed, data = map(int, result.stdout.split())
    assert grown <= allowed
    assert allowed < data / 2 or kind != "float32"


def test_inputs_are_not_copied(rng):
    x = np.asfortranarray(rng.normal(size=(64, 3))).T.copy().T.astype("float32", order="C")
    model = dense_model((3, 1), ["linear"], "mse", "float32")
    tracemalloc.start()
    big = np.zeros((100_000, 3), np.float32)
    base = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    model.predict(x)
    model.fit(big, np.zeros((100_000, 1), np.float32), shuffle=False, verbose=0)
    grown = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert grown < big.nbytes
