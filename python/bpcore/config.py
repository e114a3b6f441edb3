"""Settings for the whole process, under Keras's names."""

from ._not_covered import not_covered

__all__ = [
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
]

_EPSILON = 1e-7
_floatx = "float32"


def floatx():
    """Return the element type of models that are given none: "float32" or "float64"."""
    return _floatx


def set_floatx(value):
    """Set the element type of the models made from now on.

    Parameters
    ----------
    value : {"float32", "float64"}
        A model's own `dtype`, or its `Input`'s, goes before it.
    """
    global _floatx
    if value not in ("float32", "float64"):
        raise ValueError(f"floatx must be 'float32' or 'float64', got {value!r}")
    _floatx = value


def epsilon():
    """Return 1e-7, what probabilities and norms are kept away from 0 by."""
    return _EPSILON


def set_epsilon(value):
    """Accept 1e-7 alone: the number is part of the compiled kernels.

    Raises
    ------
    ValueError
        For any other number.
    """
    if value != _EPSILON:
        raise ValueError(
            f"set_epsilon({value!r}) is not covered: bpcore's kernels are compiled with "
            f"{_EPSILON}. Losses, optimizers and layers take an epsilon of their own where Keras's "
            "do"
        )


def image_data_format():
    """Return "channels_last"."""
    return "channels_last"


__getattr__ = not_covered(__name__)
