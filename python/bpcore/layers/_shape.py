"""Layers that change no number: shapes, and a penalty on what passes."""

import math

from .._data import as_count
from ..regularizers import L1L2
from ._base import Layer


class Flatten(Layer):
    """Makes one row of each example: (B, n, m, …) becomes (B, n m …).

    Parameters
    ----------
    data_format : None or "channels_last"
        Taken as Keras takes it.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last"):
            raise ValueError(
                f"data_format={data_format!r} is not covered by bpcore; expected 'channels_last'"
            )

    def _output_shape(self, shape):
        return (math.prod(shape),)


class Reshape(Layer):
    """Gives each example another shape of the same size.

    Parameters
    ----------
    target_shape : tuple of int
        Without the batch; one of them may be −1, meaning what is left.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        shape = tuple(target_shape)
        if shape.count(-1) > 1:
            raise ValueError(f"target_shape may hold one -1, got {shape}")
        self.target_shape = tuple(n if n == -1 else as_count(n, "target_shape") for n in shape)

    def _output_shape(self, shape):
        size, known = math.prod(shape), math.prod(n for n in self.target_shape if n != -1)
        if -1 in self.target_shape and size % known == 0:
            return tuple(size // known if n == -1 else n for n in self.target_shape)
        if size != known:
            raise ValueError(
                f"layer {self.name!r} cannot make {self.target_shape} of inputs of shape {shape}: "
                f"{known} elements of {size}"
            )
        return self.target_shape

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"target_shape": list(self.target_shape), **super()._arguments()}


class ActivityRegularization(Layer):
    """Adds l1 Σ|a| + l2 Σ a², averaged over the batch, to the cost; a = z.

    Parameters
    ----------
    l1, l2 : float, default 0.0
    trainable, name
        As for every `Layer`.
    """

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = float(l1), float(l2)

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        config = super()._arguments()
        del config["activity_regularizer"]
        return {"l1": self.l1, "l2": self.l2, **config}
