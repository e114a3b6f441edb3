"""The fully connected layer."""

from .. import activations, constraints, initializers, regularizers
from .._data import as_count
from ._base import Layer, Spec


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
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    any_shape = False
    kernel = bias = None

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = as_count(units, "units")
        self.activation = activations.resolve(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def _output_shape(self, shape):
        return (self.units,)

    def _specs(self):
        kernel = Spec(
            "kernel",
            (self.n_in, self.units),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        if not self.use_bias:
            return [kernel]
        bias = Spec(
            "bias",
            (self.units,),
            self.bias_initializer,
            self.bias_regularizer,
            self.bias_constraint,
        )
        return [kernel, bias]

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "units": self.units,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            **super()._arguments(),
        }
