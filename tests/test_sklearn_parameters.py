"""The estimators' parameters: validated as scikit-learn does, whatever was found valid before."""

from numbers import Integral

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    validate_parameter_constraints,
)

from bpcore.sklearn import MLPClassifier, MLPRegressor, _parameters

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("shuffle", True, 2),
        ("early_stopping", False, 0.0),
        ("batch_size", 1, 1.0),
        ("max_iter", 1, 1.0),
        ("max_iter", 1, [1]),
        ("tol", 0.5, float("nan")),
        ("tol", 0.5, np.array([0.5])),
        ("n_threads", None, "None"),
        ("hidden_layer_sizes", (3,), 3.0),
        ("random_state", 0, 0.0),
        ("random_state", np.random.RandomState(0), "0"),
        ("callbacks", [], ""),
    ],
)
def test_valid_parameters_make_no_others_valid(cls, name, valid, invalid):
    est = cls(**{name: valid})
    for _ in range(2):  # the second time from memory
        est.set_params(**{name: valid})._validate_params()
        est.set_params(**{name: invalid})
        with pytest.raises(InvalidParameterError) as told:
            est._validate_params()
        with pytest.raises(InvalidParameterError) as expected:
            validate_parameter_constraints(
                cls._parameter_constraints, est.get_params(deep=False), cls.__name__
            )
        assert str(told.value) == str(expected.value)


def test_plain_parameters_are_validated_once(monkeypatch):
    validated = []

    def validate(constraints, params, caller_name):
        validated.append(params["hidden_layer_sizes"])

    class Mine(MLPRegressor):
        pass

    monkeypatch.setattr("sklearn.base.validate_parameter_constraints", validate)
    monkeypatch.setattr(_parameters, "_MOST", 8)
    sizes = [1, 1.0, True, (1,), [1], (1.0,), [True], (True,)]
    for _ in range(2):
        for value in sizes:
            Mine(hidden_layer_sizes=value)._validate_params()
    assert [(type(v), repr(v)) for v in validated] == [(type(v), repr(v)) for v in sizes]
    changeable = [np.array([1]), [[1]], (float("nan"),), np.float64(1), np.str_("a")]
    for value in changeable:
        for _ in range(2):
            Mine(hidden_layer_sizes=value)._validate_params()
    assert len(validated) == len(sizes) + 2 * len(changeable)
    Mine(max_iter=3)._validate_params()  # one more than are kept
    assert len(_parameters._accepted[Mine]) == 1


def test_subclasses_have_their_own_parameters():
    class Mine(MLPClassifier):
        _parameter_constraints: dict = {  # noqa: RUF012
            **MLPClassifier._parameter_constraints,
            "max_iter": [Interval(Integral, 5, None, closed="left")],
        }

        def __init__(self, width=3, max_iter=7):
            super().__init__((width,), max_iter=max_iter)
            self.width = width

    class Plain(MLPClassifier):
        pass

    names = MLPClassifier._get_param_names()
    assert Mine._get_param_names() == ["max_iter", "width"]
    assert Plain._get_param_names() == MLPClassifier._get_param_names() == names
    assert names == BaseEstimator._get_param_names.__func__(MLPClassifier)
    names.clear()  # nobody else's list
    assert MLPClassifier._get_param_names()
    MLPClassifier((3,), max_iter=1)._validate_params()
    with pytest.raises(InvalidParameterError, match="'max_iter' parameter of Mine"):
        Mine(max_iter=1).fit(X, Y)
    assert clone(Mine(4)).get_params() == {"max_iter": 7, "width": 4}

    def init(self, width=5):
        MLPClassifier.__init__(self, (width,))
        self.width = width

    Mine.__init__ = init
    assert Mine().get_params() == {"width": 5}


def test_seeds_are_those_of_the_random_state():
    for given in (3, 3, 4, np.int64(3), np.random.RandomState(3)):
        est = MLPClassifier((2,), solver="lbfgs", max_iter=999, random_state=given, alpha=1)
        est.fit(X, Y)
        est._random_state = np.random.RandomState(4 if given == 4 else 3)
        assert est.model_._seed == est._new_seed()
