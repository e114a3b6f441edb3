"""Objects as dicts and back, in Keras's format, for every module that has them.

``{"module", "class_name", "config", "registered_name"}``; classes are looked up in a closed
list and in what the caller hands over, never imported by name.
"""

import inspect

from ._names import look_up, snake_case


def serialize(value, module):
    """Return the dict that makes `value` again; a function's is its name."""
    if value is None:
        return None
    if not hasattr(value, "get_config"):
        return value.__name__
    return {
        "module": f"keras.{module}",
        "class_name": type(value).__name__,
        "config": value.get_config(),
        "registered_name": None,
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
        config = {"class_name": config, "config": {}}
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(
            f"{what} config must be a dict with 'class_name' and 'config', got {config!r}"
        )
    custom_objects = custom_objects or {}
    name = config["class_name"]
    cls = custom_objects.get(name) or look_up(name, known, what)
    if not inspect.isclass(cls):
        return cls
    settings = dict(config.get("config") or {})
    return cls.from_config(settings) if hasattr(cls, "from_config") else cls(**settings)


def names_of(*classes, **aliases):
    """Return the classes by their names, by these in snake case, and by further names."""
    known = {cls.__name__: cls for cls in classes}
    known.update({snake_case(cls.__name__): cls for cls in classes})
    known.update(aliases)
    return known
