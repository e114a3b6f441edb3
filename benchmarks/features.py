"""What activations, layers, optimizers, losses and metrics cost: a step with each, by one without.

    python benchmarks/features.py [activations] [layers] [optimizers] [losses] [metrics]

A step of 20-64-64-1, or -10, with 32 rows, on one core; each is timed in turn with the plain
network. A number far above its neighbours' is a function that goes element by element where others
go by vectors.
"""

import os
import sys
import time
from statistics import median

import numpy as np

import bpcore
from bpcore import activations, layers, losses, metrics, optimizers

ROWS, BATCH, EPOCHS, ROUNDS = 3200, 32, 5, 9


def network(activation="relu", between=None, outputs=1, last=None):
    """The network, with a layer that `between` makes behind each hidden one."""
    stack = [bpcore.Input((20,))]
    for _ in range(2):
        stack.append(layers.Dense(64, activation=activation))
        if between is not None:
            stack.append(between())
    return bpcore.Sequential([*stack, layers.Dense(outputs, activation=last)])


def step(model, x, y, optimizer="adam", loss="mse", watched=None):
    """A function that fits the model and returns the seconds of a step."""
    model.compile(optimizer, loss, metrics=watched)

    def timed():
        start = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
        return (time.perf_counter() - start) / (EPOCHS * ROWS // BATCH)

    timed()
    return timed


def of_activations(x, y):
    """Hidden layers' activations."""
    for name in sorted(activations._FUNCTIONS):
        try:
            yield name, step(network(name), x, y)
        except (TypeError, ValueError):  # one with arguments, or that is none for a hidden layer
            continue


def of_layers(x, y):
    """What may stand between layers."""
    for make in (
        lambda: layers.Dropout(0.2),
        lambda: layers.AlphaDropout(0.2),
        lambda: layers.GaussianDropout(0.2),
        lambda: layers.GaussianNoise(0.2),
        lambda: layers.ActivityRegularization(1e-3, 1e-3),
        layers.BatchNormalization,
        layers.LayerNormalization,
        layers.RMSNormalization,
        layers.UnitNormalization,
        layers.PReLU,
    ):
        yield type(make()).__name__, step(network(between=make), x, y)


def of_optimizers(x, y):
    """Optimizers with their defaults."""
    for make in (
        *(optimizers.SGD, optimizers.RMSprop, optimizers.Adagrad, optimizers.Adadelta),
        *(optimizers.Adamax, optimizers.Nadam, optimizers.Ftrl, optimizers.Lion),
        *(optimizers.AdamW, optimizers.Adafactor),
    ):
        yield make.__name__, step(network(), x, y, make())


def ten_classes():
    """Labels of ten classes, and as one-hot rows."""
    labels = np.random.default_rng(1).integers(0, 10, ROWS)
    return labels, np.eye(10, dtype=np.float32)[labels]


def name_of(loss, outputs):
    """A loss's name, with what it takes and the number of outputs."""
    if isinstance(loss, str):
        return f"{loss}, {outputs}"
    logits = " of logits" if loss.get_config().get("from_logits") else ""
    return f"{type(loss).__name__}{logits}, {outputs}"


def of_losses(x, y):
    """Losses of one output and of ten."""
    labels, one_hot = ten_classes()
    for outputs, target in ((1, y), (10, one_hot)):
        for loss, last in (
            ("mse", None),
            ("mae", None),
            ("huber", None),
            ("log_cosh", None),
            ("poisson", "softplus"),
            ("msle", "relu"),
            ("binary_crossentropy", "sigmoid"),
            (losses.BinaryCrossentropy(from_logits=True), None),
            (losses.BinaryFocalCrossentropy(), "sigmoid"),
        ):
            model = network(outputs=outputs, last=last)
            yield name_of(loss, outputs), step(model, x, target, loss=loss)
    for loss, last, target in (
        ("categorical_crossentropy", "softmax", one_hot),
        (losses.CategoricalCrossentropy(from_logits=True), None, one_hot),
        ("sparse_categorical_crossentropy", "softmax", labels),
        (losses.SparseCategoricalCrossentropy(from_logits=True), None, labels),
        ("categorical_focal_crossentropy", "softmax", one_hot),
        ("kl_divergence", "softmax", one_hot),
        ("cosine_similarity", None, one_hot),
    ):
        yield name_of(loss, 10), step(network(outputs=10, last=last), x, target, loss=loss)


def of_metrics(x, y):
    """Losses, and what else may be followed with them, an epoch of 100 mini-batches at a time."""
    labels, one_hot = ten_classes()
    halves = (y > 0.5).astype(np.float32)
    for loss, outputs, last, target, choices in (
        ("mse", 1, None, y, ["mae", metrics.RootMeanSquaredError(), metrics.R2Score()]),
        (
            *("binary_crossentropy", 1, "sigmoid", halves),
            ["accuracy", metrics.AUC(), metrics.Precision(), metrics.Recall()],
        ),
        (
            *("categorical_crossentropy", 10, "softmax", one_hot),
            ["accuracy", metrics.F1Score(), metrics.TopKCategoricalAccuracy(3)],
        ),
        (
            *("sparse_categorical_crossentropy", 10, "softmax", labels),
            ["accuracy", metrics.SparseTopKCategoricalAccuracy(3)],
        ),
    ):
        model = network(outputs=outputs, last=last)
        yield loss, step(model, x, target, loss=loss)
        for metric in choices:
            name = getattr(metric, "name", metric)
            yield f"{loss}, {name}", step(model, x, target, loss=loss, watched=[metric])


PARTS = {
    f.__name__[3:]: f for f in (of_activations, of_layers, of_optimizers, of_losses, of_metrics)
}


def main():
    """Time what was asked for."""
    unknown = [name for name in sys.argv[1:] if name not in PARTS]
    if unknown:
        sys.exit(f"error: unknown {', '.join(unknown)}; there are {', '.join(PARTS)}")
    bpcore.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 20)).astype(np.float32)
    y = rng.random((ROWS, 1)).astype(np.float32)
    plain = step(network(), x, y)
    for part in sys.argv[1:] or PARTS:
        print(f"\n{PARTS[part].__doc__} A step, by one with ReLU, Adam and mse:")
        for name, timed in PARTS[part](x, y):
            print(f"{name:66} {median(timed() / plain() for _ in range(ROUNDS)):5.2f}")


if __name__ == "__main__":
    main()
