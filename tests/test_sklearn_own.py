"""scikit-learn's own tests of its MLPs, run on these classes.

The installed module `sklearn.neural_network.tests.test_mlp` is imported, and its names
`MLPClassifier` and `MLPRegressor` replaced, also where a test is parametrised with them.
"""

import inspect
import sys

import pytest

pytest.importorskip("sklearn.neural_network.tests.test_mlp")

import sklearn.neural_network as theirs
from sklearn.neural_network.tests import test_mlp as own_tests

from bpcore import sklearn as ours

# Tests of what no user sees, and why they are not for these classes.
PRIVATE = {
    "test_gradient": "calls _loss_grad_lbfgs with scikit-learn's own work arrays",
}

# scikit-learn's suite does not turn warnings into errors.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

REPLACED = {
    theirs.MLPClassifier: ours.MLPClassifier,
    theirs.MLPRegressor: ours.MLPRegressor,
}


def _replaced(value):
    return REPLACED.get(value, value) if inspect.isclass(value) else value


def _marks(marks):
    for mark in marks:
        if mark.name == "parametrize":
            names, values = mark.args
            values = [
                tuple(map(_replaced, v)) if isinstance(v, tuple) else _replaced(v) for v in values
            ]
            mark = pytest.mark.parametrize(names, values, **mark.kwargs).mark
        yield mark


for _name in ("MLPClassifier", "MLPRegressor"):
    setattr(own_tests, _name, getattr(ours, _name))
for _name, _test in list(vars(own_tests).items()):
    if _name.startswith("test_") and inspect.isfunction(_test) and _name not in PRIVATE:
        if hasattr(_test, "pytestmark"):
            _test.pytestmark = list(_marks(_test.pytestmark))
        globals()[_name] = _test


@pytest.fixture
def global_random_seed():
    return 42


def test_what_is_left_out_exists():
    assert all(hasattr(own_tests, name) for name in PRIVATE)
    assert sum(name.startswith("test_") for name in vars(sys.modules[__name__])) > 40
