"""Optimizers, schedules, regularizers and constraints of a model in training."""

import copy
import pickle

import numpy as np
import pytest
from helpers import dense_model

import bpcore
from bpcore import _core, constraints, layers, optimizers, regularizers

OPTIONS = {
    "plain": {},
    "chunks": {"weight_decay": 0.1, "clipvalue": 0.02, "use_ema": True, "ema_momentum": 0.8,
               "ema_overwrite_frequency": 5, "gradient_accumulation_steps": 3},
    "whole": {"weight_decay": 0.1, "clipnorm": 0.02, "use_ema": True, "ema_momentum": 0.8,
              "ema_overwrite_frequency": 5, "gradient_accumulation_steps": 3},
    "global": {"global_clipnorm": 0.05},
}  # fmt: skip
NAMES = [
    "SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion",
    "Adafactor",
]  # fmt: skip


class Power(regularizers.Regularizer):
    """A user's penalty: factor sum w^4."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * (x**4).sum()

    def gradient(self, x):
        return 4 * self.factor * x**3

    def get_config(self):
        return {"factor": self.factor}


def halve_large(w):
    """A user's constraint."""
    return np.where(np.abs(w) > 0.3, w / 2, w)


def data(rng, rows=70, n_in=6, n_out=3):
    x = rng.normal(size=(rows, n_in))
    return x, np.tanh(x @ rng.normal(size=(n_in, n_out)))


def regular_model(optimizer, dtype="float64", **held):
    model = bpcore.Sequential(
        [
            bpcore.Input((6,)),
            layers.Dense(19, "tanh", **held),
            layers.Dense(3, kernel_constraint="non_neg", bias_regularizer="l2"),
        ],
        dtype=dtype,
    )
    model.compile(optimizer, "mse")
    return model


HELD = {
    "none": {},
    "l1_l2": {"kernel_regularizer": regularizers.L1L2(0.01, 0.02), "bias_regularizer": "l1"},
    "orthogonal": {"kernel_regularizer": regularizers.OrthogonalRegularizer(0.3, "columns")},
    "rows": {"kernel_regularizer": regularizers.OrthogonalRegularizer(0.3)},
    "norms": {
        "kernel_constraint": constraints.MaxNorm(0.7),
        "bias_constraint": constraints.UnitNorm(),
    },
}


@pytest.mark.parametrize(
    ("name", "held", "options"),
    [
        ("SGD", "l1_l2", "plain"),
        ("Nadam", "none", "chunks"),
        ("Ftrl", "l1_l2", "chunks"),
        ("Adam", "norms", "plain"),
        ("RMSprop", "l1_l2", "whole"),
        ("Nadam", "orthogonal", "global"),
        ("Adafactor", "norms", "whole"),
    ],
)
def test_bits_do_not_depend_on_threads(dtype, name, held, options):
    x, y = data(np.random.default_rng(0), 300)
    found = set()
    for threads in (1, 2, 3):
        bpcore.utils.set_random_seed(3)
        model = regular_model(
            getattr(optimizers, name)(0.01, **OPTIONS[options]), dtype, **HELD[held]
        )
        with bpcore.num_threads(threads):
            history = model.fit(x, y, 64, 2, verbose=0).history
        found.add((model.theta.tobytes(), repr(history)))
    assert len(found) == 1


@pytest.mark.parametrize("options", ["plain", "chunks"])
@pytest.mark.parametrize("name", [n for n in NAMES if n != "Adafactor"])
def test_both_ways_through_the_phase_agree(isa, dtype, name, options, rng):
    """A norm that clips nothing sends the gradient round by memory: the same bits."""
    x, y = data(rng)
    found = []
    for more in ({}, {"global_clipnorm": 1e30}):
        arguments = {**OPTIONS[options], **more}
        if more:
            arguments.pop("clipvalue", None)
        elif "clipvalue" in arguments:
            arguments["clipvalue"] = 1e30
        bpcore.utils.set_random_seed(3)
        model = regular_model(getattr(optimizers, name)(0.01, **arguments), dtype, **HELD["l1_l2"])
        model.fit(x, y, 16, 3, verbose=0)
        found.append(model.theta)
    assert (found[0] == found[1]).all()


@pytest.mark.parametrize("held", [*HELD, "user"])
def test_penalties_are_part_of_the_cost(isa, held, rng):
    """cost_and_grad by central differences; evaluate and the loss of a fit likewise."""
    given = {"kernel_regularizer": Power(0.2)} if held == "user" else HELD[held]
    model = regular_model(optimizers.SGD(0.0), **given)
    x, y = data(rng, 40)
    theta = rng.normal(size=model.count_params())
    model.theta = theta
    cost, grad = model.cost_and_grad(theta, x, y)
    penalty = 0.01 * np.square(model.layers[1].bias).sum()
    for kind in ("kernel", "bias"):
        regularizer = getattr(model.layers[0], f"{kind}_regularizer")
        penalty += regularizer(getattr(model.layers[0], kind)) if regularizer else 0
    assert cost == pytest.approx(model.backprop(x, y).cost + penalty, rel=1e-12)
    assert model.evaluate(x, y) == pytest.approx(cost, rel=1e-12)

    def slope(i, h):
        moved = [theta.copy(), theta.copy()]
        moved[0][i] += h
        moved[1][i] -= h
        up, down = (model.cost_and_grad(t, x, y)[0] for t in moved)
        return (up - down) / (2 * h)

    want = [(4 * slope(i, 1e-4) - slope(i, 2e-4)) / 3 for i in range(theta.size)]
    assert np.abs(grad - want).max() / np.abs(want).max() <= 1e-7

    kept = bpcore.Sequential.get_weights(model)
    model.layers[1].kernel_constraint = None
    if held == "norms":
        model.layers[0].kernel_constraint = model.layers[0].bias_constraint = None
    model._forget_networks()
    history = model.fit(x, y, 40, 1, verbose=0).history
    assert history["loss"][0] == pytest.approx(cost, rel=1e-12)
    for before, after in zip(kept, model.get_weights(), strict=True):
        assert (before == after).all()  # the learning rate is 0


def test_backprop_leaves_penalties_out(rng):
    model = regular_model("sgd", **HELD["l1_l2"])
    x, y = data(rng, 10)
    step = model.backprop(x, y)
    np.testing.assert_allclose(step.grad_w[1], step.a[0].T @ step.delta[1], rtol=1e-12)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", NAMES)
def test_training_goes_on_after_a_load(tmp_path, dtype, name, options, rng):
    """With the bits it would have had: moments, schedule, average, accumulated gradient."""
    x, y = data(rng)
    rate = optimizers.schedules.CosineDecay(0.02, 40, 0.1)
    optimizer = getattr(optimizers, name)(rate, **OPTIONS[options])
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = regular_model(optimizer, dtype, **HELD["l1_l2"])
    model.fit(x, y, 16, 2, verbose=0)
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = bpcore.load_model(path)
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.optimizer.iterations == model.optimizer.iterations
    assert loaded.optimizer.learning_rate == model.optimizer.learning_rate
    assert loaded.layers[0].get_config().keys() == model.layers[0].get_config().keys()
    assert loaded.layers[0].kernel_regularizer.get_config() == {"l1": 0.01, "l2": 0.02}
    twin = copy.deepcopy(model)
    for m in (model, loaded, twin):
        m.fit(x, y, 16, 2, verbose=0)
    assert (loaded.theta == model.theta).all()
    assert (twin.theta == model.theta).all()


def test_nadam_far_along(rng):
    """Its products go on where they were, also past the point where they are constant."""
    x, y = data(rng, 30)
    one, other = (dense_model((6, 4, 3), ["tanh", "linear"], "mse", "float64") for _ in range(2))
    for model in (one, other):
        model.compile(optimizers.Nadam(0.001), "mse")
        model.theta = one.theta
    one.fit(x, y, 1, 40, verbose=0, shuffle=False)
    for _ in range(40):
        other.fit(x, y, 1, 1, verbose=0, shuffle=False)
    assert one.optimizer.iterations == 1200
    assert (one.theta == other.theta).all()


def test_users_own_rules(tmp_path, rng):
    x, y = data(rng)
    model = regular_model(
        optimizers.Adam(0.01), kernel_regularizer=Power(0.1), kernel_constraint=halve_large
    )
    first = model.evaluate(x, y)
    with bpcore.num_threads(4):
        history = model.fit(x, y, 16, 5, verbose=0).history
    assert history["loss"][-1] < first
    assert np.abs(model.layers[0].kernel).max() <= 0.3
    path = tmp_path / "model.safetensors"
    model.save(path)
    with pytest.raises(ValueError, match="own regularizer 'Power'"):
        bpcore.load_model(path)
    custom = {"Power": Power, "halve_large": halve_large}
    loaded = bpcore.load_model(path, custom)
    assert loaded.evaluate(x, y) == model.evaluate(x, y)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"kernel_constraint": lambda w: w[:1]}, "returned an array of shape"),
        ({"bias_constraint": lambda w: 1 / 0}, "division by zero"),
    ],
)
def test_users_errors_come_through(held, message, rng):
    model = regular_model("sgd", **held)
    with pytest.raises((ValueError, ZeroDivisionError), match=message):
        model.fit(*data(rng), verbose=0)
    assert model.optimizer.iterations == 0


def test_a_penalty_needs_its_gradient():
    with pytest.raises(TypeError, match=r"no method gradient\(self, x\)"):
        layers.Dense(2, kernel_regularizer=lambda x: x.sum())


def test_frozen_layers_stay(dtype, rng):
    x, y = data(rng)
    for options in OPTIONS.values():
        model = regular_model(optimizers.AdamW(0.01, **options), dtype, **HELD["l1_l2"])
        before = model.get_weights()
        model.layers[0].trainable = False
        assert [w.shape for w in model.trainable_weights] == [(19, 3), (3,)]
        assert [w.shape for w in model.non_trainable_weights] == [(6, 19), (19,)]
        model.fit(x, y, verbose=0)
        after = model.get_weights()
        assert [bool((a == b).all()) for a, b in zip(before, after, strict=True)] == [
            True, True, False, False,
        ]  # fmt: skip
        model.layers[0].trainable = True
        model.fit(x, y, verbose=0)
        assert (model.get_weights()[0] != before[0]).any()


def test_the_learning_rate_is_read_at_every_step(rng):
    """A schedule in one fit, and the same rates set by hand."""
    x, y = data(rng, 64)

    class Own(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 / (1 + step)

    own = optimizers.schedules.InverseTimeDecay(0.1, 1, 1.0)
    found, start = [], rng.normal(size=53)
    for rate in (Own(), own, 0.1):
        model = dense_model((6, 5, 3), ["tanh", "linear"], "mse", optimizer=optimizers.SGD(rate))
        model.theta = start
        for epoch in range(6):
            if rate == 0.1:
                model.optimizer.learning_rate = 0.1 / (1 + epoch)
            assert model.optimizer.learning_rate == pytest.approx(0.1 / (1 + epoch))
            model.fit(x, y, 64, 1, verbose=0, shuffle=False)
        found.append(model.theta)
    model = dense_model((6, 5, 3), ["tanh", "linear"], "mse", optimizer=optimizers.SGD(Own()))
    model.theta = start
    model.fit(x, y, 64, 6, verbose=0, shuffle=False)
    for theta in found:
        np.testing.assert_allclose(theta, model.theta, rtol=1e-12)
    with pytest.raises(TypeError, match="not settable"):
        model.optimizer.learning_rate = 0.1


def test_bad_rates(rng):
    class Wrong(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return np.nan

    model = dense_model((6, 3), ["linear"], "mse", optimizer=optimizers.SGD(Wrong()))
    with pytest.raises(ValueError, match="must give one finite learning rate for each step"):
        model.fit(*data(rng), verbose=0)
    with pytest.raises(NotImplementedError, match="must override `__call__"):
        optimizers.schedules.LearningRateSchedule()(0)
    model.compile(optimizers.Ftrl(0.0), "mse")
    with pytest.raises(ValueError, match="must be above 0"):
        model.fit(*data(rng), verbose=0)


def test_one_cycle():
    """PyTorch 2.13's OneCycleLR(max_lr=0.1, total_steps=10), and with three phases."""
    got = optimizers.schedules.OneCycle(0.1, 10)(np.arange(10))
    want = [
        0.004, 0.052, 0.1, 0.09504846320134738, 0.08117456539497631, 0.06112620219362893,
        0.03887419780637107, 0.018825834605023698, 0.0049519367986526, 4e-07,
    ]  # fmt: skip
    np.testing.assert_allclose(got, want, rtol=1e-6)
    got = optimizers.schedules.OneCycle(0.1, 10, 0.4, "linear", 10.0, 100.0, True)(np.arange(12))
    want = [0.01, 0.04, 0.07, 0.1, 0.07, 0.04, 0.01, 0.0067, 0.0034, 0.0001, 0.0001, 0.0001]
    np.testing.assert_allclose(got, want, rtol=1e-9)


def test_excluded_from_weight_decay(rng):
    """By array and by name: only the others shrink where the gradient is 0."""
    x = rng.normal(size=(8, 6))

    def train(**excluded):
        optimizer = optimizers.SGD(0.1, weight_decay=0.5)
        model = dense_model((6, 4, 3), ["linear"] * 2, "mse", optimizer=optimizer)
        model.theta = np.ones(model.count_params())
        given = {k: v(model) if callable(v) else v for k, v in excluded.items()}
        optimizer.exclude_from_weight_decay(**given)
        model.fit(x, model.predict(x), verbose=0)
        return [bool((w == 1).all()) for w in model.weights[:3:2]], optimizer

    assert train()[0] == [False, False]
    assert train(var_names=["kern"])[0] == [True, True]
    found, optimizer = train(var_list=lambda model: [model.layers[0].kernel])
    assert found == [True, False]
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


@pytest.mark.parametrize("change", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), None])
def test_what_does_not_decay_is_known_after_a_copy(change, rng):
    """The arrays given by var_list are laid out anew in a copy, and by `add`."""
    x = rng.normal(size=(8, 6))
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    model = dense_model((6, 4), ["linear"], "mse", optimizer=optimizer)
    optimizer.exclude_from_weight_decay([model.layers[0].bias])
    if change is None:
        model.add(layers.Dense(4, kernel_initializer="identity"))
    else:
        model = change(model)
    kernel, bias = (w.copy() for w in model.weights[:2])
    model.fit(x, model.predict(x), verbose=0)
    assert (model.weights[1] == bias).all()
    assert not (model.weights[0] == kernel).any()


def test_a_model_grows_while_another_optimizer_has_it(rng):
    """Back with the first, all that it knew of the old variables is forgotten."""
    x = rng.normal(size=(8, 4))
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = dense_model((4, 4), ["linear"], "mse", optimizer=optimizer)
    model.fit(x, model.predict(x), verbose=0)
    model.compile("sgd", "mse")
    for _ in range(20):
        model.add(layers.Dense(4, kernel_initializer="identity", bias_initializer="ones"))
    model.compile(optimizer, "mse")
    model.fit(x, model.predict(x), verbose=0)
    assert all((layer.bias == 1).all() for layer in model.layers[1:])
    assert optimizer.iterations == 1


def test_settings_for_other_variables_are_refused(rng):
    x = rng.normal(size=(8, 4))
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = dense_model((4, 4), ["linear"], "mse", optimizer=optimizer)
    optimizer._undecayed = lambda model: b"\0"
    with pytest.raises(ValueError, match="tell of 1 variables"):
        model.fit(x, x, verbose=0)


def test_the_average_of_a_layer_that_was_frozen(rng):
    """It starts from the layer's weights, not from nothing."""
    x, y = rng.normal(size=(8, 6)), rng.normal(size=(8, 3))
    optimizer = optimizers.SGD(0.0, use_ema=True)
    model = dense_model((6, 4, 3), ["linear"] * 2, "mse", optimizer=optimizer)
    model.layers[0].trainable = False
    theta = model.theta
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = True
    model.fit(x, y, verbose=0)
    np.testing.assert_allclose(model.theta, theta, rtol=1e-12)


def test_the_average_ends_a_fit(rng):
    x, y = data(rng)
    model = regular_model(optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5))
    model.layers[1].kernel_constraint = None
    model._forget_networks()
    plain = copy.deepcopy(model)
    plain.compile(optimizers.Adam(0.01), "mse")
    average = None
    for step in range(4):
        rows = slice(16 * step, 16 * step + 16)
        model.train_on_batch(x[rows], y[rows])
        plain.train_on_batch(x[rows], y[rows])
        average = plain.theta if average is None else 0.5 * average + 0.5 * plain.theta
    np.testing.assert_allclose(model.theta, plain.theta, rtol=1e-12)
    model.optimizer.finalize_variable_values(model.trainable_weights)
    np.testing.assert_allclose(model.theta, average, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_config_and_dict(name):
    cls = getattr(optimizers, name)
    optimizer = cls(0.25, weight_decay=0.5, clipnorm=2.0, use_ema=True, name="mine")
    for again in (
        cls.from_config(optimizer.get_config()),
        optimizers.deserialize(optimizers.serialize(optimizer)),
        optimizers.get({"class_name": name.lower(), "config": optimizer.get_config()}),
    ):
        assert type(again) is cls
        assert again.get_config() == optimizer.get_config()
    scheduled = cls(optimizers.schedules.PiecewiseConstantDecay([3], [0.1, 0.2]))
    again = optimizers.deserialize(optimizers.serialize(scheduled))
    assert again.get_config() == scheduled.get_config()
    again._iterations = 4
    assert again.learning_rate == 0.2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), ValueError, "Only one of `clipnorm`"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), ValueError, ">= 2"),
        (lambda: optimizers.Adam(use_ema=True, ema_momentum=1.5), ValueError, "ema_momentum"),
        (lambda: optimizers.Adam(ema_overwrite_frequency=0), ValueError, ">= 1"),
        (lambda: optimizers.AdamW(weight_decay=None), ValueError, "weight_decay of AdamW"),
        (lambda: optimizers.Adam(lambda: 0.1), TypeError, "is not covered"),
        (lambda: optimizers.Ftrl(learning_rate_power=1.0), ValueError, "at most 0"),
        (lambda: optimizers.Adagrad(initial_accumulator_value=-1), ValueError, "at least 0"),
        (lambda: optimizers.Lion(beta_1=0.0), ValueError, "above 0"),
        (lambda: optimizers.RMSprop(rho=1.0), ValueError, "rho must be"),
        (lambda: optimizers.schedules.CosineDecay(0.1, 0), ValueError, "`decay_steps` must be"),
        (lambda: optimizers.schedules.PiecewiseConstantDecay([1], [1]), ValueError, "boundaries"),
        (lambda: optimizers.schedules.OneCycle(0.1, 1), ValueError, "total_steps"),
        (lambda: optimizers.deserialize({"class_name": "Eve"}), ValueError, "unknown optimizer"),
        (lambda: optimizers.get("muon"), ValueError, "unknown optimizer 'muon'"),
        (lambda: regularizers.L2(-1), ValueError, "non-negative float"),
        (lambda: regularizers.OrthogonalRegularizer(mode="x"), ValueError, "argument `mode`"),
        (lambda: regularizers.get("l3"), ValueError, "unknown regularizer"),
        (lambda: constraints.get("l3"), ValueError, "unknown constraint"),
        (lambda: constraints.get(3), ValueError, "must be None, a name"),
        (lambda: bpcore.initializers.get("zeroes"), ValueError, "did you mean 'zeros'"),
        (lambda: bpcore.initializers.VarianceScaling(0), ValueError, "`scale` must be"),
        (lambda: bpcore.initializers.Identity()((3,)), ValueError, "2D matrices"),
        (lambda: bpcore.initializers.HeNormal(seed=-1), ValueError, "seed must be"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"bias_regularizer": regularizers.OrthogonalRegularizer()}, "rank 2"),
        ({"kernel_constraint": constraints.MaxNorm(axis=2)}, "does not fit weights of shape"),
    ],
)
def test_rules_that_do_not_fit(held, message, rng):
    model = regular_model("sgd", **held)
    with pytest.raises(ValueError, match=message):
        model.fit(*data(rng), verbose=0)


def test_an_optimizer_of_the_users_own_is_refused(rng):
    class Mine(optimizers.Optimizer):
        pass

    model = regular_model(Mine(0.1))
    with pytest.raises(TypeError, match="own optimizer is not covered"):
        model.fit(*data(rng), verbose=0)


def test_names_and_objects_of_keras():
    assert isinstance(regularizers.get("l2"), regularizers.L2)
    assert isinstance(regularizers.get("l1_l2"), regularizers.L1L2)
    assert isinstance(regularizers.get(regularizers.L1), regularizers.L1)
    assert regularizers.get(None) is None
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert isinstance(constraints.get("NonNeg"), constraints.NonNeg)
    for module, value in [
        (regularizers, regularizers.L1L2(0.1, 0.2)),
        (regularizers, regularizers.OrthogonalRegularizer(0.3, "columns")),
        (constraints, constraints.MinMaxNorm(0.1, 0.7, 0.5, 1)),
        (bpcore.initializers, bpcore.initializers.VarianceScaling(2.0, "fan_avg", seed=3)),
    ]:
        again = module.deserialize(module.serialize(value))
        assert type(again) is type(value)
        assert again.get_config() == value.get_config()
    array = np.arange(6.0).reshape(2, 3)
    model = bpcore.Sequential([bpcore.Input((2,)), layers.Dense(3, kernel_initializer=array)])
    assert (model.get_weights()[0] == array).all()


def test_orthogonal_initializer():
    for shape in [(5, 3), (3, 5), (4, 4)]:
        w = bpcore.initializers.Orthogonal(2.0, seed=1)(shape, "float64")
        product = w @ w.T if shape[0] < shape[1] else w.T @ w
        np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-12)


def test_the_plain_way_is_kept_for_plain_trainings():
    settings = optimizers.Adam()._settings(None)
    assert not settings.whole
    assert settings.n_slots == 2
    with pytest.raises(TypeError, match="unknown coefficients"):
        _core.Settings("adam", {"beta": 1.0}, ())
    with pytest.raises(ValueError, match="accumulate must be at least 1"):
        _core.Settings("adam", {}, (), accumulate=0)
