"""Callbacks against Keras: every call of every hook, and every decision (callbacks.json)."""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import bpcore

PARITY = Path(__file__).with_name("parity")
sys.path.append(str(PARITY))
import callback_scenarios as scenarios  # noqa: E402

GOLDEN = json.loads((PARITY / "callbacks.json").read_text())


def make_model(w, b):
    model = bpcore.Sequential([bpcore.Input((3,)), bpcore.layers.Dense(1)])
    model.set_weights([w, b])
    return model


@pytest.fixture(scope="module")
def hooks():
    return json.loads(json.dumps(scenarios.run_hooks(bpcore, make_model)))


def assert_same(got, want):
    """Equal but for the rounding of float32."""
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        for key in want:
            assert_same(got[key], want[key])
    elif isinstance(want, list):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            assert_same(a, b)
    elif isinstance(want, float) and isinstance(got, float):
        np.testing.assert_allclose(got, want, rtol=3e-6, atol=1e-6)
    else:
        assert got == want


@pytest.mark.parametrize("scenario", sorted(GOLDEN["hooks"]))
def test_hooks(hooks, scenario):
    got, want = hooks[scenario], GOLDEN["hooks"][scenario]
    assert [call[:-1] for call in got["calls"]] == [call[:-1] for call in want["calls"]]
    for a, b in zip(got["calls"], want["calls"], strict=True):
        assert list(a[-1]) == list(b[-1])  # the names in their order
    assert_same(got, want)


def test_early_stopping_and_plateau():
    with warnings.catch_warnings():
        got = scenarios.run_decisions(bpcore.callbacks)
    assert got["early"] == GOLDEN["decisions"]["early"]
    assert_same(got["plateau"], GOLDEN["decisions"]["plateau"])


def test_checkpoints(tmp_path):
    got = scenarios.run_checkpoints(
        bpcore.callbacks, str(tmp_path), ".safetensors", ".weights.safetensors"
    )
    assert got == GOLDEN["checkpoints"]


def test_csv(tmp_path):
    got = scenarios.run_csv(bpcore.callbacks, str(tmp_path))
    assert got == GOLDEN["csv"]
