"""Make summary.txt: what Keras prints. Run ``python make_summary.py`` where Keras is installed."""

import contextlib
import io
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["COLUMNS"] = "80"


def print_all(keras):
    """Print every kind of summary."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(32, activation="relu", name="dense"),
            layers.BatchNormalization(name="batch_normalization"),
            layers.Dropout(0.3, name="a_very_long_layer_name_that_wraps_around_the_column"),
            layers.Dense(3, activation="softmax", name="dense_1"),
        ],
        name="net",
    )
    model.layers[0].trainable = False
    model.summary()
    model.compile("adam", "mse")
    model.fit(zeros(4), zeros(3), verbose=0)
    model.summary(show_trainable=True)
    keras.Sequential([layers.Dense(3, name="dense_2")], name="u").summary()
    model.summary(line_length=60)
    model.summary(layer_range=["batch", "a_very"])


def zeros(n):
    """Return one example."""
    import numpy as np

    return np.zeros((1, n))


if __name__ == "__main__":
    import keras

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_all(keras)
    Path(__file__).with_name("summary.txt").write_text(out.getvalue())
