"""Threads: the same bits with any number of them, fits side by side, the default."""

import hashlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import _core, _threads, layers, optimizers, regularizers

# widths, batch, activation, optimizer, dtype, weighted, shuffled
CONFIGURATIONS = [
    ((20, 64, 64, 1), 256, "relu", "adam", "float32", False, True),
    ((20, 64, 64, 1), 32, "relu", "adam", "float32", False, True),
    ((20, 64, 64, 1), 33, "tanh", "adam", "float64", True, True),
    ((64, 128, 10), 32, "relu", "adam", "float32", False, True),
    ((64, 128, 10), 100, "sigmoid", "sgd", "float32", True, False),
    ((4, 32, 32, 1), 32, "relu", "momentum", "float64", False, True),
    ((4, 32, 32, 1), 1, "relu", "adam", "float32", False, True),
    ((8, 16, 1), 1, "relu", "nesterov", "float32", False, False),
    ((3, 5, 2), 7, "softmax", "adam", "float64", True, True),
    ((1, 1), 50, "relu", "adam", "float32", False, True),
    ((100, 3), 64, "relu", "adam", "float32", False, True),
    ((7, 301, 5), 64, "tanh", "adam", "float32", False, True),
    ((784, 128, 10), 128, "relu", "adam", "float32", False, True),
    ((300, 300, 300, 3), 256, "relu", "sgd", "float32", False, True),
    ((257, 97, 2), 21, "gelu", "adam", "float64", True, True),
    ((900, 96, 1), 8, "tanh", "adam", "float32", False, True),
    ((300, 300, 300, 3), 200, "relu", "adam", "float64", True, False),
    ((10, 20, 30, 20, 10, 4), 48, "tanh", "adam", "float32", False, True),
    ((33, 17), 256, "relu", "momentum", "float64", True, True),
    ((2, 100, 1), 300, "tanh", "adam", "float32", False, False),
    ((13, 40, 7), 255, "sigmoid", "adam", "float64", False, True),
    ((50, 600, 1), 40, "relu", "adam", "float32", False, True),
    # Batches of two segments, the last of which is too short for them.
    ((20, 64, 64, 1), 150, "relu", "adam", "float64", True, True),
    ((9, 33, 5), 201, "tanh", "sgd", "float32", False, True),
    ((9, 33, 5), 128, "sigmoid", "nesterov", "float32", False, False),
    # A last batch alone is cut into segments.
    ((9, 33, 5), 600, "tanh", "adam", "float32", True, True),
]
OPTIMIZERS = {
    "adam": lambda: optimizers.Adam(0.01),
    "sgd": lambda: optimizers.SGD(0.01),
    "momentum": lambda: optimizers.SGD(0.01, 0.9),
    "nesterov": lambda: optimizers.SGD(0.01, 0.9, nesterov=True),
}


def digest(configuration, threads):
    """SHA-256 of the weights, the losses and the outputs after two epochs with dropout."""
    widths, batch, g, optimizer, dtype, weighted, shuffle = configuration
    rng = np.random.default_rng(0)
    rows = 2 * batch + batch // 2 + 3
    x, y = rng.normal(size=(rows, widths[0])), rng.normal(size=(rows, widths[-1]))
    weight = rng.uniform(0, 2, rows) if weighted else None
    bpcore.utils.set_random_seed(3)
    model = bpcore.Sequential([bpcore.Input((widths[0],))], dtype=dtype)
    for n in widths[1:-1]:
        model.add(layers.Dense(n, activation=g))
    model.add(layers.Dropout(0.1))
    model.add(layers.Dense(widths[-1]))
    model.compile(OPTIMIZERS[optimizer](), "mse", metrics=["mae"])
    with bpcore.num_threads(threads):
        history = model.fit(x, y, batch, 2, 0, sample_weight=weight, shuffle=shuffle).history
    found = hashlib.sha256(model.theta.tobytes())
    found.update(repr(history).encode())
    return found.hexdigest()


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_bits_do_not_depend_on_threads(isa, configuration):
    digests = [digest(configuration, threads) for threads in (1, 2, 3, 8)]
    assert digests == [digests[0]] * 4


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bits_of_a_first_layer_that_two_threads_share_by_inputs(frozen, bias, dtype, rng):
    """Odd sizes, and a last batch of one row."""
    x, y = rng.normal(size=(97, 301)), rng.normal(size=(97, 2))
    thetas = []
    for threads in (1, 2, 3):
        bpcore.utils.set_random_seed(3)
        model = bpcore.Sequential([bpcore.Input((301,))], dtype=dtype)
        model.add(layers.Dense(103, "relu", use_bias=bias, trainable=not frozen))
        model.add(layers.Dense(2))
        model.compile(optimizers.Adam(0.01), "mse")
        with bpcore.num_threads(threads):
            model.fit(x, y, 32, 3, 0)
        thetas.append(model.theta)
    assert (thetas[0] == thetas[1]).all()
    assert (thetas[0] == thetas[2]).all()


@pytest.mark.parametrize("batch", [50, 200])
@pytest.mark.parametrize(
    "optimizer",
    [
        {},
        {"weight_decay": 0.01, "use_ema": True, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 3, "clipvalue": 0.01},
        {"global_clipnorm": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("frozen", [False, True])
def test_bits_of_small_networks_with_all_that_surrounds_an_update(batch, optimizer, frozen, rng):
    """One thread takes such gradients layer by layer on the way down, two by chunks of W."""
    x, y = rng.normal(size=(330, 6)), rng.normal(size=(330, 2))
    thetas, histories = [], []
    for threads in (1, 2):
        bpcore.utils.set_random_seed(3)
        rules = {"kernel_regularizer": regularizers.L1L2(0.01, 0.02)}
        model = bpcore.Sequential(
            [
                bpcore.Input((6,)),
                layers.Dense(17, "relu", trainable=not frozen, **rules),
                layers.Dense(150, "tanh", kernel_constraint="non_neg", **rules),
                layers.Dense(2),
            ]
        )
        model.compile(optimizers.Adam(0.01, **optimizer), "mse")
        with bpcore.num_threads(threads):
            histories.append(model.fit(x, y, batch, 3, 0).history)
        thetas.append(model.theta)
    assert (thetas[0] == thetas[1]).all()
    assert histories[0] == histories[1]


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 32, 33])
def test_parts_are_equal_where_speeds_are(threads):
    """Of more threads than are dealt to, whatever their speeds."""
    ticks = np.full((20, threads), 1000, np.uint64)
    assert _core.dealt(64 * threads, ticks) == [64 * k for k in range(threads + 1)]
    ticks[:, 0] = 1
    assert (_core.dealt(64 * threads, ticks)[1] == 64) == (threads in (1, 33))


def deal_after(slowness):
    """Parts of 1000 pieces after some steps; slowness: (steps, threads) ticks for a piece."""
    begins = _core.dealt(1000, np.zeros((0, slowness.shape[1]), np.uint64))
    ticks = np.zeros(slowness.shape, np.uint64)
    for step, slow in enumerate(slowness):
        ticks[step] = 50 + np.diff(begins) * slow
        begins = _core.dealt(1000, ticks[: step + 1])
    return np.diff(begins)


@pytest.mark.parametrize("n_out", [96, 97, 100, 128, 203, 512])
@pytest.mark.parametrize("share", [0, 0.2, 0.45, 0.49, 0.5, 0.51, 0.6, 0.875, 1])
def test_quarters_are_dealt_by_speed(n_out, share):
    """Both halves of the inputs pass each output, its own first; the faster thread does more."""
    half = _core.half_of_outputs(784, n_out)
    for turn in (0, 1):
        passed = [[], []]
        for thread in (0, 1):
            for inputs, first, end in _core.quarters_dealt(n_out, thread, turn, share):
                passed[thread] += [(inputs, j) for j in range(first, end)]
        assert sorted(passed[0] + passed[1]) == sorted(
            ((j >= half) ^ turn, j) for j in range(n_out)
        )
        assert abs(len(passed[0]) - share * n_out) <= 24
    if share == 0.5:
        assert [p[0] for p in _core.quarters_dealt(n_out, 1, 0, share)] == [1]


def test_who_is_fast_gets_more():
    slowness = np.array([100, 200, 100, 50])
    want = 1000 / slowness / (1 / slowness).sum()
    assert np.abs(deal_after(np.tile(slowness, (60, 1))) - want).max() <= 2
    # And as much as others, when it no longer is.
    then = np.tile([100, 100, 100, 100], (60, 1))
    assert np.abs(deal_after(np.vstack([np.tile(slowness, (60, 1)), then])) - 250).max() <= 2


def test_one_slow_step_is_not_believed():
    slowness = np.full((60, 2), 100)
    slowness[2::3, 0] = 10**6
    assert np.abs(deal_after(slowness) - 500).max() <= 1
    slowness[-2:, 0] = 200  # but two are
    assert 450 < deal_after(slowness)[0] < 499


@pytest.mark.parametrize("n", [1, 2, 5, 16, 1000])
def test_a_deal_is_whole_whatever_the_ticks(n, rng):
    """Also of none, of clocks that stand still, and of threads that were put to sleep."""
    for threads in (2, 3, 8):
        ticks = 10 ** rng.integers(0, 12, (50, threads)).astype(np.uint64)
        ticks[rng.random(ticks.shape) < 0.1] = 0
        ticks[rng.random(ticks.shape) < 0.01] = np.iinfo(np.uint64).max
        for steps in range(50):
            begins = _core.dealt(n, ticks[:steps])
            assert begins[0] == 0
            assert begins[-1] == n
            assert (np.diff(begins) >= 0).all()
            assert n < 1000 or np.diff(begins).min() >= n // (5 * threads)


def test_two_fits_at_once(rng):
    """Models trained side by side in Python threads get the bits they get alone."""
    x, y = rng.normal(size=(500, 6)), rng.normal(size=500)

    def train(seed):
        model = dense_model((6, 20, 1), ["relu", "linear"], "mse", "float32", "adam")
        model._seed = seed
        model.fit(x, y, epochs=5, verbose=0)
        return model.theta

    bpcore.utils.set_random_seed(1)
    models = [
        dense_model((6, 20, 1), ["relu", "linear"], "mse", "float32", "adam") for _ in range(8)
    ]
    alone = []
    for model in models:
        start = model.theta
        model.fit(x, y, epochs=5, verbose=0)
        alone.append(model.theta)
        model.theta = start
        model._epochs = 0
        model.compile("adam", "mse")
    threads = [
        threading.Thread(target=model.fit, args=(x, y), kwargs={"epochs": 5, "verbose": 0})
        for model in models
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model, want in zip(models, alone, strict=True):
        assert (model.theta == want).all()


def test_the_choice(monkeypatch):
    monkeypatch.setattr(_threads, "available_cpus", lambda: 4)
    assert bpcore.get_num_threads() is None
    assert _threads.threads_for(1e5, 10**6) == 1  # steps too short
    assert _threads.threads_for(1e8, 1) == 4
    assert _threads.threads_for(7e6, 1000) == 2
    assert _threads.threads_for(7e6, 1) == 1  # an epoch too short to start threads for
    try:
        bpcore.set_num_threads(3)
        assert _threads.threads_for(1e5, 10) == 3
        with bpcore.num_threads(2):
            assert bpcore.get_num_threads() == 2
            with bpcore.num_threads(5):
                assert _threads.threads_for(1e5, 10) == 5
            assert bpcore.get_num_threads() == 2
        assert bpcore.get_num_threads() == 3
    finally:
        bpcore.set_num_threads(None)
    for wrong, error in [(0, ValueError), (1.5, TypeError), ("2", TypeError)]:
        with pytest.raises(error, match="n must be"):
            bpcore.set_num_threads(wrong)
        with pytest.raises(error, match="n must be"), bpcore.num_threads(wrong):
            pass


def test_available_cpus():
    assert 1 <= _threads.available_cpus() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("value", "said"), [("3", "3"), ("", "None")])
def test_environment(value, said):
    code = "import bpcore; print(bpcore.get_num_threads())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "BPCORE_NUM_THREADS": value},
    )
    assert result.stdout.split() == [said]


@pytest.mark.parametrize("value", ["0", "two", "-1"])
def test_bad_environment(value):
    result = subprocess.run(
        [sys.executable, "-c", "import bpcore"],
        capture_output=True,
        text=True,
        env={**os.environ, "BPCORE_NUM_THREADS": value},
    )
    assert "BPCORE_NUM_THREADS must be a whole number from 1" in result.stderr


def test_users_functions_run_on_one_thread(rng):
    """And see whole batches."""
    seen = []

    def cost(y, a):
        seen.append((len(a), threading.get_ident()))
        return ((a - y) ** 2)[:, 0], 2 * (a - y)

    model = dense_model((3, 4, 1), ["relu", "linear"], cost)
    seen.clear()  # what compile tried the function on
    with bpcore.num_threads(4):
        model.fit(rng.normal(size=(600, 3)), rng.normal(size=600), batch_size=300, verbose=0)
    assert seen == [(300, threading.get_ident())] * 2


def test_denormals_are_flushed_inside_the_loop_only(dtype, rng):
    """Weights that decay towards 0 do not slow training, and NumPy keeps its denormals."""
    tiny = np.finfo(dtype).tiny
    model = dense_model((2, 1), ["linear"], "mse", dtype, optimizers.SGD(0.5))
    model.theta = np.zeros(3)
    # One step moves the bias by 2 * 0.5 * y: a denormal number, flushed to 0.
    y = np.full((4, 1), tiny / 8, dtype)
    model.fit(np.zeros((4, 2)), y, epochs=1, verbose=0)
    assert (model.theta == 0).all()
    assert tiny / dtype_of(dtype)(8) > 0
    with bpcore.num_threads(2):
        model.fit(np.zeros((64, 2)), np.full((64, 1), tiny / 8, dtype), verbose=0)
    assert (model.theta == 0).all()
    assert tiny / dtype_of(dtype)(8) > 0
    assert _core.all_finite(np.array([tiny / 8], dtype))
    # Weights that are denormal count as 0 even where the weighted sum would be none.
    model.theta = np.array([tiny / 8, 0, 0])
    with np.errstate(over="ignore"):
        loss = model.train_on_batch(np.full((4, 2), np.sqrt(np.finfo(dtype).max)), np.zeros((4, 1)))
    assert loss == 0
    assert (model.theta[1:] == 0).all()


def dtype_of(name):
    return np.dtype(name).type


def test_too_many_threads():
    with pytest.raises(ValueError, match="at most 1024 threads, got 1025"):
        bpcore.set_num_threads(1025)
    with pytest.raises(ValueError, match="at most 1024 threads"), bpcore.num_threads(2000):
        pass


def test_hundreds_of_threads(rng, dtype):
    """More than there are rows or cores: the same bits."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    results = []
    for threads in (1, 300):
        bpcore.utils.set_random_seed(1)
        model = dense_model((5, 6, 2), ["tanh", "linear"], "mse", dtype, "adam")
        with bpcore.num_threads(threads):
            model.fit(x, y, batch_size=20, verbose=0)
        results.append(model.theta)
    np.testing.assert_array_equal(*results)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_another_thread_fits():
    """The child fits the same model, whose lock it inherits as another's."""
    code = """
import os, signal, threading, time, warnings
import numpy as np
import bpcore
from bpcore import layers

done = []
warnings.simplefilter("ignore")  # of forking a process with threads
model = bpcore.Sequential([bpcore.Input((64,)), layers.Dense(256, "relu"), layers.Dense(1)])
model.compile("adam", "mse")
x, y = np.ones((4096, 64), np.float32), np.ones((4096, 1), np.float32)
model.fit(x, y, verbose=0)
thread = threading.Thread(target=lambda: model.fit(x, y, epochs=10_000, verbose=0, max_seconds=2))
thread.start()
for _ in range(5):
    time.sleep(0.1)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # rather than wait for ever
        model.fit(x, y, verbose=0)
        other = threading.Thread(target=lambda: (model.fit(x, y, verbose=0), done.append(1)))
        other.start()  # on the stack, and by the name, of the parent's
        other.join()
        os._exit(7 if done else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
thread.join()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
