"""Stopping when nothing improves any more."""

import warnings

from .monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops a fit when a value has not improved for some epochs.

    Parameters
    ----------
    monitor : str, default "val_loss"
    min_delta : float, default 0
        A smaller change is no improvement.
    patience : int, default 0
        Epochs without improvement that are waited for.
    verbose : {0, 1}, default 0
    mode : {"auto", "min", "max"}
        See `MonitorCallback`.
    baseline : float, optional
        Only an improvement beyond it resets the waiting.
    restore_best_weights : bool, default False
        Set the weights back to those of the best epoch at the end.
    start_from_epoch : int, default 0
        Epochs that are not looked at.

    Attributes
    ----------
    best, best_epoch, best_weights
        The best value, its epoch (from 0), and its weights if they are to be restored.
    stopped_epoch : int
        The epoch that was the last, 0 if the fit was not stopped.
    """

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights = None

    def on_train_begin(self, logs=None):
        """Start anew."""
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        """Look at the monitored value; ask the model to stop if it is time."""
        if self.monitor_op is None:
            self._set_monitor_op()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # Should the value never be comparable (NaN), the first epoch is the best.
            self._keep(epoch)
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch):
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs=None):
        """Restore the best weights, if asked to."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs):
        """Return the monitored value, or warn that there is none."""
        logs = logs or {}
        if self.monitor not in logs:
            warnings.warn(
                f"EarlyStopping watches {self.monitor!r}, which this fit does not report "
                f"(there are: {', '.join(logs)})",
                stacklevel=2,
            )
        return logs.get(self.monitor)
