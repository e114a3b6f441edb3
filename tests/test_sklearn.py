"""The scikit-learn estimators: its checks, its objective, and what they do beyond it."""

import doctest
import inspect
import pickle
import re
import warnings

import numpy as np
import pytest
import scipy.sparse

pytest.importorskip("sklearn")

import sklearn
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler, scale
from sklearn.utils.estimator_checks import parametrize_with_checks

import bpcore
from bpcore import callbacks, layers, optimizers
from bpcore.sklearn import MLPClassifier, MLPRegressor

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_REG, Y_REG = load_diabetes(return_X_y=True)
X_REG, Y_REG = scale(X_REG), scale(Y_REG)

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PAIRS = [(MLPClassifier, theirs.MLPClassifier), (MLPRegressor, theirs.MLPRegressor)]


def _data(cls):
    return (X_IRIS, Y_IRIS) if cls is MLPClassifier else (X_REG, Y_REG)


# ---- scikit-learn's contract -----------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("cls", "other"), PAIRS)
def test_parameters_are_scikit_learns(cls, other):
    mine, known = cls().get_params(), other().get_params()
    assert {name: mine[name] for name in known} == known
    # Those given by position, and the order of all others, are theirs too.
    ordered = list(inspect.signature(other).parameters.values())
    ours = list(inspect.signature(cls).parameters.values())
    assert [(p.name, p.kind) for p in ours[: len(ordered)]] == [(p.name, p.kind) for p in ordered]


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_docstrings_name_every_parameter_and_run(cls):
    documented = cls.__doc__[: cls.__doc__.index("Attributes")]
    for name in inspect.signature(cls).parameters:
        assert re.search(rf"^ +([\w, ]+, )?{name}[\w, ]* : ", documented, re.MULTILINE), name
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder(recurse=False).find(cls, globs={}):
        assert test.examples
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@quiet
@pytest.mark.parametrize(("cls", "other"), PAIRS)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_attributes_are_scikit_learns(cls, other, solver):
    X, y = _data(cls)
    mine = cls(solver=solver, max_iter=3).fit(X, y)
    known = other(solver=solver, max_iter=3).fit(X, y)
    public = {name for name in vars(known) if name.endswith("_") and name[0] != "_"}
    assert public <= set(vars(mine))
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_"):
        assert getattr(mine, name) == getattr(known, name), name
    assert [c.shape for c in mine.coefs_] == [c.shape for c in known.coefs_]


# ---- the same numbers --------------------------------------------------------------------

SGD_LIKE = [
    {"solver": "sgd", "learning_rate_init": 0.05},
    {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "momentum": 0.5},
    {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "invscaling", "power_t": 0.3},
    {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "adaptive", "tol": 0.2},
    {"solver": "adam", "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5},
]


@quiet
@pytest.mark.parametrize(("cls", "other"), PAIRS)
@pytest.mark.parametrize("settings", SGD_LIKE)
@pytest.mark.parametrize("weighted", [False, True])
def test_training_is_scikit_learns_number_by_number(cls, other, settings, weighted):
    # Without shuffling both visit the same batches (64, 64, …, and a smaller one).
    X, y = _data(cls)
    weight = np.random.default_rng(0).integers(0, 4, len(y)).astype(float) if weighted else None
    common = dict(alpha=0.3, max_iter=25, batch_size=64, shuffle=False, random_state=3, **settings)
    mine, known = (
        kind(hidden_layer_sizes=(9, 5), activation="tanh", n_iter_no_change=3, **common).fit(
            X, y, sample_weight=weight
        )
        for kind in (cls, other)
    )
    np.testing.assert_allclose(mine.loss_curve_, known.loss_curve_, rtol=1e-9)
    for a, b in zip(mine.coefs_ + mine.intercepts_, known.coefs_ + known.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
    assert mine.n_iter_ == known.n_iter_
    assert mine.best_loss_ == pytest.approx(known.best_loss_, rel=1e-9)


def _several_outputs():
    rng = np.random.default_rng(1)
    y = np.column_stack([X_REG @ rng.normal(size=10), X_REG[:, 0] ** 2, Y_REG])
    X, labels = make_multilabel_classification(90, 7, random_state=2)
    counts = rng.poisson(np.exp(0.3 * y[:, :2]))
    return [
        ("regression", MLPRegressor, theirs.MLPRegressor, {}, X_REG, y),
        ("poisson", MLPRegressor, theirs.MLPRegressor, {"loss": "poisson"}, X_REG, counts),
        ("multilabel", MLPClassifier, theirs.MLPClassifier, {}, scale(X), labels),
        ("binary", MLPClassifier, theirs.MLPClassifier, {}, X_REG, Y_REG > 0),
    ]


CASES = _several_outputs()


@quiet
@pytest.mark.parametrize(
    ("cls", "other", "settings", "X", "y"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_losses_are_scikit_learns(cls, other, settings, X, y):
    weight = np.random.default_rng(3).uniform(0.5, 2, len(X))
    mine, known = (
        kind(
            hidden_layer_sizes=8,
            max_iter=20,
            batch_size=50,
            shuffle=False,
            random_state=0,
            **settings,
        ).fit(X, y, sample_weight=weight)
        for kind in (cls, other)
    )
    np.testing.assert_allclose(mine.loss_curve_, known.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(mine.coefs_[0], known.coefs_[0], rtol=1e-5, atol=1e-6)


@quiet
@pytest.mark.parametrize(("cls", "other"), PAIRS)
def test_lbfgs_is_scikit_learns(cls, other):
    X, y = _data(cls)
    weight = np.random.default_rng(0).uniform(0, 3, len(y))
    mine, known = (
        kind(
            hidden_layer_sizes=6,
            activation="tanh",
            solver="lbfgs",
            alpha=2.0,
            max_iter=25,
            random_state=1,
        ).fit(X, y, sample_weight=weight)
        for kind in (cls, other)
    )
    assert mine.loss_ == pytest.approx(known.loss_, rel=1e-6)
    for a, b in zip(mine.coefs_, known.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_lbfgs_says_so_where_nothing_can_be_computed():
    X = np.full((20, 50), 3e38, np.float32)
    net = MLPRegressor(solver="lbfgs", random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"status 2\): ABNORMAL"):
        net.fit(X, np.arange(20.0))
    assert net.n_iter_ == 0


@quiet
def test_lbfgs_steps_that_overflow_are_silent():
    loss = bpcore.losses.custom(lambda y, a: (-a[:, 0], -np.ones_like(a)))
    net = MLPRegressor(solver="lbfgs", loss=loss, activation="identity", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        net.fit(X_REG.astype(np.float32), Y_REG.astype(np.float32))
    assert np.isfinite(net.loss_)


def test_an_interrupted_schedule_records_no_epoch():
    """What stops before an epoch was trained leaves no trace of one."""

    class Schedule(optimizers.schedules.LearningRateSchedule):
        calls = 0

        def __call__(self, step):
            self.calls += 1
            if self.calls > 30:
                raise KeyboardInterrupt
            return 1e-3

    net = MLPClassifier(5, solver=optimizers.Adam(Schedule()), random_state=0, max_iter=90)
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X_IRIS, Y_IRIS)
    assert 0 < len(net.loss_curve_) == net.n_iter_ == net.model_._epochs
    assert min(net.loss_curve_) > 0


@quiet
@pytest.mark.parametrize("settings", [{}, {"tol": 1e-2, "n_iter_no_change": 4}, {"solver": "sgd"}])
@pytest.mark.parametrize("cls", [pair[0] for pair in PAIRS])
def test_epochs_trained_together_are_those_trained_alone(cls, settings):
    """Epochs that nobody looks at run in one call; a callback looks at each."""
    X, y = _data(cls)
    common = {"hidden_layer_sizes": 9, "max_iter": 57, "random_state": 3, **settings}
    together = cls(**common).fit(X, y)
    alone = cls(**common, callbacks=[callbacks.LambdaCallback()]).fit(X, y)
    assert together.n_iter_ == alone.n_iter_
    assert together.loss_curve_ == alone.loss_curve_
    assert together.t_ == alone.t_
    for a, b in zip(together.coefs_, alone.coefs_, strict=True):
        assert (a == b).all()


@quiet
@pytest.mark.parametrize(("cls", "other"), PAIRS)
def test_early_stopping_is_scikit_learns(cls, other):
    X, y = _data(cls)
    common = {"early_stopping": True, "shuffle": False, "random_state": 5, "max_iter": 40}
    common["tol"] = 1e-3
    mine, known = (
        kind(hidden_layer_sizes=12, learning_rate_init=0.03, n_iter_no_change=4, **common).fit(X, y)
        for kind in (cls, other)
    )
    np.testing.assert_allclose(mine.validation_scores_, known.validation_scores_, rtol=1e-6)
    assert mine.n_iter_ == known.n_iter_
    np.testing.assert_allclose(mine.coefs_[0], known.coefs_[0], rtol=1e-5, atol=1e-7)
    assert mine.best_loss_ is known.best_loss_ is None


def test_score_of_outputs_is_r2():
    rng = np.random.default_rng(0)
    y, out, weight = rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), rng.uniform(size=30)
    y[:, 1] = 2.0
    net = MLPRegressor()
    for w in (None, weight):
        assert net._score_outputs(y, out, w) == pytest.approx(r2_score(y, out, sample_weight=w))
    out[:, 1] = 2.0
    assert net._score_outputs(y, out, None) == pytest.approx(r2_score(y, out))


# ---- the rest of the promise ------------------------------------------------------------


@quiet
def test_float32_stays_float32():
    net = MLPRegressor(hidden_layer_sizes=5, max_iter=3).fit(
        X_REG.astype(np.float32), Y_REG.astype(np.float32)
    )
    assert net.model_.dtype == "float32"
    assert net.coefs_[0].dtype == net.predict(X_REG.astype(np.float32)).dtype == np.float32
    wide = MLPRegressor(hidden_layer_sizes=5, max_iter=3, dtype="float32").fit(X_REG, Y_REG)
    assert wide.coefs_[0].dtype == np.float32


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("form", [scipy.sparse.csr_matrix, scipy.sparse.csc_array])
def test_sparse_inputs_give_the_same_bits(solver, form):
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    dense, sparse = (
        MLPClassifier(8, solver=solver, max_iter=5, random_state=0).fit(x, y) for x in (X, form(X))
    )
    np.testing.assert_array_equal(dense.coefs_[0], sparse.coefs_[0])
    np.testing.assert_array_equal(dense.predict_proba(X), sparse.predict_proba(form(X)))


@quiet
def test_string_labels_and_class_weights():
    names = np.array(["setosa", "versicolor", "virginica"])[Y_IRIS]
    kept = np.r_[0:10, 50:150]
    X, y = X_IRIS[kept], names[kept]
    weights = {"setosa": 10.0, "versicolor": 1.0, "virginica": 0.5}
    by_class = MLPClassifier(4, max_iter=8, class_weight=weights, random_state=0).fit(X, y)
    by_row = MLPClassifier(4, max_iter=8, random_state=0).fit(X, y, [weights[c] for c in y])
    np.testing.assert_array_equal(by_class.coefs_[0], by_row.coefs_[0])
    assert set(by_class.predict(X)) <= set(names)
    balanced = MLPClassifier(4, max_iter=8, class_weight="balanced", random_state=0)
    with pytest.raises(ValueError, match="is not for partial_fit"):
        balanced.partial_fit(X, y, classes=np.unique(y))
    assert balanced.fit(X, y).loss_ != by_class.loss_


@quiet
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_pickles_and_copies(settings):
    net = MLPClassifier(6, max_iter=5, random_state=0, **settings).fit(X_IRIS, Y_IRIS)
    other = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(net.predict_proba(X_IRIS), other.predict_proba(X_IRIS))
    assert np.shares_memory(other.coefs_[0], other.model_.layers[0].kernel)
    if not settings:
        for one in (net, other):
            one.partial_fit(X_IRIS, Y_IRIS)
        np.testing.assert_array_equal(net.coefs_[0], other.coefs_[0])
    assert clone(net).get_params() == net.get_params()


@quiet
def test_weights_may_be_replaced():
    net = MLPClassifier(6, max_iter=5, random_state=0).fit(X_IRIS, Y_IRIS)
    before = net.predict_proba(X_IRIS)
    net.coefs_ = [np.zeros_like(w) for w in net.coefs_]
    flat = net.predict_proba(X_IRIS)
    assert np.ptp(flat, axis=0).max() == 0
    assert not np.allclose(before, flat)
    assert not np.allclose(pickle.loads(pickle.dumps(net)).predict_proba(X_IRIS), before)
    net.coefs_[0] = np.zeros((3, 3))
    with pytest.raises(ValueError, match="have shapes"):
        net.predict(X_IRIS)


@quiet
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_settings_may_change_between_warm_fits(cls):
    X, y = _data(cls)
    other = {MLPClassifier: theirs.MLPClassifier, MLPRegressor: theirs.MLPRegressor}[cls]
    nets = [
        kind(hidden_layer_sizes=5, max_iter=4, shuffle=False, warm_start=True, random_state=0)
        for kind in (cls, other)
    ]
    for net in nets:
        net.fit(X, y)
        net.set_params(alpha=20.0, activation="tanh", solver="sgd").fit(X, y)
        net.set_params(alpha=0.0).partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_allclose(nets[0].loss_curve_, nets[1].loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(nets[0].coefs_[0], nets[1].coefs_[0], rtol=1e-6, atol=1e-9)
    lbfgs = cls(hidden_layer_sizes=5, solver="lbfgs", warm_start=True, max_iter=3).fit(X, y)
    lbfgs.set_params(solver="sgd").fit(X, y)
    assert len(lbfgs.loss_curve_) == 3
    assert type(lbfgs._optimizer).__name__ == "SGD"


@quiet
def test_sample_weight_of_a_batch_may_be_zero():
    weight = np.repeat([0.0, 1.0], 75)
    net = MLPClassifier(4, batch_size=25, shuffle=False, max_iter=4, random_state=0)
    net.fit(X_IRIS, Y_IRIS, sample_weight=weight)
    assert np.isfinite(net.loss_curve_).all()
    with pytest.raises(ValueError, match="sums up to -150"):
        net.set_params(solver="lbfgs").fit(X_IRIS, Y_IRIS, sample_weight=-np.ones(150))


@quiet
def test_works_inside_scikit_learn():
    net = MLPClassifier(5, max_iter=30, learning_rate_init=0.03, random_state=0)
    grid = GridSearchCV(make_pipeline(MinMaxScaler(), net), {"mlpclassifier__alpha": [0, 1e-3]})
    assert grid.fit(X_IRIS, Y_IRIS).best_score_ > 0.7
    assert len(cross_validate(net, X_IRIS, Y_IRIS, cv=3)["test_score"]) == 3
    calibrated = CalibratedClassifierCV(net, cv=3).fit(X_IRIS, Y_IRIS)
    assert calibrated.predict_proba(X_IRIS).shape == (150, 3)
    bag = BaggingClassifier(net, n_estimators=3, random_state=0).fit(X_IRIS, Y_IRIS)
    assert bag.score(X_IRIS, Y_IRIS) > 0.7
    net.fit(X_IRIS, Y_IRIS)
    assert permutation_importance(net, X_IRIS, Y_IRIS, n_repeats=2).importances.shape == (4, 2)
    assert partial_dependence(net, X_IRIS, [0])["average"].shape[0] == 3
    assert "MLPClassifier" in net._repr_html_()


@quiet
def test_metadata_is_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        net = MLPClassifier(3, max_iter=2).set_fit_request(sample_weight=True)
        net.set_partial_fit_request(sample_weight=True, classes=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), net)
        pipe.fit(X_IRIS, Y_IRIS, sample_weight=np.ones(150))
    assert pipe[-1].n_iter_ == 2


# ---- beyond scikit-learn -----------------------------------------------------------------


@quiet
def test_activations_and_dropout_by_layer():
    net = MLPRegressor(
        hidden_layer_sizes=(8, 6),
        activation=["gelu", "logistic"],
        out_activation="softplus",
        dropout=[0.0, 0.2],
        max_iter=3,
        random_state=0,
    ).fit(X_REG, np.abs(Y_REG))
    kinds = [type(layer).__name__ for layer in net.model_.layers]
    assert kinds == ["Dense", "Dense", "Dropout", "Dense"]
    assert (net.predict(X_REG) > 0).all()
    assert net.out_activation_ == "softplus"
    with pytest.raises(ValueError, match="activation has 1 entries for 2 hidden layers"):
        MLPRegressor(hidden_layer_sizes=(3, 4), activation=["relu"]).fit(X_REG, Y_REG)


@quiet
@pytest.mark.parametrize("solver", ["rmsprop", optimizers.AdamW(0.01, clipnorm=1.0)])
@pytest.mark.parametrize("loss", ["mean_absolute_error", bpcore.losses.Huber(0.5)])
def test_any_optimizer_and_loss(solver, loss):
    net = MLPRegressor(
        hidden_layer_sizes=8, solver=solver, loss=loss, learning_rate_init=0.01, random_state=0
    )
    net.fit(X_REG, Y_REG)
    assert net.loss_curve_[-1] < 0.8 * net.loss_curve_[0]
    if not isinstance(solver, str):
        assert solver.iterations == 0  # a copy was used
    with pytest.raises(ValueError, match="nadamm"):
        MLPRegressor(solver="nadamm").fit(X_REG, Y_REG)


@quiet
def test_classifier_with_another_loss():
    hinge = MLPClassifier(8, loss="hinge", out_activation="tanh", max_iter=300, random_state=0)
    two = Y_IRIS < 1
    assert hinge.fit(X_IRIS, two).score(X_IRIS, two) > 0.95
    assert not hasattr(hinge, "predict_proba")
    focal = MLPClassifier(
        8, loss="categorical_focal_crossentropy", learning_rate_init=0.03, random_state=0
    )
    assert focal.fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS) > 0.6
    assert focal.predict_proba(X_IRIS).sum(axis=1) == pytest.approx(1)


@quiet
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_validation_data_and_monitor(cls):
    X, y = _data(cls)
    train, val = (X[::2], y[::2]), (X[1::2], y[1::2])
    net = cls(
        hidden_layer_sizes=20,
        learning_rate_init=0.02,
        early_stopping=True,
        random_state=0,
        max_iter=60,
    )
    net.fit(*train, validation_data=val)
    assert len(net.validation_scores_) == net.n_iter_
    assert net.score(*val) == pytest.approx(net.best_validation_score_)
    # Without early stopping they are only recorded.
    plain = cls(hidden_layer_sizes=20, learning_rate_init=0.02, random_state=0, max_iter=10)
    seen = clone(plain).fit(*train, validation_data=(*val, np.ones(len(val[1]))))
    np.testing.assert_array_equal(plain.fit(*train).coefs_[0], seen.coefs_[0])
    assert len(seen.validation_scores_) == 10
    by_loss = clone(plain).set_params(monitor="val_loss", max_iter=60, n_iter_no_change=2)
    by_loss.fit(*train, validation_data=val)
    assert by_loss._network.cost(
        *by_loss._prepared(*by_loss._checked_validation(val))
    ) == pytest.approx(by_loss.best_loss_)
    with pytest.raises(ValueError, match="needs data held out"):
        clone(plain).set_params(monitor="val_loss").fit(*train)
    with pytest.raises(ValueError, match="must be a tuple"):
        plain.fit(*train, validation_data=X)


@quiet
def test_partial_fit_with_early_stopping():
    net = MLPClassifier(10, early_stopping=True, n_iter_no_change=3, random_state=0)
    net.set_params(learning_rate_init=0.05)
    for _ in range(200):
        net.partial_fit(
            X_IRIS[::2],
            Y_IRIS[::2],
            classes=[0, 1, 2],
            validation_data=(X_IRIS[1::2], Y_IRIS[1::2]),
        )
        if net.stopped_:
            break
    assert net.stopped_
    assert net.score(X_IRIS[1::2], Y_IRIS[1::2]) == pytest.approx(net.best_validation_score_)


@quiet
def test_callbacks_see_every_epoch(capsys):
    seen = []

    class Look(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, sorted(logs)))
            if epoch == 2:
                self.model.stop_training = True

    look = Look()
    net = MLPRegressor(
        hidden_layer_sizes=4, max_iter=20, callbacks=[look], early_stopping=True
    ).fit(X_REG, Y_REG)
    assert net.n_iter_ == 3
    assert seen[-1] == (2, ["loss", "val_loss", "val_score"])
    MLPRegressor(hidden_layer_sizes=4, max_iter=2, verbose="bar").fit(X_REG, Y_REG)
    assert "2/2" in capsys.readouterr().err


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scaling_inside(solver):
    X, y = X_REG * 1000 + 50, Y_REG * 1e4 - 300
    settings = {"hidden_layer_sizes": 5, "solver": solver, "max_iter": 20, "random_state": 0}
    inside = MLPRegressor(**settings, scale=True).fit(X, y)
    outside = MLPRegressor(**settings).fit(scale(X), scale(y))
    expected = outside.predict(scale(X)) * y.std() + y.mean()
    np.testing.assert_allclose(inside.predict(X), expected, rtol=1e-4, atol=1)
    assert pickle.loads(pickle.dumps(inside)).score(X, y) == inside.score(X, y)
    sparse = scipy.sparse.random(80, 6, 0.3, "csr", random_state=0)
    net = MLPClassifier(3, scale=True, max_iter=3).fit(sparse, np.arange(80) % 2)
    np.testing.assert_allclose(net.predict_proba(sparse), net.predict_proba(sparse.toarray()))


@quiet
def test_from_model():
    model = bpcore.Sequential(
        [layers.Dense(12), layers.BatchNormalization(), layers.ReLU(), layers.Dense(3, "softmax")]
    )
    net = MLPClassifier.from_model(model, max_iter=80, learning_rate_init=0.01, random_state=0)
    assert net.fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS) > 0.9
    assert not model.built  # a copy was trained
    assert clone(net).fit(X_IRIS, Y_IRIS).n_iter_ == net.n_iter_
    # The next fit of a model that was trained goes on from its weights.
    tuned = MLPClassifier.from_model(net.model_, max_iter=1).fit(X_IRIS, Y_IRIS)
    assert tuned.score(X_IRIS, Y_IRIS) > 0.9
    with pytest.raises(ValueError, match="the model has 3 outputs, the targets need 1"):
        MLPClassifier.from_model(model).fit(X_IRIS, Y_IRIS > 1)


@quiet
def test_threads_change_no_bit():
    X, y = load_digits(return_X_y=True)
    one, two = (
        MLPClassifier(32, max_iter=3, random_state=0, n_threads=n).fit(X, y) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.coefs_[0], two.coefs_[0])


@quiet
@pytest.mark.parametrize("weighted", [False, True])
def test_penalties_are_shared_where_the_whole_gradient_is_needed(weighted):
    weight = np.random.default_rng(0).uniform(0.1, 2, len(Y_REG)) if weighted else None
    chunks, whole = (
        MLPRegressor(hidden_layer_sizes=7, solver=solver, alpha=5.0, max_iter=5, batch_size=60)
        .set_params(random_state=0)
        .fit(X_REG, Y_REG, sample_weight=weight)
        for solver in (optimizers.Adam(0.01), optimizers.Adam(0.01, global_clipnorm=1e9))
    )
    np.testing.assert_allclose(chunks.loss_curve_, whole.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(chunks.coefs_[0], whole.coefs_[0], rtol=1e-9, atol=1e-12)


def test_only_plain_penalties_are_shared():
    net = MLPRegressor(hidden_layer_sizes=3, tol=1.0, n_iter_no_change=1).fit(X_REG, Y_REG)
    model = bpcore.Sequential(
        [bpcore.Input((10,)), layers.Dense(1, kernel_regularizer="orthogonal_regularizer")]
    )
    model.compile("sgd", "mse")
    network = model._network(1, 10)
    x, y = X_REG[:5].astype("float32"), Y_REG[:5, None].astype("float32")
    grad = np.empty(11, np.float32)
    with pytest.raises(ValueError, match="only penalties L1 and L2"):
        network.cost_and_grad(x, y, None, 1.0, grad, grad, 0.5)
    assert net._network.scaled


def test_convergence_warnings():
    for solver in ("adam", "sgd", "lbfgs"):
        with pytest.warns(ConvergenceWarning):
            MLPRegressor(hidden_layer_sizes=4, solver=solver, max_iter=2).fit(X_REG, Y_REG)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPRegressor(hidden_layer_sizes=4, tol=1.0, n_iter_no_change=2).fit(X_REG, Y_REG)
    with pytest.warns(UserWarning, match="It is going to be clipped"):
        MLPRegressor(hidden_layer_sizes=4, tol=1.0, n_iter_no_change=2, batch_size=9999).fit(
            X_REG, Y_REG
        )
