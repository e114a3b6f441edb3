"""Progress of diabetes: a small regression with a robust loss and a falling learning rate.

python examples/regression.py           with bpcore
python examples/regression.py keras     with Keras: the same scores
"""

import sys

import numpy as np
from same_start import same_start, stopwatch
from sklearn.datasets import load_diabetes

if sys.argv[1:] == ["keras"]:
    import keras
else:
    import bpcore as keras

keras.utils.set_random_seed(0)

x, y = load_diabetes(return_X_y=True)
order = np.random.default_rng(5).permutation(len(x))
x = (x[order] / x.std(axis=0)).astype("float32")
y = (y[order] / 100).astype("float32")
x_train, x_test, y_train, y_test = x[:350], x[350:], y[:350], y[350:]

model = keras.models.Sequential(name="diabetes")
model.add(keras.Input((10,)))
for units in (24, 12):
    model.add(
        keras.layers.Dense(
            units,
            activation=keras.activations.softplus,
            kernel_regularizer="l2",
            bias_regularizer=keras.regularizers.L1L2(l1=1e-4, l2=1e-4),
            kernel_constraint=keras.constraints.MaxNorm(2.0, axis=0),
        )
    )
model.add(keras.layers.Dense(1))
same_start(model)

schedule = keras.optimizers.schedules.PiecewiseConstantDecay([300, 600], [0.02, 0.005, 0.001])
model.compile(
    optimizer=keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, clipnorm=1.0),
    loss=keras.losses.Huber(delta=0.5),
    metrics=["mae", "mse", keras.metrics.R2Score(), keras.metrics.RootMeanSquaredError()],
)


class Worst(keras.callbacks.Callback):
    """Note the epoch with the largest loss on the validation data."""

    def on_train_begin(self, logs=None):
        """Start with none."""
        self.loss = -1.0

    def on_epoch_end(self, epoch, logs=None):
        """Compare."""
        if logs["val_loss"] > self.loss:
            self.loss, self.epoch = logs["val_loss"], epoch


worst = Worst()
with stopwatch():
    history = model.fit(
        x_train,
        y_train,
        batch_size=16,
        epochs=40,
        validation_split=0.2,
        callbacks=[worst],
        shuffle=False,
        verbose=0,
    )
print("worst epoch:", worst.epoch + 1, f"with a loss of {worst.loss:.3f}")
print("steps:", int(model.optimizer.iterations))
for name in sorted(history.history):
    values = history.history[name]
    print(f"{name}: from {values[0]:.3f} to {values[-1]:.3f}")
score = model.evaluate(x_test, y_test, batch_size=32, verbose=0, return_dict=True)
print("test:", ", ".join(f"{k} {v:.3f}" for k, v in score.items()))
print(f"score: loss {score['loss']:.3f}, R² {score['r2_score']:.3f}")
print("predicted:", np.round(100 * model.predict(x_test[:5], verbose=0)[:, 0]).astype(int).tolist())

# A second stage: the first layer is kept, the rest goes on learning more slowly.
model.layers[0].trainable = False
before = model.layers[0].get_weights()[0].copy()
model.compile(optimizer=keras.optimizers.Nadam(1e-4), loss="log_cosh", metrics=["mae"])
with stopwatch("fine-tuning"):
    model.fit(x_train, y_train, batch_size=50, epochs=5, shuffle=False, verbose=0)
print("first layer kept:", np.array_equal(before, model.layers[0].get_weights()[0]))
print("parameters trained:", sum(int(np.prod(w.shape)) for w in model.trainable_weights))
print("fine-tuned:", ", ".join(f"{v:.3f}" for v in model.evaluate(x_test, y_test, verbose=0)))
