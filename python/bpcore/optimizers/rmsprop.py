"""RMSprop."""

from .optimizer import Optimizer


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012, lecture 6e).

    v ← ρ v + (1 − ρ) g²; s = η g / √(v + ε), with ``centered`` η g / √(v − ḡ² + ε) where
    ḡ ← ρ ḡ + (1 − ρ) g; w ← w − s, or with momentum m ← μ m + s, w ← w − m.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η.
    rho : float, default 0.9
        ρ, decay of the mean square.
    momentum : float, default 0.0
        μ.
    epsilon : float, default 1e-7
        ε.
    centered : bool, default False
        Divide by the estimated variance, not by the mean square.
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
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
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = bool(centered)

    def _kind(self):
        return "rmsprop"

    def _coefficients(self):
        return {"beta_1": self.momentum, "beta_2": self.rho, "epsilon": self.epsilon}

    def _slot_starts(self):
        return (0.0, 0.0 if self.momentum else None, 0.0 if self.centered else None)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
