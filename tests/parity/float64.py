"""Keras in float64, throughout.

Keras 3 keeps variables in float64 if asked to, but its type promotion makes float32 of
float64 and float32 ("never promote to float64"), so that every mean is taken in float32.
Import this before anything is computed.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["JAX_ENABLE_X64"] = "1"
import keras
import keras.src.backend
from keras.src.backend.common import dtypes

_promoted = dtypes.result_type


def _result_type(*types):
    names = [getattr(t, "name", str(t)) for t in types]
    return "float64" if any("float64" in name for name in names) else _promoted(*types)


dtypes.result_type = keras.src.backend.result_type = _result_type


def use(dtype):
    """Let everything that is made from now on be of this dtype."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
