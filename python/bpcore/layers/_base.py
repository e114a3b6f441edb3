"""What all layers are, and the input below the first."""

import math
import weakref
from typing import Any, NamedTuple

import numpy as np

from .. import _objects, activations, constraints, initializers, regularizers
from .._data import as_count
from .._names import snake_case, unique_name


class Spec(NamedTuple):
    """One array of numbers that a layer has.

    Parameters
    ----------
    name : str
        The attribute it becomes, e.g. "kernel".
    shape : tuple of int
    initializer : Initializer
    regularizer : Regularizer, optional
    constraint : Constraint, optional
    """

    name: str
    shape: tuple
    initializer: Any
    regularizer: Any = None
    constraint: Any = None


class Layer:
    """Base class of the layers.

    Parameters
    ----------
    activity_regularizer : None, str or Regularizer
        Penalty on the layer's outputs, averaged over the batch: L1, L2 or both.
    trainable : bool, default True
    dtype : None
        The model's dtype is that of all its layers; give it to `Sequential` or `Input`.
    name : str, optional
    input_shape : tuple, or input_dim : int
        For the first layer, instead of an `Input`.

    Attributes
    ----------
    name : str
    weights : list of ndarray
        The layer's numbers, as views of the model's, once the layer is part of a built model.
    """

    # What the layer does after its weighted sum: a name the core knows, or a UserActivation.
    activation: Any = "linear"
    # Whether examples may have more axes than one.
    any_shape = True
    # What it computes in, once its model is built.
    _element_type = None
    # Whether the rows of a batch have to go through it one after the other, on one thread.
    _serial = False

    def __init__(
        self, *, activity_regularizer=None, trainable=True, dtype=None, name=None, **kwargs
    ):
        self.name = name or unique_name(snake_case(type(self).__name__))
        self._owner_ref = None
        self.trainable = trainable
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._activity_penalty()
        self.dtype = dtype
        self._first_shape = _first_shape(kwargs)
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} got unexpected arguments {sorted(kwargs)}; bpcore's layers "
                "take Keras's arguments for dense networks"
            )
        self.input_shape = self.output_shape = None
        self.n_in = self.n_out = None

    @property
    def _owner(self):
        """The model the layer is part of, or None; the model keeps its layers, not they it."""
        return None if self._owner_ref is None else self._owner_ref()

    @_owner.setter
    def _owner(self, model):
        self._owner_ref = None if model is None else weakref.ref(model)

    @property
    def built(self):
        """Whether the layer knows its sizes."""
        return self.n_in is not None

    def _build(self, shape):
        """Settle the sizes for inputs of this shape, without the batch; return the outputs'."""
        if self.built and self.input_shape != shape:
            raise ValueError(
                f"layer {self.name!r} was built for inputs of shape {self.input_shape}, got {shape}"
            )
        if len(shape) != 1 and not self.any_shape:
            raise ValueError(
                f"layer {self.name!r} ({type(self).__name__}) takes inputs of shape (n,) here, got "
                f"{shape}; put a Flatten() layer before it"
            )
        self.input_shape, self.output_shape = shape, self._output_shape(shape)
        self.n_in, self.n_out = math.prod(shape), math.prod(self.output_shape)
        return self.output_shape

    def _output_shape(self, shape):
        return shape

    @property
    def trainable(self):
        """Whether training changes the layer's parameters; may be set at any time."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        owner = self._owner
        if owner is not None:
            owner._forget_networks()

    # ---- numbers -------------------------------------------------------------

    def _specs(self):
        """Return the parameters, in the order of the flat vector."""
        return []

    def _state_specs(self):
        """Return the numbers that are no parameters."""
        return []

    def _bind(self, parameters, state):
        """Take these views as the layer's numbers, filling them with what they start from."""
        for specs, arrays in ((self._specs(), parameters), (self._state_specs(), state)):
            for spec, array in zip(specs, arrays, strict=True):
                start = getattr(self, spec.name, None)
                array[...] = (
                    start
                    if isinstance(start, np.ndarray) and start.shape == spec.shape
                    else spec.initializer(spec.shape, array.dtype)
                )
                setattr(self, spec.name, array)

    def __getstate__(self):
        """Without the model: a copied model takes its layers, a copied layer is free."""
        return {**self.__dict__, "_owner_ref": None}

    def _let_go(self):
        """Keep copies of the numbers: the model they were views of is left."""
        for spec in [*self._specs(), *self._state_specs()]:
            if getattr(self, spec.name, None) is not None:
                setattr(self, spec.name, getattr(self, spec.name).copy())
        self._owner = None

    def _named(self, specs):
        arrays = [(spec.name, getattr(self, spec.name, None)) for spec in specs]
        return [(name, array) for name, array in arrays if array is not None]

    def _named_weights(self):
        """Return (name, array) of all numbers that are saved with the layer."""
        if not self.built:
            return []
        return self._named(self._specs()) + self._named(self._state_specs())

    @property
    def weights(self):
        """The layer's numbers, as views: parameters, then moving averages and the like."""
        return [array for _, array in self._named_weights()]

    variables = weights

    @property
    def trainable_weights(self):
        """The parameters, as views; none where the layer is frozen."""
        if not (self.built and self.trainable):
            return []
        return [array for _, array in self._named(self._specs())]

    @property
    def non_trainable_weights(self):
        """The numbers that training does not optimise, as views."""
        trainable = {id(w) for w in self.trainable_weights}
        return [w for w in self.weights if id(w) not in trainable]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self):
        """Return copies of the numbers, in the order of `weights`."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        """Copy these arrays into the numbers; see `Sequential.set_weights`."""
        set_weights(self.weights, weights, f"layer {self.name!r}")
        self._weights_changed()

    def _weights_changed(self):
        """Bring up to date what depends on the numbers."""

    def count_params(self):
        """Return how many numbers the layer has, trained or not."""
        return self._count(self._specs()) + self._count(self._state_specs())

    @staticmethod
    def _count(specs):
        return sum(math.prod(spec.shape) for spec in specs)

    # ---- what the plan needs ---------------------------------------------------

    def _row(self):
        """Return the layer's own entries of the plan's matrix."""
        return {}

    def _numbers(self):
        """Return the layer's own entries of the plan's numbers."""
        return {}

    def _activity_penalty(self):
        """Return (l1, l2) of the activity regularizer."""
        regularizer = self.activity_regularizer
        if regularizer is None:
            return 0.0, 0.0
        if not isinstance(regularizer, (regularizers.L1, regularizers.L2, regularizers.L1L2)):
            raise ValueError(
                f"activity_regularizer must be L1, L2 or L1L2 in bpcore, got {regularizer!r}"
            )
        return float(getattr(regularizer, "l1", 0.0)), float(getattr(regularizer, "l2", 0.0))

    # ---- use -------------------------------------------------------------------

    def __call__(self, inputs):
        """Return the layer's outputs for an array of examples, as outside of training.

        Parameters
        ----------
        inputs : array_like, shape (N, …)

        Returns
        -------
        ndarray, float32 unless the layer's model computes in float64
        """
        from ..models import Sequential

        inputs = np.asarray(inputs)
        dtype = self._element_type or (self._owner and self._owner.dtype)
        copy = type(self)(**self._arguments())
        alone = Sequential([Input(inputs.shape[1:]), copy], dtype=dtype)
        if self._owner_ref is None and not self.built:
            self._build(inputs.shape[1:])
            for spec in [*self._specs(), *self._state_specs()]:
                setattr(self, spec.name, getattr(copy, spec.name).copy())
        if self.weights:
            copy.set_weights(self.get_weights())
        return alone.predict(inputs)

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        arguments = {"name": self.name, "trainable": self.trainable}
        if self.activity_regularizer is not None:
            arguments["activity_regularizer"] = self.activity_regularizer
        return arguments

    def get_config(self):
        """Return the arguments that make this layer again, as plain data."""
        return {name: _plain(name, value) for name, value in self._arguments().items()}

    @classmethod
    def from_config(cls, config):
        """Make a layer from what `get_config` returned."""
        return cls(**_objects.accepted(cls, config))

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


# What layers hold in arguments that end in these words, and who turns it into plain data.
_SERIALIZERS = {
    "activation": activations.serialize,
    "constraint": constraints.serialize,
    "initializer": initializers.serialize,
    "regularizer": regularizers.serialize,
}


def _plain(name, value):
    """Return a layer's argument as plain data."""
    return _SERIALIZERS.get(name.rpartition("_")[2], _objects.plain)(value)


def _first_shape(kwargs):
    """Take input_shape, batch_input_shape or input_dim out of a layer's arguments."""
    shape = None
    if "input_dim" in kwargs:
        shape = (kwargs.pop("input_dim"),)
    if "batch_input_shape" in kwargs:
        shape = tuple(kwargs.pop("batch_input_shape"))[1:]
    if "input_shape" in kwargs:
        shape = kwargs.pop("input_shape")
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return shape


class Input:
    """The shape of one example, given before the first layer.

    Parameters
    ----------
    shape : tuple of int
        ``(n_0,)``: the number of inputs, without the batch; with several numbers, e.g. of an
        image, start the layers with `Flatten`.
    batch_size : int, optional
        Taken as Keras takes it; it changes nothing.
    dtype : {"float32", "float64"}, optional
        The model's element type; default: the model's.
    batch_shape : tuple, optional
        ``(None, n_0)``, instead of `shape`.
    name : str, optional
    """

    def __init__(self, shape=None, batch_size=None, dtype=None, *, batch_shape=None, name=None):
        if (shape is None) == (batch_shape is None):
            raise ValueError("Input takes either shape or batch_shape, and one is needed")
        if shape is None:
            shape = tuple(batch_shape)[1:]
        if isinstance(shape, (int, np.integer)):
            shape = (shape,)
        if not tuple(shape):
            raise ValueError(
                f"Input shape must be (n,), the inputs of one example, got {tuple(shape)}"
            )
        self.shape = tuple(as_count(n, "Input shape") for n in shape)
        self.batch_size = batch_size
        self.dtype = dtype
        self.name = name or unique_name("input_layer")

    def get_config(self):
        """Return the arguments that make this input again, as plain data."""
        dtype = None if self.dtype is None else np.dtype(self.dtype).name
        return {"batch_shape": [None, *self.shape], "dtype": dtype, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """Make an input of what `get_config` returned."""
        config = dict(config)
        for name in ("sparse", "ragged", "optional"):  # in a config of Keras's
            if config.pop(name, False):
                raise ValueError(f"Input({name}=True) is not covered by bpcore")
        return cls(**_objects.accepted(cls, config))


InputLayer = Input


def set_weights(targets, weights, what):
    """Copy arrays into the views `targets`, after checking number, shapes and values."""
    weights = [np.asarray(w) for w in weights]
    shapes = [w.shape for w in targets]
    if [w.shape for w in weights] != shapes:
        raise ValueError(
            f"{what} takes weights of shapes {shapes}, got {[w.shape for w in weights]}"
        )
    converted = []
    for i, (target, weight) in enumerate(zip(targets, weights, strict=True)):
        if weight.dtype.kind not in "fiub":
            raise TypeError(f"weights[{i}] has dtype {weight.dtype}; expected real numbers")
        with np.errstate(over="ignore"):
            weight = weight.astype(target.dtype)
        if not np.isfinite(weight).all():
            raise ValueError(
                f"weights[{i}] contains NaN or infinity as {target.dtype}; expected finite numbers"
            )
        converted.append(weight)
    for target, weight in zip(targets, converted, strict=True):
        target[...] = weight
