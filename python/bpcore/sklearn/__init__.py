"""scikit-learn estimators on bpcore's compiled networks; needs the extra ``sklearn``.

`MLPClassifier` and `MLPRegressor` take the place of the classes of these names in
`sklearn.neural_network`: the same parameters, attributes, defaults and warnings, and the same
objective. What they do beyond is in the parameters behind ``max_fun``, and in
``fit(validation_data=…)``.
"""

try:
    import sklearn as _installed  # noqa: F401
except ImportError as error:
    raise ImportError(
        "bpcore.sklearn needs scikit-learn 1.6 or later: pip install bpcore[sklearn]"
    ) from error

from .classifier import MLPClassifier
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
