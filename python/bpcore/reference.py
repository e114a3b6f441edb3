"""The same network in plain NumPy: the page to read first, and the tests' oracle.

One example a row; B rows in a batch, layer l = 1 … L of n_l units; W⁽ˡ⁾ is (n_{l−1}, n_l),
b⁽ˡ⁾ (n_l,), and z⁽ˡ⁾, a⁽ˡ⁾, δ⁽ˡ⁾ are (B, n_l). Lists are indexed by l; a[0] is the input.
Probabilities that round to 0 count as the smallest number, so that logarithms stay finite.
"""

from types import SimpleNamespace

import numpy as np


def softmax(z):
    """aⱼ = exp(zⱼ) / Σₖ exp(zₖ), row by row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_delta(z, a, v):
    """δⱼ = Σₖ vₖ ∂aₖ/∂zⱼ = aⱼ (vⱼ − Σₖ vₖ aₖ): v = ∂C/∂a times the full Jacobian."""
    return a * (v - (v * a).sum(axis=1, keepdims=True))


# For each g: a = g(z), and δ = v · g′(z) from z, a and v = ∂C/∂a.
ACTIVATIONS = {
    "linear": (lambda z: z, lambda z, a, v: v),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a, v: v * (z > 0)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a, v: v * a * (1 - a)),
    "tanh": (np.tanh, lambda z, a, v: v * (1 - a**2)),
    "softmax": (softmax, softmax_delta),
}


def mean_squared_error(a, y):
    """C(x) = (1/n) Σⱼ (aⱼ − yⱼ)²; returns C of each row, and ∂C/∂a."""
    return np.mean((a - y) ** 2, axis=1), 2 * (a - y) / a.shape[1]


def binary_crossentropy(a, y):
    """C(x) = −(1/n) Σⱼ [yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ)]."""
    p = np.clip(a, np.finfo(a.dtype).tiny, 1 - np.finfo(a.dtype).epsneg)
    cost = -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p), axis=1)
    return cost, (p - y) / (p * (1 - p)) / a.shape[1]


def categorical_crossentropy(a, y):
    """C(x) = −Σⱼ yⱼ log pⱼ, p = a / Σₖ aₖ."""
    total = a.sum(axis=1, keepdims=True)
    p = np.maximum(a / total, np.finfo(a.dtype).tiny)
    return -(y * np.log(p)).sum(axis=1), (y.sum(axis=1, keepdims=True) - y / p) / total


def sparse_categorical_crossentropy(a, y):
    """C(x) = −log pₖ, p = a / Σₖ aₖ, k = y the label."""
    rows, k = np.arange(len(a)), y.astype(int).ravel()
    total = a.sum(axis=1, keepdims=True)
    p = np.maximum(a[rows, k] / total[:, 0], np.finfo(a.dtype).tiny)
    grad = np.tile(1 / total, a.shape[1])
    grad[rows, k] -= 1 / (p * total[:, 0])
    return -np.log(p), grad


COSTS = {
    f.__name__: f
    for f in (
        mean_squared_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
    )
}


class Network:
    """A dense network.

    Parameters
    ----------
    weights : list of (W, b)
        For l = 1 … L; they are copied, and trained in place.
    activations : list of str or pair (g, g_prime)
        g_l for l = 1 … L.
    cost : str or function (a, y) → (C of each row, ∂C/∂a)
    """

    def __init__(self, weights, activations, cost):
        self.W = [None] + [np.array(w) for w, _ in weights]
        self.b = [None] + [np.array(b) for _, b in weights]
        self.g = [None] + [ACTIVATIONS[g] if isinstance(g, str) else user(g) for g in activations]
        self.cost = COSTS[cost] if isinstance(cost, str) else cost
        self.L = len(weights)

    def forward(self, x):
        """z⁽ˡ⁾ = a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾, a⁽ˡ⁾ = g_l(z⁽ˡ⁾), a⁽⁰⁾ = x."""
        z, a = [None], [x]
        for l in range(1, self.L + 1):
            z.append(a[l - 1] @ self.W[l] + self.b[l])
            a.append(self.g[l][0](z[l]))
        return z, a

    def backprop(self, x, y, sample_weight=None):
        """Every array of one backpropagation.

        C = (1/|D|) Σ_{x∈D} w(x) C(x)
        δ⁽ᴸ⁾ = ∂C/∂a⁽ᴸ⁾ · g_L′(z⁽ᴸ⁾)
        δ⁽ˡ⁾ = (δ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾ᵀ) ∘ g_l′(z⁽ˡ⁾)
        ∂C/∂W⁽ˡ⁾ = a⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾,  ∂C/∂b⁽ˡ⁾ = Σ_rows δ⁽ˡ⁾
        """
        z, a = self.forward(x)
        costs, v = self.cost(a[self.L], y)
        weight = np.ones(len(x), x.dtype) if sample_weight is None else sample_weight
        v = v * (weight / len(x))[:, None]
        delta, grad_w, grad_b = [[None] * (self.L + 1) for _ in range(3)]
        for l in range(self.L, 0, -1):
            delta[l] = self.g[l][1](z[l], a[l], v)
            grad_w[l] = a[l - 1].T @ delta[l]
            grad_b[l] = delta[l].sum(axis=0)
            v = delta[l] @ self.W[l].T
        cost = float(costs @ weight) / len(x)
        return SimpleNamespace(z=z, a=a, delta=delta, grad_w=grad_w, grad_b=grad_b, cost=cost)

    def fit(self, x, y, update, batch_size, orders, sample_weight=None):
        """Train on mini-batches; return the mean cost of each epoch.

        Parameters
        ----------
        update : `sgd` or `adam` object
            Called with the parameters and their gradients at each step.
        orders : iterable of int arrays
            For each epoch the order in which the rows are visited.
        """
        losses = []
        for order in orders:
            total = 0.0
            for start in range(0, len(x), batch_size):
                rows = order[start : start + batch_size]
                weight = None if sample_weight is None else sample_weight[rows]
                step = self.backprop(x[rows], y[rows], weight)
                update(self.W[1:] + self.b[1:], step.grad_w[1:] + step.grad_b[1:])
                total += step.cost * len(rows)
            losses.append(total / len(x))
        return losses


def user(pair):
    """A user's own (g, g′), for `ACTIVATIONS`."""
    g, g_prime = pair
    return g, lambda z, a, v: v * g_prime(z)


def sgd(learning_rate=0.01, momentum=0.0, nesterov=False):
    """m ← μ m − η g, then w ← w + m, or with nesterov w ← w + μ m − η g."""
    moments = {}

    def update(parameters, gradients):
        for i, (w, g) in enumerate(zip(parameters, gradients, strict=True)):
            m = moments[i] = momentum * moments.get(i, 0) - learning_rate * g
            w += momentum * m - learning_rate * g if nesterov else m

    return update


def adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """m and v: running means of g and g²; w ← w − η √(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε)."""
    moments, t = {}, 0

    def update(parameters, gradients):
        nonlocal t
        t += 1
        alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        for i, (w, g) in enumerate(zip(parameters, gradients, strict=True)):
            m, v = moments.setdefault(i, (np.zeros_like(w), np.zeros_like(w)))
            m += (g - m) * (1 - beta_1)
            v += (g * g - v) * (1 - beta_2)
            w -= w.dtype.type(alpha) * m / (np.sqrt(v) + w.dtype.type(epsilon))

    return update
