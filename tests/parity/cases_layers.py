"""The networks that are trained by Keras and by bpcore to compare the layers; both import it.

Each case is a list of (class name, arguments); the weights are drawn from NumPy's
generator in the order of ``get_weights``, so nothing but results is stored.
"""

import numpy as np

ROWS, INPUTS, EPOCHS, BATCH = 20, 5, 5, 8

CASES = {
    "batch_norm": [("Dense", {"units": 7}), ("BatchNormalization", {}), ("Dense", {"units": 3})],
    "batch_norm_options": [
        ("BatchNormalization", {"momentum": 0.8, "epsilon": 0.1, "center": False}),
        ("Dense", {"units": 6, "activation": "relu"}),
        ("BatchNormalization", {"scale": False}),
        ("Dense", {"units": 3}),
    ],
    "batch_norm_frozen": [
        ("Dense", {"units": 7}),
        ("BatchNormalization", {"trainable": False}),
        ("Dense", {"units": 3}),
    ],
    "layer_norm": [("Dense", {"units": 7}), ("LayerNormalization", {}), ("Dense", {"units": 3})],
    "layer_norm_options": [
        ("Dense", {"units": 7, "activation": "tanh"}),
        ("LayerNormalization", {"epsilon": 0.1, "scale": False}),
        ("LayerNormalization", {"center": False}),
        ("Dense", {"units": 3}),
    ],
    "rms_norm": [
        ("Dense", {"units": 7}),
        ("RMSNormalization", {"epsilon": 1e-3}),
        ("Dense", {"units": 3}),
    ],
    "unit_norm": [("Dense", {"units": 7}), ("UnitNormalization", {}), ("Dense", {"units": 3})],
    "prelu": [("Dense", {"units": 7}), ("PReLU", {}), ("Dense", {"units": 3})],
    "rescaling": [
        ("Rescaling", {"scale": 0.5, "offset": -0.25}),
        ("Dense", {"units": 3, "activation": "sigmoid"}),
    ],
    "normalization": [
        (
            "Normalization",
            {"mean": [1.0, -1.0, 0.5, 3.0, 0.0], "variance": [1.0, 4.0, 0.25, 0.0, 2.0]},
        ),
        ("Dense", {"units": 3, "activation": "sigmoid"}),
    ],
    "normalization_invert": [
        ("Normalization", {"axis": None, "mean": 0.5, "variance": 4.0, "invert": True}),
        ("Dense", {"units": 3, "activation": "sigmoid"}),
    ],
    "activity": [
        ("Dense", {"units": 7, "activation": "relu", "activity_regularizer": "l2"}),
        ("ActivityRegularization", {"l1": 0.02, "l2": 0.03}),
        ("Dense", {"units": 3, "activation": "tanh", "activity_regularizer": "l1"}),
    ],
    "shapes": [
        ("Reshape", {"target_shape": (5, 1)}),
        ("LayerNormalization", {}),
        ("Flatten", {}),
        ("Dense", {"units": 6}),
        ("Reshape", {"target_shape": (2, 3)}),
        ("LayerNormalization", {}),
        ("BatchNormalization", {}),
        ("Flatten", {}),
        ("Dense", {"units": 3}),
    ],
    "no_bias": [
        ("Dense", {"units": 4, "use_bias": False}),
        ("PReLU", {}),
        ("Dense", {"units": 3, "use_bias": False}),
    ],
}


def data():
    """Return x and y."""
    rng = np.random.default_rng(17)
    return rng.normal(size=(ROWS, INPUTS)), rng.normal(size=(ROWS, 3))


def start(shapes):
    """Return the weights to start from, all positive where Keras starts with ones."""
    rng = np.random.default_rng(5)
    return [rng.uniform(0.2, 1.2, s) if len(s) < 2 else rng.normal(0, 0.5, s) for s in shapes]


def train(keras, name, dtype):
    """Return the losses of the epochs, the evaluated loss and the final weights."""
    x, y = (v.astype(dtype) for v in data())
    stack = [getattr(keras.layers, cls)(**arguments) for cls, arguments in CASES[name]]
    model = keras.Sequential([keras.Input((INPUTS,)), *stack])
    model.set_weights(start([w.shape for w in model.get_weights()]))
    # 1/8: Keras keeps the learning rate in float32, whatever the model computes in.
    model.compile(keras.optimizers.SGD(0.125), "mse")
    history = model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    return {
        "loss": [float(v) for v in history.history["loss"]],
        "evaluate": float(model.evaluate(x, y, batch_size=BATCH, verbose=0)),
        "weights": [np.asarray(w, np.float64).ravel().tolist() for w in model.get_weights()],
    }
