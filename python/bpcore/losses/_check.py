"""Is a user's gradient the derivative of their cost? Central differences tell."""

import warnings

import numpy as np

from .user import central_differences

_ROWS = 5
_MAX_COLUMNS = 32  # outputs looked at, of models that have more
_TOLERANCE = 1e-5


def check_gradient(loss, n_out, activation, y=None):
    """Compare ∂C/∂a with central differences of C at random outputs.

    Parameters
    ----------
    loss : Loss
        Computed in Python, or native.
    n_out : int
    activation : str or UserActivation
        Of the output layer: what a may be.
    y : ndarray, shape (B, n_y), optional
        Targets to use; default: of several kinds, the first that the function takes.

    Returns
    -------
    bool
        Whether there was anything to compare: False if the function raised an error or
        returned no finite numbers for all targets and outputs that were tried.

    Raises
    ------
    ValueError
        If they differ.
    """
    rng = np.random.default_rng(0)
    outputs = _outputs(rng, n_out, activation)
    candidates = _targets(rng, n_out, activation) if y is None else [np.array(y[:_ROWS], float)]
    for target in candidates:
        for a in outputs:
            if _compare(loss, target, a[: len(target)]):
                return True
    return False


def _outputs(rng, n, activation):
    inner = rng.uniform(0.1, 0.9, (_ROWS, n))
    normal = rng.normal(size=(_ROWS, n))
    if activation == "softmax":
        return [inner / inner.sum(axis=1, keepdims=True)]
    if activation in ("sigmoid", "hard_sigmoid"):
        return [inner]
    if activation in ("tanh", "softsign"):
        return [2 * inner - 1]
    if activation in ("relu", "softplus", "exponential", "relu6"):
        return [2 * inner]
    return [normal, inner]


def _targets(rng, n, activation):
    normal = rng.normal(size=(_ROWS, n))
    labels = rng.integers(0, n, (_ROWS, 1)).astype(float)
    one_hot = np.eye(n)[labels[:, 0].astype(int)]
    bits = rng.integers(0, 2, (_ROWS, n)).astype(float)
    inner = rng.uniform(0.1, 0.9, (_ROWS, n))
    first = {"softmax": [one_hot, labels], "sigmoid": [bits]}.get(activation, [normal])
    others = [inner, one_hot, labels, bits]
    widths = [k for k in (1, n // 2, n + 1, 2 * n) if k not in (0, n)]
    wider = [rng.normal(size=(_ROWS, k)) for k in widths]
    positive = [rng.uniform(0.5, 1.5, (_ROWS, k)) for k in widths]
    return first + others + wider + positive


def _compare(loss, y, a):
    """Whether the function could be compared here; raise if it is wrong."""
    rows, n = a.shape
    columns = range(n)
    if n > _MAX_COLUMNS:
        columns = np.linspace(0, n - 1, _MAX_COLUMNS).astype(int)

    def cost(outputs):
        return loss.cost_and_grad(y.copy(), outputs)[0]

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            costs, got = loss.cost_and_grad(y.copy(), a.copy())
            costs, got = np.asarray(costs, float), np.asarray(got, float)
            if costs.shape != (rows,) or got.shape != a.shape:
                return False  # training says what was expected
            want, spread = central_differences(cost, a, columns, error=True)
    except Exception:  # not made for such y or a: a user's function may raise anything
        return False
    if not all(np.isfinite(v).all() for v in (costs, got, want)):
        return False
    got, want, spread = got[:, columns], want[:, columns], spread[:, columns]
    scale = max(np.abs(want).max(), np.abs(got).max(), 1e-8 * max(1, np.abs(costs).max()))
    # Where the two steps disagree (a kink, or a function that computes in float32), the
    # differences are no better than that.
    wrong = np.abs(got - want) - _TOLERANCE * scale - 10 * spread.max(axis=1, keepdims=True)
    if (wrong > 0).any():
        i, j = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise ValueError(
            f"the gradient of loss {loss.name!r} is not the derivative of its cost. Worst at row "
            f"{i}, output {columns[j]}: got {got[i, j]:.6g}, expected {want[i, j]:.6g} (central "
            f"differences at y = {_short(y[i])}, a = {_short(a[i])}). Row i of the gradient must "
            "hold dC(x_i)/da, not averaged over the rows. losses.custom(f, check_gradient=False) "
            "skips this check"
        )
    return True


def _short(row):
    return np.array2string(row, precision=4, threshold=6)
