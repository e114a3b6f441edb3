"""Layers trained beside Keras's, from the same weights on the same batches."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import bpcore

PARITY = Path(__file__).parent / "parity"
sys.path.insert(0, str(PARITY))
import cases_layers  # noqa: E402

WANT = json.loads((PARITY / "layers.json").read_text())
# Relative: of the losses, and of the largest weight.
TOLERANCE = {"float32": (1e-5, 1e-4), "float64": (1e-9, 1e-9)}


@pytest.mark.parametrize("name", cases_layers.CASES)
def test_trajectory(name, dtype):
    def sequential(layers):
        return bpcore.Sequential(layers, dtype=dtype)

    like_keras = SimpleNamespace(
        layers=bpcore.layers,
        Input=bpcore.Input,
        Sequential=sequential,
        optimizers=bpcore.optimizers,
    )
    got, want = cases_layers.train(like_keras, name, dtype), WANT[dtype][name]
    losses, weights = TOLERANCE[dtype]
    np.testing.assert_allclose(got["loss"], want["loss"], rtol=losses)
    np.testing.assert_allclose(got["evaluate"], want["evaluate"], rtol=losses)
    assert len(got["weights"]) == len(want["weights"])
    for ours, theirs in zip(got["weights"], want["weights"], strict=True):
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=weights * max(1, np.abs(theirs).max())
        )
