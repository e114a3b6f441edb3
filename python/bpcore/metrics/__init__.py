"""Running measures of a model's outputs, under Keras's names.

A metric is fed the outputs of many batches at a time (`update_state`) and tells its value
over all it has seen since the last `reset_state`. Sums are kept in float64. Functions in
lower case return the value of each example.

A user's own is a function (y_true, y_pred) → value of each example or of the batch, or a
subclass of `Metric`; both are called once a mini-batch.
"""

from .. import _custom, _objects
from .._names import look_up, snake_case
from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .auc import AUC
from .base import Metric, Variable
from .confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from .correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from .fscore import F1Score, FBetaScore
from .hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from .iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from .operating_points import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from .probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from .reduction import Mean, MeanMetricWrapper, Sum
from .regression import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    R2Score,
    RootMeanSquaredError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)

_CLASSES = (
    Accuracy,
    AUC,
    BinaryAccuracy,
    BinaryCrossentropy,
    BinaryIoU,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ConcordanceCorrelation,
    CosineSimilarity,
    F1Score,
    FalseNegatives,
    FalsePositives,
    FBetaScore,
    Hinge,
    IoU,
    KLDivergence,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanIoU,
    MeanMetricWrapper,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    OneHotIoU,
    OneHotMeanIoU,
    PearsonCorrelation,
    Poisson,
    Precision,
    PrecisionAtRecall,
    R2Score,
    Recall,
    RecallAtPrecision,
    RootMeanSquaredError,
    SensitivityAtSpecificity,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity,
    SquaredHinge,
    Sum,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)

_FUNCTIONS = (
    binary_accuracy,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_accuracy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    concordance_correlation,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    pearson_correlation,
    poisson,
    sparse_categorical_accuracy,
    sparse_categorical_crossentropy,
    sparse_top_k_categorical_accuracy,
    squared_hinge,
    top_k_categorical_accuracy,
)

BUILT_IN = {
    **{snake_case(c.__name__): c for c in _CLASSES},
    **{c.__name__: c for c in _CLASSES},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "MAPE": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError,
}

# What a string means depends on the targets: (one output, integer labels, one-hot rows).
_BY_TARGETS = {
    "acc": (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy),
    "ce": (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy),
}
_BY_TARGETS["accuracy"] = _BY_TARGETS["acc"]
_BY_TARGETS["crossentropy"] = _BY_TARGETS["ce"]


def by_targets(identifier):
    """Whether the metric a name stands for depends on the shape of the targets."""
    return isinstance(identifier, str) and identifier.lower() in _BY_TARGETS


def get(identifier, loss=None, n_out=1, n_y=None):
    """Return the metric for an identifier, named as it appears in a history.

    Parameters
    ----------
    identifier : str, Metric, type, dict or function
        A name, in snake case or of the class ("auc" or "AUC"), or "mse", "mae", "mape",
        "msle", "bce"; the metric is named as it was asked for. "accuracy" (or "acc") and
        "crossentropy" (or "ce") choose, as Keras does, by the shape of the targets: binary for
        one output, sparse for one column of labels, else categorical. A dict is what
        `serialize` returns. A function (y_true, y_pred) is averaged, under its own name.
    loss : str, optional
        Tells the shape of the targets where `n_y` does not.
    n_out : int, default 1
        The number of outputs.
    n_y : int, optional
        The number of columns of the targets.

    Returns
    -------
    Metric
    """
    if isinstance(identifier, str) and identifier in (own := _custom.known()):
        identifier = own[identifier]
    if isinstance(identifier, str):
        if not by_targets(identifier):
            kind = look_up(identifier, {**_BY_TARGETS, **BUILT_IN}, "metric")
        else:
            binary, sparse, categorical = _BY_TARGETS[identifier.lower()]
            if n_out == 1:
                kind = binary
            elif n_y == 1 or (n_y is None and loss == "sparse_categorical_crossentropy"):
                kind = sparse
            else:
                kind = categorical
        metric = _instance(kind, identifier)
        metric.name = identifier
        return metric
    if isinstance(identifier, dict):
        identifier = deserialize(identifier)
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return _instance(identifier, identifier.__name__)
    if callable(identifier):
        name = getattr(identifier, "__name__", type(identifier).__name__)
        return MeanMetricWrapper(identifier, name=snake_case(getattr(identifier, "name", name)))
    raise ValueError(
        "a metric must be a name, a Metric or a function (y_true, y_pred) -> values, got "
        f"{identifier!r}"
    )


def _instance(kind, name):
    try:
        return kind()
    except TypeError as error:
        raise ValueError(
            f"metric {name!r} needs arguments ({error}); give an object, as in "
            f"bpcore.metrics.{kind.__name__}(…)"
        ) from None


def serialize(metric):
    """Return a metric or a function as plain data, in Keras's form, for `deserialize`."""
    if isinstance(metric, Metric):
        return _objects.serialize(metric, "metrics")
    if metric in _FUNCTIONS:
        return {
            "module": "builtins",
            "class_name": "function",
            "config": metric.__name__,
            "registered_name": None,
        }
    if callable(metric):
        return _custom.function_config(metric)
    raise ValueError(f"expected a Metric or a function, got {metric!r}")


def deserialize(config, custom_objects=None):
    """Return the metric or function that `serialize` described.

    Parameters
    ----------
    config : dict or str
    custom_objects : dict, optional
        A user's own classes and functions by name.
    """
    custom = _custom.known(custom_objects)
    functions = {f.__name__: f for f in _FUNCTIONS}
    if isinstance(config, str):
        found = look_up(config, {**functions, **BUILT_IN, **custom}, "metric")
        return _instance(found, config) if isinstance(found, type) else found
    if not isinstance(config, dict) or not {"class_name", "config"} <= set(config):
        raise ValueError(f"expected a dict with 'class_name' and 'config', got {config!r}")
    function = config["class_name"] == "function"
    name = config["config"] if function else config["class_name"]
    keras = str(config.get("module")).startswith("keras")
    if function and name in functions and (keras or config.get("registered_name") is None):
        return functions[name]
    kind = _custom.find(config, "metric", custom_objects)
    if kind is None:
        kind = look_up(name, BUILT_IN, "metric")
    if not isinstance(kind, type):
        return kind
    arguments = _objects.accepted(kind, config["config"])
    if isinstance(arguments.get("fn"), (dict, str)):
        arguments["fn"] = deserialize(arguments["fn"], custom)
    return kind.from_config(arguments)


__all__ = [
    *sorted(c.__name__ for c in _CLASSES),
    *sorted(f.__name__ for f in _FUNCTIONS),
    "Metric",
    "Variable",
    "deserialize",
    "get",
    "serialize",
]
