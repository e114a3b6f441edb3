"""L-BFGS-B of SciPy over the compiled cost and gradient."""

import warnings

import numpy as np
from scipy import optimize
from sklearn.exceptions import ConvergenceWarning

from .._data import aligned_empty


class CostAndGrad:
    """f(θ) = C(θ) and ∂C/∂θ over all rows, on one bound network whose arrays are used again.

    Parameters
    ----------
    network : Network
    x, y : as the core reads them
    weight : ndarray, shape (N,), or None
    """

    def __init__(self, network, x, y, weight):
        self.network, self.x, self.y, self.weight = network, x, y, None
        total = float(len(y))
        if weight is not None:
            total = float(weight.sum())
            if not total > 0:
                raise ValueError(
                    f"sample_weight sums up to {total}; expected a positive sum: at least one "
                    "example must count"
                )
            self.weight = np.ascontiguousarray(weight, network.dtype)
        self.scale, self.factor = 1.0 / total, network.objective.factor
        self.share = self.scale / self.factor if network.scaled else 1.0
        self.core = network.core()
        self.grad = aligned_empty(network.parameters.size, network.dtype)
        self.scratch = aligned_empty(network.parameters.size, network.dtype)

    def __call__(self, theta):
        """Return C and ∂C/∂θ, a new array of float64."""
        self.network.parameters[...] = theta
        total = self.core.cost_and_grad(
            self.x, self.y, self.weight, self.scale, self.grad, self.scratch, self.share
        )
        return self.factor * self.scale * total, self.factor * self.grad.astype(np.float64)

    def without_penalty(self):
        """Return C without the penalty, at the parameters as they are."""
        total = self.core.evaluate(self.x, self.y, self.weight, None, 0.0)
        return self.factor * self.scale * total


def minimise(estimator, network, x, y, weight):
    """Train the network, and set `n_iter_` and `loss_` of the estimator."""
    function = CostAndGrad(network, x, y, weight)
    callback = None
    if estimator.verbose:

        def callback(intermediate_result):
            callback.count += 1
            print(f"Iteration {callback.count}, loss = {intermediate_result.fun:.8f}")

        callback.count = 0
    with np.errstate(over="ignore", invalid="ignore"):
        result = optimize.minimize(
            function,
            network.parameters.astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={
                "maxfun": estimator.max_fun,
                "maxiter": estimator.max_iter,
                "gtol": estimator.tol,
            },
        )
        network.parameters[...] = result.x
    estimator.n_iter_ = min(result.nit, estimator.max_iter)
    objective, cost = network.objective, function.without_penalty()
    shown = objective.shown * cost + objective.constant(y, weight)
    estimator.loss_ = float(shown + (result.fun - cost))
    if result.status != 0:
        advice = (
            "increase max_iter or max_fun" if result.status == 1 else "scale the data (scale=True)"
        )
        warnings.warn(
            f"lbfgs failed to converge after {result.nit} iterations (status {result.status}): "
            f"{result.message}. You might want to {advice}.",
            ConvergenceWarning,
            stacklevel=5,
        )
