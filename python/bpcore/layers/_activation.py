"""Layers that are an activation and nothing else: a = g(z), z = a of the layer before."""

import math
import warnings

from .. import activations
from .._activations import ROW_WISE, built_in
from .._data import is_number
from ._base import Layer


class Activation(Layer):
    """An activation on its own: a = g(z), z = a of the layer before.

    Parameters
    ----------
    activation : str, function of `bpcore.activations`, or pair (g, g_prime)
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.resolve(activation)
        # A row's outputs would have to be those along the last axis alone.
        self.any_shape = self.activation not in ROW_WISE

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"activation": self.activation, **super()._arguments()}


class ReLU(Layer):
    """Rectifier: z above `threshold`, at most `max_value`; below,
    ``negative_slope * (z − threshold)``.

    Parameters
    ----------
    max_value : float, optional
        At least 0; None: no limit.
    negative_slope, threshold : float, default 0
        At least 0.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        if max_value is not None:
            _not_negative("ReLU", "max_value", max_value)
        _not_negative("ReLU", "negative_slope", negative_slope)
        _not_negative("ReLU", "threshold", threshold)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.activation = activations.resolve(
            built_in(
                "relu", negative_slope=negative_slope, max_value=max_value, threshold=threshold
            )
        )

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
            **super()._arguments(),
        }


class LeakyReLU(Layer):
    """z for z ≥ 0, ``negative_slope * z`` below.

    Parameters
    ----------
    negative_slope : float, default 0.3
        At least 0. (The function `bpcore.activations.leaky_relu` has 0.2, as in Keras.)
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:  # Keras 2's name
            negative_slope = kwargs.pop("alpha")
            warnings.warn("LeakyReLU's alpha is deprecated; use negative_slope", stacklevel=2)
        super().__init__(**kwargs)
        _not_negative("LeakyReLU", "negative_slope", negative_slope)
        self.negative_slope = negative_slope
        self.activation = activations.resolve(built_in("leaky_relu", negative_slope=negative_slope))

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"negative_slope": self.negative_slope, **super()._arguments()}


class ELU(Layer):
    """z for z > 0, alpha (exp(z) − 1) up to 0 (Clevert et al. 2016).

    Parameters
    ----------
    alpha : float, default 1
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.resolve(built_in("elu", alpha=alpha))
        self.alpha = alpha

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"alpha": self.alpha, **super()._arguments()}


class Softmax(Layer):
    """exp(zⱼ) / Σₖ exp(zₖ) over a row's outputs.

    Parameters
    ----------
    axis : int, default -1
        That of the outputs: -1 or 1, or a list of one of them.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "softmax"
    any_shape = False

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if axis not in (-1, 1, [-1], [1], (-1,), (1,)):
            raise ValueError(
                f"Softmax takes axis -1 (or 1), the outputs of one example, got {axis!r}; arrays "
                "here have shape (batch, outputs)"
            )
        self.axis = axis

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"axis": self.axis, **super()._arguments()}


def _not_negative(layer, what, value):
    if not is_number(value) or not 0 <= value < math.inf:
        raise ValueError(f"{layer}'s {what} must be a finite number of at least 0, got {value!r}")
