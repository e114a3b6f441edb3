"""Optimizers, with Keras's formulas and defaults.

An optimizer object holds its settings and its state: the moments of every
parameter in one flat array, and how many updates were made. The update itself
is compiled.
"""

import weakref
from typing import ClassVar

import numpy as np

from . import _core
from ._data import aligned_empty
from ._names import look_up


def _number(name, value, low, high):
    """Return value as a float within [low, high), or say what was wrong."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not low <= value < high:
        raise ValueError(f"{name} must be at least {low} and below {high}, got {value!r}")
    return float(value)


class Optimizer:
    """Base class of the optimizers.

    Attributes
    ----------
    learning_rate : float
    iterations : int
        Updates made so far.
    """

    # What each setting must be at least, and below; checked whenever one is set.
    _ranges: ClassVar = {
        "learning_rate": (0, np.inf),
        "momentum": (0, 1),
        "beta_1": (0, 1),
        "beta_2": (0, 1),
        "epsilon": (0, np.inf),
    }

    def __init__(self, learning_rate, name):
        self.learning_rate = learning_rate
        self.name = name
        self._forget()

    def __setattr__(self, name, value):
        if name in self._ranges:
            value = _number(name, value, *self._ranges[name])
        super().__setattr__(name, value)

    def _forget(self):
        """Start anew, without moments and without an owner."""
        self.iterations = 0
        self._slots = self._model = None

    def _slots_for(self, parameters, model):
        """Return the moments for this model's flat parameters, made at first use."""
        if self._model is not None and self._model() is not model:
            raise ValueError(
                f"this {type(self).__name__} already trains another model; make a new optimizer "
                "for each model"
            )
        self._model = weakref.ref(model)
        size = parameters.size * _core.n_slots(self._settings())
        if self._slots is None or self._slots.size != size:
            self._slots = aligned_empty(size, parameters.dtype)
            self._slots[...] = 0
        return self._slots

    def __getstate__(self):
        """Without the model: a copy belongs to whoever trains with it first."""
        return {**self.__dict__, "_model": None}


class SGD(Optimizer):
    """Gradient descent, with momentum and Nesterov's variant.

    With g the gradient: without momentum w ← w − η g; with momentum
    m ← μ m − η g, then w ← w + m, or with ``nesterov`` w ← w + μ m − η g.

    Parameters
    ----------
    learning_rate : float, default 0.01
        η.
    momentum : float, default 0.0
        μ, 0 ≤ μ < 1.
    nesterov : bool, default False
    name : str, default "SGD"
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, name="SGD"):
        super().__init__(learning_rate, name)
        self.momentum = momentum
        self.nesterov = bool(nesterov)

    def _settings(self):
        return ("sgd", self.learning_rate, self.momentum, 0.0, 0.0, self.nesterov)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "name": self.name,
        }


class Adam(Optimizer):
    """Adam (Kingma & Ba 2014, the form before section 2.1 with ε̂).

    m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), and at update t
    w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).

    Parameters
    ----------
    learning_rate : float, default 0.001
        η.
    beta_1, beta_2 : float, default 0.9, 0.999
        Decay of the two moments.
    epsilon : float, default 1e-7
    name : str, default "adam"
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, name="adam"):
        super().__init__(learning_rate, name)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _settings(self):
        return ("adam", self.learning_rate, self.beta_1, self.beta_2, self.epsilon, False)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            "learning_rate": self.learning_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "name": self.name,
        }


BUILT_IN = {"sgd": SGD, "SGD": SGD, "adam": Adam, "Adam": Adam}


def get(identifier):
    """Return the optimizer for a name, or the given one."""
    if isinstance(identifier, str):
        return look_up(identifier, BUILT_IN, "optimizer")()
    if isinstance(identifier, Optimizer):
        return identifier
    raise ValueError(f"optimizer must be a name or an Optimizer, got {identifier!r}")
