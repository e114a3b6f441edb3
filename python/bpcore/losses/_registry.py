"""Losses by name, and as plain data."""

from .. import _custom, _objects
from .._names import look_up
from . import functions, hinges, probabilistic, regression
from ._base import BuiltIn, Loss
from .user import UserLoss, custom

_CLASSES = [
    value
    for module in (regression, probabilistic, hinges)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, BuiltIn) and value.kernel_name
]

# Every name that stands for a loss: the classes', the functions', and the short ones.
BUILT_IN = {cls.__name__: cls for cls in _CLASSES}
BUILT_IN |= {function.__name__: cls for function, cls in functions.CLASSES.items()}
BUILT_IN |= {
    "quantile_loss": regression.QuantileLoss,
    "gaussian_negative_log_likelihood": regression.GaussianNegativeLogLikelihood,
}
for _short, _name in {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
}.items():
    BUILT_IN[_short] = BUILT_IN[_short.upper()] = BUILT_IN[_name]
BUILT_IN["logcosh"] = BUILT_IN["log_cosh"]
BUILT_IN["huber_loss"] = BUILT_IN["huber"]
BUILT_IN["kullback_leibler_divergence"] = BUILT_IN["kl_divergence"]

_NOT_COVERED = {
    "ctc": "CTC",
    "CTC": "CTC",
    "circle": "Circle",
    "Circle": "Circle",
}


class _NotCovered:
    def __init__(self, *args, **kwargs):
        raise _not_covered(type(self).__name__)


class CTC(_NotCovered):
    """Keras's loss for sequences. bpcore does not cover it: making one is a ValueError."""


class Circle(_NotCovered):
    """Keras's loss of pairs within a batch. bpcore does not cover it: a ValueError."""


def _not_covered(name):
    why = {
        "CTC": "it aligns sequences, and bpcore's outputs are rows of numbers",
        "Circle": "it compares the examples of a batch with one another, and bpcore's costs are "
        "one for each example",
    }[name]
    return ValueError(f"Keras's loss {name} is not covered: {why}")


def get(identifier):
    """Return the loss for an identifier.

    Parameters
    ----------
    identifier : str, dict, Loss, function of `bpcore.losses`, callable, or pair of callables
        A user's own is a function ``f(y, a)`` that returns ``(C, dC_da)``, a pair of
        functions ``(C, dC_da)`` of (y, a), or a `scipy.LowLevelCallable`; see `custom`. C has
        shape (B,), one cost for each example, and dC_da has a's shape (B, n): row i holds
        ∂C(xᵢ)/∂a. Averages and sample weights are bpcore's. A dict is what `serialize` returns.

    Returns
    -------
    Loss
        For a name too, where Keras returns a function of per-example costs; those are
        ``bpcore.losses.mean_squared_error`` and so on.
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str) and identifier in (own := _custom.known()):
        identifier = own[identifier]
    if isinstance(identifier, str):
        if identifier in _NOT_COVERED:
            raise _not_covered(_NOT_COVERED[identifier])
        return look_up(identifier, BUILT_IN, "loss")()
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, (Loss, _NotCovered)):
        return identifier()
    try:
        return functions.CLASSES[identifier]()
    except (KeyError, TypeError):  # not hashable is not one of ours either
        pass
    if callable(identifier) or (
        isinstance(identifier, (tuple, list))
        and len(identifier) in (2, 3)
        and (type(identifier).__name__ == "LowLevelCallable" or all(map(callable, identifier)))
    ):
        return custom(identifier)
    raise ValueError(
        "loss must be a name, a Loss, a function (y, a) -> (C, dC_da), a pair of functions or a "
        f"scipy.LowLevelCallable, got {identifier!r}"
    )


def serialize(loss):
    """Return a loss as plain data that `deserialize` and `get` take.

    Parameters
    ----------
    loss : Loss or function of `bpcore.losses`

    Returns
    -------
    dict, or str for a function
    """
    if not isinstance(loss, Loss):
        name = getattr(loss, "__name__", None)
        if name not in BUILT_IN:
            raise ValueError(f"expected a Loss or a function of bpcore.losses, got {loss!r}")
        return name
    if not isinstance(loss, UserLoss):
        return _objects.serialize(loss, "losses")
    if loss.__name__ == "<lambda>":
        raise ValueError("cannot save a user's function named '<lambda>': define the loss with def")
    return {
        "module": None,
        "class_name": loss.__name__,
        "config": loss.get_config(),
        "registered_name": loss.__name__,
    }


def deserialize(name, custom_objects=None):
    """Return the loss that `serialize` described.

    Parameters
    ----------
    name : dict or str
        The description, or a loss's name.
    custom_objects : dict of str to object, optional
        The user's own classes and functions, by name.
    """
    if isinstance(name, str):
        return get(_custom.known(custom_objects).get(name, name))
    class_name, config = name["class_name"], name.get("config") or {}
    found = _custom.find(name, "loss", custom_objects)
    if found is None:
        if class_name in _NOT_COVERED:
            raise _not_covered(_NOT_COVERED[class_name])
        found = look_up(class_name, BUILT_IN, "loss")
        return found.from_config(_objects.accepted(found, config))
    if isinstance(found, Loss):
        return found
    if isinstance(found, type):
        return found.from_config(config)
    options = ("name", "reduction", "check_gradient")
    return custom(found, **{k: v for k, v in config.items() if k in options})
