"""Layers of a `bpcore.Sequential`, under Keras's names.

Layer l computes z⁽ˡ⁾ = a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾ and a⁽ˡ⁾ = g_l(z⁽ˡ⁾); one without weights has
z⁽ˡ⁾ = a⁽ˡ⁻¹⁾.
"""

from .. import _custom, _objects
from .._not_covered import not_covered
from ._activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from ._base import Input, InputLayer, Layer, set_weights
from ._dense import Dense
from ._noise import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
)
from ._normalization import (
    BatchNormalization,
    LayerNormalization,
    Normalization,
    PReLU,
    Rescaling,
    RMSNormalization,
    UnitNormalization,
)
from ._shape import ActivityRegularization, Flatten, Reshape

__all__ = ["Input", "InputLayer", "Layer", "deserialize", "serialize", "set_weights"]

BUILT_IN = {
    cls.__name__: cls
    for cls in (
        Activation,
        ActivityRegularization,
        AlphaDropout,
        BatchNormalization,
        Dense,
        Dropout,
        ELU,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        LayerNormalization,
        LeakyReLU,
        Normalization,
        PReLU,
        ReLU,
        RMSNormalization,
        Rescaling,
        Reshape,
        Softmax,
        UnitNormalization,
    )
}
__all__ += list(BUILT_IN)


def serialize(layer):
    """Return the dict that makes this layer again, with new weights."""
    config = _objects.serialize(layer, "layers")
    if isinstance(layer, Input):
        config["class_name"] = "InputLayer"
    elif layer.built:
        config["build_config"] = {"input_shape": [None, *layer.input_shape]}
    return config


def deserialize(config, custom_objects=None):
    """Return the layer that a dict of `serialize` describes.

    Parameters
    ----------
    config : dict
    custom_objects : dict of str to object, optional
        The user's own activations, regularizers and so on, by name.
    """
    with _custom.CustomObjectScope(custom_objects):
        return _objects.deserialize(config, {**BUILT_IN, "InputLayer": Input}, "layer")


__getattr__ = not_covered(__name__)
