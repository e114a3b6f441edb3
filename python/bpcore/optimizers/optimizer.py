"""What all optimizers share: their settings, their state, and how the core is told."""

import copy
import re
import weakref
from typing import ClassVar

import numpy as np

from .. import _core
from .._data import aligned_empty, is_number
from .._names import snake_case, unique_name
from . import schedules


def as_number(name, value, low, high):
    """Return value as a float within [low, high), or say what was wrong."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not low <= value < high:
        raise ValueError(f"{name} must be at least {low} and below {high}, got {value!r}")
    return float(value)


def _as_steps(name, value, low):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ValueError(f"{name} must be an integer >= {low} or None, got {value!r}")
    return int(value)


# What a copy must not share.
_OWN = ("_slots", "_excluded_arrays", "_excluded_at")


class Optimizer:
    """Base class of the optimizers: the options they have in common.

    A step is: the gradient of the cost with its penalties; accumulated; clipped; weights
    decayed; the optimizer's update; the moving average of the weights; constraints.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η; a schedule is asked for every step's.
    weight_decay : float, optional
        λ: before each update w ← w − λ η w (decoupled, Loshchilov & Hutter 2019).
    clipnorm : float, optional
        Largest norm of each variable's gradient.
    clipvalue : float, optional
        Largest size of each element of the gradient.
    global_clipnorm : float, optional
        Largest norm of the gradient of all variables together.
    use_ema : bool, default False
        Keep an exponential moving average of the weights, and end a fit with it.
    ema_momentum : float, default 0.99
        average ← momentum · average + (1 − momentum) w.
    ema_overwrite_frequency : int, optional
        Let the average replace the weights every so many updates, too.
    loss_scale_factor : float, optional
        Taken as Keras takes it; it changes nothing, since the gradient is divided by it again
        and nothing here is computed in half precision.
    gradient_accumulation_steps : int, optional
        At least 2: update once in so many steps, with the mean of their gradients.
    name : str, optional

    Attributes
    ----------
    learning_rate : float
        η of the next step. May be set, unless a schedule gives it.
    iterations : int
        Updates made so far.
    """

    # What each setting must be at least, and below; checked whenever one is set.
    _ranges: ClassVar[dict[str, tuple[float, float]]] = {
        "momentum": (0, 1),
        "rho": (0, 1),
        "beta_1": (0, 1),
        "beta_2": (0, 1),
        "epsilon": (0, np.inf),
        "ema_momentum": (0, 1 + 1e-15),
    }
    _optional: ClassVar[dict[str, tuple[float, float]]] = {
        "weight_decay": (0, np.inf),
        "clipnorm": (0, np.inf),
        "clipvalue": (0, np.inf),
        "global_clipnorm": (0, np.inf),
        "loss_scale_factor": (1e-300, np.inf),
    }

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
    ):
        self.name = name or unique_name(snake_case(type(self).__name__))
        if sum(v is not None for v in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self._learning_rate = None
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = bool(use_ema)
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = (
            None
            if ema_overwrite_frequency is None
            else _as_steps("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        )
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = (
            None
            if not gradient_accumulation_steps
            else _as_steps("gradient_accumulation_steps", gradient_accumulation_steps, 2)
        )
        self._excluded_arrays, self._excluded_names, self._excluded_at = [], None, {}
        self._forget()

    def __setattr__(self, name, value):
        if name[0] != "_":  # a setting
            if name in self._ranges:
                value = as_number(name, value, *self._ranges[name])
            elif value is not None and name in self._optional:
                value = as_number(name, value, *self._optional[name])
            if name != "learning_rate":
                self.__dict__["_core_settings"] = None
        object.__setattr__(self, name, value)

    @property
    def learning_rate(self):
        """η of the next step."""
        if isinstance(self._learning_rate, float):
            return self._learning_rate
        return float(self._learning_rate(self._iterations))

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(value, schedules.LearningRateSchedule):
            self._learning_rate = value
            return
        if callable(value):
            raise TypeError(
                "learning_rate must be a number or a LearningRateSchedule; a function of no "
                f"arguments, as Keras takes it, is not covered: got {value!r}"
            )
        if isinstance(self._learning_rate, schedules.LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` as its "
                "`learning_rate`, hence its learning rate is not settable. Create the "
                "optimizer with a float `learning_rate` to set it later"
            )
        self._learning_rate = as_number("learning_rate", value, 0, np.inf)

    def _rates(self, steps):
        """Return η of the next steps: one float for all, or an array."""
        if isinstance(self._learning_rate, float):
            return self._learning_rate
        rates = np.ascontiguousarray(
            self._learning_rate._rates(self._iterations, steps), np.float64
        )
        if rates.shape != (steps,) or not np.isfinite(rates).all():
            raise ValueError(
                f"{self._learning_rate!r} must give one finite learning rate for each step, got "
                f"{rates!r} from step {self._iterations} on"
            )
        return rates

    @property
    def iterations(self):
        """Updates made so far."""
        return self._iterations // (self.gradient_accumulation_steps or 1)

    # ---- what an optimizer of its own must say ---------------------------------

    def _kind(self):
        """Name of the update, one of ``_core.OPTIMIZERS``."""
        raise TypeError(
            f"{type(self).__name__} is not one of bpcore's optimizers, whose updates are compiled; "
            "a user's own optimizer is not covered"
        )

    def _coefficients(self):
        """The settings as the kernel names them (kernels/dispatch.h, bp_coefficients)."""
        return {}

    def _slot_starts(self):
        """What each of the kernel's arrays starts from, None for one that is left out."""
        return ()

    def _more_settings(self):
        return {}

    # ---- state -------------------------------------------------------------------

    def _forget(self):
        """Start anew, without moments and without an owner."""
        self.__dict__.update(  # none of them is checked
            _iterations=0,
            _slots=None,
            _model=None,
            _layout=None,
            _core_settings=None,
            _slots_of=None,
        )

    def _settings(self, model):
        """Return the settings as the core takes them."""
        if self._core_settings is None:
            self._core_settings = _core.Settings(
                self._kind(),
                self._coefficients(),
                tuple(start is not None for start in self._slot_starts()),
                weight_decay=self.weight_decay or 0.0,
                clip_value=self.clipvalue or 0.0,
                clip_norm=self.clipnorm or 0.0,
                global_norm=self.global_clipnorm or 0.0,
                average_momentum=self.ema_momentum if self.use_ema else None,
                overwrite=(self.use_ema and self.ema_overwrite_frequency) or 0,
                accumulate=self.gradient_accumulation_steps or 1,
                undecayed=self._undecayed(model),
                **self._more_settings(),
            )
        return self._core_settings

    def _slots_for(self, parameters, model):
        """Return the moments for this model's flat parameters, made at first use."""
        if self._model is not None and self._model() is not model:
            raise ValueError(
                f"this {type(self).__name__} already trains another model; make a new optimizer "
                "for each model"
            )
        settings = self._settings(model)
        if settings is self._slots_of and self._slots.size == parameters.size * settings.n_slots:
            return self._slots  # of these settings, whatever they are
        self._model = weakref.ref(model)
        shapes = [spec.shape for layer in model.layers for spec in layer._specs()]
        layout = (
            [start is not None for start in self._slot_starts()],
            self.use_ema,
            self.gradient_accumulation_steps is not None,
            shapes,
        )
        if self._layout is not None and self._layout[-1] != shapes:
            self._iterations = 0  # the model got other layers since
        size = parameters.size * settings.n_slots
        if self._slots is None or self._layout != layout or self._slots.size != size:
            self._slots = aligned_empty(size, parameters.dtype)
            self._layout = layout
            self._slots[...] = 0
            starts = [start for start in self._slot_starts() if start is not None]
            for k, start in enumerate(starts):
                self._slots[k * parameters.size : (k + 1) * parameters.size] = start
            if self.use_ema:  # of a layer that is frozen until later: from where it stands
                at = len(starts) * parameters.size
                self._slots[at : at + parameters.size] = parameters
        self._slots_of = settings
        return self._slots

    def __copy__(self):
        """Return one with moments of its own."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__getstate__())
        own = {name: copy.copy(getattr(self, name)) for name in _OWN}
        other.__dict__.update(own)
        return other

    def __getstate__(self):
        """Without the model: a copy belongs to whoever trains with it first."""
        return {**self.__dict__, "_model": None, "_core_settings": None, "_slots_of": None}

    # ---- weight decay and moving average ---------------------------------------------

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Let these variables not decay; call it before the first training.

        Parameters
        ----------
        var_list : list of ndarray, optional
            Weights of the model, as ``model.weights`` or ``layer.bias`` are.
        var_names : list of str, optional
            Regular expressions: a variable is left out where one is found in its name
            ("kernel", "bias", …).
        """
        if self._slots is not None:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the optimizer is "
                "built: call it before the first training"
            )
        self._excluded_arrays, self._excluded_at = list(var_list or []), {}
        self._excluded_names = re.compile("|".join(var_names)) if var_names else None
        self._core_settings = None

    def _excluded_places(self, model):
        """Which variables do not decay: their numbers within each layer, by its name."""
        pattern, places = self._excluded_names, {}
        for layer in model.layers:
            settled = self._excluded_at.get(layer.name, ())
            for i, (name, array) in enumerate(layer._named(layer._specs())):
                by_name = pattern is not None and pattern.search(name)
                given = any(_same(array, other) for other in self._excluded_arrays)
                if by_name or given or i in settled:
                    places.setdefault(layer.name, []).append(i)
        return places

    def _settle_exclusions(self, model):
        """Know the variables that do not decay by their places from now on: the model, or its
        copy, is about to lay out its arrays anew.
        """
        if self._excluded_arrays:
            self._excluded_at = self._excluded_places(model)
            self._excluded_arrays = []

    def _exclude_places(self, places):
        """Let the variables that `_excluded_places` named not decay."""
        self._excluded_at = places
        self._core_settings = None

    def _undecayed(self, model):
        """One byte for each variable of the model: whether it does not decay."""
        if not self._excluded_arrays and self._excluded_names is None and not self._excluded_at:
            return b""
        places = self._excluded_places(model)
        return bytes(
            i in places.get(layer.name, [])
            for layer in model.layers
            for i in range(len(layer._specs()))
        )

    def finalize_variable_values(self, var_list):
        """With `use_ema`, let these weights of the model take the values of their average.

        A fit ends with it. Before the first step there is no average, and nothing happens.
        """
        if not self.use_ema or self._slots is None or not self._iterations:
            return
        parameters = self._model()._parameters
        first = sum(start is not None for start in self._slot_starts()) * parameters.size
        average = self._slots[first : first + parameters.size]
        for array in var_list:
            at = (_core.address(array) - _core.address(parameters)) // parameters.itemsize
            if not 0 <= at <= parameters.size - array.size:
                raise ValueError("var_list must hold weights of the model this optimizer trains")
            array[...] = average[at : at + array.size].reshape(array.shape)

    # ---- configuration -------------------------------------------------------------

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": rate if isinstance(rate, float) else schedules.serialize(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make an optimizer of what `get_config` returned, without its state."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedules.deserialize(config["learning_rate"], custom_objects)
        return cls(**config)


def _same(array, other):
    """Whether two arrays are views of the same weights."""
    return (
        isinstance(other, np.ndarray)
        and array.shape == other.shape
        and _core.address(array) == _core.address(other)
    )
