"""The fully connected layer."""

from .. import activations, initializers
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
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = as_count(units, "units")
        self.activation = activations.resolve(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def _output_shape(self, shape):
        return (self.units,)

    def _specs(self):
        specs = [Spec("kernel", (self.n_in, self.units), self.kernel_initializer)]
        if self.use_bias:
            specs.append(Spec("bias", (self.units,), self.bias_initializer))
        return specs

    def get_config(self):
        """Return the arguments that make this layer again."""
        return {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            **super().get_config(),
        }
