"""Comparisons and models shared by the tests."""

import numpy as np

import bpcore
from bpcore import layers, reference

# Relative error allowed against the oracle, of an array's largest element.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def relative_error(got, want):
    """Largest difference, relative to the largest element of what is wanted."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    assert got.shape == want.shape
    assert np.isfinite(got).all() == np.isfinite(want).all()
    scale = np.abs(want).max()
    return np.abs(got - want).max() / (scale if scale > 0 else 1.0)


def assert_close(got, want, dtype, times=1.0):
    assert relative_error(got, want) <= times * TOLERANCE[str(dtype)]


def array(rng, dtype, *shape):
    return np.ascontiguousarray(rng.normal(size=shape).astype(dtype))


def guarded(dtype, *shape):
    """An array of NaN inside a larger one, to catch writes past its end."""
    whole = np.full(int(np.prod(shape)) + 64, -7, dtype)
    inner = whole[: int(np.prod(shape))].reshape(shape)
    inner[...] = np.nan
    return whole, inner


def dense_model(widths, activations, loss, dtype="float64", optimizer="sgd", **kwargs):
    """A compiled stack of Dense layers; the biases are random too, so that they count."""
    model = bpcore.Sequential(
        [bpcore.Input((widths[0],))]
        + [layers.Dense(n, activation=g) for n, g in zip(widths[1:], activations, strict=True)],
        dtype=dtype,
    )
    model.compile(optimizer, loss, **kwargs)
    rng = np.random.default_rng(3)
    model.set_weights(
        [w if w.ndim == 2 else 0.3 * rng.normal(size=w.shape) for w in model.get_weights()]
    )
    return model


def oracle(model, activations, cost, dtype="float64"):
    """The reference network with the weights of a stack of Dense layers."""
    weights = [w.astype(dtype) for w in model.get_weights()]
    pairs = list(zip(weights[::2], weights[1::2], strict=True))
    return reference.Network(pairs, activations, cost)


def targets(loss, rows, n_out, rng, dtype="float64"):
    """Random targets that fit the loss."""
    if loss == "sparse_categorical_crossentropy":
        return rng.integers(0, n_out, rows)
    if loss == "categorical_crossentropy":
        return rng.dirichlet(np.ones(n_out), rows).astype(dtype)
    if loss == "binary_crossentropy":
        return rng.integers(0, 2, (rows, n_out)).astype(dtype)
    return rng.normal(size=(rows, n_out)).astype(dtype)
