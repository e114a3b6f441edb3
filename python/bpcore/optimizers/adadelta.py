"""Adadelta."""

from .optimizer import Optimizer


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012).

    v ← ρ v + (1 − ρ) g²; s = −g √(u + ε) / √(v + ε); u ← ρ u + (1 − ρ) s²; w ← w + η s.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η; 1 in the paper.
    rho : float, default 0.95
        ρ, decay of the mean squares.
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
        rho=0.95,
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
        self.rho = rho
        self.epsilon = epsilon

    def _kind(self):
        return "adadelta"

    def _coefficients(self):
        return {"beta_2": self.rho, "epsilon": self.epsilon}

    def _slot_starts(self):
        return (0.0, 0.0)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
        }
