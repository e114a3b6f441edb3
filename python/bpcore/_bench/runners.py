"""The libraries that are compared: each trains a workload for so many epochs.

A runner is made once, outside the clock, from the workload and the starting weights;
``run(epochs)`` then trains on and returns the loss of the last epoch, averaged over its
mini-batches. All start from the same weights and, but for scikit-learn, which draws its
own, visit the rows in the same orders.
"""

import contextlib
import importlib.util
import os

import numpy as np

from .. import _core, num_threads, utils


class Bpcore:
    """bpcore itself."""

    def __init__(self, workload, dtype, threads=1):
        self.workload, self.threads = workload, threads
        self.x, self.y = workload.data(dtype)
        utils.set_random_seed(0)
        self.model = workload.model(dtype)

    def run(self, epochs):
        """Train; return the loss of the last epoch."""
        with num_threads(self.threads):
            history = self.model.fit(
                self.x, self.y, batch_size=self.workload.batch, epochs=epochs, verbose=0
            )
        return history.history["loss"][-1]


class _Twin:
    """What the other libraries share: the data, the weights and the orders of bpcore's model."""

    def __init__(self, workload, dtype, threads=1):
        self.workload, self.dtype = workload, dtype
        self.x, self.y = workload.data(dtype)
        utils.set_random_seed(0)
        self.model = workload.model(dtype)
        self.epoch = 0
        weights = self.model.get_weights()
        self.pairs = list(zip(weights[::2], weights[1::2], strict=True))
        self.prepare(threads)

    def orders(self, epochs):
        """The orders of the next epochs."""
        orders = [
            _core.epoch_order(len(self.x), self.model._seed, self.epoch + e) for e in range(epochs)
        ]
        self.epoch += epochs
        return orders


class NumPy(_Twin):
    """`bpcore.reference`."""

    def prepare(self, threads):
        self.fit = self.workload.numpy_twin(self.model)[1]

    def run(self, epochs):
        """Train; return the loss of the last epoch."""
        first, self.epoch = self.epoch, self.epoch + epochs
        return self.fit(self.x, self.y, first, epochs)[-1]


class ScikitLearn(_Twin):
    """scikit-learn's MLPClassifier and MLPRegressor, by partial_fit: one epoch a call."""

    def prepare(self, threads):
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        w = self.workload
        cls = MLPClassifier if w.classes else MLPRegressor
        self.estimator = cls(
            hidden_layer_sizes=w.widths[1:-1], batch_size=w.batch, alpha=0.0, epsilon=1e-7
        )
        self.targets = self.y if w.classes else self.y.ravel()
        self.classes = {"classes": np.arange(w.classes)} if w.classes else {}

    def run(self, epochs):
        """Train; return the loss of the last epoch (scikit-learn halves the squared error)."""
        for epoch in range(epochs):
            first = {} if epoch or hasattr(self.estimator, "coefs_") else self.classes
            self.estimator.partial_fit(self.x, self.targets, **first)
        return self.estimator.loss_ * (1 if self.workload.classes else 2)


class PyTorch(_Twin):
    """PyTorch, eager, as its tutorials write a training loop."""

    def prepare(self, threads):
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        modules = []
        for (w, b), g in zip(self.pairs, self.workload.activations, strict=True):
            linear = torch.nn.Linear(*w.shape, dtype=getattr(torch, self.dtype))
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w.T.copy()))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [linear] + ([torch.nn.ReLU()] if g == "relu" else [])
        self.net = torch.nn.Sequential(*modules)
        self.adam = torch.optim.Adam(self.net.parameters(), eps=1e-7)
        classes = self.workload.classes
        self.loss = torch.nn.CrossEntropyLoss() if classes else torch.nn.MSELoss()
        self.tx, self.ty = torch.from_numpy(self.x), torch.from_numpy(self.y)

    def run(self, epochs):
        """Train; return the loss of the last epoch."""
        batch = self.workload.batch
        for order in self.orders(epochs):
            rows = self.torch.from_numpy(order)
            total = 0.0
            for start in range(0, len(rows), batch):
                index = rows[start : start + batch]
                self.adam.zero_grad()
                loss = self.loss(self.net(self.tx[index]), self.ty[index])
                loss.backward()
                self.adam.step()
                total += loss.item() * len(index)
        return total / len(rows)


class Jax(_Twin):
    """JAX in its best form: one jitted `lax.scan` over the mini-batches of an epoch."""

    def prepare(self, threads):
        import jax
        import jax.numpy as jnp
        from jax import lax

        if self.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        w = self.workload
        # scan wants batches of one size: a short last one is left out.
        self.steps = len(self.x) // w.batch
        x, y = jnp.asarray(self.x), jnp.asarray(self.y)

        def cost(parameters, x, y):
            a = x
            for weights, b in parameters[:-1]:
                a = jnp.maximum(a @ weights + b, 0)
            z = a @ parameters[-1][0] + parameters[-1][1]
            if not w.classes:
                return jnp.mean((z - y) ** 2)
            return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(len(y)), y])

        def step(state, rows):
            parameters, m, v, t = state
            loss, g = jax.value_and_grad(cost)(parameters, x[rows], y[rows])
            t = t + 1
            alpha = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, m, g)
            v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, v, g)
            parameters = jax.tree.map(
                lambda p, m, v: p - alpha * m / (jnp.sqrt(v) + 1e-7), parameters, m, v
            )
            return (parameters, m, v, t), loss

        self.epoch_of = jax.jit(lambda state, rows: lax.scan(step, state, rows))
        parameters = jax.tree.map(jnp.asarray, self.pairs)
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        self.state = (parameters, zeros, zeros, jnp.zeros((), self.dtype))

    def run(self, epochs):
        """Train; return the loss of the last epoch."""
        for order in self.orders(epochs):
            rows = order[: self.steps * self.workload.batch].reshape(self.steps, -1)
            self.state, losses = self.epoch_of(self.state, rows)
        return float(losses.mean())


class Keras(_Twin):
    """Keras, on the back end that KERAS_BACKEND names or the fastest installed."""

    def prepare(self, threads):
        back_ends = [b for b in ("jax", "torch", "tensorflow") if importlib.util.find_spec(b)]
        os.environ.setdefault("KERAS_BACKEND", back_ends[0])
        import keras

        w = self.workload
        keras.backend.set_floatx(self.dtype)
        self.net = keras.Sequential(
            [keras.Input((w.widths[0],))]
            + [
                keras.layers.Dense(n, activation=g)
                for n, g in zip(w.widths[1:], w.activations, strict=True)
            ]
        )
        self.net.set_weights(self.model.get_weights())
        self.net.compile(keras.optimizers.Adam(), w.loss)

    def run(self, epochs):
        """Train; return the loss of the last epoch."""
        for order in self.orders(epochs):
            history = self.net.fit(
                self.x[order], self.y[order], self.workload.batch, shuffle=False, verbose=0
            )
        return history.history["loss"][-1]


RUNNERS = {
    "bpcore": Bpcore,
    "numpy": NumPy,
    "scikit-learn": ScikitLearn,
    "pytorch": PyTorch,
    "jax": Jax,
    "keras": Keras,
}
_MODULES = {"scikit-learn": "sklearn", "pytorch": "torch", "jax": "jax", "keras": "keras"}
# Relative difference of the first epoch's loss from bpcore's: scikit-learn starts from
# weights and shuffles of its own.
TOLERANCE = {"scikit-learn": 0.6, "jax": 2e-2}


def installed():
    """Names of the other libraries that this machine has."""
    with contextlib.suppress(ValueError):
        return [name for name, module in _MODULES.items() if importlib.util.find_spec(module)]
    return []
