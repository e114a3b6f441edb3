"""Lion."""

from .optimizer import Optimizer


class Lion(Optimizer):
    """Lion (Chen et al. 2023).

    w ← w − η sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η: the size of every element's step.
    beta_1 : float, default 0.9
        Share of the mean in the direction, above 0.
    beta_2 : float, default 0.99
        Decay of the mean.
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.99,
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
        if self.beta_1 == 0:
            raise ValueError("beta_1 must be above 0: with 0 Lion is the sign of the gradient")

    def _kind(self):
        return "lion"

    def _coefficients(self):
        return {"beta_1": self.beta_1, "beta_2": self.beta_2}

    def _slot_starts(self):
        return (0.0,)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }
