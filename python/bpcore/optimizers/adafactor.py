"""Adafactor."""

from typing import ClassVar

import numpy as np

from .optimizer import Optimizer


class Adafactor(Optimizer):
    """Adafactor (Shazeer & Stern 2018): second moments of a matrix from its rows' and columns'.

    With β = 1 − t^``beta_2_decay``, r and c the means of g² + ε₁ over rows and columns decaying
    with β, v = r cᵀ / mean(r) (a vector's v: g² + ε₁ itself) and u = g / √v:
    w ← w − max(ε₂, rms(w)) min(η, 1/√t) · u / max(1, rms(u) / d).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default 0.001
        η.
    beta_2_decay : float, default -0.8
    epsilon_1 : float, default 1e-30
        ε₁.
    epsilon_2 : float, default 1e-3
        ε₂.
    clip_threshold : float, default 1.0
        d.
    relative_step : bool, default True
        As in Keras: η is held below 1/√t with it, and without it by the formula all the same.
    weight_decay, …, name
        `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`, `ema_momentum`,
        `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`:
        see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    _ranges: ClassVar[dict[str, tuple[float, float]]] = {
        **Optimizer._ranges,
        "beta_2_decay": (-np.inf, 1e-300),
        "epsilon_1": (0, np.inf),
        "epsilon_2": (0, np.inf),
        "clip_threshold": (1e-300, np.inf),
    }

    def _kind(self):
        return "adafactor"

    def _coefficients(self):
        return {"epsilon": self.epsilon_1}

    def _slot_starts(self):
        # r at a variable's offset in the first, c in the second: simple, if wider than needed.
        return (0.0, 0.0)

    def _more_settings(self):
        return {
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "beta_2_decay": self.beta_2_decay,
        }

    def get_config(self):
        """Return the arguments that make this optimizer again."""
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }
