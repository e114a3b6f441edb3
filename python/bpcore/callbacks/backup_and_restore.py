"""Going on where an interrupted fit stopped."""

import os

from .. import _snapshot
from .callback import Callback, needed_if
from .model_checkpoint import BatchCounter


class BackupAndRestore(Callback):
    """Backs a fit up while it runs; the next one with the same callback goes on from there.

    Saved are the weights, the optimizer's state, the learning rate, the number of the epoch
    and what names the random numbers: a fit that is taken up again after a whole epoch gives
    the bits of one that was never interrupted.

    Parameters
    ----------
    backup_dir : path-like
        A directory for this callback alone.
    save_freq : "epoch" or int, default "epoch"
        An integer counts mini-batches; the fit then returns to Python after each. It is the
        epoch that is taken up again from its start.
    double_checkpoint : bool, default False
        Keep the backup before the last too, and take it up if the last cannot be read.
    delete_checkpoint : bool, default True
        Delete the directory when the fit is over.
    """

    def __init__(
        self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True
    ):
        super().__init__()
        if not os.fspath(backup_dir):
            raise ValueError("backup_dir is empty; expected the name of a directory")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._counter = BatchCounter(save_freq)
        self._epoch = 0

    def _path(self, *parts):
        from pathlib import Path  # here: it takes long to import

        return Path(self.backup_dir, *parts)

    @property
    def _latest(self):
        return self._path("latest.safetensors")

    @property
    def _previous(self):
        return self._path("previous.safetensors")

    def on_train_begin(self, logs=None):
        """Take up the backup, if there is one."""
        self._epoch = 0
        if not self._latest.exists():
            return
        try:
            self._restore(self._latest)
        except OSError:
            if not self._previous.exists():
                raise
            self._restore(self._previous)

    def on_epoch_begin(self, epoch, logs=None):
        """Take note of the epoch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        """Save, if epochs count."""
        self._epoch = epoch + 1
        if self.save_freq == "epoch":
            self._save()

    @needed_if(lambda self: self.save_freq != "epoch")
    def on_train_batch_end(self, batch, logs=None):
        """Save if enough mini-batches have gone by."""
        if self._counter.is_due(batch):
            self._save()

    def on_train_end(self, logs=None):
        """Delete the backup."""
        import shutil

        if self.delete_checkpoint and self._path().exists():
            shutil.rmtree(self.backup_dir)

    def _save(self):
        import json

        from safetensors.numpy import save

        numbers = {
            **_snapshot.numbers_of(self.model),
            "seed": self.model._seed,
            "learning_rate": self._learning_rate(),
            "epoch": self._epoch,
        }
        payload = save(_snapshot.arrays_of(self.model), {"bpcore": json.dumps(numbers)})
        self._path().mkdir(parents=True, exist_ok=True)
        # Written whole or not at all: an interruption leaves the backup before it.
        new = self._path("new.safetensors")
        new.write_bytes(payload)
        if self.double_checkpoint and self._latest.exists():
            self._latest.replace(self._previous)
        new.replace(self._latest)

    def _learning_rate(self):
        rate = self.model.optimizer.learning_rate
        return float(rate) if isinstance(rate, (int, float)) else None  # a schedule is kept

    def _restore(self, path):
        import json

        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as file:
                numbers = json.loads(file.metadata()["bpcore"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise OSError(f"cannot read the backup {path}: {error}") from error
        try:
            _snapshot.restore(self.model, arrays, numbers)
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"the backup {path} is not of this model and optimizer; delete the directory to "
                "start anew"
            ) from error
        self.model._seed = numbers["seed"]
        if numbers["learning_rate"] is not None:
            self.model.optimizer.learning_rate = numbers["learning_rate"]
        self._epoch = self.model._initial_epoch = numbers["epoch"]
