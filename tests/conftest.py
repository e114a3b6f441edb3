"""What every test can use."""

import signal

import numpy as np
import pytest

import bpcore
from bpcore import _core


def pytest_configure():
    """Let Ctrl-C raise also where the shell had it ignored, as behind nohup: tests press it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=_core.isas())
def isa(request):
    """Each instruction set of this machine in turn, in use for the whole library."""
    before = _core.isa()
    _core.set_isa(request.param)
    yield request.param
    _core.set_isa(before)


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(20240229)


@pytest.fixture(autouse=True)
def _seeded():
    bpcore.utils.set_random_seed(7)
