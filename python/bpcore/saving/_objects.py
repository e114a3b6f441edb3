"""Any object of bpcore as a dict and back, whatever its kind."""

from .. import (
    _configs,
    _custom,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from ..optimizers import schedules

# (base class, its module); a class of one's own subclasses one of them.
_KINDS = [
    (layers.Layer, layers),
    (layers.Input, layers),
    (losses.Loss, losses),
    (metrics.Metric, metrics),
    (optimizers.Optimizer, optimizers),
    (schedules.LearningRateSchedule, schedules),
    (initializers.Initializer, initializers),
    (regularizers.Regularizer, regularizers),
    (constraints.Constraint, constraints),
]


def serialize_keras_object(obj):
    """Return the dict that makes an object again: a layer, a loss, a model, …

    Parameters
    ----------
    obj : object of bpcore, or of a class of one's own that is based on one of bpcore's

    Returns
    -------
    dict
        With "module", "class_name", "config" and "registered_name"; plain data.
    """
    if isinstance(obj, _configs.ConfigMethods):
        return _configs.serialize(obj)
    for base, module in _KINDS:
        if isinstance(obj, base):
            return module.serialize(obj)
    if callable(obj):
        return _custom.function_config(obj)
    raise ValueError(f"cannot serialize {obj!r}; expected an object of bpcore or a function")


def deserialize_keras_object(config, custom_objects=None, safe_mode=True):
    """Return the object that a dict of `serialize_keras_object` describes.

    Parameters
    ----------
    config : dict
    custom_objects : dict of str to object, optional
        The user's own classes and functions, by name.
    safe_mode : bool, default True
        Taken as Keras takes it; nothing in a config is executed.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ValueError(f"expected a dict with 'class_name' and 'config', got {config!r}")
    if config["class_name"] == "Sequential":
        return _configs.deserialize(config, custom_objects)
    found = _custom.find(config, "object", custom_objects)
    if found is not None:
        made = isinstance(found, type)
        return found.from_config(dict(config.get("config") or {})) if made else found
    module = str(config.get("module")).split(".", 1)[-1]
    for _, kind in _KINDS:
        if kind.__name__ == f"bpcore.{module}":
            return kind.deserialize(config, custom_objects)
    raise ValueError(
        f"module must be one of keras's, such as 'keras.layers', got {config.get('module')!r}"
    )
