"""Learning rates as functions of the step, with Keras's formulas.

Every schedule is called with a step, counted from 0, or an array of steps, and returns η for
it. Steps are those of the mini-batches, also where the optimizer accumulates gradients.
"""

import math

import numpy as np

from .. import _objects


class LearningRateSchedule:
    """Base class of the schedules. One of your own defines ``__call__(self, step)``, which
    returns η for one step, and ``get_config`` if it is to be saved.
    """

    def __call__(self, step):
        """Return η for a step."""
        raise NotImplementedError(
            f"Learning rate schedule {type(self).__name__!r} must override `__call__(self, step)`."
        )

    def get_config(self):
        """Return the arguments that make this schedule again."""
        raise NotImplementedError(
            f"Learning rate schedule {type(self).__name__!r} must override `get_config()` in "
            "order to be serializable."
        )

    @classmethod
    def from_config(cls, config):
        """Make a schedule of what `get_config` returned."""
        return cls(**config)

    def _rates(self, first, count):
        """η of `count` steps from `first` on."""
        return np.array([float(self(step)) for step in range(first, first + count)])


class _BuiltIn(LearningRateSchedule):
    """A schedule that is a formula of arrays; subclasses define ``_at(step)``."""

    # The arguments, in the order of get_config; attributes of these names hold them.
    _arguments: tuple[str, ...] = ()

    def __call__(self, step):
        """Return η for a step, or for each of an array of steps."""
        rates = self._at(np.asarray(step, np.float64))
        return float(rates) if np.ndim(rates) == 0 else rates

    def get_config(self):
        """Return the arguments that make this schedule again."""
        return {name: getattr(self, name) for name in (*self._arguments, "name")}

    def _rates(self, first, count):
        return self(np.arange(first, first + count))


def _positive(name, value):
    if not value > 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
    return value


class ExponentialDecay(_BuiltIn):
    """η = η₀ · rate^(step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Round step / decay_steps down.
    name : str, default "ExponentialDecay"
    """

    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="ExponentialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def _at(self, step):
        p = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            np.floor(p) if self.staircase else p
        )


class PiecewiseConstantDecay(_BuiltIn):
    """η = values[i] for boundaries[i−1] < step ≤ boundaries[i].

    Parameters
    ----------
    boundaries : list of int
        Ascending.
    values : list of float
        One more than there are boundaries.
    name : str, default "PiecewiseConstant"
    """

    _arguments = ("boundaries", "values")

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        if list(boundaries) != sorted(boundaries):
            raise ValueError(f"boundaries must ascend, got {boundaries}")
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def _at(self, step):
        return np.asarray(self.values, np.float64)[np.searchsorted(self.boundaries, step)]


class PolynomialDecay(_BuiltIn):
    """η = (η₀ − η₁)(1 − step / decay_steps)^power + η₁, and η₁ from decay_steps on.

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
    end_learning_rate : float, default 0.0001
        η₁.
    power : float, default 1.0
    cycle : bool, default False
        Go on past decay_steps: it grows to the next of its multiples.
    name : str, default "PolynomialDecay"
    """

    _arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def _at(self, step):
        if self.cycle:
            p = step / (self.decay_steps * np.maximum(np.ceil(step / self.decay_steps), 1))
        else:
            p = np.minimum(step, self.decay_steps) / self.decay_steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * (1 - p) ** self.power + self.end_learning_rate


class InverseTimeDecay(_BuiltIn):
    """η = η₀ / (1 + rate · step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Round step / decay_steps down.
    name : str, default "InverseTimeDecay"
    """

    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="InverseTimeDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def _at(self, step):
        p = step / self.decay_steps
        return self.initial_learning_rate / (
            1 + self.decay_rate * (np.floor(p) if self.staircase else p)
        )


class CosineDecay(_BuiltIn):
    """Half a cosine from η₀ to alpha · η₀ (Loshchilov & Hutter 2016), with a linear warm-up.

    Without `warmup_target` η = η₀ [(1 − α)(1 + cos(π step / decay_steps)) / 2 + α], constant
    from decay_steps on. With it η rises from η₀ to the target in `warmup_steps`, and then
    falls from the target in the same way.

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
    alpha : float, default 0.0
        α.
    name : str, default "CosineDecay"
    warmup_target : float, optional
    warmup_steps : int, default 0
    """

    _arguments = ("initial_learning_rate", "decay_steps", "alpha", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def _at(self, step):
        start, first = self.initial_learning_rate, 0
        if self.warmup_target is not None:
            start, first = self.warmup_target, self.warmup_steps
        p = np.clip((step - first) / self.decay_steps, 0, 1)
        cosine = 0.5 * (1 + np.cos(math.pi * p))
        rate = start * ((1 - self.alpha) * cosine + self.alpha)
        if self.warmup_target is None:
            return rate
        rise = (start - self.initial_learning_rate) * (step / max(first, 1))
        return np.where(step < first, rise + self.initial_learning_rate, rate)


class CosineDecayRestarts(_BuiltIn):
    """Cosine decay with restarts: SGDR (Loshchilov & Hutter 2016).

    Parameters
    ----------
    initial_learning_rate : float
    first_decay_steps : int
        Length of the first period.
    t_mul : float, default 2.0
        Each period is so many times as long as the last.
    m_mul : float, default 1.0
        Each starts from so many times the learning rate of the last.
    alpha : float, default 0.0
        The least learning rate, as a share of the first.
    name : str, default "SGDRDecay"
    """

    _arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha")

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="SGDRDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def _at(self, step):
        p = step / self.first_decay_steps
        if self.t_mul == 1:
            period = np.floor(p)
            p = p - period
        else:
            # Rounded: at a restart the logarithm's last bit must not decide the period.
            count = np.log(1 - p * (1 - self.t_mul)) / math.log(self.t_mul)
            period = np.floor(np.round(count, 12))
            before = (1 - self.t_mul**period) / (1 - self.t_mul)
            p = (p - before) / self.t_mul**period
        cosine = 0.5 * self.m_mul**period * (1 + np.cos(math.pi * p))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)


class OneCycle(_BuiltIn):
    """One rise and fall: the 1cycle policy (Smith & Topin 2018), as PyTorch's OneCycleLR.

    η rises from max / div_factor to max in pct_start of the steps, then falls to
    max / div_factor / final_div_factor; it stays there from the last step on.

    Parameters
    ----------
    max_learning_rate : float
    total_steps : int
        At least 2.
    pct_start : float, default 0.3
        Share of the steps that rise, within [0, 1].
    anneal_strategy : {"cos", "linear"}, default "cos"
    div_factor : float, default 25.0
    final_div_factor : float, default 1e4
    three_phase : bool, default False
        Fall back to the initial rate in as many steps as it rose, then on to the final one.
    name : str, default "OneCycle"
    """

    _arguments = (
        "max_learning_rate",
        "total_steps",
        "pct_start",
        "anneal_strategy",
        "div_factor",
        "final_div_factor",
        "three_phase",
    )

    def __init__(
        self,
        max_learning_rate,
        total_steps,
        pct_start=0.3,
        anneal_strategy="cos",
        div_factor=25.0,
        final_div_factor=1e4,
        three_phase=False,
        name="OneCycle",
    ):
        if not total_steps >= 2:
            raise ValueError(f"total_steps must be at least 2, got {total_steps!r}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be within [0, 1], got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        self.max_learning_rate = max_learning_rate
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.div_factor = _positive("div_factor", div_factor)
        self.final_div_factor = _positive("final_div_factor", final_div_factor)
        self.three_phase = three_phase
        self.name = name

    def _at(self, step):
        top = self.max_learning_rate
        start = top / self.div_factor
        end = start / self.final_div_factor
        peak = self.pct_start * self.total_steps - 1
        phases = [(peak, start, top)]
        if self.three_phase:
            phases.append((2 * self.pct_start * self.total_steps - 2, top, start))
        phases.append((self.total_steps - 1, phases[-1][2], end))
        first, rates, found = 0.0, np.full(np.shape(step), end), np.zeros(np.shape(step), bool)
        for last, from_, to in phases:
            # Where a phase has no length, only its end is met.
            p = (step - first) / (last - first) if last != first else np.ones(np.shape(step))
            if self.anneal_strategy == "cos":
                rate = to + (from_ - to) / 2 * (1 + np.cos(math.pi * p))
            else:
                rate = from_ + (to - from_) * p
            rates = np.where(~found & (step <= last), rate, rates)
            found |= step <= last
            first = last
        return rates[()]


BUILT_IN = {
    cls.__name__: cls
    for cls in (
        ExponentialDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseTimeDecay,
        CosineDecay,
        CosineDecayRestarts,
        OneCycle,
    )
}


def serialize(learning_rate_schedule):
    """Return the dict that makes this schedule again."""
    return _objects.serialize(learning_rate_schedule, "optimizers.schedules")


def deserialize(config, custom_objects=None):
    """Return the schedule that a dict of `serialize` describes."""
    return _objects.deserialize(config, BUILT_IN, "learning rate schedule", custom_objects)
