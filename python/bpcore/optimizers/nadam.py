"""Nadam."""

from .optimizer import Optimizer


class Nadam(Optimizer):
    """Nadam: Adam with Nesterov's momentum (Dozat 2016).

    With uₜ = β₁ (1 − 0.96ᵗ / 2) and Uₜ = u₁ ⋯ uₜ, and m, v as in `Adam`:
    w ← w − η [uₜ₊₁ m / (1 − Uₜ₊₁) + (1 − uₜ) g / (1 − Uₜ)] / (√(v / (1 − β₂ᵗ)) + ε).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η.
    beta_1, beta_2 : float, default 0.9, 0.999
        Decay of the two moments.
    epsilon : float, default 1e-7
        ε.
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _kind(self):
        return "nadam"

    def _coefficients(self):
        return {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}

    def _slot_starts(self):
        return (0.0, 0.0)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
