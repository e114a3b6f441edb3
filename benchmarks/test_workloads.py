"""The seven standing workloads: whole epochs of bpcore beside the NumPy version.

Run with ``pytest benchmarks``. Each benchmark first trains both from the same weights on
the same batches and compares the losses; only then is anything timed.
"""

import time
from statistics import median

import numpy as np
import pytest
from conftest import RATIOS

import bpcore
from bpcore._bench.workloads import WORKLOADS

# What the first epochs must agree on, and by how much bpcore must be ahead. On wide the
# products are large enough for BLAS to do most of NumPy's work.
SAME_LOSS = 1e-3
AHEAD = {"mnist": 1.0, "wide": 1.0}


@pytest.mark.parametrize("name", list(WORKLOADS))
def test_step(benchmark, name):
    workload = WORKLOADS[name]
    bpcore.utils.set_random_seed(0)
    x, y = workload.data()
    model = workload.model()
    _, numpy_fit = workload.numpy_twin(model)
    want = numpy_fit(x, y, 0, 1)
    got = model.fit(x, y, batch_size=workload.batch, epochs=1, verbose=0).history["loss"]
    np.testing.assert_allclose(got, want, rtol=SAME_LOSS)

    # Paired: an epoch of NumPy, then as many epochs of bpcore as take a few milliseconds.
    start = time.perf_counter()
    model.fit(x, y, batch_size=workload.batch, epochs=1, verbose=0)
    epochs = max(1, int(0.02 / (time.perf_counter() - start)))
    plain = []

    def one_numpy_epoch():
        start = time.perf_counter()
        numpy_fit(x, y, 1, 1)
        plain.append((time.perf_counter() - start) / workload.steps * 1e6)

    benchmark.pedantic(
        model.fit,
        args=(x, y),
        kwargs={"batch_size": workload.batch, "epochs": epochs, "verbose": 0},
        setup=one_numpy_epoch,
        rounds=5,
        warmup_rounds=1,
    )
    compiled = benchmark.stats.stats.median / (epochs * workload.steps) * 1e6
    benchmark.extra_info["step_us"] = compiled
    benchmark.extra_info["numpy_step_us"] = median(plain)
    RATIOS.append((name, compiled, median(plain)))
    assert median(plain) / compiled > AHEAD.get(name, 3.0)
