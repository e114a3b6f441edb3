"""What make_losses.py and test_parity_losses.py have in common: cases and data.

No case needs stored inputs: they come from the seed.
"""

import numpy as np

ROWS, N = 6, 4

# (class name, arguments, kind of data)
CASES = [
    ("MeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("Huber", {}, "real"),
    ("Huber", {"delta": 0.3}, "real"),
    ("LogCosh", {}, "real"),
    ("LogCosh", {}, "large"),
    ("Poisson", {}, "positive"),
    ("KLDivergence", {}, "distribution"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "bits"),
    ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "bits"),
    ("CategoricalHinge", {}, "one_hot_scores"),
    ("BinaryCrossentropy", {}, "probabilities"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "probabilities"),
    ("BinaryCrossentropy", {"from_logits": True}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "bits"),
    ("BinaryFocalCrossentropy", {}, "probabilities"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True}, "probabilities"),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5, "label_smoothing": 0.1},
        "probabilities",
    ),
    ("BinaryFocalCrossentropy", {"from_logits": True}, "bits"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 3.0}, "bits"),
    ("CategoricalCrossentropy", {}, "distribution"),
    ("CategoricalCrossentropy", {}, "unnormalised"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "distribution"),
    ("CategoricalCrossentropy", {"from_logits": True}, "one_hot_scores"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.3}, "one_hot_scores"),
    ("CategoricalFocalCrossentropy", {}, "distribution"),
    ("CategoricalFocalCrossentropy", {}, "unnormalised"),
    (
        "CategoricalFocalCrossentropy",
        {"alpha": 0.6, "gamma": 1.3, "label_smoothing": 0.1},
        "distribution",
    ),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, "one_hot_scores"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "label_scores"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "labels"),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}, "holes"),
    ("CategoricalGeneralizedCrossEntropy", {}, "labels"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, "labels"),
    ("Dice", {"axis": -1}, "probabilities"),
    ("Dice", {}, "probabilities"),
    ("Tversky", {"axis": -1}, "probabilities"),
    ("Tversky", {"alpha": 0.3, "beta": 0.8, "axis": -1}, "probabilities"),
]

REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"]


def data(kind, rows=ROWS, n=N, seed=11):
    """Targets, outputs and sample weights (float64) of a kind."""
    rng = np.random.default_rng(seed)
    real = rng.normal(size=(rows, n))
    inner = rng.uniform(0.05, 0.95, (rows, n))
    share = inner / inner.sum(axis=1, keepdims=True)
    labels = rng.integers(0, n, rows)
    bits = rng.integers(0, 2, (rows, n)).astype(float)
    weight = rng.uniform(0.1, 2, rows)
    one_hot = np.eye(n)[labels]
    y, a = {
        "real": (rng.normal(size=(rows, n)), real),
        "large": (30 * rng.normal(size=(rows, n)), 30 * real),
        "positive": (rng.uniform(0, 3, (rows, n)), 3 * inner),
        "distribution": (rng.dirichlet(np.ones(n), rows), share),
        "unnormalised": (one_hot, inner),
        "signs": (2 * bits - 1, real),
        "bits": (bits, 2 * real),
        "probabilities": (bits, inner),
        "one_hot_scores": (one_hot, 2 * real),
        "labels": (labels, share),
        "label_scores": (labels, 2 * real),
        "holes": (np.where(np.arange(rows) % 3 == 1, -1, labels), 2 * real),
    }[kind]
    return y, a, weight


# Trainings: (class name, arguments, kind of targets, output activation)
TRAININGS = [
    ("MeanSquaredError", {}, "real", "linear"),
    ("MeanAbsoluteError", {}, "real", "linear"),
    ("MeanSquaredError", {"reduction": "sum"}, "real", "linear"),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, "real", "linear"),
    ("MeanSquaredLogarithmicError", {}, "positive", "softplus_like"),
    ("CosineSimilarity", {}, "real", "linear"),
    ("Huber", {"delta": 0.5}, "real", "linear"),
    ("LogCosh", {}, "real", "linear"),
    ("Poisson", {}, "positive", "sigmoid"),
    ("KLDivergence", {}, "distribution", "softmax"),
    ("Hinge", {}, "bits", "tanh"),
    ("SquaredHinge", {}, "signs", "linear"),
    ("CategoricalHinge", {}, "one_hot_scores", "linear"),
    ("BinaryCrossentropy", {}, "bits", "sigmoid"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "bits", "sigmoid"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "bits", "linear"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True}, "bits", "sigmoid"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one_hot_scores", "softmax"),
    ("CategoricalCrossentropy", {"from_logits": True}, "one_hot_scores", "linear"),
    ("CategoricalFocalCrossentropy", {}, "one_hot_scores", "softmax"),
    ("SparseCategoricalCrossentropy", {}, "labels", "softmax"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "labels", "linear"),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, "holes", "softmax"),
    (
        "SparseCategoricalCrossentropy",
        {"ignore_class": 2, "from_logits": True, "reduction": "mean_with_sample_weight"},
        "labels",
        "linear",
    ),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, "labels", "softmax"),
    ("Dice", {"axis": -1}, "bits", "sigmoid"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7, "axis": -1}, "bits", "sigmoid"),
]
TRAININGS = [(c, a, k, "sigmoid" if g == "softplus_like" else g) for c, a, k, g in TRAININGS]
EPOCHS, BATCH, TRAIN_ROWS, INPUTS, HIDDEN, RATE = 5, 8, 30, 3, 7, 0.05


def training_data(kind, weighted):
    """x, y, sample weights or None, and the initial weights of the net (float64)."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(TRAIN_ROWS, INPUTS))
    y, _, weight = data(kind, TRAIN_ROWS, N, seed=6)
    weights = [
        rng.normal(size=(INPUTS, HIDDEN)) / 2,
        rng.normal(size=HIDDEN) / 4,
        rng.normal(size=(HIDDEN, N)) / 2,
        rng.normal(size=N) / 4,
    ]
    return x, y, weight if weighted else None, weights
