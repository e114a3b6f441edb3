"""What a fit or an evaluation prints while it runs."""

from .. import _progress
from .callback import Callback, idle, needed_if


class ProgbarLogger(Callback):
    """Shows how far a run is: a bar (``verbose=1``) or a line an epoch (``verbose=2``).

    Added by ``fit`` and ``evaluate`` themselves unless ``verbose=0``; a validation within a
    fit shows nothing of its own.
    """

    def __init__(self):
        super().__init__()
        self._report = None
        self._in_fit = False

    def _open(self, title=None):
        params = self.params or {}
        self._report = _progress.make(
            params.get("verbose", 1), params.get("epochs", 1), params.get("steps"), title
        )

    def _close(self):
        if self._report is not None:
            self._report.close()
        self._report, self._in_fit = None, False

    def on_train_begin(self, logs=None):
        """Open the report of a fit."""
        self._in_fit = True
        self._open()

    @idle  # for several epochs at once a fit calls these itself
    def on_epoch_begin(self, epoch, logs=None):
        """Name the epoch."""
        self._report.epoch_begin(epoch)

    @needed_if(lambda self: True)
    def _on_chunk_end(self, batch, count, logs):
        if self._report is not None:
            self._report.steps_done(count, logs)

    @idle
    def on_epoch_end(self, epoch, logs=None):
        """Show the values of the epoch."""
        self._report.epoch_end(logs)

    def _show_epoch(self, epoch, steps, logs, seconds):
        """Show an epoch that was trained together with others."""
        self._report.epoch_begin(epoch)
        self._report.steps_done(steps, logs)
        self._report.epoch_end(logs, seconds)

    def on_train_end(self, logs=None):
        """Close the report."""
        self._close()

    def on_test_begin(self, logs=None):
        """Open the report of an evaluation that is not part of a fit."""
        if not self._in_fit:
            self._open("evaluate")
            self._report.epoch_begin(0)

    def on_test_end(self, logs=None):
        """Show the result of an evaluation that is not part of a fit."""
        if not self._in_fit:
            self._report.epoch_end(logs)
            self._close()

    def on_predict_begin(self, logs=None):
        """Open the report of a prediction."""
        if not self._in_fit:
            self._open("predict")
            self._report.epoch_begin(0)

    def on_predict_end(self, logs=None):
        """Close the report of a prediction."""
        if not self._in_fit:
            self._report.epoch_end({})
            self._close()
