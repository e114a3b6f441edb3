"""Write saving.json: what Keras 3.15 makes of a model with every layer that bpcore has.

KERAS_BACKEND=jax python tests/parity/make_saving.py
"""

import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

SEED = 11

model = keras.Sequential(
    [
        keras.Input((4,)),
        layers.Rescaling(2.0, 0.5),
        layers.Dense(3, "relu", kernel_regularizer="l2", bias_constraint="non_neg"),
        layers.Dropout(0.1),
        layers.BatchNormalization(momentum=0.9),
        layers.PReLU(),
        layers.Activation("tanh"),
        layers.ReLU(6.0),
        layers.Dense(4, "gelu", use_bias=False, kernel_initializer="he_normal"),
        layers.LeakyReLU(0.1),
        layers.ELU(0.5),
        layers.LayerNormalization(),
        layers.RMSNormalization(),
        layers.GaussianNoise(0.1),
        layers.GaussianDropout(0.1),
        layers.AlphaDropout(0.1),
        layers.ActivityRegularization(0.1),
        layers.Reshape((2, 2)),
        layers.Flatten(),
        layers.UnitNormalization(),
        layers.Dense(3),
        layers.Softmax(),
    ]
)
model.compile(
    keras.optimizers.Adam(0.002), keras.losses.Huber(0.3), metrics=["mae", keras.metrics.AUC()]
)
rng = np.random.default_rng(SEED)
model.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
x = np.random.default_rng(SEED + 1).normal(size=(5, 4)).astype(np.float32)
golden = {
    "seed": SEED,
    "json": model.to_json(),
    "classes": [type(layer).__name__ for layer in model.layers],
    "names": [layer.name for layer in model.layers],
    "outputs": [[float(f"{v:.9g}") for v in row] for row in model.predict(x, verbose=0)],
}
Path(__file__).with_name("saving.json").write_text(json.dumps(golden, indent=0) + "\n")
