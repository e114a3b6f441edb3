"""Layers of a `bpcore.Sequential`, under Keras's names.

Layer l computes z⁽ˡ⁾ = a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾ and a⁽ˡ⁾ = g_l(z⁽ˡ⁾); one without weights has
z⁽ˡ⁾ = a⁽ˡ⁻¹⁾.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import activations, constraints, initializers, regularizers
from ._data import as_count
from ._names import unique_name


@dataclass(frozen=True)
class VariableInfo:
    """What the plan wants to know of one of a layer's arrays of parameters.

    Attributes
    ----------
    name : str
        "kernel", "bias", …
    shape : tuple of int
    regularizer, constraint : object or None
    trainable : bool
    """

    name: str
    shape: tuple
    regularizer: Any = None
    constraint: Any = None
    trainable: bool = True


class Layer:
    """Base class of the layers.

    Attributes
    ----------
    name : str
    kernel : ndarray of shape (n_in, n_out), or None
        W, a view of the model's parameters, once the layer is part of a built model.
    bias : ndarray of shape (n_out,), or None
        b, likewise.
    trainable : bool
        Whether training changes the layer's parameters; may be set at any time.
    """

    # What the layer does after its weighted sum: a name the core knows, or a UserActivation.
    activation = "linear"
    # Names of the parameters, in the order of _weight_shapes.
    _variable_names: tuple[str, ...] = ("kernel", "bias")
    _trainable = True

    def __init__(self, name=None):
        self.name = name or unique_name(type(self).__name__.lower())
        self.kernel = self.bias = None
        self.n_in = self.n_out = None
        self._owner = None

    @property
    def built(self):
        """Whether the layer knows its sizes."""
        return self.n_in is not None

    def _build(self, n_in):
        """Settle the sizes for n_in inputs; return the number of outputs."""
        if self.built and self.n_in != n_in:
            raise ValueError(f"layer {self.name!r} was built for {self.n_in} inputs, got {n_in}")
        self.n_in = n_in
        self.n_out = self._outputs(n_in)
        return self.n_out

    def _outputs(self, n_in):
        return n_in

    def _weight_shapes(self):
        """Shapes of the parameters, in the order of the flat vector."""
        return []

    def _variables(self):
        """One `VariableInfo` for each of _weight_shapes."""
        return [
            VariableInfo(
                name,
                shape,
                getattr(self, f"{name}_regularizer", None),
                getattr(self, f"{name}_constraint", None),
                self.trainable,
            )
            for name, shape in zip(self._variable_names, self._weight_shapes(), strict=False)
        ]

    @property
    def trainable(self):
        """Whether training changes the layer's parameters."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        if self._owner is not None:
            self._owner._forget_networks()

    def _bind(self, arrays):
        """Take these views as the layer's weights, filling them with what they start from."""

    @property
    def weights(self):
        """The layer's parameters, as views: [kernel, bias], [kernel] or []."""
        return [w for w in (self.kernel, self.bias) if w is not None]

    def get_weights(self):
        """Return copies of the parameters: [kernel, bias], [kernel] or []."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        """Copy these arrays into the parameters; see `Sequential.set_weights`."""
        set_weights(self.weights, weights, f"layer {self.name!r}")

    def count_params(self):
        """Return the number of parameters."""
        return sum(math.prod(shape) for shape in self._weight_shapes())

    def get_config(self):
        """Return the arguments that make this layer again."""
        return {"name": self.name}


class Input:
    """The shape of one example, given before the first layer.

    Parameters
    ----------
    shape : tuple of one int
        ``(n_0,)``: the number of inputs, without the batch.
    dtype : {"float32", "float64"}, optional
        The model's element type; default: the model's.
    name : str, optional
    """

    def __init__(self, shape, dtype=None, name=None):
        if isinstance(shape, (int, np.integer)):
            shape = (shape,)
        if len(tuple(shape)) != 1:
            raise ValueError(
                f"Input shape must be (n,), the inputs of one example, got {tuple(shape)}"
            )
        self.shape = (as_count(shape[0], "Input shape"),)
        self.dtype = dtype
        self.name = name or unique_name("input_layer")

    def get_config(self):
        """Return the arguments that make this input again."""
        return {"shape": list(self.shape), "dtype": self.dtype, "name": self.name}


InputLayer = Input


class Dense(Layer):
    """A fully connected layer: z = a W + b, then a = g(z).

    Parameters
    ----------
    units : int
        n_l, the number of outputs.
    activation : None, str, function of `bpcore.activations`, or pair (g, g_prime)
        Default None: linear.
    use_bias : bool, default True
    kernel_initializer, bias_initializer : str or Initializer
        Defaults "glorot_uniform" and "zeros".
    kernel_regularizer, bias_regularizer : None, str or Regularizer
        Penalties on W and b; see `bpcore.regularizers`.
    kernel_constraint, bias_constraint : None, str, Constraint or function
        What is done to W and b after every update; see `bpcore.constraints`.
    name : str, optional
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        *,
        kernel_constraint=None,
        bias_constraint=None,
        name=None,
    ):
        super().__init__(name)
        self.units = as_count(units, "units")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def _outputs(self, n_in):
        return self.units

    def _weight_shapes(self):
        return [(self.n_in, self.units)] + ([(self.units,)] if self.use_bias else [])

    def _bind(self, arrays):
        starts = self.weights or [
            initializer(array.shape, array.dtype)
            for initializer, array in zip(
                (self.kernel_initializer, self.bias_initializer), arrays, strict=False
            )
        ]
        for array, start in zip(arrays, starts, strict=True):
            array[...] = start
        self.kernel = arrays[0]
        self.bias = arrays[1] if self.use_bias else None

    def get_config(self):
        """Return the arguments that make this layer again."""
        return {
            "units": self.units,
            "activation": _activation_config(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            **super().get_config(),
        }


class Activation(Layer):
    """An activation on its own: a = g(z), z = a of the layer before.

    Parameters
    ----------
    activation : str, function of `bpcore.activations`, or pair (g, g_prime)
    name : str, optional
    """

    def __init__(self, activation, name=None):
        super().__init__(name)
        self.activation = activations.get(activation)

    def get_config(self):
        """Return the arguments that make this layer again."""
        return {"activation": _activation_config(self.activation), **super().get_config()}


class Dropout(Layer):
    """In training, sets each element to 0 with probability `rate` and scales the others
    by 1 / (1 − rate); otherwise a = z (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        0 ≤ rate < 1.
    name : str, optional
    """

    activation = "dropout"

    def __init__(self, rate, name=None):
        super().__init__(name)
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)):
            raise TypeError(f"rate must be a number, got {rate!r}")
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, got {rate!r}")
        self.rate = float(rate)

    def get_config(self):
        """Return the arguments that make this layer again."""
        return {"rate": self.rate, **super().get_config()}


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


def _activation_config(activation):
    """An activation as get_config tells it: a name, or {"user": name} for a user's own."""
    return activation if isinstance(activation, str) else {"user": activation.name}


BUILT_IN = {cls.__name__: cls for cls in (Dense, Activation, Dropout)}
