"""Losses of the user's own: subclasses, functions, function pointers, and the check of their
gradients."""

import copy
import ctypes
import shutil
import subprocess
import threading

import numpy as np
import pytest
import scipy
from helpers import dense_model, relative_error

import bpcore
from bpcore import layers, losses


class Quartic(losses.Loss):
    """C = mean (a - y)^4 / power."""

    def __init__(self, power=1.0, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def call(self, y_true, y_pred):
        return np.mean((y_pred - y_true) ** 4, axis=-1) / self.power

    def gradient(self, y_true, y_pred):
        return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1] / self.power

    def get_config(self):
        return {**super().get_config(), "power": self.power}


class Numeric(Quartic):
    gradient = losses.numerical(Quartic.call)


def quartic(y, a):
    return np.mean((a - y) ** 4, axis=1)


def test_a_subclass_is_a_loss(rng, tmp_path):
    x, y, weight = rng.normal(size=(9, 3)), rng.normal(size=(9, 2)), rng.uniform(0, 2, 9)
    model = dense_model((3, 4, 2), ["tanh", "linear"], Quartic(2.0, reduction="sum"))
    cost, grad = model.cost_and_grad(model.theta, x, y, weight)
    assert cost == pytest.approx(model.loss(y, model.predict(x), weight), rel=1e-12)
    other = dense_model((3, 4, 2), ["tanh", "linear"], Numeric(2.0, reduction="sum"))
    assert relative_error(other.cost_and_grad(model.theta, x, y, weight)[1], grad) < 1e-8
    pair = losses.custom(quartic, losses.numerical(quartic))
    third = dense_model((3, 4, 2), ["tanh", "linear"], pair)
    got = third.cost_and_grad(model.theta, x, y, weight)[1] * 9 / 2
    assert relative_error(got, grad) < 1e-8
    assert Quartic().name.startswith("quartic")
    model.save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="own loss 'Quartic'"):
        bpcore.load_model(tmp_path / "m.safetensors")
    again = bpcore.load_model(tmp_path / "m.safetensors", {"Quartic": Quartic}).loss
    assert again.get_config() == model.loss.get_config()


def test_a_changed_built_in_is_the_users(rng):
    class Double(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    with pytest.raises(ValueError, match=r"defines call but no gradient.self, y_true, y_pred."):
        dense_model((3, 2), ["linear"], Double())
    Double.gradient = lambda self, y, a: 2 * losses.MeanSquaredError().gradient(y, a)
    model = dense_model((3, 2), ["linear"], Double())
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    want = losses.MeanSquaredError()(y, model.predict(x))
    assert model.evaluate(x, y) == pytest.approx(2 * want)


def test_what_a_subclass_must_define():
    class NoGradient(losses.Loss):
        def call(self, y_true, y_pred):
            return quartic(y_true, y_pred)

    with pytest.raises(ValueError, match=r"gradient = bpcore.losses.numerical.call."):
        dense_model((3, 2), ["linear"], NoGradient())
    with pytest.raises(ValueError, match="does not define call"):
        dense_model((3, 2), ["linear"], losses.Loss())


# ---- the check of a gradient -----------------------------------------------------


def wrong(y, a):
    """Forgets that C is a mean over the outputs."""
    return quartic(y, a), 4 * (a - y) ** 3


def wrong_entropy(y, a):
    """As above, and only for probabilities and labels."""
    assert ((a > 0) & (a < 1)).all()
    assert y.shape[1] == 1
    rows = np.arange(len(a))
    grad = np.zeros_like(a)
    grad[rows, y[:, 0].astype(int)] = 1 / a[rows, y[:, 0].astype(int)]
    return -np.log(a[rows, y[:, 0].astype(int)]), grad


def test_a_wrong_gradient_is_found():
    with pytest.raises(ValueError, match=r"loss 'wrong'.*at row \d, output \d: got .*, expected"):
        dense_model((3, 2), ["linear"], wrong)
    with pytest.raises(ValueError, match=r"loss 'wrong_entropy' is not the derivative"):
        dense_model((3, 4), ["softmax"], wrong_entropy)
    dense_model((3, 2), ["linear"], losses.custom(wrong, check_gradient=False))
    # Where the width is not known at compile: when the model is built.
    model = bpcore.Sequential([layers.Dense(2)])
    model.compile("sgd", wrong)
    with pytest.raises(ValueError, match="not the derivative"):
        model.build((3,))


def test_a_gradient_is_checked_on_the_first_data_if_not_before(rng):
    def picky(factor):
        def cost(y, a):
            if y.shape[1] != 7:
                raise ValueError("seven columns")
            return y[:, 0] * a[:, 0] ** 2, factor * y[:, :1] * a

        return cost

    x, y = rng.normal(size=(6, 3)), rng.uniform(1, 2, (6, 7))
    dense_model((3, 1), ["linear"], picky(2)).fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="not the derivative"):
        dense_model((3, 1), ["linear"], picky(3)).fit(x, y, verbose=0)


@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax", "tanh", "relu"])
def test_right_gradients_pass(output):
    def absolute(y, a):
        return np.abs(a - y).sum(axis=1), np.sign(a - y)

    def entropy(y, a):  # NaN outside of (0, 1)
        cost = -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=1)
        return cost, (a - y) / (a * (1 - a))

    def in_float32(y, a):
        y, a = y.astype(np.float32), a.astype(np.float32)
        return ((a - y) ** 2).sum(axis=1), 2 * (a - y)

    for function in (absolute, entropy, in_float32):
        dense_model((3, 2), [output], function)


# ---- function pointers -------------------------------------------------------------

SIGNATURE = ctypes.CFUNCTYPE(
    ctypes.c_double,
    ctypes.c_ssize_t,
    ctypes.POINTER(ctypes.c_double),
    ctypes.c_ssize_t,
    ctypes.POINTER(ctypes.c_double),
    ctypes.POINTER(ctypes.c_double),
    ctypes.c_void_p,
)
SOURCE = """
#include <stddef.h>
double half_squares(ptrdiff_t n_y, const double *y, ptrdiff_t n, const double *a, double *grad,
                    void *user_data) {
    const double factor = user_data ? *(double *)user_data : 1;
    double total = 0;
    (void)n_y;
    for (ptrdiff_t j = 0; j < n; j++) {
        grad[j] = factor * (a[j] - y[j]);
        total += factor * (a[j] - y[j]) * (a[j] - y[j]) / 2;
    }
    return total;
}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    directory = tmp_path_factory.mktemp("native")
    (directory / "f.c").write_text(SOURCE)
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "f.c", "-o", "f.so"], cwd=directory, check=True
    )
    function = ctypes.CDLL(str(directory / "f.so")).half_squares
    function.restype = ctypes.c_double
    function.argtypes = SIGNATURE._argtypes_
    return function


@pytest.mark.parametrize("threads", [1, 4])
def test_native_loss(compiled, dtype, rng, threads):
    """As the mean squared error times n / 2, on any number of threads and without the GIL."""
    x, y, weight = rng.normal(size=(500, 3)), rng.normal(size=(500, 5)), rng.uniform(0, 2, 500)
    ends = []
    for loss in (scipy.LowLevelCallable(compiled), "mse"):
        bpcore.utils.set_random_seed(4)
        model = dense_model((3, 20, 5), ["tanh", "linear"], loss, dtype)
        model.optimizer.learning_rate = 0.01 if loss != "mse" else 0.025
        with bpcore.num_threads(threads):
            fit = model.fit(x, y, 200, 3, verbose=0, sample_weight=weight)
        ends.append((fit.history["loss"], model.theta, model.evaluate(x, y)))
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    assert relative_error(ends[0][0], np.multiply(ends[1][0], 2.5)) < tolerance
    assert relative_error(ends[0][1], ends[1][1]) < 10 * tolerance
    assert ends[0][2] == pytest.approx(2.5 * ends[1][2], rel=tolerance)


def test_native_bits_do_not_depend_on_threads(compiled, dtype, rng):
    x, y, ends = rng.normal(size=(500, 3)), rng.normal(size=(500, 5)), []
    for threads in (1, 3, 4):
        bpcore.utils.set_random_seed(4)
        loss = losses.custom(scipy.LowLevelCallable(compiled))
        model = dense_model((3, 20, 5), ["tanh", "linear"], loss, dtype)
        with bpcore.num_threads(threads):
            history = model.fit(x, y, 200, 3, verbose=0).history["loss"]
        ends.append((history, model.theta.tobytes()))
    assert ends[0] == ends[1] == ends[2]


def test_native_user_data_and_direct_calls(compiled, rng):
    factor = ctypes.c_double(3.0)
    pointer = ctypes.cast(ctypes.pointer(factor), ctypes.c_void_p)
    loss = losses.custom(scipy.LowLevelCallable(compiled, pointer), reduction="sum", name="half")
    y, a = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    assert loss(y, a) == pytest.approx(1.5 * ((a - y) ** 2).sum())
    np.testing.assert_allclose(loss.gradient(y, a), 3 * (a - y))
    model = dense_model((3, 2), ["linear"], loss)
    x = rng.normal(size=(6, 3))
    want = pytest.approx(1.5 * ((model.predict(x) - y) ** 2).sum())
    assert model.evaluate(x, y) == want
    assert copy.deepcopy(model).evaluate(x, y) == want


def test_native_callbacks_of_python_and_their_check(rng):
    """Targets of another width than the outputs; and a wrong gradient is found."""
    seen = set()

    def cost(n_y, y, n, a, grad, _):
        seen.add(threading.get_ident())
        grad[0] = 2 * (a[0] - y[0]) * y[n_y - 1]
        return (a[0] - y[0]) ** 2 * y[n_y - 1]

    function = SIGNATURE(cost)
    model = dense_model((3, 1), ["linear"], scipy.LowLevelCallable(function))
    x, y = rng.normal(size=(40, 3)), rng.uniform(1, 2, (40, 2))
    got = model.evaluate(x, y)
    want = np.mean((model.predict(x)[:, 0] - y[:, 0]) ** 2 * y[:, 1])
    assert got == pytest.approx(want)
    assert seen

    def bad(n_y, y, n, a, grad, _):
        for j in range(n):
            grad[j] = a[j]
        return sum(a[j] ** 2 for j in range(n))

    bad = SIGNATURE(bad)
    with pytest.raises(ValueError, match="not the derivative of its cost"):
        dense_model((3, 2), ["linear"], scipy.LowLevelCallable(bad))


def test_a_native_signature_is_checked(compiled):
    other = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda v: v)
    with pytest.raises(ValueError, match=r"has the signature .*; expected double"):
        losses.get(scipy.LowLevelCallable(other))
    with pytest.raises(TypeError, match="writes the gradient itself"):
        losses.custom(scipy.LowLevelCallable(compiled), quartic)


def test_a_function_of_costs_alone_is_told_what_is_missing(rng):
    """What Keras takes; two rows of costs must not be taken for a pair."""
    model = dense_model((3, 2), ["linear"], lambda y, a: (y - a) ** 2)
    for rows in (2, 5):
        x, y = rng.normal(size=(rows, 3)), rng.normal(size=(rows, 2))
        with pytest.raises(ValueError, match=r"returned ndarray; expected \(C, dC_da\).*numerical"):
            model.fit(x, y, verbose=0)
