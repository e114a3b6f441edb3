"""L-BFGS on the compiled cost and gradient, with the ends of SciPy's L-BFGS-B."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .. import _core

# The relative decrease of the cost at which SciPy ends.
_FTOL = 2.220446049250313e-09


def minimise(estimator, network, x, y, weight):
    """Train the network, and set `n_iter_` and `loss_` of the estimator."""
    total = float(len(y))
    if weight is not None:
        total = float(weight.sum())
        if not total > 0:
            raise ValueError(
                f"sample_weight sums up to {total}; expected a positive sum: at least one "
                "example must count"
            )
        weight = np.ascontiguousarray(weight, network.dtype)
    scale, factor = 1.0 / total, network.objective.factor
    share = scale / factor if network.scaled else 1.0
    core = network.core()
    # Far trial steps may overflow; they are not taken.
    with np.errstate(over="ignore", invalid="ignore"):
        minimiser = _core.Minimiser(core, x, y, weight, scale, factor, share)
        failure = _iterate(estimator, minimiser)
    estimator.n_iter_ = minimiser.iterations
    cost = factor * scale * core.evaluate(x, y, weight, None, 0.0)
    shown = network.objective.shown * cost + network.objective.constant(y, weight)
    estimator.loss_ = float(shown + (minimiser.cost - cost))
    if failure:
        status, message, advice = failure
        warnings.warn(
            f"lbfgs failed to converge after {minimiser.iterations} iterations (status {status}): "
            f"{message}. You might want to {advice}.",
            ConvergenceWarning,
            stacklevel=5,
        )


def _iterate(estimator, minimiser):
    """Iterate to the end; return None, or status, message and advice where it did not converge."""
    more = "increase max_iter or max_fun"
    while not minimiser.largest_gradient <= estimator.tol:  # NaN goes on, and ends as abnormal
        if not minimiser.iterate():
            return 2, "ABNORMAL: ", "scale the data (scale=True)"
        if estimator.verbose:
            print(f"Iteration {minimiser.iterations}, loss = {minimiser.cost:.8f}")
        if minimiser.iterations >= estimator.max_iter:
            return 1, "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT", more
        if minimiser.evaluations > estimator.max_fun:
            return 1, "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT", more
        if minimiser.decrease <= _FTOL:
            break
    return None
