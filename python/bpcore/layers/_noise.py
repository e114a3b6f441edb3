"""Layers that are random in training and do nothing outside of it."""

import math

import numpy as np

from .._data import is_number
from ._base import Layer


def _as_number(name, value, low, high):
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {value!r}")
    return float(value)


class _Random(Layer):
    """What the random layers share: their own seed, if any."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        if seed is not None and (
            isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0
        ):
            raise ValueError(f"seed must be an integer of at least 0, got {seed!r}")
        self.seed = seed

    def _row(self):
        return {"seed": -1 if self.seed is None else self.seed & 0x7FFFFFFFFFFFFFFF}


class _WithRate(_Random):
    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = _as_number("rate", rate, 0, 1)
        if noise_shape is not None:
            raise ValueError(
                f"noise_shape={noise_shape!r} is not covered by bpcore: every element is drawn on "
                "its own (noise_shape=None)"
            )

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"rate": self.rate, "seed": self.seed, **super()._arguments()}


class Dropout(_WithRate):
    """In training, sets each element to 0 with probability `rate` and scales the others
    by 1 / (1 − rate); otherwise a = z (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        0 ≤ rate ≤ 1.
    noise_shape : None
        Taken as Keras takes it; other values are not covered.
    seed : int, optional
        Default: the model's own random numbers.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "dropout"

    def _row(self):
        return {**super()._row(), "threshold": int(self.rate * 2**32)}


class AlphaDropout(_WithRate):
    """Dropout that keeps mean 0 and variance 1, for networks of SELUs (Klambauer et al. 2017).

    In training each element becomes −λα = −1.758 with probability `rate`; all are then scaled and
    shifted so that mean and variance stay.

    Parameters
    ----------
    rate : float
        0 ≤ rate ≤ 1.
    noise_shape : None
        Taken as Keras takes it; other values are not covered.
    seed : int, optional
        Default: the model's own random numbers.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "alpha_dropout"

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, noise_shape, seed, **kwargs)
        if self.rate == 1:
            raise ValueError("rate must be below 1 for AlphaDropout, got 1")

    def _row(self):
        return {**super()._row(), "threshold": int(self.rate * 2**32)}


class GaussianDropout(_WithRate):
    """In training a = z · N, N normal of mean 1 and variance rate / (1 − rate)
    (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    rate : float
        0 ≤ rate < 1.
    seed : int, optional
        Default: the model's own random numbers.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "gaussian_dropout"

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(rate, None, seed, **kwargs)
        if self.rate == 1:
            raise ValueError("rate must be below 1 for GaussianDropout, got 1")

    def _numbers(self):
        return {"epsilon": math.sqrt(self.rate / (1 - self.rate))}


class GaussianNoise(_Random):
    """In training a = z + N, N normal of mean 0.

    Parameters
    ----------
    stddev : float
        Standard deviation of N, 0 ≤ stddev ≤ 1.
    seed : int, optional
        Default: the model's own random numbers.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "gaussian_noise"

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.stddev = _as_number("stddev", stddev, 0, 1)

    def _numbers(self):
        return {"epsilon": self.stddev}

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"stddev": self.stddev, "seed": self.seed, **super()._arguments()}
