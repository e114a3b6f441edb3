"""Keras's own numbers: values and gradients of every loss with its options, and trainings.

parity/make_losses.py wrote them, with Keras on JAX.
"""

import json
import pathlib
import sys

import numpy as np
import pytest

import bpcore
from bpcore import layers, losses, optimizers

PARITY = pathlib.Path(__file__).parent / "parity"
sys.path.insert(0, str(PARITY))
import loss_cases as cases  # noqa: E402

GOLDEN = json.loads((PARITY / "losses.json").read_text())


def names(table):
    return [
        "-".join([case[0], *(f"{k}={v}" for k, v in case[1].items()), *case[2:]]) for case in table
    ]


@pytest.mark.parametrize("index", range(len(cases.CASES)), ids=names(cases.CASES))
def test_values_and_gradients(dtype, index):
    name, arguments, kind = cases.CASES[index]
    golden = GOLDEN["values"][dtype][index]
    y, a, weight = cases.data(kind)
    rtol = {"float32": 3e-6, "float64": 1e-11}[dtype]

    def close(got, want):
        want = np.array(want)
        np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * max(np.abs(want).max(), 0.1))

    for reduction in cases.REDUCTIONS:
        loss = getattr(losses, name)(**arguments, reduction=reduction, dtype=dtype)
        close(loss(y, a), golden[reduction])
        close(loss(y, a, sample_weight=weight), golden[reduction + "_weighted"])
    loss = getattr(losses, name)(**arguments)
    close(loss.gradient(y, a.astype(dtype)), golden["gradient"])
    assert loss.name == golden["name"]


@pytest.mark.parametrize("weighted", ["plain", "weighted"])
@pytest.mark.parametrize("index", range(len(cases.TRAININGS)), ids=names(cases.TRAININGS))
def test_trainings(dtype, index, weighted):
    name, arguments, kind, activation = cases.TRAININGS[index]
    golden = GOLDEN["trainings"][dtype][index][weighted]
    x, y, weight, weights = cases.training_data(kind, weighted == "weighted")
    model = bpcore.Sequential(
        [
            bpcore.Input((cases.INPUTS,)),
            layers.Dense(cases.HIDDEN, activation="tanh"),
            layers.Dense(cases.N, activation=activation),
        ],
        dtype=dtype,
    )
    model.set_weights(weights)
    model.compile(optimizers.SGD(cases.RATE), getattr(losses, name)(**arguments))
    history = model.fit(
        x,
        y,
        batch_size=cases.BATCH,
        epochs=cases.EPOCHS,
        shuffle=False,
        sample_weight=weight,
        verbose=0,
    )
    evaluated = model.evaluate(x, y, batch_size=cases.BATCH, sample_weight=weight)
    loss_tol, weight_tol = {"float32": (1e-5, 1e-4), "float64": (1e-9, 1e-9)}[dtype]
    np.testing.assert_allclose(history.history["loss"], golden["loss"], rtol=loss_tol)
    np.testing.assert_allclose(evaluated, golden["evaluate"], rtol=loss_tol)
    _, _, kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel.ravel(), golden["kernel"], rtol=0, atol=weight_tol)
    np.testing.assert_allclose(bias, golden["bias"], rtol=0, atol=weight_tol)
