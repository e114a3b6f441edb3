"""Make metrics.json: what Keras's metrics say of a few small data sets.

    KERAS_BACKEND=jax python tests/parity/make_metrics.py

The data are drawn here, by `batches`, and drawn again by the test, which imports this file.
"""

import json
import pathlib
import warnings

import numpy as np

ROWS = (7, 13, 1, 32)


def batches(kind, weights=None):
    """Return the (y, a, weight) of a few updates; weight is None, or drawn as told."""
    rng = np.random.default_rng([sum(map(ord, kind)), 15])
    return [(*_draw(kind, rng, rows), _weights(weights, rng, rows)) for rows in ROWS]


def _softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def _draw(kind, rng, rows):
    def f32(a):
        return np.asarray(a, np.float32)

    if kind in ("binary", "binary_column"):
        shape = (rows,) if kind == "binary" else (rows, 1)
        y = rng.integers(0, 2, shape)
        # Two digits: outputs on thresholds, and 0 and 1 themselves.
        return f32(y), f32(np.clip(np.round(rng.normal(0.4 + 0.2 * y, 0.4), 2), 0, 1))
    if kind == "multi_label":
        y = rng.integers(0, 2, (rows, 3))
        return f32(y), f32(rng.beta(1 + y, 2 - y))
    if kind == "one_hot":
        y = np.eye(4)[rng.integers(0, 4, rows)]
        return f32(y), f32(_softmax(rng.normal(size=(rows, 4)) + y))
    if kind == "one_hot_logits":
        y = np.eye(4)[rng.integers(0, 4, rows)]
        return f32(y), f32(rng.normal(size=(rows, 4)) * 3)
    if kind in ("sparse", "sparse_column"):
        y = rng.integers(0, 4, rows)
        a = f32(_softmax(rng.normal(size=(rows, 4)) + np.eye(4)[y]))
        return (y if kind == "sparse" else y[:, None]), a
    if kind == "sparse_logits":
        return rng.integers(0, 4, rows), f32(rng.normal(size=(rows, 4)) * 3)
    if kind == "ids":
        return rng.integers(0, 6, rows), f32(rng.permuted(np.tile(np.arange(6), (rows, 1)), axis=1))
    if kind == "logits":
        return f32(rng.integers(0, 2, (rows, 3))), f32(rng.normal(size=(rows, 3)) * 4)
    if kind == "signs":
        return f32(rng.choice([-1, 1], (rows, 3))), f32(rng.normal(size=(rows, 3)))
    if kind == "regression":
        y = rng.normal(size=(rows, 3))
        return f32(y), f32(y + 0.5 * rng.normal(size=(rows, 3)))
    if kind == "regression_column":
        y = rng.normal(size=(rows, 1))
        return f32(y), f32(y + 0.5 * rng.normal(size=(rows, 1)))
    if kind == "positive":
        return f32(rng.gamma(2, size=(rows, 3))), f32(rng.gamma(2, size=(rows, 3)))
    if kind == "classes":
        return rng.integers(-1, 5, rows), rng.integers(0, 5, rows)
    raise ValueError(kind)


def _weights(kind, rng, rows):
    if kind is None:
        return None
    if kind == "int":
        return rng.integers(0, 4, rows).astype(np.int32)
    # Quarters: float32 sums them exactly, so that Keras's counts subtract exactly.
    return (rng.integers(0, 9, rows) / 4).astype(np.float32)


def _metric_cases():
    """Yield (class, arguments, kinds of data)."""
    yield "Accuracy", {}, ["classes"]
    yield "BinaryAccuracy", {}, ["binary", "binary_column", "multi_label"]
    yield "BinaryAccuracy", {"threshold": 0.3}, ["binary", "multi_label"]
    yield "CategoricalAccuracy", {}, ["one_hot"]
    yield "SparseCategoricalAccuracy", {}, ["sparse", "sparse_column"]
    for k in (1, 2, 5):
        yield "TopKCategoricalAccuracy", {"k": k}, ["one_hot"]
        yield "SparseTopKCategoricalAccuracy", {"k": k}, ["sparse"]
    yield "SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, ["ids"]
    for name in ("FalsePositives", "FalseNegatives", "TrueNegatives", "TruePositives"):
        yield name, {}, ["binary", "multi_label"]
        for thresholds in (0.25, [0.7, 0.3, 0.3], [0.0, 0.25, 0.5, 0.75, 1.0]):
            yield name, {"thresholds": thresholds}, ["binary", "binary_column", "multi_label"]
    for name in ("Precision", "Recall"):
        yield name, {}, ["binary", "binary_column", "one_hot"]
        yield name, {"thresholds": [0.2, 0.5, 0.9]}, ["binary", "one_hot"]
        yield name, {"thresholds": [0.0, 0.5, 1.0]}, ["binary"]
        yield name, {"top_k": 2}, ["one_hot"]
        yield name, {"top_k": 2, "class_id": 1}, ["one_hot"]
        yield name, {"class_id": 2, "thresholds": 0.3}, ["one_hot"]
        yield name, {"top_k": 1, "thresholds": 0.4}, ["one_hot"]
    for name, argument in [
        ("SensitivityAtSpecificity", "specificity"),
        ("SpecificityAtSensitivity", "sensitivity"),
        ("PrecisionAtRecall", "recall"),
        ("RecallAtPrecision", "precision"),
    ]:
        for value in (0.3, 0.6, 0.8):
            yield name, {argument: value}, ["binary_column", "multi_label"]
        yield name, {argument: 0.6, "num_thresholds": 1}, ["binary_column"]
        yield name, {argument: 0.6, "num_thresholds": 7, "class_id": 1}, ["multi_label", "one_hot"]
    yield "AUC", {}, ["binary", "binary_column", "multi_label", "one_hot"]
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            arguments = {"curve": curve, "summation_method": method}
            yield "AUC", arguments, ["binary_column", "multi_label"]
            yield "AUC", {**arguments, "num_thresholds": 12, "multi_label": True}, ["multi_label"]
    yield "AUC", {"thresholds": [0.1, 0.6, 0.35]}, ["binary_column"]
    yield "AUC", {"thresholds": [0.25, 0.5, 0.75]}, ["binary_column"]
    yield "AUC", {"thresholds": [0.1, 0.6], "multi_label": True}, ["multi_label"]
    yield (
        "AUC",
        {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]},
        ["multi_label"],
    )
    yield "AUC", {"label_weights": [1.0, 2.0, 0.5]}, ["multi_label"]
    yield "AUC", {"from_logits": True}, ["logits"]
    for average in (None, "micro", "macro", "weighted"):
        yield "FBetaScore", {"average": average, "beta": 2.0, "threshold": 0.4}, ["multi_label"]
        yield "FBetaScore", {"average": average, "beta": 0.5}, ["one_hot"]
        yield "F1Score", {"average": average}, ["one_hot", "multi_label"]
        yield "F1Score", {"average": average, "threshold": 0.5}, ["binary_column", "multi_label"]
    for name in (
        "MeanSquaredError",
        "RootMeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "LogCoshError",
        "CosineSimilarity",
        "R2Score",
    ):
        yield name, {}, ["regression", "regression_column"]
    yield "MeanSquaredLogarithmicError", {}, ["regression", "positive"]
    for aggregation in (None, "variance_weighted_average"):
        yield "R2Score", {"class_aggregation": aggregation, "num_regressors": 2}, ["regression"]
    for name in ("PearsonCorrelation", "ConcordanceCorrelation"):
        yield name, {}, ["regression"]
    yield "BinaryCrossentropy", {}, ["binary_column", "multi_label"]
    yield "BinaryCrossentropy", {"label_smoothing": 0.2}, ["multi_label"]
    yield "BinaryCrossentropy", {"from_logits": True}, ["logits"]
    yield "CategoricalCrossentropy", {}, ["one_hot"]
    yield "CategoricalCrossentropy", {"label_smoothing": 0.2}, ["one_hot"]
    yield "CategoricalCrossentropy", {"from_logits": True}, ["one_hot_logits"]
    yield "SparseCategoricalCrossentropy", {}, ["sparse", "sparse_column"]
    yield "SparseCategoricalCrossentropy", {"from_logits": True}, ["sparse_logits"]
    yield "SparseCategoricalCrossentropy", {"ignore_class": 2}, ["sparse"]
    yield "KLDivergence", {}, ["one_hot", "positive"]
    yield "Poisson", {}, ["positive"]
    yield "Hinge", {}, ["signs", "logits"]
    yield "SquaredHinge", {}, ["signs", "logits"]
    yield "CategoricalHinge", {}, ["one_hot"]
    for extra in ({}, {"ignore_class": 1}, {"dtype": "float32"}):
        yield "IoU", {"num_classes": 5, "target_class_ids": [0, 3], **extra}, ["classes"]
        yield "MeanIoU", {"num_classes": 5, **extra}, ["classes"]
    yield "BinaryIoU", {}, ["binary"]
    yield "BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, ["binary", "binary_column"]
    yield "OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 2]}, ["one_hot"]
    yield "OneHotMeanIoU", {"num_classes": 4}, ["one_hot"]


def _function_cases():
    """Yield (function, arguments, kind of data)."""
    yield "binary_accuracy", {"threshold": 0.3}, "binary_column"
    yield "categorical_accuracy", {}, "one_hot"
    yield "sparse_categorical_accuracy", {}, "sparse_column"
    yield "top_k_categorical_accuracy", {"k": 2}, "one_hot"
    yield "sparse_top_k_categorical_accuracy", {"k": 2}, "sparse_column"
    for name in (
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "log_cosh",
        "pearson_correlation",
        "concordance_correlation",
    ):
        yield name, {}, "regression"
    yield "huber", {"delta": 0.4}, "regression"
    yield "mean_squared_logarithmic_error", {}, "positive"
    yield "kl_divergence", {}, "one_hot"
    yield "poisson", {}, "positive"
    yield "hinge", {}, "signs"
    yield "squared_hinge", {}, "logits"
    yield "categorical_hinge", {}, "one_hot"
    yield "binary_crossentropy", {"label_smoothing": 0.1}, "multi_label"
    yield "binary_crossentropy", {"from_logits": True}, "logits"
    yield "binary_focal_crossentropy", {}, "multi_label"
    yield "binary_focal_crossentropy", {"apply_class_balancing": True, "gamma": 1.5}, "multi_label"
    yield "binary_focal_crossentropy", {"from_logits": True}, "logits"
    yield "categorical_crossentropy", {"label_smoothing": 0.1}, "one_hot"
    yield "categorical_crossentropy", {"from_logits": True}, "one_hot_logits"
    yield "categorical_focal_crossentropy", {"alpha": 0.5, "gamma": 1.0}, "one_hot"
    yield "categorical_focal_crossentropy", {"from_logits": True}, "one_hot_logits"
    yield "sparse_categorical_crossentropy", {}, "sparse"
    yield "sparse_categorical_crossentropy", {"ignore_class": 2}, "sparse"


MODELS = [
    # activation, loss, outputs, kind of targets, metrics, weighted metrics
    (
        "softmax",
        "sparse_categorical_crossentropy",
        4,
        "labels",
        ["accuracy", "acc", "sparse_categorical_crossentropy", "Accuracy"],
        ["accuracy", "accuracy", "SparseCategoricalCrossentropy"],
    ),
    (
        "softmax",
        "categorical_crossentropy",
        4,
        "one_hot",
        ["accuracy", "AUC", "mse", "mse", ["F1Score", {}], ["AUC", {"curve": "PR", "name": "mse"}]],
        ["mse", "AUC", "categorical_accuracy", ["Precision", {"name": "p"}]],
    ),
    ("sigmoid", "binary_crossentropy", 3, "multi_hot", ["accuracy", "bce"], ["accuracy"]),
    ("sigmoid", "binary_crossentropy", 1, "binary", ["acc", "Precision"], ["AUC", "acc"]),
    (
        "linear",
        "mean_squared_error",
        2,
        "numbers",
        ["mae", "largest_error", "root_mean_squared_error", ["R2Score", {}]],
        ["mae", "MAPE", "r2_score"],
    ),
]


def model_data(outputs, kind):
    """Return x, y, sample weights, kernel and bias of a one-layer model."""
    rng = np.random.default_rng([outputs, *map(ord, kind)])
    x = rng.normal(size=(43, 3)).astype(np.float32)
    y = {
        "labels": lambda: rng.integers(0, outputs, 43),
        "one_hot": lambda: np.eye(outputs, dtype=np.float32)[rng.integers(0, outputs, 43)],
        "multi_hot": lambda: rng.integers(0, 2, (43, outputs)).astype(np.float32),
        "binary": lambda: rng.integers(0, 2, (43, 1)).astype(np.float32),
        "numbers": lambda: rng.normal(size=(43, outputs)).astype(np.float32),
    }[kind]()
    kernel, bias = rng.normal(size=(3, outputs)), rng.normal(size=outputs)
    weight = (rng.integers(0, 9, 43) / 4).astype(np.float32)
    return x, y, weight, kernel.astype(np.float32), bias.astype(np.float32)


def _model_results(keras):
    """Return, for each model, what fit (which changes nothing) and evaluate report."""

    def largest_error(y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred))

    def metric(entry):
        if isinstance(entry, list):
            return getattr(keras.metrics, entry[0])(**entry[1])
        return largest_error if entry == "largest_error" else entry

    results = []
    for activation, loss, outputs, kind, metrics, weighted in MODELS:
        x, y, weight, kernel, bias = model_data(outputs, kind)
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(outputs, activation=activation)]
        )
        model.set_weights([kernel, bias])
        model.compile(
            keras.optimizers.SGD(0.0),
            loss,
            metrics=[metric(m) for m in metrics],
            weighted_metrics=[metric(m) for m in weighted],
        )
        history = model.fit(
            x, y, batch_size=8, shuffle=False, verbose=0, sample_weight=weight
        ).history
        logs = model.evaluate(
            x, y, batch_size=10, sample_weight=weight, return_dict=True, verbose=0
        )
        results.append(
            [
                [[name, rounded(values[0])] for name, values in history.items()],
                [[name, rounded(value)] for name, value in logs.items()],
            ]
        )
    return results


def rounded(value):
    """Return numbers with nine significant digits, NaN as None, in nested lists."""
    value = np.asarray(value, np.float64)
    if value.ndim:
        return [rounded(v) for v in value]
    return None if np.isnan(value) else float(f"{value:.9g}")


def main():
    import inspect

    import keras

    model_results = _model_results(keras)
    metric_results = []
    for name, arguments, kinds in _metric_cases():
        for kind in kinds:
            integers = "IoU" in name and "dtype" not in arguments
            for weights in (None, "int" if integers else "float"):
                metric = getattr(keras.metrics, name)(**arguments)
                results = []
                for y, a, weight in batches(kind, weights):
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        metric.update_state(y, a, weight)
                        results.append(rounded(metric.result()))
                metric_results.append([name, arguments, kind, weights, results])
    function_results = []
    for name, arguments, kind in _function_cases():
        y, a, _ = batches(kind)[0]
        values = getattr(keras.metrics, name)(y, a, **arguments)
        function_results.append([name, arguments, kind, rounded(values)])
    signatures = {}
    names: dict[str, str] = {}
    for name in sorted({case[0] for case in metric_results} | {"Mean", "Sum"}):
        kind = getattr(keras.metrics, name)
        signatures[name] = [
            [p.name, None if p.default is p.empty else p.default]
            for p in list(inspect.signature(kind.__init__).parameters.values())[1:]
        ]
        arguments = next((c[1] for c in metric_results if c[0] == name), {})
        keras.utils.clear_session()
        names[name] = kind(**arguments).name
    out = pathlib.Path(__file__).with_name("metrics.json")
    parts = {
        "keras": keras.__version__,
        "signatures": signatures,
        "names": names,
        "functions": function_results,
        "models": model_results,
        "metrics": metric_results,
    }
    lines = [f'"keras": {json.dumps(parts["keras"])}']
    for key in ("signatures", "names"):
        lines.append(f'"{key}": {json.dumps(parts[key])}')
    for key in ("functions", "models", "metrics"):
        rows = ",\n".join(json.dumps(row) for row in parts[key])
        lines.append(f'"{key}": [\n{rows}\n]')
    out.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
