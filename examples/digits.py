"""Handwritten digits: a classifier of images, as in every first lesson.

python examples/digits.py           with bpcore
python examples/digits.py keras     with Keras: the same scores
"""

import sys

import numpy as np
from same_start import same_start, stopwatch
from sklearn.datasets import load_digits

if sys.argv[1:] == ["keras"]:
    import keras
else:
    import bpcore as keras

keras.utils.set_random_seed(812)

images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(1).permutation(len(images))
images = images[order].reshape(-1, 8, 8).astype("float32")
labels = labels[order]
x_train, x_test = images[:1437], images[1437:]
y_train = keras.utils.to_categorical(labels[:1437], 10)
y_test = keras.utils.to_categorical(labels[1437:], 10)


def classifier(dropout):
    """Return the network; dropout draws random numbers, which are each library's own."""
    layers = [
        keras.Input(shape=(8, 8)),
        keras.layers.Rescaling(1 / 16),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu", name="hidden"),
        keras.layers.Dense(64, activation="gelu"),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(10, activation="softmax", name="probabilities"),
    ]
    model = keras.Sequential(layers, name="digits")
    same_start(model)
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top2")],
    )
    return model


model = classifier(dropout=0.0)
model.summary(line_length=78)
with stopwatch():
    history = model.fit(
        x_train,
        y_train,
        batch_size=32,
        epochs=12,
        validation_split=0.1,
        shuffle=False,
        verbose=0,
    )
for epoch in (0, 5, 11):
    logs = {name: values[epoch] for name, values in history.history.items()}
    print(f"epoch {epoch + 1}:", ", ".join(f"{k} {v:.3f}" for k, v in sorted(logs.items())))

score = model.evaluate(x_test, y_test, verbose=0)
print(f"score: loss {score[0]:.3f}, accuracy {score[1]:.3f}, top 2 {score[2]:.3f}")
answers = model.predict(x_test, verbose=0).argmax(axis=1)
print("wrong:", np.flatnonzero(answers != labels[1437:]).tolist())
hidden = model.get_layer("hidden")
print("hidden kernel:", hidden.get_weights()[0].shape, f"{np.ptp(hidden.get_weights()[0]):.3f}")

# With dropout and shuffling the numbers differ from run to run, in Keras as well: what is
# the same is how good the network gets.
model = classifier(dropout=0.3)
with stopwatch("fit with dropout"):
    model.fit(x_train, y_train, batch_size=32, epochs=20, verbose=0)
accuracy = model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]
print("with dropout, accuracy above 0.95:", accuracy > 0.95)
