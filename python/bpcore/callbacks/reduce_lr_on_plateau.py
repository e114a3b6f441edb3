"""A smaller learning rate when nothing improves any more."""

import warnings

from .monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate when a value has not improved for some epochs.

    Parameters
    ----------
    monitor : str, default "val_loss"
    factor : float, default 0.1
        Below 1.
    patience : int, default 10
        Epochs without improvement that are waited for.
    verbose : {0, 1}, default 0
    mode : {"auto", "min", "max"}
        See `MonitorCallback`.
    min_delta : float, default 1e-4
        A smaller change is no improvement.
    cooldown : int, default 0
        Epochs after a reduction in which nothing is counted.
    min_lr : float, default 0.0
        The learning rate goes no lower.

    Notes
    -----
    Adds "learning_rate" to the epoch's logs, and so to the history.
    """

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau needs a factor below 1, got {factor!r}")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs=None):
        """Start anew."""
        self.best = None
        self.cooldown_counter = self.wait = 0

    def on_epoch_end(self, epoch, logs=None):
        """Look at the monitored value; reduce the learning rate if it is time."""
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"ReduceLROnPlateau watches {self.monitor!r}, which this fit does not report "
                f"(there are: {', '.join(logs)})",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch):
        """Reduce the learning rate unless it is as low as it may be; return whether it was."""
        optimizer = self.model.optimizer
        before = float(optimizer.learning_rate)
        if before <= self.min_lr:
            return False
        optimizer.learning_rate = max(before * self.factor, self.min_lr)
        if self.verbose > 0:
            print(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to "
                f"{float(optimizer.learning_rate)}."
            )
        return True

    def in_cooldown(self):
        """Whether a reduction is too recent to count."""
        return self.cooldown_counter > 0
