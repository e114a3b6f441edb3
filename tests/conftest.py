"""What every test can use."""

import numpy as np
import pytest

import bpcore
from bpcore import _core


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
