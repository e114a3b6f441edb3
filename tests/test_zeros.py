"""Inputs with many zeros, which the first layer's products skip."""

import numpy as np
import pytest
from helpers import assert_close, dense_model

from bpcore import _core, callbacks, num_threads, utils


def with_zeros(rng, dtype, rows, n):
    """Values with a margin of zeros, blocks of them, single ones, and -0."""
    a = rng.normal(size=(rows, n)) * (rng.uniform(size=(rows, n)) < 0.3)
    a[:, : n // 3] = 0
    a[: rows // 2, n // 2 : n // 2 + 9] = -0.0
    return a.astype(dtype)


def bits_of(isa, a, index=None):
    rows = len(a) if index is None else len(index)
    bits = np.full((rows, -(-a.shape[1] // 64)), 7, "uint64")
    _core.kernel_nonzeros(isa, a, bits, index)
    return bits


@pytest.mark.parametrize("n", [1, 63, 64, 65, 200])
def test_bits(isa, dtype, rng, n):
    a, index = with_zeros(rng, dtype, 9, n), rng.integers(0, 9, 4)
    a[2, n // 2] = np.nan
    bits = np.unpackbits(bits_of(isa, a, index).view("uint8"), axis=1, bitorder="little")
    assert (bits[:, :n] == (a[index] != 0)).all()
    assert (bits[:, n:] == 0).all()


@pytest.mark.parametrize(
    ("n_in", "n_out"), [(1, 1), (13, 7), (64, 100), (521, 33), (1100, 10), (70, 203)]
)
@pytest.mark.parametrize("rows", [1, 6, 47, 523])
def test_products(isa, dtype, rng, rows, n_in, n_out):
    a, index = with_zeros(rng, dtype, rows, n_in), rng.integers(0, rows, rows)
    w, b = rng.normal(size=(n_in, n_out)).astype(dtype), rng.normal(size=n_out).astype(dtype)
    delta = rng.normal(size=(rows, n_out)).astype(dtype)
    a_, w_, b_, delta_ = (v.astype("float64") for v in (a, w, b, delta))

    z = np.empty((rows + 1, n_out), dtype)
    z[-1] = 7  # not written to
    _core.kernel_weighted_sum(isa, a, w, b, z[:-1], None, False, bits_of(isa, a))
    assert_close(z[:-1], a_ @ w_ + b_, dtype)
    _core.kernel_weighted_sum(isa, a, w, None, z[:-1], index, True, bits_of(isa, a, index))
    assert_close(z[:-1], np.maximum(a_[index] @ w_, 0), dtype)
    assert (z[-1] == 7).all()

    grad = np.empty((n_in + 1, n_out), dtype)
    grad[-1] = 7
    _core.kernel_gradient(isa, a, delta, grad[:-1], 0, None, bits_of(isa, a))
    assert_close(grad[:-1], a_.T @ delta_, dtype)
    part = np.empty((n_in - n_in // 4, n_out), dtype)
    _core.kernel_gradient(isa, a, delta, part, n_in // 4, None, bits_of(isa, a))
    assert (part == grad[n_in // 4 : -1]).all()
    _core.kernel_gradient(isa, a, delta, grad[:-1], 0, index, bits_of(isa, a, index))
    assert_close(grad[:-1], a_[index].T @ delta_, dtype)
    assert (grad[-1] == 7).all()


def test_wide_products_have_the_bits_of_those_that_skip_nothing(isa, dtype, rng):
    a, w = with_zeros(rng, dtype, 50, 90), rng.normal(size=(90, 48)).astype(dtype)
    delta = rng.normal(size=(50, 48)).astype(dtype)
    z, grad = (np.empty((2, *shape), dtype) for shape in ((50, 48), (90, 48)))
    for i, bits in enumerate((None, bits_of(isa, a))):
        _core.kernel_weighted_sum(isa, a, w, None, z[i], None, False, bits)
        _core.kernel_gradient(isa, a, delta, grad[i], 0, None, bits)
    assert (z[0] == z[1]).all()
    assert (grad[0] == grad[1]).all()


def test_nan_is_no_zero(isa, dtype, rng):
    a, w = np.zeros((8, 20), dtype), np.ones((20, 9), dtype)
    a[3, 5] = np.nan
    z, grad = np.empty((8, 9), dtype), np.empty((20, 9), dtype)
    bits = bits_of(isa, a)
    _core.kernel_weighted_sum(isa, a, w, None, z, None, False, bits)
    assert np.isnan(z[3]).all()
    assert (np.delete(z, 3, axis=0) == 0).all()
    _core.kernel_gradient(isa, a, np.ones((8, 9), dtype), grad, 0, None, bits)
    assert np.isnan(grad[5]).all()
    assert (np.delete(grad, 5, axis=0) == 0).all()


def test_density(isa, dtype):
    def density(a):
        return _core.kernel_density(isa, a.shape[1], bits_of(isa, a))

    a = np.ones((12, 600), dtype)
    assert density(a) == 1
    a[:, 150:] = 0
    assert density(a) == 0.25
    a[:6, 150:] = 2
    assert density(a) == 0.625
    assert density(np.zeros((12, 600), dtype)) == 0


@pytest.mark.parametrize("kind", ["float", "uint8", "sparse"])
def test_fit(isa, rng, kind):
    """Skipping changes no training: the same net with its inputs in the order in which nothing
    can be skipped has the same losses to rounding."""
    x = np.zeros((600, 200), "uint8")
    x[:, :40] = rng.integers(0, 9, (600, 40))
    y = rng.integers(0, 5, 600)
    spread = rng.permutation(200)
    filled = x.astype("float64")
    filled[:, 40:] = 1e-300  # too small to count, but not 0
    inputs = {"float": lambda: x.astype("float64"), "uint8": lambda: x, "sparse": _sparse(x)}
    losses, weights = [], None
    for data, order in ((inputs[kind](), None), (filled, None), (filled[:, spread], spread)):
        model = dense_model(
            (200, 40, 5), ["relu", "softmax"], "sparse_categorical_crossentropy", "float64", "adam"
        )
        model._seed = 4
        weights = weights or model.get_weights()
        rows = weights[0] if order is None else weights[0][order]
        model.set_weights([rows, *weights[1:]])
        losses.append(model.fit(data, y, 64, 8, 0).history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-10)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-8)


@pytest.mark.parametrize("threads", [1, 2])
def test_bits_do_not_depend_on_how_many_steps_a_call_takes(isa, rng, threads):
    """Of sums that come in quarters where nothing is skipped."""
    x = rng.normal(size=(600, 300)) * (rng.random((600, 300)) < 0.2)
    y = rng.integers(0, 5, 600)

    class Look(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    models = []
    for watched in ([], [Look()]):
        utils.set_random_seed(3)
        model = dense_model(
            (300, 100, 5), ["relu", "softmax"], "sparse_categorical_crossentropy", "float32", "adam"
        )
        with num_threads(threads):
            model.fit(x, y, 64, 3, 0, callbacks=watched)
        models.append(model)
    assert (models[0].theta == models[1].theta).all()


def _sparse(x):
    def make():
        from scipy import sparse

        return sparse.csr_array(x)

    return make


def test_cost_and_grad(isa, rng):
    x = np.zeros((2100, 120))
    x[:, :20] = rng.normal(size=(2100, 20))
    y = rng.integers(0, 5, 2100)
    model = dense_model(
        (120, 40, 5), ["relu", "softmax"], "sparse_categorical_crossentropy", "float64", "adam"
    )
    theta = rng.normal(size=model.count_params()) / 10
    cost, grad = model.cost_and_grad(theta, x, y)
    filled = x.copy()
    filled[:, 20:] = 1e-300  # too small to count, but not 0
    plain_cost, plain_grad = model.cost_and_grad(theta, filled, y)
    np.testing.assert_allclose(cost, plain_cost, rtol=1e-12)
    np.testing.assert_allclose(grad, plain_grad, rtol=1e-9, atol=1e-12)
