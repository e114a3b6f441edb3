"""Write losses.json: Keras's values, gradients and trainings for loss_cases.py.

    KERAS_BACKEND=jax python tests/parity/make_losses.py [float32] [float64]

in an environment with Keras 3 and JAX; an element type that is not named keeps its numbers.
Keras promotes float64 to float32 on JAX, in matmul and mean for example; its table of types
is mended here, so that float64 means what it says.
"""

import json
import os
import pathlib
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ["JAX_ENABLE_X64"] = "1"
warnings.simplefilter("ignore")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import keras  # noqa: E402
import loss_cases as cases  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.backend.common import dtypes  # noqa: E402

dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


def set_dtype(dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def rounded(value, digits):
    value = np.asarray(value, np.float64)
    return np.vectorize(lambda v: float(f"{v:.{digits}g}"), otypes=[float])(value).tolist()


def values(dtype):
    set_dtype(dtype)
    out = []
    digits = 9 if dtype == "float32" else 13
    for name, arguments, kind in cases.CASES:
        y, a, weight = cases.data(kind)
        a = a.astype(dtype)
        entry = {}
        for reduction in cases.REDUCTIONS:
            loss = getattr(keras.losses, name)(**arguments, reduction=reduction)
            for key, w in (("", None), ("_weighted", weight.astype(dtype))):
                value = loss(y, a, sample_weight=w)
                assert dtype in str(value.dtype)
                entry[reduction + key] = rounded(value, digits)
        loss = getattr(keras.losses, name)(**arguments)
        gradient = jax.grad(lambda v, y=y, loss=loss: jnp.sum(loss.call(jnp.asarray(y), v)))(
            jnp.asarray(a)
        )
        entry["gradient"] = rounded(gradient, digits)
        entry["name"] = loss.name
        out.append(entry)
    return out


def trainings(dtype):
    set_dtype(dtype)
    out = []
    digits = 9 if dtype == "float32" else 13
    for name, arguments, kind, activation in cases.TRAININGS:
        entry = {}
        for key, weighted in (("plain", False), ("weighted", True)):
            x, y, weight, weights = cases.training_data(kind, weighted)
            model = keras.Sequential(
                [
                    keras.Input((cases.INPUTS,)),
                    keras.layers.Dense(cases.HIDDEN, activation="tanh"),
                    keras.layers.Dense(cases.N, activation=activation),
                ]
            )
            model.set_weights(weights)
            model.compile(
                keras.optimizers.SGD(cases.RATE), getattr(keras.losses, name)(**arguments)
            )
            history = model.fit(
                x.astype(dtype),
                y if y.dtype.kind == "i" else y.astype(dtype),
                batch_size=cases.BATCH,
                epochs=cases.EPOCHS,
                shuffle=False,
                verbose=0,
                sample_weight=None if weight is None else weight.astype(dtype),
            )
            evaluated = model.evaluate(
                x.astype(dtype),
                y,
                batch_size=cases.BATCH,
                verbose=0,
                sample_weight=None if weight is None else weight.astype(dtype),
            )
            entry[key] = {
                "loss": rounded(history.history["loss"], digits),
                "evaluate": rounded(evaluated, digits),
                "kernel": rounded(model.get_weights()[2].ravel(), digits),
                "bias": rounded(model.get_weights()[3], digits),
            }
        out.append(entry)
    return out


if __name__ == "__main__":
    target = pathlib.Path(__file__).with_name("losses.json")
    content = json.loads(target.read_text()) if target.exists() else {}
    content["keras"] = keras.__version__
    for dtype in sys.argv[1:] or ("float32", "float64"):
        content.setdefault("values", {})[dtype] = values(dtype)
        content.setdefault("trainings", {})[dtype] = trainings(dtype)
    target.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes\n")
