"""Every metric against Keras's, on the data that tests/parity/make_metrics.py draws."""

import importlib.util
import inspect
import json
import pathlib
import warnings

import numpy as np
import pytest

import bpcore
from bpcore import layers, metrics, optimizers

HERE = pathlib.Path(__file__).parent / "parity"
GOLDEN = json.loads((HERE / "metrics.json").read_text())
# Keras computes in float32.
RTOL, ATOL = 1e-6, 2e-7


def _load_maker():
    spec = importlib.util.spec_from_file_location("make_metrics", HERE / "make_metrics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = _load_maker()
batches = MAKER.batches


def numbers(golden):
    return np.array(golden, np.float64)  # None becomes NaN


def _id(case):
    return "-".join(str(part) for part in case[:-1])


@pytest.mark.parametrize("case", GOLDEN["metrics"], ids=_id)
def test_metric(case):
    name, arguments, kind, weights, golden = case
    metric = getattr(metrics, name)(**arguments)
    for _ in range(2):  # once more after a reset
        for (y, a, weight), want in zip(batches(kind, weights), golden, strict=True):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="R2Score")
                metric.update_state(y, a, weight)
                got = metric.result()
            assert isinstance(got, float) == (np.ndim(want) == 0)
            np.testing.assert_allclose(got, numbers(want), RTOL, ATOL)
        metric.reset_state()


@pytest.mark.parametrize("case", GOLDEN["functions"], ids=_id)
def test_function(case):
    name, arguments, kind, want = case
    y, a, _ = batches(kind)[0]
    got = getattr(metrics, name)(y, a, **arguments)
    np.testing.assert_allclose(got, numbers(want), RTOL, ATOL)


@pytest.mark.parametrize("name", GOLDEN["signatures"])
def test_signature_and_name(name):
    parameters = list(inspect.signature(getattr(metrics, name)).parameters.values())
    got = [[p.name, None if p.default is p.empty else p.default] for p in parameters]
    assert json.loads(json.dumps(got)) == GOLDEN["signatures"][name]
    arguments = next((c[1] for c in GOLDEN["metrics"] if c[0] == name), {})
    # An unnamed metric is numbered: the first has no number.
    got = getattr(metrics, name)(**arguments).name
    want = GOLDEN["names"][name]
    assert got == want or (got.startswith(f"{want}_") and got[len(want) + 1 :].isdigit())


@pytest.mark.parametrize(
    "case",
    [case for case in GOLDEN["metrics"] if case[3] is None],
    ids=_id,
)
def test_config_makes_the_metric_again(case):
    name, arguments, kind, _, golden = case
    first = getattr(metrics, name)(**arguments)
    config = json.loads(json.dumps(metrics.serialize(first)))
    again = metrics.deserialize(config)
    assert type(again) is type(first)
    assert again.name == first.name
    assert again.get_config() == first.get_config()
    y, a, _ = batches(kind)[0]
    again.update_state(y, a)
    np.testing.assert_allclose(again.result(), numbers(golden[0]), RTOL, ATOL)


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("AUC", {}, "multi_label"),
        ("AUC", {"multi_label": True, "thresholds": [0.9, 0.3, 0.31]}, "multi_label"),
        ("Precision", {"thresholds": [0.4, 0.1]}, "one_hot"),
        ("F1Score", {}, "one_hot"),
        ("R2Score", {}, "regression"),
        ("MeanSquaredError", {}, "regression"),
        ("CategoricalCrossentropy", {}, "one_hot"),
        ("MeanIoU", {"num_classes": 5, "dtype": "float32"}, "classes"),
    ],
)
def test_one_update_is_the_sum_of_many(name, arguments, kind):
    one = getattr(metrics, name)(**arguments)
    many = getattr(metrics, name)(**arguments)
    parts = batches(kind, "float")
    for y, a, weight in parts:
        many.update_state(y, a, weight)
    one.update_state(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    np.testing.assert_allclose(one.result(), many.result(), rtol=1e-12)


def largest_error(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred))


def _metric(entry):
    if isinstance(entry, list):
        return getattr(metrics, entry[0])(**entry[1])
    return largest_error if entry == "largest_error" else entry


@pytest.mark.parametrize("index", range(len(MAKER.MODELS)))
def test_in_a_model(index):
    """The same names and values in the same order, weighted and not."""
    activation, loss, outputs, kind, plain, weighted = MAKER.MODELS[index]
    x, y, weight, kernel, bias = MAKER.model_data(outputs, kind)
    model = bpcore.Sequential([bpcore.Input((3,)), layers.Dense(outputs, activation=activation)])
    model.set_weights([kernel, bias])
    model.compile(
        optimizers.SGD(0.0),
        loss,
        metrics=[_metric(m) for m in plain],
        weighted_metrics=[_metric(m) for m in weighted],
    )
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0, sample_weight=weight).history
    logs = model.evaluate(x, y, batch_size=10, sample_weight=weight, return_dict=True)
    fitted, evaluated = GOLDEN["models"][index]
    # Keras's history is in the order of names.
    assert sorted(history) == [name for name, _ in sorted(fitted)]
    assert sorted(logs) == [name for name, _ in sorted(evaluated)]
    for name, want in fitted:
        np.testing.assert_allclose(history[name][0], want, 3e-6, err_msg=name)
    for name, want in evaluated:
        np.testing.assert_allclose(logs[name], want, 3e-6, err_msg=name)
