"""Optimizers, regularizers, constraints, schedules and initializers against Keras's results,
which tests/parity/make_optimizers.py wrote down."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import relative_error

import bpcore
from bpcore import constraints, initializers, optimizers, regularizers

PARITY = Path(__file__).parent / "parity"
sys.path.insert(0, str(PARITY))
import optimizer_cases as cases  # noqa: E402

GOLDEN = json.loads((PARITY / "optimizers.json").read_text())


# dtype: error allowed in the losses and in the weights
ALLOWED = {"float32": (1e-5, 1e-4), "float64": (1e-9, 1e-9)}


@pytest.mark.parametrize(
    ("name", "dtype"), [(name, t) for name in cases.TRAINING for t in cases.dtypes(name)]
)
def test_training(name, dtype):
    """Five epochs, same weights, same batches."""
    x, y, weights = cases.data()
    model = cases.model(bpcore, cases.TRAINING[name], dtype)
    model.set_weights(weights)
    want = GOLDEN["training"][name][dtype]
    history = model.fit(x, y, cases.BATCH, cases.EPOCHS, shuffle=False, verbose=0).history
    of_losses, of_weights = ALLOWED[dtype]
    np.testing.assert_allclose(history["loss"], want["losses"], rtol=of_losses)
    assert relative_error(model.theta, want["weights"]) <= of_weights
    if "evaluated" in want:
        assert model.evaluate(x, y) == pytest.approx(want["evaluated"], rel=of_losses)


@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_schedules(name):
    schedule = cases.make(optimizers.schedules, (name, cases.SCHEDULES[name]))
    want = GOLDEN["schedules"][name]
    np.testing.assert_allclose([schedule(s) for s in cases.STEPS], want, rtol=2e-6, atol=1e-9)
    np.testing.assert_allclose(schedule(np.array(cases.STEPS)), want, rtol=2e-6, atol=1e-9)


@pytest.mark.parametrize("name", cases.REGULARIZERS)
def test_regularizers(name):
    got = cases.make(regularizers, (name, cases.REGULARIZERS[name]))(cases.weights_to_constrain())
    assert got == pytest.approx(GOLDEN["regularizers"][name], rel=1e-7)


@pytest.mark.parametrize("name", cases.CONSTRAINTS)
def test_constraints(name):
    w = cases.weights_to_constrain()
    got = cases.make(constraints, (name, cases.CONSTRAINTS[name]))(w)
    np.testing.assert_allclose(got.ravel(), GOLDEN["constraints"][name], rtol=1e-12)


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_defaults(name):
    config = getattr(optimizers, name)().get_config()
    del config["name"]
    assert config == GOLDEN["configs"][name]
    assert type(optimizers.get(name.lower())) is getattr(optimizers, name)


@pytest.mark.parametrize("name", cases.INITIALIZERS)
def test_initializers(name):
    """The same distribution: mean, deviation and bounds of 60 000 values."""
    want = GOLDEN["initializers"][name]
    values = cases.make(initializers, (name, cases.INITIALIZERS[name]))((200, 300), "float64")
    assert values.mean() == pytest.approx(want["mean"], abs=0.02 * max(want["std"], 1e-9))
    assert values.std() == pytest.approx(want["std"], rel=0.01)
    # Uniform and cut: the bound is met; normals: the largest of so many is about 4.3.
    assert np.abs(values).max() == pytest.approx(want["largest"], rel=0.2)
    if "Uniform" in name or "Truncated" in name or name.endswith("uniform"):
        assert np.abs(values).max() == pytest.approx(want["largest"], rel=2e-3)
