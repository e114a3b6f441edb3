"""Starting values of weights, with Keras's formulas.

The same seed gives the same bits. Without one, the seed comes from the stream
that `bpcore.utils.set_random_seed` starts.
"""

import inspect
import math

import numpy as np

from . import _objects, utils
from ._not_covered import not_covered

# The standard deviation of a unit normal cut at ±2.
_CUT = 0.87962566103423978


class Initializer:
    """Base class: call with a shape to get the values.

    One of your own defines ``__call__(self, shape, dtype)`` and returns an array.
    """

    def __call__(self, shape, dtype="float32"):
        """Return an array of this shape, (fan_in, fan_out) for a kernel."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Make an initializer of what `get_config` returned."""
        return cls(**config)


class Constant(Initializer):
    """All the same number.

    Parameters
    ----------
    value : float, default 0.0
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype="float32"):
        """Return an array of this shape."""
        return np.full(shape, self.value, dtype)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {"value": self.value}


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape, dtype="float32"):
        """Return zeros of this shape."""
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape, dtype="float32"):
        """Return ones of this shape."""
        return np.ones(shape, dtype)


class Identity(Initializer):
    """gain on the diagonal of a matrix, 0 elsewhere.

    Parameters
    ----------
    gain : float, default 1.0
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype="float32"):
        """Return a matrix of this shape."""
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. Received: "
                f"shape={shape} of rank {len(shape)}."
            )
        return (self.gain * np.eye(*shape)).astype(dtype)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Base class of those that draw.

    Parameters
    ----------
    seed : int, optional
        With it, every call returns the same values.
    """

    def __init__(self, seed=None):
        if seed is not None and (
            isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0
        ):
            raise ValueError(f"seed must be None or an integer >= 0, got {seed!r}")
        self.seed = seed

    def __call__(self, shape, dtype="float32"):
        """Return an array of this shape, (fan_in, fan_out) for a kernel."""
        generator = np.random.Generator(
            np.random.PCG64(utils.new_seed() if self.seed is None else self.seed)
        )
        return self._values(generator, tuple(shape)).astype(dtype)

    def _values(self, generator, shape):
        raise NotImplementedError

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {"seed": self.seed}


def _truncated(generator, shape):
    """Unit normals cut at ±2: those outside are drawn again."""
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = generator.standard_normal(np.count_nonzero(outside))
        outside = np.abs(values) > 2
    return values


class RandomNormal(RandomInitializer):
    """Normal.

    Parameters
    ----------
    mean, stddev : float, default 0.0, 0.05
    seed : int, optional
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def _values(self, generator, shape):
        return self.mean + self.stddev * generator.standard_normal(shape)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal, cut at two standard deviations (so that its own is 0.88 stddev).

    Parameters
    ----------
    mean, stddev : float, default 0.0, 0.05
    seed : int, optional
    """

    def _values(self, generator, shape):
        return self.mean + self.stddev * _truncated(generator, shape)


class RandomUniform(RandomInitializer):
    """Uniform on [minval, maxval).

    Parameters
    ----------
    minval, maxval : float, default -0.05, 0.05
    seed : int, optional
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def _values(self, generator, shape):
        return generator.uniform(self.minval, self.maxval, shape)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """Of variance scale / n, n the fan-in, the fan-out or their mean.

    Parameters
    ----------
    scale : float, default 1.0
        Above 0.
    mode : {"fan_in", "fan_out", "fan_avg"}, default "fan_in"
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}, default first
        Cut normals are made wider first, so that the variance is right after the cut.
    seed : int, optional
    input_axes, output_axes : list of int, optional
        The axes whose sizes make the fans; default: the first and the last of a matrix.
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                f"Invalid `mode` argument: {mode}. Please use one of fan_in, fan_out, fan_avg"
            )
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. Please use one of uniform, "
                "truncated_normal, untruncated_normal"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def _values(self, generator, shape):
        fans = dict(zip(("fan_in", "fan_out"), self._fans(shape), strict=True))
        fans["fan_avg"] = sum(fans.values()) / 2
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return generator.uniform(-limit, limit, shape)
        if self.distribution == "truncated_normal":
            return _truncated(generator, shape) * (math.sqrt(variance) / _CUT)
        return generator.standard_normal(shape) * math.sqrt(variance)

    def _fans(self, shape):
        if self.input_axes is not None and self.output_axes is not None:
            return (
                math.prod(shape[a] for a in self.input_axes),
                math.prod(shape[a] for a in self.output_axes),
            )
        if len(shape) < 2:
            return (shape[0] if shape else 1,) * 2
        field = math.prod(shape[:-2])
        return field * shape[-2], field * shape[-1]

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Named(VarianceScaling):
    """A `VarianceScaling` of fixed scale, mode and distribution.

    Parameters
    ----------
    seed : int, optional
    input_axes, output_axes : list of int, optional
    """

    _fixed: tuple[float, str, str]

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self._fixed, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {
            "seed": self.seed,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class GlorotUniform(_Named):
    """Uniform on [−r, r], r = √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""

    _fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Cut normal of variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010)."""

    _fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform on [−r, r], r = √(6 / fan_in) (He et al. 2015)."""

    _fixed = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Normal truncated at two standard deviations, of variance 2 / fan_in (He et al. 2015)."""

    _fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform on [−r, r], r = √(3 / fan_in) (LeCun et al. 1998)."""

    _fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Cut normal of variance 1 / fan_in (LeCun et al. 1998; Klambauer et al. 2017)."""

    _fixed = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """gain times a random matrix of orthonormal rows or columns (Saxe et al. 2013).

    Parameters
    ----------
    gain : float, default 1.0
    seed : int, optional
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def _values(self, generator, shape):
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))  # or some matrices would come more often than others
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self):
        """Return the arguments that make this initializer again."""
        return {**super().get_config(), "gain": self.gain}


OrthogonalInitializer = Orthogonal
IdentityInitializer = Identity

BUILT_IN = _objects.names_of(
    Constant,
    Identity,
    Ones,
    Zeros,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal,
    normal=RandomNormal,
    uniform=RandomUniform,
    one=Ones,
    zero=Zeros,
)


def serialize(initializer):
    """Return the dict that makes this initializer again."""
    return _objects.serialize(initializer, "initializers")


def deserialize(config, custom_objects=None):
    """Return the initializer that a dict of `serialize` describes."""
    return _objects.deserialize(config, _KNOWN, "initializer", custom_objects)


class _Array(Initializer):
    """An array of the user's as starting values."""

    def __init__(self, values):
        self.values = values

    def __call__(self, shape, dtype="float32"):
        if tuple(shape) != self.values.shape:
            raise ValueError(
                f"Expected `shape` to be {self.values.shape} for direct tensor as initializer. "
                f"Received shape={tuple(shape)}"
            )
        return self.values.astype(dtype)

    def get_config(self):
        return {"values": self.values.tolist(), "dtype": self.values.dtype.name}

    @classmethod
    def from_config(cls, config):
        return cls(np.array(config["values"], config["dtype"]))


_KNOWN = {**BUILT_IN, "_Array": _Array}


def get(identifier):
    """Return the initializer for a name, a config, a class or an array, or the given one.

    A function (shape, dtype) → array will do; None stays None.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (np.ndarray, np.generic)):
        return _Array(np.asarray(identifier))
    if isinstance(identifier, (str, dict)):
        identifier = deserialize(identifier)
    if inspect.isclass(identifier):
        identifier = identifier()
    if not callable(identifier):
        raise ValueError(f"initializer must be a name or an Initializer, got {identifier!r}")
    return identifier


__getattr__ = not_covered(__name__)
