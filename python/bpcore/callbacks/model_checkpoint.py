"""Saving the model while it trains."""

import os
import warnings

from .callback import needed_if
from .monitor import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after every epoch or every so many mini-batches.

    Parameters
    ----------
    filepath : path-like
        May hold fields that are filled from the epoch's logs and from "epoch" (from 1), as in
        ``"model-{epoch:02d}-{val_loss:.2f}.safetensors"``; with an integer `save_freq` also
        "batch" (from 1). Missing directories are made. Keras's endings ``.keras`` and ``.h5``
        are refused, as by `bpcore.saving.save_model`.
    monitor : str, default "val_loss"
        What `save_best_only` compares.
    verbose : {0, 1}, default 0
    save_best_only : bool, default False
        Save only when the monitored value is the best so far.
    save_weights_only : bool, default False
        ``model.save_weights(filepath)`` instead of ``model.save(filepath)``.
    mode : {"auto", "min", "max"}
        See `MonitorCallback`.
    save_freq : "epoch" or int, default "epoch"
        An integer counts mini-batches; the fit then returns to Python after each.
    initial_value_threshold : float, optional
        The best so far at the start.
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._counter = BatchCounter(save_freq)
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        """Take note of the epoch."""
        self._epoch = epoch

    @needed_if(lambda self: self.save_freq != "epoch")
    def on_train_batch_end(self, batch, logs=None):
        """Save if enough mini-batches have gone by."""
        if self._counter.is_due(batch):
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        """Save, if epochs count."""
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch, batch, logs):
        path = self._path(epoch, batch, logs)
        if not self._is_wanted(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(
                f"ModelCheckpoint would save to {path!r}, which is a directory; pass the name of "
                "a file"
            )
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def _is_wanted(self, epoch, logs, path):
        said = ""
        wanted = True
        if self.save_best_only and self.monitor not in logs:
            warnings.warn(
                f"ModelCheckpoint saves the best {self.monitor!r}, which this fit does not report "
                f"(there are: {', '.join(logs)}); it saves every time",
                stacklevel=3,
            )
        elif self.save_best_only:
            if self.monitor_op is None:
                self._set_monitor_op()
            current = logs[self.monitor]
            best = "None" if self.best is None else f"{self.best:.5f}"
            wanted = self._is_improvement(current, self.best)
            if wanted:
                said = f"{self.monitor} improved from {best} to {current:.5f}, "
                self.best = current
            else:
                said = f"{self.monitor} did not improve from {best}"
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {said}{f'saving model to {path}' if wanted else ''}")
        return wanted

    def _path(self, epoch, batch, logs):
        values = {"epoch": epoch + 1, **logs}
        if batch is not None:
            values.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f"cannot fill in {error} in the filepath {self.filepath!r}; there are: "
                f"{', '.join(values)}"
            ) from None


class BatchCounter:
    """Counts mini-batches over epochs, for what is to be done every so many.

    Parameters
    ----------
    every : int or "epoch"
        "epoch": never due.
    """

    def __init__(self, every):
        if every != "epoch" and (isinstance(every, bool) or not isinstance(every, int)):
            raise ValueError(f"save_freq must be 'epoch' or an integer, got {every!r}")
        self.every = every
        self._since = 0
        self._last = -1

    def is_due(self, batch):
        """Take note of the batch that ended; return whether it is time."""
        # A number that does not grow is of a new epoch. Batches may come in groups.
        self._since += batch - self._last if batch > self._last else batch + 1
        self._last = batch
        if self.every == "epoch" or self._since < self.every:
            return False
        self._since = 0
        return True
