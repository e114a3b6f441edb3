"""A model as plain data and back: configs, JSON, copies with new weights."""

from . import _custom, _objects, layers, losses, metrics, optimizers


class ConfigMethods:
    """The part of a model that is about its description; see `bpcore.Sequential`."""

    def get_config(self):
        """Return what makes this model again, with new weights and not compiled.

        Returns
        -------
        dict
            Plain data, in Keras's form.
        """
        input_ = [] if self._input is None else [self._input]
        entries = [layers.serialize(layer) for layer in input_ + self.layers]
        shape = None if self._input is None else [None, *self._input.shape]
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "layers": entries,
            "build_input_shape": shape,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make a model of what `get_config` returned.

        Parameters
        ----------
        config : dict
        custom_objects : dict of str to object, optional
            The user's own activations, regularizers and so on, by name.
        """
        stack = [layers.deserialize(entry, custom_objects) for entry in config["layers"]]
        settings = _objects.accepted(cls, {k: config.get(k) for k in ("name", "dtype")})
        model = cls(stack, **settings)
        shape = config.get("build_input_shape")
        if shape and not model.built and stack:
            model.build(shape)
        return model

    def to_json(self, **kwargs):
        """Return the model, without its weights, as a string for `models.model_from_json`.

        Parameters
        ----------
        **kwargs
            For `json.dumps`, e.g. ``indent=2``.
        """
        import json

        return json.dumps(serialize(self), **kwargs)

    def get_compile_config(self):
        """Return what `compile` was called with as plain data; None before."""
        if self.optimizer is None:
            return None
        given, weighted = self._compiled_metrics.serialized()
        return {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": None if self.loss is None else losses.serialize(self.loss),
            "loss_weights": None,
            "metrics": given or None,
            "weighted_metrics": weighted or None,
            "run_eagerly": False,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": "auto",
        }

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says.

        Parameters
        ----------
        config : dict
        """
        config = dict(config)
        # As objects, so that names among the user's own need not be known later on.
        config["optimizer"] = optimizers.deserialize(config["optimizer"])
        if config.get("loss") is not None:
            config["loss"] = losses.deserialize(config["loss"])
        for name in ("metrics", "weighted_metrics"):
            config[name] = _made(config.get(name))
        self.compile(**config)

    @property
    def trainable(self):
        """Whether training changes the model; setting it sets that of every layer."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    _trainable = True

    def export(self, *args, **kwargs):
        """Not covered: raises NotImplementedError."""
        raise NotImplementedError(
            "model.export(…) is not covered by bpcore: there is no TensorFlow, ONNX or OpenVINO "
            "graph to write. model.save('model.safetensors') keeps the model for bpcore, and "
            "safetensors.numpy.load_file reads its weights anywhere"
        )


def _made(described):
    """Metrics of a config as objects; names stay names."""
    if isinstance(described, list):
        return [_made(entry) for entry in described]
    return metrics.deserialize(described) if isinstance(described, dict) else described


def serialize(model):
    """Return the dict that makes this model again, compiled but with new weights."""
    described = {
        "module": "keras",
        "class_name": "Sequential",
        "config": model.get_config(),
        "registered_name": None,
    }
    if model.built:
        described["build_config"] = {"input_shape": [None, *model._input.shape]}
    compiled = model.get_compile_config()
    if compiled is not None:
        described["compile_config"] = compiled
    return described


def deserialize(described, custom_objects=None):
    """Return the model that a dict of `serialize` describes."""
    from .models import Sequential

    name = described.get("class_name") if isinstance(described, dict) else None
    if name != "Sequential":
        raise ValueError(
            f"expected the description of a Sequential model, got one of {name!r}: bpcore trains "
            "stacks of dense layers"
        )
    with _custom.CustomObjectScope(custom_objects):
        model = Sequential.from_config(described["config"])
        if described.get("compile_config") is not None:
            model.compile_from_config(described["compile_config"])
    return model


def model_from_json(json_string, custom_objects=None):
    """Return the model that ``model.to_json()`` described, with new weights.

    Parameters
    ----------
    json_string : str
        Of a dense Sequential model of Keras, too.
    custom_objects : dict of str to object, optional
        The user's own losses, metrics, activations and so on, by name.

    Returns
    -------
    Sequential
        Compiled if the described one was.
    """
    import json

    return deserialize(json.loads(json_string), custom_objects)


def clone_model(model, input_tensors=None, clone_function=None):
    """Return a model of the same layers with new weights, not compiled.

    Parameters
    ----------
    model : Sequential
    input_tensors : None
        Not covered.
    clone_function : function, optional
        ``clone_function(layer)`` → the layer to take instead; default: one of the same
        arguments.

    Returns
    -------
    Sequential
    """
    if input_tensors is not None:
        raise ValueError("clone_model(input_tensors=…) is not covered by bpcore: leave it out")
    stack = [(clone_function or _clone)(layer) for layer in model.layers]
    copy = type(model)(stack, dtype=model.dtype, name=model.name)
    if model._input is not None and copy._input is None:
        copy.build(model._input.shape)
    copy._trainable = model._trainable
    return copy


def _clone(layer):
    copy = type(layer)(**layer._arguments())
    copy._first_shape = layer._first_shape
    return copy
