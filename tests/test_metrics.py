"""Metrics in a model, a user's own, names, and what goes wrong."""

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import metrics, optimizers


class MeanOfBatches(metrics.Metric):
    """A Keras-style metric: variables made in __init__, one value a batch."""

    def __init__(self, name="of_batches", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")
        self.steps = self.add_weight(name="steps", initializer="ones")
        self.steps.assign(0)
        self.inner = metrics.Sum()
        self.shapes = []

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.shapes.append((y_true.shape, y_pred.shape))
        self.total.assign(self.total + np.max(y_pred))
        self.steps.assign_add(1)
        self.inner.update_state(np.ones(len(y_pred)), sample_weight)

    def result(self):
        return self.total / self.steps

    def get_config(self):
        return {"name": self.name}


def largest_error(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred))


def idle_model(widths, activations, loss, **kwargs):
    """A model that a fit does not change, so that its outputs are known."""
    return dense_model(widths, activations, loss, "float64", optimizers.SGD(0.0), **kwargs)


def test_users_own_see_every_batch(rng):
    x, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    own = MeanOfBatches()
    model = idle_model((3, 2), ["linear"], "mse", metrics=[own, largest_error, "mae"])
    logs = model.fit(x, y, batch_size=8, shuffle=False, verbose=0, validation_data=(x, y)).history
    a = model.predict(x)
    starts = range(0, 50, 8)
    want = np.mean([np.max(np.abs(y[s : s + 8] - a[s : s + 8])) for s in starts])
    assert logs["largest_error"][0] == pytest.approx(want, rel=1e-12)
    assert logs["val_largest_error"][0] == pytest.approx(want, rel=1e-12)
    want = np.mean([a[s : s + 8].max() for s in starts])
    assert logs["of_batches"][0] == pytest.approx(want, rel=1e-12)
    assert own.shapes[0] == ((8, 2), (8, 2))
    assert own.shapes[6] == ((2, 2), (2, 2))
    assert len(own.variables) == 3  # the inner metric's too
    assert own.inner.result() == 50
    # evaluate's batches are of 32, unless it is told otherwise.
    _, _, error, _ = model.evaluate(x, y)
    assert error == pytest.approx(
        np.mean([np.max(np.abs(y[s : s + 32] - a[s : s + 32])) for s in (0, 32)])
    )
    assert model.evaluate(x, y, batch_size=50)[2] == np.max(np.abs(y - a))


def test_users_own_see_targets_as_they_were_given(rng):
    shapes = []

    def seen(y, a):
        shapes.append((y.shape, a.shape))
        return np.zeros(len(a))

    x, y = rng.normal(size=(6, 3)), rng.integers(0, 4, 6)
    model = idle_model((3, 4), ["softmax"], "sparse_categorical_crossentropy", metrics=[seen])
    model.fit(x, y, verbose=0)
    model.evaluate(x, y[:, None])
    model.fit(x, y, validation_split=0.5, verbose=0)
    assert shapes == [((6,), (6, 4)), ((6, 1), (6, 4)), ((3,), (3, 4)), ((3,), (3, 4))]


def test_weighted_metrics(rng):
    x, y, weight = rng.normal(size=(40, 3)), rng.normal(size=(40, 1)), rng.uniform(size=40)
    model = idle_model(
        (3, 1), ["linear"], "mse", metrics=["mse", "mae"], weighted_metrics=["mae", "mse", "mse"]
    )
    names = ["loss", "mse", "mae", "weighted_mae", "weighted_mse", "weighted_mse_1"]
    error = (model.predict(x) - y)[:, 0]
    want = [
        np.mean(weight * error**2),  # the loss divides by the number of examples
        np.mean(error**2),
        np.mean(abs(error)),
        np.average(abs(error), weights=weight),
        np.average(error**2, weights=weight),
        np.average(error**2, weights=weight),
    ]
    assert model.evaluate(x, y, sample_weight=weight) == pytest.approx(want, rel=1e-12)
    history = model.fit(x, y, batch_size=7, sample_weight=weight, verbose=0).history
    assert list(history) == sorted(names)
    assert [history[name][0] for name in names] == pytest.approx(want, rel=1e-12)
    logs = model.train_on_batch(x, y, weight, return_dict=True)
    assert list(logs) == sorted(names)  # as Keras does; lists are in the order of compile
    assert [logs[name] for name in names] == pytest.approx(want, rel=1e-12)
    want[3], want[4] = want[2], want[1]
    assert model.evaluate(x, y)[1:5] == pytest.approx(want[1:5], rel=1e-12)


def test_names(rng):
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 1))
    model = idle_model(
        (3, 1),
        ["linear"],
        "mse",
        metrics=[
            "mse",
            "MSE",
            "mean_squared_error",
            metrics.MeanSquaredError("mse"),
            metrics.MeanAbsoluteError,
            "RootMeanSquaredError",
            largest_error,
            metrics.MeanSquaredError("loss"),
        ],
    )
    names = [
        "loss",
        "mse",
        "MSE",
        "mean_squared_error",
        "mse_1",
        "mean_absolute_error",
        "RootMeanSquaredError",
        "largest_error",
        "loss_1",
    ]
    assert list(model.evaluate(x, y, return_dict=True)) == sorted(names)


@pytest.mark.parametrize(
    ("widths", "loss", "columns", "kind"),
    [
        ((3, 1), "binary_crossentropy", 1, "Binary"),
        ((3, 1), "mse", 1, "Binary"),
        ((3, 4), "sparse_categorical_crossentropy", 1, "SparseCategorical"),
        ((3, 4), "categorical_crossentropy", 4, "Categorical"),
        # As in Keras: the loss does not matter, the shapes do.
        ((3, 4), "binary_crossentropy", 4, "Categorical"),
        ((3, 4), lambda y, a: (np.zeros(len(a)), 0 * a), 1, "SparseCategorical"),
    ],
)
def test_accuracy_and_crossentropy_follow_the_targets(rng, widths, loss, columns, kind):
    x = rng.normal(size=(9, 3))
    y = rng.integers(0, 2, (9, columns))
    model = idle_model(widths, ["sigmoid"], loss, metrics=["accuracy", "acc", "ce", "Accuracy"])
    logs = model.evaluate(x, y, return_dict=True)
    a = model.predict(x)
    accuracy = getattr(metrics, f"{kind}Accuracy")()(y, a)
    assert logs["accuracy"] == logs["acc"] == logs["Accuracy"] == accuracy
    assert logs["ce"] == pytest.approx(getattr(metrics, f"{kind}Crossentropy")()(y, a))


def test_arrays_and_dicts_in_the_history(rng, capsys):
    class Two(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            pass

        def result(self):
            return {"one": np.float32(1), "two": 2}

    x, y = rng.normal(size=(30, 3)), np.eye(3)[rng.integers(0, 3, 30)]
    model = idle_model(
        (3, 3), ["softmax"], "categorical_crossentropy", metrics=[metrics.F1Score(), Two(), "AUC"]
    )
    history = model.fit(x, y, epochs=2, verbose=2).history
    assert list(history) == ["AUC", "f1_score", "loss", "one", "two"]
    assert [v.shape for v in history["f1_score"]] == [(3,), (3,)]
    assert history["one"] == [1.0, 1.0]
    assert history["two"] == [2.0, 2.0]
    shown = " ".join(f"{v:.4g}" for v in history["f1_score"][1])
    assert f"f1_score: [{shown}]" in capsys.readouterr().out


def test_bits_do_not_depend_on_chunks(rng, monkeypatch):
    """Counts and user functions: exactly; all others differ in no more than sums do."""
    x, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    values = []
    model = idle_model(
        (3, 1),
        ["sigmoid"],
        "binary_crossentropy",
        metrics=["AUC", "Precision", largest_error, "R2Score", "ce"],
    )
    for limit in (1 << 22, 20):
        monkeypatch.setattr("bpcore._training._MAX_OUTPUTS", limit)
        history = model.fit(x, y, batch_size=10, shuffle=False, verbose=0).history
        values.append({name: v[0] for name, v in history.items()})
    for name in ("loss", "AUC", "Precision", "largest_error"):
        assert values[0][name] == values[1][name]
    assert values[0] == pytest.approx(values[1], rel=1e-13)


def test_saved_with_the_model(rng, tmp_path):
    x, y = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    model = idle_model(
        (3, 1),
        ["sigmoid"],
        "binary_crossentropy",
        metrics=["acc", metrics.AUC(curve="PR", name="pr"), largest_error, MeanOfBatches()],
        weighted_metrics=[metrics.Recall(thresholds=[0.4, 0.6])],
    )
    want = model.evaluate(x, y[:, None], return_dict=True)
    model.save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="custom_objects"):
        bpcore.models.load_model(tmp_path / "m.safetensors")
    again = bpcore.models.load_model(
        tmp_path / "m.safetensors",
        custom_objects={"largest_error": largest_error, "MeanOfBatches": MeanOfBatches},
    )
    got = again.evaluate(x, y[:, None], return_dict=True)
    assert list(got) == list(want)
    for name in want:
        np.testing.assert_array_equal(got[name], want[name])


def test_wrapper_and_base_classes():
    wrapper = metrics.MeanMetricWrapper(metrics.huber, name="h", delta=0.5)
    assert wrapper([[0.0], [0.0]], [[0.2], [1.0]]) == pytest.approx((0.02 + 0.375) / 2)
    again = metrics.deserialize(metrics.serialize(wrapper))
    assert again([[0.0]], [[1.0]]) == pytest.approx(0.375)
    mean = metrics.Mean()
    assert mean.result() == 0
    assert mean([1, 3, 5, 7]) == 4
    assert mean([1, 3, 5, 7], sample_weight=[1, 1, 0, 0]) == pytest.approx(20 / 6)
    mean.reset_state()
    assert mean(2.5) == 2.5
    assert metrics.Sum()([1, 3, 5, 7], [1, 1, 0, 0]) == 4
    assert isinstance(metrics.deserialize("mean_squared_error"), metrics.MeanSquaredError)
    assert metrics.deserialize(metrics.serialize(metrics.huber)) is metrics.huber
    assert repr(metrics.AUC(name="area")) == "<AUC name=area>"
    metric = metrics.MeanSquaredError(dtype="float64")
    assert metric.dtype == "float64"
    assert metrics.MeanSquaredError().get_config() == {
        "name": "mean_squared_error",
        "dtype": "float32",
    }


def test_nothing_seen_and_diverged():
    for kind in (metrics.AUC, metrics.Precision, metrics.F1Score, metrics.R2Score):
        assert kind().result() == 0
    nan, y = np.full((4, 2), np.nan, np.float32), np.eye(2)[[0, 1, 1, 0]]
    assert metrics.AUC()(y, nan) == 0.5
    assert metrics.TruePositives([0.3, 0.2])(y, nan).tolist() == [0, 0]
    assert metrics.TopKCategoricalAccuracy(1)(y, nan) in (0, 1)
    assert np.isnan(metrics.CategoricalCrossentropy()(y, nan))


def test_errors(rng):
    y, a = np.eye(3)[rng.integers(0, 3, 5)], rng.uniform(size=(5, 3))
    cases = [
        (lambda: metrics.AUC(curve="RC"), "curve must be one of"),
        (lambda: metrics.AUC(summation_method="mean"), "summation_method must be one of"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds must be at least 2, got 1"),
        (lambda: metrics.AUC(num_labels=2), "multi_label=True only"),
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), "thresholds must be from 0 to 1"),
        (lambda: metrics.Precision(top_k=4)(y, a), "top_k is 4, but y_pred has 3 columns"),
        (lambda: metrics.Recall(class_id=3)(y, a), "class_id is 3, but y_pred has 3 columns"),
        (lambda: metrics.Recall()(y[:, :1], a), r"y_true has shape \(5, 1\)"),
        (lambda: metrics.Recall()(y, a, [1, 2]), r"sample_weight has shape \(2,\)"),
        (lambda: metrics.SensitivityAtSpecificity(1.2), "specificity must be from 0 to 1"),
        (lambda: metrics.F1Score(average="mean"), "average must be None, 'micro'"),
        (lambda: metrics.FBetaScore(beta=1), "beta must be a float above 0, got 1"),
        (lambda: metrics.F1Score()(y[:, 0], a), r"F1Score expects \(B, classes\)"),
        (lambda: metrics.R2Score("mean"), "class_aggregation must be one of"),
        (lambda: metrics.MeanSquaredError()(y[:4], a), "expected the same shape"),
        (lambda: metrics.MeanSquaredError()(y, a, [1, 2]), r"sample_weight has shape \(2,\)"),
        (lambda: metrics.CategoricalAccuracy()(y[:, :1], a), "one-hot rows"),
        (lambda: metrics.SparseCategoricalCrossentropy()([0, 1, 2, 3, 0], a), "run from 0 to 3"),
        (lambda: metrics.IoU(3, [3]), "target_class_ids must be from 0 to 2"),
        (lambda: metrics.get("mean_iou"), "unknown metric 'mean_iou'"),
        (lambda: metrics.get("io_u"), "metric 'io_u' needs arguments"),
        (lambda: metrics.deserialize({"class_name": "A"}), "expected a dict with 'class_name'"),
        (lambda: metrics.serialize(3), "expected a Metric or a function"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="fn must be a function"):
        metrics.MeanMetricWrapper(3)
    with pytest.raises(TypeError, match="weighted_metrics must be a list"):
        dense_model((3, 1), ["linear"], "mse", weighted_metrics="mse")
    with pytest.warns(UserWarning, match="sample weights lose their fractions"):
        metrics.MeanIoU(3)([0, 1], [0, 1], np.array([0.5, 1.5]))
    with pytest.warns(UserWarning, match="not adjusted"):
        metrics.R2Score(num_regressors=5)([[1.0], [2.0]], [[1.0], [2.5]])

    class Forgetful(metrics.Metric):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"did not call super\(\).__init__\(\)"):
        Forgetful()(1, 2)


def test_outputs_with_more_axes_keep_their_shape(rng):
    shapes = []

    def seen(y, a):
        shapes.append((y.shape, a.shape))
        return 0.0

    model = bpcore.Sequential(
        [bpcore.Input((3,)), bpcore.layers.Dense(8), bpcore.layers.Reshape((2, 4))]
    )
    model.compile("sgd", "mse", metrics=["accuracy", seen])
    x, y = rng.normal(size=(5, 3)), np.eye(4)[rng.integers(0, 4, (5, 2))]
    accuracy = model.evaluate(x, y)[1]
    assert accuracy == np.mean(y.argmax(-1) == model.predict(x).argmax(-1))
    assert shapes == [((5, 2, 4), (5, 2, 4))]
