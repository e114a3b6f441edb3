"""Rare malignant tumours: classes of unequal size, weighted, with metrics that notice.

python examples/imbalanced.py           with bpcore
python examples/imbalanced.py keras     with Keras: the same scores
"""

import sys

import numpy as np
from same_start import same_start, stopwatch
from sklearn.datasets import load_breast_cancer

if sys.argv[1:] == ["keras"]:
    import keras
else:
    import bpcore as keras

keras.utils.set_random_seed(0)

features, benign = load_breast_cancer(return_X_y=True)
malignant = 1 - benign
rng = np.random.default_rng(3)
kept = np.concatenate([np.flatnonzero(benign), rng.permutation(np.flatnonzero(malignant))[:60]])
kept = rng.permutation(kept)
x, y = features[kept].astype("float32"), malignant[kept].astype("float32")
x_train, x_val, x_test = x[:250], x[250:330], x[330:]
y_train, y_val, y_test = y[:250], y[250:330], y[330:]
n_negative, n_positive = np.sum(y_train == 0), np.sum(y_train == 1)
print(f"{n_positive} of {len(y_train)} training examples are malignant")

normalization = keras.layers.Normalization()
normalization.adapt(x_train)
model = keras.Sequential(
    [
        keras.Input(shape=x_train.shape[1:]),
        normalization,
        keras.layers.Dense(32, activation="silu", kernel_regularizer=keras.regularizers.L2(1e-3)),
        keras.layers.Dense(16, activation="tanh", bias_initializer="zeros"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
same_start(model)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=2e-3, momentum=0.5),
    loss="binary_crossentropy",
    metrics=[
        keras.metrics.FalseNegatives(name="fn"),
        keras.metrics.FalsePositives(name="fp"),
        keras.metrics.Precision(name="precision"),
        keras.metrics.Recall(name="recall"),
        keras.metrics.AUC(name="auc"),
        keras.metrics.AUC(name="prc", curve="PR"),
    ],
    weighted_metrics=["accuracy"],
)
stopping = keras.callbacks.EarlyStopping(
    monitor="val_loss", patience=8, min_delta=1e-3, restore_best_weights=True
)
with stopwatch():
    history = model.fit(
        x_train,
        y_train,
        batch_size=25,
        epochs=100,
        validation_data=(x_val, y_val),
        class_weight={0: len(y_train) / (2 * n_negative), 1: len(y_train) / (2 * n_positive)},
        callbacks=[stopping, keras.callbacks.TerminateOnNaN()],
        shuffle=False,
        verbose=0,
    )
print(f"stopped after {len(history.epoch)} epochs; the best was {stopping.best_epoch + 1}")
print("logs:", ", ".join(history.history))
print("train:", ", ".join(f"{name} {h[-1]:.3f}" for name, h in history.history.items()))
score = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print("test:", ", ".join(f"{name} {value:.3f}" for name, value in score.items()))
print("score:", ", ".join(f"{name} {score[name]:.3f}" for name in ("loss", "recall", "prc")))
probability = model.predict(x_test, batch_size=64, verbose=0)
print("most suspicious:", np.argsort(-probability[:, 0])[:5].tolist())
