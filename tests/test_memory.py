"""What a fit takes: nothing in the loop, and no more than its arrays in all."""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import resident
from helpers import dense_model

HERE = pathlib.Path(__file__).parent

PEAK = """
import sys
import numpy as np
import bpcore
import resident
from bpcore import layers

bpcore.set_num_threads(int(sys.argv[2]))
kind = sys.argv[1]
x = np.empty((40000, 784), kind)
for row in x:
    row[...] = 1
y = np.zeros(len(x), np.float32)
model = bpcore.Sequential([bpcore.Input((784,)), layers.Dense(256, "relu"), layers.Dense(1)])
model.compile("adam", "mse")
before = resident.start()
model.fit(x, y, batch_size=256, epochs=1, verbose=0)
grown = resident.peak() - before
parameters = model.theta.nbytes
network = next(iter(model._trainers.values())).network
allowed = 2 * (4 * parameters + network.workspace.nbytes) + 8 * len(x)
allowed += 4 << 20  # the code that is read in, stacks of threads
copy = np.ones(x.size, np.float32)  # what should not be made is seen where it is
print(grown, allowed, copy.nbytes, resident.peak() - before)
"""

# What a fit of the same rows allocates in few steps and in many.
ALLOCATIONS = """
import ctypes, json, sys
import numpy as np
import bpcore
from bpcore import layers, optimizers

kind, threads = sys.argv[1], int(sys.argv[2])
bpcore.set_num_threads(threads)
count = ctypes.CDLL(None).allocations
count.restype = ctypes.c_long
hidden = {
    "plain": [layers.Dense(32, "relu"), layers.Dense(16, "tanh")],
    "zeros": [layers.Dense(160, "relu")],
    "layers": [layers.Dense(32), layers.BatchNormalization(), layers.PReLU(), layers.Dropout(0.2),
               layers.Dense(16, "softmax", kernel_regularizer="l2", kernel_constraint="max_norm")],
}[kind]
optimizer = {
    "plain": "adam",
    "zeros": "sgd",
    "layers": optimizers.Nadam(global_clipnorm=1.0, use_ema=True, gradient_accumulation_steps=2),
}[kind]
columns = 400 if kind == "zeros" else 8
model = bpcore.Sequential([bpcore.Input((columns,)), *hidden, layers.Dense(1)])
model.compile(optimizer, "mse")
rng = np.random.default_rng(0)
x, y = rng.random((960, columns)).astype("float32"), rng.random((960, 1)).astype("float32")
if kind == "zeros":
    x[x < 0.9] = 0

def fit(batch_size):
    before = count()
    model.fit(x, y, batch_size=batch_size, epochs=3, verbose=0)
    return count() - before

for batch_size in (96, 4):
    fit(batch_size)
# An epoch's chunks, each of which allocates, are cut by the clock: the least disturbed fits.
few, many = (min(fit(batch_size) for _ in range(5)) for batch_size in (96, 4))
before = count()
np.empty(100)
print(json.dumps({"few": few, "many": many, "counts": count() > before}))
"""


def run(code, *arguments, **environment):
    """Run code in a process of its own; return what it prints."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=HERE,
        env=dict(os.environ, **environment),
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    """The path of a library that counts allocations."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if platform.libc_ver()[0] != "glibc" or compiler is None:
        pytest.skip("needs glibc and a C compiler")
    if "LD_PRELOAD" in os.environ:
        pytest.skip("something else is preloaded, as a sanitizer")
    library = tmp_path_factory.mktemp("counter") / "allocations.so"
    source = HERE / "allocations.c"
    subprocess.run([compiler, "-O1", "-fPIC", "-shared", source, "-o", library], check=True)
    return str(library)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("kind", ["plain", "zeros", "layers"])
def test_nothing_is_allocated_in_the_loop(counter, kind, threads):
    """By no thread, in C or in Python: 720 steps allocate as often as 30."""
    counted = json.loads(run(ALLOCATIONS, kind, threads, LD_PRELOAD=counter, PYTHONMALLOC="malloc"))
    assert counted["counts"]
    assert counted["few"] > 0
    assert counted["many"] - counted["few"] < 100


@pytest.mark.skipif(not resident.measurable(), reason="needs Linux's /proc")
@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("kind", ["float32", "uint8", "float16"])
def test_peak_memory(kind, threads):
    """Beside the data: at most twice the parameters, gradients, moments and workspace."""
    grown, allowed, copy, with_a_copy = map(int, run(PEAK, kind, threads).split())
    assert with_a_copy > 0.9 * copy
    assert grown <= allowed < copy / 2


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
