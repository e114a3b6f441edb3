"""Models in files: one safetensors file for weights, layers, optimizer and training state.

Loading executes nothing from the file: names are looked up in a closed list, and among the
user's own objects, which `load_model` is given or which are registered here.
"""

from .._custom import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .._not_covered import not_covered
from ._models import load_model, load_weights, read_extra, save_model, save_weights
from ._objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "read_extra",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

__getattr__ = not_covered(__name__)
