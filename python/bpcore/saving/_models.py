"""Models and weights in files, and back."""

import os
import warnings

from .. import _configs, _custom, activations, layers, losses
from . import _files


def save_model(model, filepath, overwrite=True, extra=None):
    """Write a model to one file, whole or not at all.

    The file holds the weights, the layers, what `compile` was called with, and the state of the
    training: `load_model` returns a model that goes on training with the same bits.

    Parameters
    ----------
    model : Sequential
    filepath : path-like
        Conventionally ends in ``.safetensors``. Any name is taken, also a Keras script's
        ``.keras``: what is in the file is safetensors all the same.
    overwrite : bool, default True
        False: a FileExistsError if there is such a file.
    extra : dict, optional
        More metadata for the file; JSON-serialisable. `read_extra` returns it.
    """
    model._need_built()
    _check_user_names(model)
    tensors = _weights(model)
    description = {
        "model": _configs.serialize(model),
        "layers": _names(model),
        "training": {"seed": model._seed, "epochs": model._epochs},
        "extra": extra,
    }
    optimizer = model.optimizer
    if optimizer is not None:
        description["optimizer"] = {
            "iterations": optimizer._iterations,
            "excluded": optimizer._excluded_places(model),
        }
        if _has_slots(model):
            tensors["optimizer/slots"] = optimizer._slots
    _files.write(filepath, description, tensors, overwrite)


def save_weights(model, filepath, overwrite=True):
    """Write a model's weights alone to one file; see `load_weights`.

    Parameters
    ----------
    model : Sequential
    filepath : path-like
    overwrite : bool, default True
        False: a FileExistsError if there is such a file.
    """
    model._need_built()
    _files.write(filepath, {"layers": _names(model)}, _weights(model), overwrite)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """Read a model that `save_model` (``model.save``) wrote.

    Nothing in the file is executed: names are looked up in a closed list, and in what the
    caller hands over or has registered.

    Parameters
    ----------
    filepath : path-like
    custom_objects : dict of str to object, optional
        The user's own losses, metrics, activations (pairs) and so on, by the names they were
        saved under.
    compile : bool, default True
        False: leave the optimizer, the loss and the metrics in the file.
    safe_mode : bool, default True
        Taken as Keras takes it; loading is always safe.

    Returns
    -------
    Sequential
        Compiled if the saved one was; training goes on where it stopped.

    Raises
    ------
    ValueError
        For a damaged file, another program's, or another version's.
    FileNotFoundError
    """
    description, tensors = _files.read(filepath)
    if "model" not in description and "layers" in description:
        raise ValueError(
            f"{os.fspath(filepath)!r} holds weights alone; make the model, then call "
            "model.load_weights(…)"
        )
    with _custom.CustomObjectScope(custom_objects):
        try:
            return _rebuild(description, tensors, filepath, compile)
        except ValueError:
            raise
        # Constructors raise what they like when a description is damaged.
        except Exception as error:
            raise ValueError(
                f"the description in {os.fspath(filepath)!r} is incomplete or damaged, or one of "
                f"the custom objects does not take its config ({type(error).__name__}: {error})"
            ) from error


def load_weights(model, filepath, skip_mismatch=False):
    """Read weights that `save_weights` or `save_model` wrote into a model of the same layers.

    Layers are matched in their order, whatever their names.

    Parameters
    ----------
    model : Sequential
        Built.
    filepath : path-like
    skip_mismatch : bool, default False
        Leave layers whose weights are others as they are, with a warning, instead of an error.

    Raises
    ------
    ValueError
        If the layers differ; the model is then as it was.
    """
    model._need_built()
    description, tensors = _files.read(filepath)
    try:
        saved = [(str(name), list(names)) for name, names in description["layers"] if names]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(filepath, "its list of layers is missing") from error
    mine = [layer for layer in model.layers if layer._named_weights()]
    if len(saved) != len(mine):
        raise ValueError(
            f"{os.fspath(filepath)!r} holds the weights of {len(saved)} layers, "
            f"{[name for name, _ in saved]}; the model has {len(mine)} with weights, "
            f"{[layer.name for layer in mine]}"
        )
    found = []
    for (name, names), layer in zip(saved, mine, strict=True):
        arrays = [_tensor(tensors, f"{name}/{n}", filepath) for n in names]
        wanted = [array.shape for _, array in layer._named_weights()]
        if [array.shape for array in arrays] == wanted:
            found.append((layer, arrays))
            continue
        message = (
            f"layer {layer.name!r} has weights of shapes {wanted}, in {os.fspath(filepath)!r} "
            f"layer {name!r} has {[array.shape for array in arrays]}"
        )
        if not skip_mismatch:
            raise ValueError(message)
        warnings.warn(f"{message}; it is left as it is", stacklevel=3)
    for layer, arrays in found:
        for (_, target), array in zip(layer._named_weights(), arrays, strict=True):
            target[...] = array
        layer._weights_changed()


def read_extra(filepath):
    """Return the `extra` that `save_model` was given, or None."""
    return _files.read(filepath)[0].get("extra")


# ---- writing --------------------------------------------------------------------------


def _weights(model):
    return {
        f"{layer.name}/{name}": array
        for layer in model.layers
        for name, array in layer._named_weights()
    }


def _names(model):
    """[layer, names of its weights] of every layer, in their order."""
    return [[layer.name, [name for name, _ in layer._named_weights()]] for layer in model.layers]


def _has_slots(model):
    """Whether the optimizer holds the moments of this model's parameters."""
    if model.optimizer._slots is None:
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


# ---- reading --------------------------------------------------------------------------


def _rebuild(description, tensors, filepath, compile):
    """Make the model that a checked file describes."""
    from ..models import Sequential

    described = description["model"]
    config = described["config"]
    stack = [layers.deserialize(entry) for entry in config["layers"]]
    _fill(stack, tensors, filepath)
    model = Sequential(stack, dtype=config["dtype"], name=config["name"])
    for layer in model.layers:
        for name, target in layer._named_weights():
            saved = _tensor(tensors, f"{layer.name}/{name}", filepath, target.shape)
            if saved.dtype != target.dtype:
                raise _damaged(filepath, f"{layer.name}/{name} is {saved.dtype}")
            # Not set_weights: a model that diverged comes back as it was.
            target[...] = saved
        layer._weights_changed()
    model._trainable = bool(config["trainable"])
    model._seed = int(description["training"]["seed"])
    model._epochs = int(description["training"]["epochs"])
    if compile and described.get("compile_config") is not None:
        model.compile_from_config(described["compile_config"])
        _take_up(model, description["optimizer"], tensors, filepath)
    return model


def _fill(stack, tensors, filepath):
    """Give layers their weights before they are built: nothing is drawn, and sizes that a
    damaged description makes huge are found out before there is memory for them.
    """
    shape = stack[0].shape
    for layer in stack[1:]:
        shape = layer._build(shape)
        for spec in [*layer._specs(), *layer._state_specs()]:
            if spec.name[0] != "_":
                name = f"{layer.name}/{spec.name}"
                setattr(layer, spec.name, _tensor(tensors, name, filepath, spec.shape))


def _take_up(model, saved, tensors, filepath):
    """Put the optimizer where it was."""
    optimizer = model.optimizer
    optimizer._iterations = int(saved["iterations"])
    optimizer._exclude_places(saved["excluded"])
    if "optimizer/slots" in tensors:
        slots = optimizer._slots_for(model._parameters, model)
        slots[...] = _tensor(tensors, "optimizer/slots", filepath, slots.shape)


def _tensor(tensors, name, filepath, shape=None):
    if name not in tensors:
        raise _damaged(filepath, f"there is no tensor {name!r}")
    if shape is not None and tensors[name].shape != tuple(shape):
        raise _damaged(filepath, f"{name} has shape {tensors[name].shape}, expected {tuple(shape)}")
    return tensors[name]


def _damaged(filepath, why):
    return ValueError(f"{os.fspath(filepath)!r} is damaged: {why}")
