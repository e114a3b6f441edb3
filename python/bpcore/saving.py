"""Models in files: one safetensors file for weights, architecture and optimizer.

The tensors are named after the layers ("dense/kernel"); the architecture, as JSON, is
in the file's metadata. Loading executes nothing from the file: names are looked up in
a closed list, and in what the caller hands over as `custom_objects`.
"""

import json
import os

import numpy as np

from . import (
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from ._names import look_up

FORMAT_VERSION = 1


def save_model(model, filepath, extra=None):
    """Write a model to one file, whole or not at all.

    Parameters
    ----------
    model : Sequential
    filepath : path-like
        Conventionally ends in ``.safetensors``.
    extra : dict, optional
        More metadata for the file; JSON-serialisable. `read_extra` returns it.
    """
    from safetensors.numpy import save

    model._need_built()
    _check_user_names(model)
    tensors = {}
    for layer in model.layers:
        for name, array in layer._named_weights():
            tensors[f"{layer.name}/{name}"] = array
    if _has_slots(model):
        tensors["optimizer/slots"] = model.optimizer._slots
    description = json.dumps(_describe(model, extra), default=_plain)
    payload = save(
        # Not ascontiguousarray, which would give a number alone (a count) an axis.
        {name: np.asarray(array, order="C") for name, array in tensors.items()},
        metadata={"bpcore": description},
    )
    _write_whole(os.fspath(filepath), payload)


def _has_slots(model):
    """Whether the optimizer holds the moments of this model's parameters."""
    if model.optimizer is None or model.optimizer._slots is None:
        return False
    wanted = model._parameters.size * model.optimizer._settings(model).n_slots
    return 0 < wanted == model.optimizer._slots.size


def _check_user_names(model):
    """Raise if two functions of the user's would be saved under one name."""
    known = {}
    functions = [
        la.activation
        for la in model.layers
        if isinstance(la.activation, activations.UserActivation)
    ]
    named = [(f.name, f[:2]) for f in functions]
    if isinstance(model.loss, losses.UserLoss):
        named.append((model.loss.__name__, model.loss.cost_and_grad))
    for name, function in named:
        if name == "<lambda>" or known.setdefault(name, function) != function:
            raise ValueError(
                f"cannot save a user's function named {name!r}: every one needs a name of its own. "
                "Use def, or a triple (g, g_prime, 'name') for an activation"
            )


def load_model(filepath, custom_objects=None):
    """Read a model that `save_model` (``model.save``) wrote.

    Parameters
    ----------
    filepath : path-like
    custom_objects : dict of str to object, optional
        The user's own activations (pairs) and losses, by the names they were saved under.

    Returns
    -------
    Sequential
        Compiled if the saved one was; training goes on where it stopped.
    """
    description, tensors = _read(filepath)
    try:
        return _rebuild(description, tensors, filepath, custom_objects or {})
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(
            f"the description in {os.fspath(filepath)!r} is incomplete or damaged "
            f"({type(error).__name__}: {error})"
        ) from error


def _rebuild(description, tensors, filepath, custom):
    """Make the model that a checked file describes."""
    from .models import Sequential

    config = description["model"]
    model = Sequential(dtype=config["dtype"], name=config["name"])
    model.add(layers.Input(tuple(config["input_shape"])))
    for entry in config["layers"]:
        model.add(_make_layer(entry, custom))
    for layer in model.layers:
        for name, target in layer._named_weights():
            saved = _tensor(tensors, f"{layer.name}/{name}", filepath)
            if saved.shape != target.shape or saved.dtype != target.dtype:
                raise ValueError(
                    f"{layer.name}/{name} in {os.fspath(filepath)!r} is {saved.dtype} of shape "
                    f"{saved.shape}, expected {target.dtype} of {target.shape}; the file is "
                    "damaged"
                )
            # Not set_weights: a model that diverged comes back as it was.
            target[...] = saved
        layer._weights_changed()
    model._seed, model._epochs = config["seed"], config["epochs"]
    compiled = description["compile"]
    if compiled is not None:
        saved = compiled["optimizer"]
        optimizer = optimizers.deserialize(
            {"class_name": saved["class"], "config": saved["config"]}, custom
        )
        optimizer._iterations = saved["iterations"]
        optimizer._excluded_arrays = [
            layer.weights[i]
            for layer in model.layers
            for i in saved["excluded"].get(layer.name, [])
        ]
        model.compile(
            optimizer,
            _make_loss(compiled["loss"], custom),
            metrics=[_make_metric(m, custom) for m in compiled["metrics"]],
            weighted_metrics=[
                _make_metric(m, custom) for m in compiled.get("weighted_metrics", [])
            ],
        )
        if "optimizer/slots" in tensors:
            slots = optimizer._slots_for(model._parameters, model)
            saved = tensors["optimizer/slots"]
            if saved.shape != slots.shape:
                raise ValueError(
                    f"{filepath} holds {saved.size} optimizer numbers, the model needs "
                    f"{slots.size}; the file is damaged"
                )
            slots[...] = saved
    return model


def read_extra(filepath):
    """Return the `extra` that `save_model` was given, or None."""
    return _read(filepath)[0].get("extra")


def _describe(model, extra):
    """Everything but the numbers, as plain data."""
    compiled = None
    if model.loss is not None:
        metric_names, weighted_metric_names = model._compiled_metrics.serialized()
        compiled = {
            "optimizer": {
                "class": type(model.optimizer).__name__,
                "config": model.optimizer.get_config(),
                "iterations": model.optimizer._iterations,
                "excluded": model.optimizer._excluded_places(model),
            },
            "loss": {
                "class": type(model.loss).__name__,
                "name": getattr(model.loss, "__name__", model.loss.name),
                "config": model.loss.get_config(),
                "own": type(model.loss).__name__ not in losses.BUILT_IN,
            },
            "metrics": metric_names,
            "weighted_metrics": weighted_metric_names,
        }
    return {
        "format": FORMAT_VERSION,
        "model": {
            "name": model.name,
            "dtype": model.dtype,
            "input_shape": list(model.input_shape[1:]),
            "layers": [
                {"class": type(layer).__name__, "config": layer.get_config()}
                for layer in model.layers
            ],
            "seed": model._seed,
            "epochs": model._epochs,
        },
        "compile": compiled,
        "extra": extra,
    }


def _plain(value):
    """What JSON does not know: objects that layers hold, and numbers of NumPy."""
    for module in (initializers, regularizers, constraints):
        if type(value) in module.BUILT_IN.values():
            return {"class": type(value).__name__, "config": value.get_config()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if callable(value) and hasattr(value, "get_config"):
        return {"custom": type(value).__name__, "config": value.get_config()}
    if callable(value) and getattr(value, "__name__", "<lambda>") != "<lambda>":
        return {"custom": value.__name__, "config": None}
    raise TypeError(f"cannot save {value!r} in a model file")


def _make_layer(entry, custom):
    config = dict(entry["config"])
    activation = config.get("activation")
    if isinstance(activation, dict) and "user" in activation:
        name = activation["user"]
        pair = activations.resolve(_custom(name, custom, "activation"))
        config["activation"] = pair._replace(name=name)
    for name, value in config.items():
        what = name.rpartition("_")[2]
        if isinstance(value, dict) and what in _HELD:
            config[name] = _make_held(value, what, custom)
    return look_up(entry["class"], layers.BUILT_IN, "layer")(**config)


# What layers hold in arguments that end in these words.
_HELD = {
    "initializer": initializers.BUILT_IN,
    "regularizer": regularizers.BUILT_IN,
    "constraint": constraints.BUILT_IN,
}


def _make_held(entry, what, custom):
    if "class" in entry:
        return look_up(entry["class"], _HELD[what], what)(**entry["config"])
    made = _custom(entry["custom"], custom, what)
    return made if entry["config"] is None else made(**entry["config"])


def _make_metric(entry, custom):
    """Return the name, or make the metric or function, that a file holds."""
    if isinstance(entry, str):
        return entry
    function = entry["class_name"] == "function"
    name = entry["config"] if function else entry["class_name"]
    own = entry["registered_name"] is not None and not (function and name in metrics.__all__)
    if own:
        made = _custom(name, custom, "metric")
        return made if function else made.from_config(entry["config"])
    return metrics.deserialize(entry, custom)


def _make_loss(entry, custom):
    """The loss of a description; a user's own comes from `custom`, by its name or class."""
    name = entry["name"] if entry["class"] == "UserLoss" else entry["class"]
    if entry["class"] == "UserLoss" or entry.get("own"):
        _custom(name, custom, "loss")
    elif name not in custom:
        look_up(name, losses.BUILT_IN, "loss")
    config = entry.get("config", {})
    return losses.deserialize({"class_name": name, "config": config}, custom)


def _custom(name, custom, what):
    if name not in custom:
        raise ValueError(
            f"the file names a user's own {what} {name!r}; pass it as "
            f"load_model(…, custom_objects={{{name!r}: …}})"
        )
    return custom[name]


def _tensor(tensors, name, filepath):
    if name not in tensors:
        raise ValueError(f"{filepath} has no tensor {name!r}; the file is damaged")
    return tensors[name]


def _read(filepath):
    from safetensors import SafetensorError, safe_open

    if not os.path.exists(filepath):
        raise FileNotFoundError(f"no model file {os.fspath(filepath)!r}")
    try:
        with safe_open(os.fspath(filepath), framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        description = json.loads(metadata["bpcore"])
        version = description["format"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{os.fspath(filepath)!r} is not a bpcore model file ({error})") from error
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{os.fspath(filepath)!r} has format {version}, this bpcore reads {FORMAT_VERSION}"
        )
    return description, tensors


def _write_whole(path, payload):
    """Write to a temporary file beside `path`, then move it into place."""
    import tempfile

    directory = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".bpcore-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's files are private; the model gets what a plain open would give it.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
