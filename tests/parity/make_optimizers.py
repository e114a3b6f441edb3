"""Make optimizers.json: what Keras's optimizers, regularizers, constraints, schedules and
initializers give. Runs where Keras is:

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/parity/make_optimizers.py

The cases are listed in ``optimizer_cases.py``, which the test reads too.
"""

import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common import dtypes

# Keras takes a float64 array beside a Python float for float32: 1e-8 is all it then is good for.
_result_type = dtypes.result_type
dtypes.result_type = lambda *given: "float64" if "float64" in given else _result_type(*given)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import optimizer_cases as cases  # noqa: E402


def rounded(values, digits):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, np.float64).ravel()]


def set_dtype(dtype):
    keras.backend.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def train(case, dtype):
    set_dtype(dtype)
    x, y, weights = cases.data()
    # Keras's own tanh under JAX is good to single precision only.
    model = cases.model(keras, case, dtype, jnp.tanh)
    model.set_weights([w.astype(dtype) for w in weights])
    history = model.fit(
        x.astype(dtype),
        y.astype(dtype),
        batch_size=cases.BATCH,
        epochs=cases.EPOCHS,
        shuffle=False,
        verbose=0,
    )
    losses = history.history["loss"]
    theta = np.concatenate([w.ravel() for w in model.get_weights()])
    digits = 8 if dtype == "float32" else 13
    golden = {"losses": rounded(losses, digits), "weights": rounded(theta, digits)}
    if "kernel_regularizer" in case:
        evaluated = model.evaluate(
            x.astype(dtype), y.astype(dtype), batch_size=cases.BATCH, verbose=0
        )
        golden["evaluated"] = rounded([evaluated], digits)[0]
    return golden


def main():
    golden = {"training": {}, "schedules": {}, "regularizers": {}, "constraints": {}, "configs": {}}
    set_dtype("float64")
    for name, args in cases.SCHEDULES.items():
        schedule = getattr(keras.optimizers.schedules, name.split(":")[0])(**args)
        values = [float(schedule(np.float64(s))) for s in cases.STEPS]
        golden["schedules"][name] = rounded(values, 8)
    w = cases.weights_to_constrain()
    for name, args in cases.REGULARIZERS.items():
        value = getattr(keras.regularizers, name.split(":")[0])(**args)(keras.ops.array(w))
        golden["regularizers"][name] = rounded([value], 13)[0]
    for name, args in cases.CONSTRAINTS.items():
        value = getattr(keras.constraints, name.split(":")[0])(**args)(keras.ops.array(w))
        golden["constraints"][name] = rounded(value, 13)
    set_dtype("float32")
    for name in cases.OPTIMIZERS:
        config = getattr(keras.optimizers, name)().get_config()
        config.pop("name")
        config["learning_rate"] = round(config["learning_rate"], 9)
        golden["configs"][name] = config
    golden["initializers"] = {}
    for name, args in cases.INITIALIZERS.items():
        values = np.asarray(getattr(keras.initializers, name.split(":")[0])(**args)((200, 300)))
        golden["initializers"][name] = {
            "mean": float(values.mean()),
            "std": float(values.std()),
            "largest": float(np.abs(values).max()),
        }
    for name, case in cases.TRAINING.items():
        print(name, flush=True)
        golden["training"][name] = {t: train(case, t) for t in cases.dtypes(name)}
        keras.backend.clear_session()
        write(golden)


def write(golden):
    with open(os.path.join(HERE, "optimizers.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"), sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
