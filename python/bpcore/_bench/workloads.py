"""The project's standing benchmark: seven networks of the sizes bpcore is for."""

from dataclasses import dataclass

import numpy as np

from .. import _core, layers, reference
from ..models import Sequential


@dataclass(frozen=True)
class Workload:
    """One network and how it is trained: ReLU inside, Adam, shuffled mini-batches.

    Attributes
    ----------
    name : str
    widths : tuple of int
        n_0 … n_L. One output is a regression with the mean squared error, more are a softmax
        with the sparse categorical cross-entropy.
    batch : int
        B.
    rows : int
        Examples in an epoch.
    """

    name: str
    widths: tuple
    batch: int
    rows: int

    @property
    def classes(self):
        """Number of classes, or 0 for a regression."""
        return self.widths[-1] if self.widths[-1] > 1 else 0

    @property
    def loss(self):
        """The name of the cost."""
        return "sparse_categorical_crossentropy" if self.classes else "mean_squared_error"

    @property
    def activations(self):
        """Names of g_1 … g_L."""
        return ["relu"] * (len(self.widths) - 2) + ["softmax" if self.classes else "linear"]

    @property
    def steps(self):
        """Mini-batches in an epoch."""
        return -(-self.rows // self.batch)

    @property
    def flops(self):
        """Floating-point operations of one step's products.

        Three for each layer (weighted sum, delta, gradient), but two for the first, which
        hands no delta down.
        """
        pairs = list(zip(self.widths[:-1], self.widths[1:], strict=True))
        return 2 * self.batch * sum(m * n * (2 if l == 0 else 3) for l, (m, n) in enumerate(pairs))

    def data(self, dtype="float32"):
        """Return x and y: random inputs, targets from a random network of one hidden layer."""
        rng = np.random.default_rng(1)
        x = rng.normal(size=(self.rows, self.widths[0])).astype(dtype)
        hidden = np.tanh(x @ rng.normal(size=(self.widths[0], 8)) / np.sqrt(self.widths[0]))
        z = hidden @ rng.normal(size=(8, self.widths[-1]))
        return (x, z.argmax(axis=1)) if self.classes else (x, z.astype(dtype))

    def model(self, dtype="float32", activations=None):
        """Return a compiled model."""
        model = Sequential(dtype=dtype)
        model.add(layers.Input((self.widths[0],)))
        for n, g in zip(self.widths[1:], activations or self.activations, strict=True):
            model.add(layers.Dense(n, activation=g))
        model.compile("adam", self.loss)
        return model

    def numpy_twin(self, model):
        """Return the NumPy network with the model's weights, and its fit(x, y, first, epochs).

        It visits the rows in the order in which the model's epochs visit them, counted from
        epoch `first`.
        """
        weights = model.get_weights()
        net = reference.Network(
            list(zip(weights[::2], weights[1::2], strict=True)), self.activations, self.loss
        )
        update = reference.adam()

        def fit(x, y, first, epochs):
            orders = [_core.epoch_order(len(x), model._seed, first + e) for e in range(epochs)]
            return net.fit(x, y, update, self.batch, orders)

        return net, fit


WORKLOADS = {
    w.name: w
    for w in (
        Workload("online1", (8, 16, 1), 1, 2048),
        Workload("tiny", (4, 32, 32, 1), 32, 8192),
        Workload("tab", (20, 64, 64, 1), 32, 8192),
        Workload("tab256", (20, 64, 64, 1), 256, 8192),
        Workload("digits", (64, 128, 10), 32, 1437),
        Workload("mnist", (784, 128, 10), 128, 12800),
        Workload("wide", (784, 512, 512, 10), 256, 5120),
    )
}
