"""Adagrad."""

from .optimizer import Optimizer, as_number


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan & Singer 2011).

    s ← s + g², w ← w − η g / √(s + ε).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η.
    initial_accumulator_value : float, default 0.1
        What s starts from, ≥ 0.
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
        initial_accumulator_value=0.1,
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
        self.initial_accumulator_value = as_number(
            "initial_accumulator_value", initial_accumulator_value, 0, float("inf")
        )
        self.epsilon = epsilon

    def _kind(self):
        return "adagrad"

    def _coefficients(self):
        return {"epsilon": self.epsilon}

    def _slot_starts(self):
        return (self.initial_accumulator_value,)

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
