"""Layers of a `bpcore.Sequential`, under Keras's names.

Layer l computes z⁽ˡ⁾ = a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾ and a⁽ˡ⁾ = g_l(z⁽ˡ⁾); one without weights has
z⁽ˡ⁾ = a⁽ˡ⁻¹⁾.
"""

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

__all__ = ["Input", "InputLayer", "Layer", "set_weights"]

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
