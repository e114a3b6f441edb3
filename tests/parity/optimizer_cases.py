"""The cases that make_optimizers.py computes with Keras and test_parity_optimizers.py with
bpcore: data, and models built from either library, given as `lib`."""

import numpy as np

EPOCHS = 5
BATCH = 8
ROWS = 43  # the last batch is short
WIDTHS = (5, 7, 3)

OPTIMIZERS = {
    "SGD": {"learning_rate": 0.05},
    "RMSprop": {"learning_rate": 0.01},
    "Adam": {"learning_rate": 0.01},
    "AdamW": {"learning_rate": 0.01, "weight_decay": 0.1},
    "Adagrad": {"learning_rate": 0.05},
    "Adadelta": {"learning_rate": 0.5},
    "Adamax": {"learning_rate": 0.01},
    "Nadam": {"learning_rate": 0.01},
    "Ftrl": {"learning_rate": 0.05},
    "Lion": {"learning_rate": 0.002},
    "Adafactor": {"learning_rate": 0.05},
}
VARIANTS = {
    "SGD:momentum": {"learning_rate": 0.02, "momentum": 0.9},
    "SGD:nesterov": {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True},
    "RMSprop:momentum": {"learning_rate": 0.003, "rho": 0.8, "momentum": 0.7, "epsilon": 1e-5},
    "RMSprop:centered": {"learning_rate": 0.003, "centered": True, "epsilon": 1e-3},
    "RMSprop:both": {
        "learning_rate": 0.003, "momentum": 0.5, "centered": True, "epsilon": 1e-3,
    },
    "Adam:amsgrad": {"learning_rate": 0.02, "beta_2": 0.9, "amsgrad": True},
    "Adam:other": {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4},
    "Adagrad:other": {
        "learning_rate": 0.1, "initial_accumulator_value": 0.01, "epsilon": 1e-4,
    },
    "Adadelta:other": {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4},
    "Adamax:other": {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.9},
    "Nadam:other": {"learning_rate": 0.02, "beta_1": 0.95, "beta_2": 0.99},
    "Ftrl:l1": {
        "learning_rate": 0.1,
        "l1_regularization_strength": 0.01,
        "l2_regularization_strength": 0.02,
        "beta": 0.1,
    },
    "Ftrl:power": {
        "learning_rate": 0.1,
        "learning_rate_power": -0.7,
        "l2_shrinkage_regularization_strength": 0.01,
    },
    "Lion:other": {"learning_rate": 0.001, "beta_1": 0.7, "beta_2": 0.9},
    "Adafactor:other": {
        "learning_rate": 0.5,
        "beta_2_decay": -0.6,
        "epsilon_2": 0.01,
        "clip_threshold": 0.5,
        "relative_step": False,
    },
}  # fmt: skip
OPTIONS = {
    "weight_decay": {"weight_decay": 0.05},
    "clipvalue": {"clipvalue": 0.01},
    "clipnorm": {"clipnorm": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.1},
    "ema": {"use_ema": True, "ema_momentum": 0.9},
    "ema_overwrite": {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
    "accumulate": {"gradient_accumulation_steps": 4},
    "loss_scale": {"loss_scale_factor": 8.0},
}


def _training():
    cases = {name: {"optimizer": args} for name, args in (OPTIMIZERS | VARIANTS).items()}
    adam = {"optimizer": OPTIMIZERS["Adam"]}
    cases["Adam+accumulate+ema+clipnorm"] = {
        "optimizer": OPTIMIZERS["Adam"]
        | {"gradient_accumulation_steps": 3, "clipnorm": 0.1, "weight_decay": 0.1}
        | OPTIONS["ema_overwrite"]
    }
    cases["Adam+exclude"] = adam | {"exclude": ["bias"]}
    cases["Adam+exclude"]["optimizer"] = OPTIMIZERS["Adam"] | {"weight_decay": 0.5}
    for name, args in REGULARIZERS.items():
        cases[f"Adam+{name}"] = adam | {"kernel_regularizer": (name, args)}
    cases["SGD+L1L2 of both"] = {
        "optimizer": OPTIMIZERS["SGD"],
        "kernel_regularizer": ("L1L2", {"l1": 0.003, "l2": 0.01}),
        "bias_regularizer": ("L2", {"l2": 0.1}),
        "frozen": True,
    }
    for name, args in CONSTRAINTS.items():
        cases[f"Adam+{name}"] = adam | {"kernel_constraint": (name, args)}
    cases["Adam+constrained accumulation"] = {
        "optimizer": OPTIMIZERS["Adam"] | OPTIONS["accumulate"] | {"weight_decay": 0.1},
        "kernel_constraint": ("MaxNorm", {"max_value": 0.8}),
        "bias_constraint": ("NonNeg", {}),
        "kernel_regularizer": ("L2", {"l2": 0.02}),
    }
    cases["Adam+frozen"] = adam | {"frozen": True}
    cases["Adam+frozen+global_clipnorm"] = {
        "optimizer": OPTIMIZERS["Adam"] | {"global_clipnorm": 0.05},
        "frozen": True,
    }
    for name, args in SCHEDULES.items():
        cases[f"SGD+{name}"] = {"optimizer": {}, "schedule": (name, args)}
    cases["Adam+schedule+accumulate"] = {
        "optimizer": OPTIONS["accumulate"] | {"weight_decay": 0.1},
        "schedule": ("ExponentialDecay", SCHEDULES["ExponentialDecay"]),
    }
    for option, more in OPTIONS.items():
        for name, args in OPTIMIZERS.items():
            cases[f"{name}+{option}"] = {"optimizer": args | more}
    return cases


def dtypes(name):
    """Every case in float64; every kind of case in float32."""
    option = name.partition("+")[2] in OPTIONS
    return ["float64"] if option and not name.startswith("Adam+") else ["float32", "float64"]


REGULARIZERS = {
    "L1": {"l1": 0.01},
    "L2": {"l2": 0.02},
    "L1L2": {"l1": 0.01, "l2": 0.02},
    "OrthogonalRegularizer": {"factor": 0.1},
    "OrthogonalRegularizer:columns": {"factor": 0.2, "mode": "columns"},
}
CONSTRAINTS = {
    "NonNeg": {},
    "MaxNorm": {"max_value": 0.8},
    "MaxNorm:rows": {"max_value": 0.5, "axis": 1},
    "MaxNorm:all": {"max_value": 1.0, "axis": [0, 1]},
    "UnitNorm": {},
    "UnitNorm:rows": {"axis": -1},
    "MinMaxNorm": {"min_value": 0.5, "max_value": 0.9, "rate": 0.3},
}
SCHEDULES = {
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8},
    "ExponentialDecay:staircase": {
        "initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True,
    },
    "PiecewiseConstantDecay": {"boundaries": [4, 15, 22], "values": [0.1, 0.05, 0.02, 0.001]},
    "PolynomialDecay": {
        "initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.01, "power": 2.0,
    },
    "PolynomialDecay:cycle": {"initial_learning_rate": 0.1, "decay_steps": 9, "cycle": True},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 6, "decay_rate": 0.5},
    "InverseTimeDecay:staircase": {
        "initial_learning_rate": 0.1, "decay_steps": 6, "decay_rate": 0.5, "staircase": True,
    },
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 25, "alpha": 0.1},
    "CosineDecay:warmup": {
        "initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.1, "warmup_steps": 6,
    },
    "CosineDecayRestarts": {
        "initial_learning_rate": 0.1, "first_decay_steps": 5, "m_mul": 0.8, "alpha": 0.01,
    },
    "CosineDecayRestarts:equal": {
        "initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.0, "m_mul": 0.9,
    },
}  # fmt: skip
# Not where a period of CosineDecayRestarts begins: there Keras's logarithm decides at random.
STEPS = [0, 1, 2, 3, 4, 6, 8, 9, 11, 12, 16, 18, 22, 27, 30, 33, 41, 50]
INITIALIZERS = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": 0.25},
    "Identity": {"gain": 2.0},
    "RandomNormal": {"mean": 0.5, "stddev": 0.2, "seed": 1},
    "RandomUniform": {"minval": -0.2, "maxval": 0.4, "seed": 1},
    "TruncatedNormal": {"mean": 0.1, "stddev": 0.3, "seed": 1},
    "GlorotNormal": {"seed": 1},
    "GlorotUniform": {"seed": 1},
    "HeNormal": {"seed": 1},
    "HeUniform": {"seed": 1},
    "LecunNormal": {"seed": 1},
    "LecunUniform": {"seed": 1},
    "Orthogonal": {"gain": 1.5, "seed": 1},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "seed": 1},
    "VarianceScaling:normal": {
        "scale": 0.5, "mode": "fan_avg", "distribution": "untruncated_normal", "seed": 1,
    },
    "VarianceScaling:uniform": {"scale": 2.0, "distribution": "uniform", "seed": 1},
}  # fmt: skip
TRAINING = {name: {**case, "name": name} for name, case in _training().items()}


def data():
    """x, y and the weights to start from."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(ROWS, WIDTHS[0]))
    y = np.tanh(x @ rng.normal(size=(WIDTHS[0], WIDTHS[-1])))
    weights = []
    for i in range(2):
        weights.append(rng.normal(size=WIDTHS[i : i + 2]) / 2)
        weights.append(rng.normal(size=WIDTHS[i + 1]) / 4)
    return x, y, weights


def weights_to_constrain():
    return np.random.default_rng(12).normal(size=(6, 4))


def make(module, given):
    if given is None:
        return None
    name, args = given
    return getattr(module, name.split(":")[0])(**args)


def model(lib, case, dtype, tanh="tanh"):
    """A compiled model of `lib`, keras or bpcore; tanh may be a better one than the library's."""
    held = {
        f"{what}_{kind}": make(getattr(lib, f"{kind}s"), case.get(f"{what}_{kind}"))
        for what in ("kernel", "bias")
        for kind in ("regularizer", "constraint")
    }
    dense = lib.layers.Dense
    built = lib.Sequential(
        [
            lib.layers.Input((WIDTHS[0],), dtype=dtype),
            dense(WIDTHS[1], activation=tanh, **held),
            dense(WIDTHS[2], **held),
        ]
    )
    if case.get("frozen"):
        built.layers[0].trainable = False
    args = dict(case["optimizer"])
    if "schedule" in case:
        args["learning_rate"] = make(lib.optimizers.schedules, case["schedule"])
    optimizer = getattr(lib.optimizers, case["name"].split("+")[0].split(":")[0])(**args)
    if "exclude" in case:
        optimizer.exclude_from_weight_decay(var_names=case["exclude"])
    built.compile(optimizer=optimizer, loss="mean_squared_error")
    return built
