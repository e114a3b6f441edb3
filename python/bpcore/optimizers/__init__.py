"""Optimizers, with Keras's formulas and defaults.

An optimizer object holds its settings and its state: the moments of every parameter in one
flat array, and how many updates were made. The update itself is compiled.
"""

from .. import _objects
from .._not_covered import not_covered
from . import schedules
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam
from .adamax import Adamax
from .adamw import AdamW
from .ftrl import Ftrl
from .lion import Lion
from .nadam import Nadam
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_CLASSES = (
    SGD,
    RMSprop,
    Adam,
    AdamW,
    Adadelta,
    Adagrad,
    Adamax,
    Adafactor,
    Nadam,
    Ftrl,
    Lion,
)
BUILT_IN = {cls.__name__.lower(): cls for cls in _CLASSES}
BUILT_IN.update({cls.__name__: cls for cls in _CLASSES})


def serialize(optimizer):
    """Return the dict that makes this optimizer again, without its state."""
    return _objects.serialize(optimizer, "optimizers")


def deserialize(config, custom_objects=None):
    """Return the optimizer that a dict of `serialize` describes; names in any case."""
    if isinstance(config, dict) and str(config.get("class_name")).lower() in BUILT_IN:
        settings = dict(config.get("config") or {})
        if isinstance(settings.get("learning_rate"), dict):
            settings["learning_rate"] = schedules.deserialize(
                settings["learning_rate"], custom_objects
            )
        config = {"class_name": config["class_name"].lower(), "config": settings}
    return _objects.deserialize(config, BUILT_IN, "optimizer", custom_objects)


def get(identifier):
    """Return the optimizer for a name or a config, or the given one."""
    if isinstance(identifier, str):
        name = identifier.lower() if identifier.lower() in BUILT_IN else identifier
        return _objects.deserialize(name, BUILT_IN, "optimizer")
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, Optimizer):
        return identifier
    raise ValueError(f"optimizer must be a name or an Optimizer, got {identifier!r}")


__getattr__ = not_covered(__name__)
