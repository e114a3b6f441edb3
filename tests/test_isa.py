"""The choice of instruction set."""

import os
import subprocess
import sys

import pytest

from bpcore import _core


def run(name):
    code = "from bpcore import _core; print(_core.isa())"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BPCORE_ISA": name},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", _core.isas())
def test_environment_chooses(name):
    assert run(name).stdout.split() == [name]


def test_empty_means_the_best():
    assert run("").stdout.split() == [_core.isas()[-1]]


def test_unknown_is_an_error():
    result = run("mmx")
    assert result.returncode != 0
    assert "unknown or unsupported instruction set 'mmx'" in result.stderr
    assert _core.isas()[0] in result.stderr


def test_set_isa():
    before = _core.isa()
    for name in _core.isas():
        _core.set_isa(name)
        assert _core.isa() == name
    with pytest.raises(ValueError, match="avx10"):
        _core.set_isa("avx10")
    _core.set_isa(before)
