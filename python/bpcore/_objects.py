"""Objects as dicts and back, in Keras's format, for every module that has them.

``{"module", "class_name", "config", "registered_name"}``; classes are looked up in a closed
list and among the user's own (`_custom`), never imported by name.
"""

import inspect

import numpy as np

from . import _custom
from ._names import look_up, snake_case


def serialize(value, module):
    """Return the dict that makes `value` again; a user's function goes by its name."""
    if value is None:
        return None
    if not hasattr(value, "get_config"):
        return _custom.function_config(value)
    own = _custom.is_own(value)
    return {
        "module": type(value).__module__ if own else f"keras.{module}",
        "class_name": type(value).__name__,
        "config": plain(value.get_config()),
        "registered_name": _custom.get_registered_name(type(value)) if own else None,
    }


def deserialize(config, known, what, custom_objects=None):
    """Return the object that a dict of `serialize` describes.

    Parameters
    ----------
    config : dict or str
        With "class_name" and "config"; a string is a class of default settings.
    known : dict of str to class
    what : str
        For messages: "optimizer".
    custom_objects : dict of str to class or function, optional
        The user's own, by name.
    """
    if isinstance(config, str):
        found = known.get(config)
        if inspect.isclass(found) and not _custom.known(custom_objects):
            return found()  # as what follows does, which takes several times as long
        config = {"class_name": config, "config": {}}
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ValueError(
            f"{what} config must be a dict with 'class_name' and 'config', got {config!r}"
        )
    found = _custom.find(config, what, custom_objects)
    if found is None:
        found = look_up(config["class_name"], known, what)
    if not inspect.isclass(found):
        return found
    settings = dict(config.get("config") or {})
    if not _custom.is_own(found):
        settings = accepted(found, settings)
    return found.from_config(settings) if hasattr(found, "from_config") else found(**settings)


def accepted(cls, config):
    """Return a config of Keras's without what says nothing here.

    That is a dtype as an object, which becomes its name, and arguments that are None and that
    `cls` does not have: newer versions of Keras add some.
    """
    config = dict(config)
    if isinstance(config.get("dtype"), dict):
        config["dtype"] = config["dtype"]["config"]["name"]
    if any(value is None for value in config.values()):  # a signature takes long
        names = inspect.signature(cls).parameters
        config = {k: value for k, value in config.items() if value is not None or k in names}
    return config


def plain(value):
    """Return a value of a config as JSON knows it: NumPy's numbers and arrays as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def names_of(*classes, **aliases):
    """Return the classes by their names, by these in snake case, and by further names."""
    known = {cls.__name__: cls for cls in classes}
    known.update({snake_case(cls.__name__): cls for cls in classes})
    known.update(aliases)
    return known
