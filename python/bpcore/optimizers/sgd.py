"""Gradient descent."""

from .optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum and Nesterov's variant.

    With g the gradient: without momentum w ← w − η g; with momentum
    m ← μ m − η g, then w ← w + m, or with ``nesterov`` w ← w + μ m − η g.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.01
        η.
    momentum : float, default 0.0
        μ, 0 ≤ μ < 1.
    nesterov : bool, default False
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
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
        self.momentum = momentum
        self.nesterov = bool(nesterov)

    def _kind(self):
        return "sgd"

    def _coefficients(self):
        return {"beta_1": self.momentum, "nesterov": self.nesterov}

    def _slot_starts(self):
        return (0.0 if self.momentum else None,)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }
