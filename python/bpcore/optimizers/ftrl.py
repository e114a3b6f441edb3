"""FTRL-Proximal."""

from typing import ClassVar

import numpy as np

from .optimizer import Optimizer


class Ftrl(Optimizer):
    """FTRL-Proximal, "follow the regularized leader" (McMahan et al. 2013).

    With p = −``learning_rate_power``, n′ = n + g², λ₂′ = λ₂ + β / (2 η):
    z ← z + g + 2 λₛ w − (n′ᵖ − nᵖ) / η · w, n ← n′,
    w ← (clip(z, −λ₁, λ₁) − z) / (nᵖ / η + 2 λ₂′).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η, above 0.
    learning_rate_power : float, default -0.5
        At most 0.
    initial_accumulator_value : float, default 0.1
        What n starts from, ≥ 0.
    l1_regularization_strength, l2_regularization_strength : float, default 0.0
        λ₁ and λ₂, ≥ 0.
    l2_shrinkage_regularization_strength : float, default 0.0
        λₛ, ≥ 0: a penalty on the size of the weights.
    beta : float, default 0.0
        β of the paper, ≥ 0.
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
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
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
        )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        if not -np.inf < learning_rate_power <= 0:
            raise ValueError(f"learning_rate_power must be at most 0, got {learning_rate_power!r}")

    _ranges: ClassVar[dict[str, tuple[float, float]]] = {
        **Optimizer._ranges,
        "initial_accumulator_value": (0, np.inf),
        "l1_regularization_strength": (0, np.inf),
        "l2_regularization_strength": (0, np.inf),
        "l2_shrinkage_regularization_strength": (0, np.inf),
        "beta": (0, np.inf),
    }

    def _kind(self):
        return "ftrl"

    def _coefficients(self):
        return {
            "power": -self.learning_rate_power,
            "l1": self.l1_regularization_strength,
            "l2": self.l2_regularization_strength,
            "shrinkage": self.l2_shrinkage_regularization_strength,
            "l2_per_rate": self.beta / 2,
        }

    def _slot_starts(self):
        return (self.initial_accumulator_value, 0.0)

    def _rates(self, steps):
        rates = super()._rates(steps)
        if np.min(rates) <= 0:
            raise ValueError("Ftrl divides by its learning rate; it must be above 0, got 0")
        return rates

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
