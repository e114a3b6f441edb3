"""Activations beside Keras's (JAX): values and slopes at many points, kinks among them."""

import json
import pathlib
import sys

import numpy as np
import pytest

from bpcore import _core, activations
from bpcore._activations import built_in

PARITY = pathlib.Path(__file__).parent / "parity"
sys.path.insert(0, str(PARITY))

from make_activations import points, rows  # noqa: E402

CASES = json.loads((PARITY / "activations.json").read_text())
# Keras (on JAX) computes its tanh in float32 whatever the dtype.
IN_FLOAT32 = {"tanh", "tanh_shrink"}


def tolerance(name, dtype):
    """Relative to the largest of 1, |z| and the value: Keras subtracts numbers of that size
    (1 − tanh², z + √(z² + b)) where bpcore does not.
    """
    return 5e-6 if dtype == "float32" or name in IN_FLOAT32 else 1e-13


@pytest.mark.parametrize(
    ("name", "arguments", "dtype", "values", "slopes"),
    CASES,
    ids=[f"{name}-{arguments}-{dtype}" for name, arguments, dtype, *_ in CASES],
)
def test_values_and_slopes(name, arguments, dtype, values, slopes):
    row_wise = name.endswith("softmax")
    z, v = rows() if row_wise else (points()[None, :], np.ones((1, points().size)))
    z, delta = z.astype(dtype), v.astype(dtype)
    a = getattr(activations, name)(z, **arguments)
    assert a.dtype == dtype
    activation = built_in(name, **arguments)
    _core.kernel_derive(
        _core.isa(), activation.kernel, a if activation.in_place else z, a, delta, activation.params
    )
    limit = tolerance(name, dtype)
    for got, want in [(a.ravel(), values), (delta.ravel(), slopes)]:
        want = np.asarray(want)
        scale = np.maximum(np.maximum(1, np.abs(want)), np.abs(z.ravel()))
        with np.errstate(invalid="ignore"):
            error = np.abs(got - want) / scale
        bad = ~((error <= limit) | (got == want))
        where = np.flatnonzero(bad)
        assert not bad.any(), list(zip(z.ravel()[where], got[where], want[where], strict=True))[:5]


def test_every_activation_is_compared():
    compared = {name for name, *_ in CASES}
    assert compared == set(activations._FUNCTIONS) - {"glu", "sparsemax"}
