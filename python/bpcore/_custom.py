"""The user's own losses, metrics, activations and so on, by the names files know them under."""

import contextlib
import contextvars
import inspect

# Registered for the whole process, and for a `with` block.
_registered: dict[str, object] = {}
_names: dict[object, str] = {}
_scope: contextvars.ContextVar[dict] = contextvars.ContextVar("bpcore_custom_objects", default={})  # noqa: B039 (never changed in place)


def get_custom_objects():
    """Return the dict of the user's own objects by name, for reading and for adding to.

    Returns
    -------
    dict of str to class, function or pair of functions
        What is in it is found wherever names are looked up, as in ``compile(loss="my_loss")``.
    """
    return _registered


@contextlib.contextmanager
def _scoped(objects):
    token = _scope.set({**_scope.get(), **objects})
    try:
        yield
    finally:
        _scope.reset(token)


class CustomObjectScope:
    """In a ``with`` block, lets names be found among the user's own objects.

    Parameters
    ----------
    custom_objects : dict of str to class, function or pair of functions

    Examples
    --------
    >>> import numpy as np
    >>> from bpcore import activations, utils
    >>> cube = (lambda z: z**3, lambda z: 3 * z**2)
    >>> with utils.custom_object_scope({"cube": cube}):
    ...     float(activations.get("cube")(np.float64(2)))
    8.0
    """

    def __init__(self, custom_objects):
        self.custom_objects = _checked(custom_objects)

    def __enter__(self):
        self._block = _scoped(self.custom_objects)
        self._block.__enter__()
        return self

    def __exit__(self, *details):
        self._block.__exit__(*details)


custom_object_scope = CustomObjectScope


def _checked(custom_objects):
    if custom_objects is None:
        return {}
    if not isinstance(custom_objects, dict):
        raise TypeError(
            f"custom_objects must be a dict of names to objects, got {custom_objects!r}"
        )
    return dict(custom_objects)


def register_keras_serializable(package="Custom", name=None):
    """Return a decorator that registers a class or function for the whole process.

    Files and configs then name it ``"package>name"``, and loading finds it without
    `custom_objects`.

    Parameters
    ----------
    package : str, default "Custom"
    name : str, optional
        Default: the object's ``__name__``.

    Raises
    ------
    ValueError
        For a class without ``get_config``.
    """

    def decorator(registered):
        if inspect.isclass(registered) and not hasattr(registered, "get_config"):
            raise ValueError(
                f"cannot register class {registered.__name__} without a get_config() method: it "
                "returns the arguments that make an object again"
            )
        full = f"{package}>{name or registered.__name__}"
        _registered[full] = registered
        _names[registered] = full
        return registered

    return decorator


def get_registered_name(obj):
    """Return the name a class or function was registered under; else its own."""
    try:
        return _names.get(obj) or obj.__name__
    except TypeError:  # not hashable
        return obj.__name__


def get_registered_object(name, custom_objects=None, module_objects=None):
    """Return the object of this name, or None.

    Parameters
    ----------
    name : str
    custom_objects, module_objects : dict of str to object, optional
        Where else to look.
    """
    return {**(module_objects or {}), **known(custom_objects)}.get(name)


def known(custom_objects=None):
    """Return all of the user's own objects by name; the nearest come first."""
    return {**_registered, **_scope.get(), **_checked(custom_objects)}


def is_own(value):
    """Whether a class (or an object's) is the user's own and not one of bpcore's."""
    cls = value if inspect.isclass(value) else type(value)
    return not cls.__module__.startswith(f"{__package__}.")


def function_config(function):
    """Return the dict that names a user's function."""
    name = getattr(function, "__name__", None)
    if name is None or name == "<lambda>":
        raise ValueError(
            f"cannot save {function!r}, which has no name of its own: define it with def"
        )
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": get_registered_name(function),
    }


def find(config, what, custom_objects=None):
    """Return the user's object that a dict of a config names; None if it names one of bpcore's.

    Raises
    ------
    ValueError
        If it is the user's own and not known.
    """
    objects = known(custom_objects)
    registered = config.get("registered_name")
    function = config["class_name"] == "function" and isinstance(config.get("config"), str)
    name = config["config"] if function else config["class_name"]
    for candidate in (registered, name):
        if isinstance(candidate, str) and candidate in objects:
            return objects[candidate]
    if registered is not None or function:
        raise missing(name, what)
    return None


def missing(name, what):
    """Return the error for a user's own object that nobody has handed over."""
    return ValueError(
        f"this names a user's own {what} {name!r}; pass it as "
        f"custom_objects={{{name!r}: …}}, or register it with "
        "bpcore.saving.register_keras_serializable"
    )
