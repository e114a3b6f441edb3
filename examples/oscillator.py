"""A surrogate of a simulation: where a damped oscillator is at any time.

The network learns x(t) and v(t) of x″ + 2ζω x′ + ω² x = 0, x(0) = 1, x′(0) = 0, from the
closed solution at random ζ, ω and t, with the callbacks of a long unattended run.

python examples/oscillator.py           with bpcore
python examples/oscillator.py keras     with Keras: the same scores
"""

import csv
import os
import sys
import tempfile

import numpy as np
from same_start import same_start, stopwatch

if sys.argv[1:] == ["keras"]:
    import keras
else:
    import bpcore as keras

keras.utils.set_random_seed(0)


def simulate(n, rng):
    """Return n rows of (ζ, ω, t) and of (x, v/ω)."""
    zeta, omega, t = rng.uniform([0.05, 1, 0], [0.5, 2, 4], (n, 3)).T
    damped = omega * np.sqrt(1 - zeta**2)
    decay = np.exp(-zeta * omega * t)
    x = decay * (np.cos(damped * t) + zeta * omega / damped * np.sin(damped * t))
    v = -decay * omega / damped * np.sin(damped * t)
    return np.stack([zeta, omega, t], 1).astype("float32"), np.stack([x, v], 1).astype("float32")


rng = np.random.default_rng(11)
inputs, motion = simulate(4096, rng)
x_val, y_val = simulate(512, rng)
x_test, y_test = simulate(1024, rng)

batch_size, epochs = 64, 60
steps = epochs * len(inputs) // batch_size


def surrogate():
    """Return the network, built."""
    normalization = keras.layers.Normalization(axis=-1)
    normalization.adapt(inputs)
    layers = [
        keras.Input((3,)),
        normalization,
        keras.layers.Dense(64, use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.Activation("tanh"),
        keras.layers.Dense(64, activation="silu"),
        keras.layers.LayerNormalization(),
        keras.layers.Dense(2, kernel_initializer="he_normal"),
    ]
    model = keras.Sequential(layers, name="surrogate")
    same_start(model, seed=2)
    return model


model = surrogate()
cosine = keras.optimizers.schedules.CosineDecay(
    initial_learning_rate=0.0, decay_steps=steps - 100, warmup_target=1e-2, warmup_steps=100
)
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=cosine, weight_decay=1e-4),
    loss="mse",
    metrics=["mae", keras.metrics.RootMeanSquaredError(name="rmse")],
)
print("parameters:", model.count_params(), "in", len(model.weights), "arrays")

with tempfile.TemporaryDirectory() as folder:
    best, table = os.path.join(folder, "best.keras"), os.path.join(folder, "log.csv")
    callbacks = [
        keras.callbacks.ModelCheckpoint(best, monitor="val_rmse", mode="min", save_best_only=True),
        keras.callbacks.CSVLogger(table),
    ]
    with stopwatch():
        model.fit(
            inputs,
            motion,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=(x_val, y_val),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
    with open(table) as file:
        rows = list(csv.DictReader(file))
    print("columns of the log:", ", ".join(rows[0]))
    print("rmse of the first epoch:", f"{float(rows[0]['val_rmse']):.2f}")
    loaded = keras.models.load_model(best)

score = loaded.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(f"score: RMSE {score['rmse']:.3f}, MAE {score['mae']:.3f}")
one = loaded.predict(np.array([[0.1, 1.5, 1.0]], "float32"), verbose=0)
print("x and v/omega at 1 s:", ", ".join(f"{v:.2f}" for v in one[0]))

# Once more with a rate that falls when the validation says so, starting from the best weights.
again = surrogate()
again.set_weights(loaded.get_weights())
again.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
plateau = keras.callbacks.ReduceLROnPlateau(factor=0.2, patience=1, min_delta=0.05, min_lr=1e-6)
with stopwatch("with ReduceLROnPlateau"):
    history = again.fit(
        inputs,
        motion,
        batch_size=256,
        epochs=6,
        validation_data=(x_val, y_val),
        callbacks=[plateau],
        shuffle=False,
        verbose=0,
    )
print("rates:", ", ".join(f"{rate:.0e}" for rate in history.history["learning_rate"]))
print("better than 0.05:", again.evaluate(x_test, y_test, verbose=0) < 0.05**2)
