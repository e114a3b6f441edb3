"""Starting values of weights, with Keras's formulas.

The same seed gives the same bits. Without one, the seed comes from the stream
that `bpcore.utils.set_random_seed` starts.
"""

import numpy as np

from . import utils
from ._names import look_up


class Initializer:
    """Base class: call with a shape to get the values.

    Parameters
    ----------
    seed : int, optional
        With it, every call returns the same values.
    """

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype="float32"):
        """Return an array of this shape, (fan_in, fan_out) for a kernel."""
        generator = np.random.Generator(
            np.random.PCG64(utils.new_seed() if self.seed is None else self.seed)
        )
        return self._values(generator, tuple(shape)).astype(dtype)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {"seed": self.seed}


class Zeros(Initializer):
    """All 0."""

    def __init__(self):
        super().__init__()

    def __call__(self, shape, dtype="float32"):
        """Return zeros of this shape."""
        return np.zeros(shape, dtype)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {}


class Ones(Initializer):
    """All 1."""

    def __init__(self):
        super().__init__()

    def __call__(self, shape, dtype="float32"):
        """Return ones of this shape."""
        return np.ones(shape, dtype)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {}


class GlorotUniform(Initializer):
    """Uniform on [−r, r], r = √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""

    def _values(self, generator, shape):
        limit = np.sqrt(6.0 / (shape[0] + shape[-1]))
        return generator.uniform(-limit, limit, shape)


class HeNormal(Initializer):
    """Normal truncated at two standard deviations, of variance 2 / fan_in (He et al. 2015).

    As in Keras, the standard deviation before truncation is √(2 / fan_in) / 0.8796, so
    that it is √(2 / fan_in) after.
    """

    def _values(self, generator, shape):
        # 0.87962566103423978: the standard deviation of a unit normal cut at ±2.
        values = generator.standard_normal(shape)
        outside = np.abs(values) > 2
        while outside.any():
            values[outside] = generator.standard_normal(np.count_nonzero(outside))
            outside = np.abs(values) > 2
        return values * (np.sqrt(2.0 / shape[0]) / 0.87962566103423978)


BUILT_IN = {
    "glorot_uniform": GlorotUniform,
    "GlorotUniform": GlorotUniform,
    "he_normal": HeNormal,
    "HeNormal": HeNormal,
    "ones": Ones,
    "zeros": Zeros,
    "Zeros": Zeros,
}


def get(identifier):
    """Return the initializer for a name, or the given one."""
    if isinstance(identifier, str):
        return look_up(identifier, BUILT_IN, "initializer")()
    if isinstance(identifier, Initializer):
        return identifier
    raise ValueError(f"initializer must be a name or an Initializer, got {identifier!r}")
