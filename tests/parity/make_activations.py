"""Values and slopes of Keras's activations, for tests/test_parity_activations.py.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/parity/make_activations.py

Needs an environment with Keras 3.15 and JAX. Writes activations.json beside this file:
for each case and dtype the values and derivatives at `points()`; for those of whole rows
the outputs for `rows()` and the gradient of Σ v · a for the given v.
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import numpy as np

# (name, arguments)
ELEMENT_WISE = [
    ("celu", {}),
    ("celu", {"alpha": 0.3}),
    ("elu", {}),
    ("elu", {"alpha": 0.5}),
    ("elu", {"alpha": -0.7}),
    ("exponential", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.5}),
    ("hard_sigmoid", {}),
    ("hard_silu", {}),
    ("hard_tanh", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.0}),
    ("leaky_relu", {"negative_slope": 0.75}),
    ("linear", {}),
    ("log_sigmoid", {}),
    ("mish", {}),
    ("relu", {}),
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 6}),
    ("relu", {"max_value": 2.5}),
    ("relu", {"threshold": 1.5}),
    ("relu", {"threshold": -1.5}),
    ("relu", {"threshold": -1.5, "max_value": 2.5}),
    ("relu", {"threshold": 1.0, "max_value": 6}),
    ("relu", {"negative_slope": 0.25, "max_value": 6}),
    ("relu", {"negative_slope": 0.25, "max_value": 2.5, "threshold": 1.0}),
    ("relu", {"negative_slope": 0.25, "max_value": 0.5, "threshold": 1.0}),
    ("relu", {"negative_slope": 0.25, "max_value": 0.5, "threshold": -1.0}),
    ("relu", {"negative_slope": 0.25, "threshold": 2.0}),
    ("relu6", {}),
    ("selu", {}),
    ("sigmoid", {}),
    ("silu", {}),
    ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.5}),
    ("softplus", {}),
    ("softsign", {}),
    ("sparse_plus", {}),
    ("sparse_sigmoid", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 0.5}),
    ("tanh", {}),
    ("tanh_shrink", {}),
    ("threshold", {"threshold": 1.5, "default_value": -2.0}),
]
ROW_WISE = ["softmax", "log_softmax"]


def points():
    """Every kink, a grid, and far out; all of them exact in float32."""
    kinks = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0]
    grid = np.linspace(-8, 8, 129) + 1 / 128
    far = [20.0, 40.0, 80.0, 1e3, 1e4]
    near = [2.0**-10, 2.0**-20]
    return np.concatenate([kinks, np.negative(kinks), grid, far, np.negative(far), near])


def rows():
    """Rows z and v, one of them with far apart elements."""
    rng = np.random.default_rng(11)
    z, v = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    z[1] *= 30
    z[2] = 0.5
    return z.astype("float32").astype("float64"), v.astype("float32").astype("float64")


def main():
    import jax
    import keras

    results = []
    for dtype in ("float32", "float64"):
        keras.config.set_floatx(dtype)
        z = jax.numpy.asarray(points(), dtype)
        for name, arguments in ELEMENT_WISE:

            def g(z, name=name, arguments=arguments):
                return getattr(keras.activations, name)(z, **arguments)

            slopes = jax.grad(lambda z, g=g: g(z).sum())(z)
            results.append([name, arguments, dtype, g(z), slopes])
        z, v = (jax.numpy.asarray(array, dtype) for array in rows())
        for name in ROW_WISE:
            g = getattr(keras.activations, name)
            slopes = jax.grad(lambda z, g=g, v=v: (v * g(z)).sum())(z)
            results.append([name, {}, dtype, g(z).ravel(), slopes.ravel()])
    digits = {"float32": "%.9g", "float64": "%.17g"}
    plain = [
        [name, arguments, dtype, *([float(digits[dtype] % x) for x in part] for part in parts)]
        for name, arguments, dtype, *parts in results
    ]
    path = pathlib.Path(__file__).with_suffix("")
    path = path.with_name("activations.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in plain)
    path.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
