"""One step of backpropagation, laid open."""

from typing import NamedTuple

import numpy as np

from ._plan import ROW_MULTIPLE


class Step(NamedTuple):
    """Every array of one backpropagation; see `Sequential.backprop`.

    Lists are indexed by the layer l = 1 … L, ``model.layers[l - 1]``; what does not exist
    (``z[0]``, ``delta[0]``, the gradients of layers without weights) is None.

    Attributes
    ----------
    a : list of ndarray
        ``a[0]`` the inputs, ``a[l]`` = g_l(z⁽ˡ⁾), shape (B, n_l).
    z : list of ndarray
        ``z[l]`` = a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾, shape (B, n_l); a⁽ˡ⁻¹⁾ for a layer without weights.
    delta : list of ndarray
        ``delta[l]`` = ∂C/∂z⁽ˡ⁾, shape (B, n_l).
    grad_w : list of ndarray
        ``grad_w[l]`` = ∂C/∂W⁽ˡ⁾ = a⁽ˡ⁻¹⁾ᵀ δ⁽ˡ⁾, shape (n_{l−1}, n_l).
    grad_b : list of ndarray
        ``grad_b[l]`` = ∂C/∂b⁽ˡ⁾ = Σ over rows of δ⁽ˡ⁾, shape (n_l,).
    cost : float
        The loss: C averaged over the rows, or reduced as the loss says.
    """

    a: list
    z: list
    delta: list
    grad_w: list
    grad_b: list
    cost: float


def run(model, plan, data):
    """Run one backpropagation on a plan that keeps all arrays; return its Step."""
    rows = len(data)
    network = plan.network(model._parameters, model._state, rows)
    gradient = np.empty_like(model._parameters)
    weight, divisor = model.loss.counted(data.y, data.weight)
    total = network.cost_and_grad(data.x, data.y, weight, 1 / divisor, gradient, gradient)
    work, capacity = network.workspace, -(-rows // ROW_MULTIPLE) * ROW_MULTIPLE

    def place(offset, n):
        return work[offset * capacity : offset * capacity + rows * n].reshape(rows, n)

    step = Step([data.x], [None], [None], [None], [None], total / divisor)
    columns = (plan.column(c) for c in ("n_in", "n_out", "w", "b", "z", "a", "delta"))
    for n_in, n_out, w, b, z, a, delta in zip(*columns, strict=True):
        step.z.append(place(z, n_out) if z >= 0 else data.x)
        step.a.append(place(a, n_out))
        step.delta.append(place(delta, n_out))
        step.grad_w.append(gradient[w : w + n_in * n_out].reshape(n_in, n_out) if w >= 0 else None)
        step.grad_b.append(gradient[b : b + n_out] if b >= 0 else None)
    return step
