"""Tomorrow's demand for power, by the hour, from the last two days: data in batches.

A PyDataset cuts windows from a simulated series; the loss and a metric are the script's own.
A loss of one's own has, for bpcore, its gradient beside it (it differentiates nothing by
itself; `bpcore.losses.numerical` makes one by differences); Keras does not look at it.

python examples/forecast.py           with bpcore
python examples/forecast.py keras     with Keras: the same scores
"""

import itertools
import math
import sys

import numpy as np
from same_start import same_start, stopwatch

if sys.argv[1:] == ["keras"]:
    import keras
else:
    import bpcore as keras

keras.utils.set_random_seed(0)

HISTORY, AHEAD = 48, 24

rng = np.random.default_rng(21)
hour = np.arange(24 * 120)
noise = np.zeros(len(hour))
for i, shock in enumerate(rng.normal(0, 0.08, len(hour) - 1)):
    noise[i + 1] = 0.9 * noise[i] + shock
weekend = (hour // 24) % 7 >= 5
demand = np.sin(2 * np.pi * (hour - 7) / 24) + 0.3 * np.sin(4 * np.pi * hour / 24) - 0.5 * weekend
demand = (demand + noise).astype("float32")


class Windows(keras.utils.PyDataset):
    """Batches of windows: the last `HISTORY` hours, and the `AHEAD` that follow."""

    def __init__(self, series, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.series, self.batch_size = series, batch_size
        self.starts = np.arange(0, len(series) - HISTORY - AHEAD + 1, 2)

    def __len__(self):
        return math.ceil(len(self.starts) / self.batch_size)

    def __getitem__(self, index):
        starts = self.starts[index * self.batch_size : (index + 1) * self.batch_size, None]
        x = self.series[starts + np.arange(HISTORY)]
        y = self.series[starts + np.arange(HISTORY, HISTORY + AHEAD)]
        return x, y


class Asymmetric(keras.losses.Loss):
    """Squares, times `factor` where too little was predicted."""

    def __init__(self, factor=3.0, name="asymmetric", **kwargs):
        super().__init__(name=name, **kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        """C = mean of (1 + (factor - 1) [e > 0]) e², e = y_true - y_pred."""
        error = y_true - y_pred
        return (error * error * (1 + (self.factor - 1) * (error > 0))).mean(axis=-1)

    def gradient(self, y_true, y_pred):
        """∂C/∂y_pred: what bpcore asks for."""
        error = y_true - y_pred
        return -2 * error * (1 + (self.factor - 1) * (error > 0)) / y_pred.shape[-1]


class Shortfall(keras.metrics.Metric):
    """Mean of what was missing, max(y_true - y_pred, 0)."""

    def __init__(self, name="shortfall", **kwargs):
        super().__init__(name=name, **kwargs)
        self.missing = self.add_variable(shape=(), initializer="zeros", name="missing")
        self.count = self.add_variable(shape=(), initializer="zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch."""
        error = y_true - y_pred
        self.missing.assign_add((error * (error > 0)).sum())
        self.count.assign_add(math.prod(y_true.shape))

    def result(self):
        """Return the mean so far."""
        return self.missing / self.count


train, validation, test = (
    Windows(demand[start * 24 : stop * 24], batch_size=40)
    for start, stop in ((0, 84), (84, 102), (102, 120))
)
model = keras.Sequential(
    [
        keras.Input((HISTORY,)),
        keras.layers.Dense(96, activation=keras.activations.mish),
        keras.layers.Dense(48),
        keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25)),
        keras.layers.Dense(AHEAD),
    ],
    name="forecast",
)
same_start(model, seed=4)
model.compile(
    optimizer=keras.optimizers.Lion(learning_rate=3e-4),
    loss=Asymmetric(factor=3.0),
    metrics=["mean_absolute_error", Shortfall()],
)


def rate(epoch, learning_rate):
    """Halve the rate every fourth epoch."""
    return learning_rate * (0.5 if epoch and epoch % 4 == 0 else 1.0)


losses = []
with stopwatch():
    history = model.fit(
        train,
        epochs=12,
        validation_data=validation,
        shuffle=False,
        callbacks=[
            keras.callbacks.LearningRateScheduler(rate),
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: losses.append(logs["loss"])
            ),
        ],
        verbose=0,
    )
print("batches:", len(train), len(validation), len(test))
print("falling:", all(later < before for before, later in itertools.pairwise(losses)))
for name in sorted(history.history):
    print(f"{name}: from {history.history[name][0]:.2g} to {history.history[name][-1]:.2g}")
score = model.evaluate(test, verbose=0, return_dict=True)
print("score:", ", ".join(f"{name} {value:.3f}" for name, value in score.items()))
forecast = model.predict(test, verbose=0)
print("forecasts:", forecast.shape, "tomorrow's peak at hour", int(forecast[-1].argmax()))

# By hand, a batch at a time.
model.compile(optimizer="sgd", loss="mae", metrics=["mse"])
for step in range(3):
    x, y = train[step]
    logs = model.train_on_batch(x, y, return_dict=True)
    print(f"step {step}: {logs['loss']:.2f}", end="; ")
print(f"then {model.test_on_batch(*test[0], return_dict=True)['loss']:.2f}")
