"""The flow of a fit: epochs, callbacks, validation, and the ways it can end early."""

import time

from ._snapshot import Snapshot


class Run:
    """What a running fit consists of.

    Attributes
    ----------
    callbacks : CallbackList
    steps_per_hook : int or None
        Mini-batches between hooks; None: no callback wants to look between batches.
    deadline : float or None
        When the time is up, by time.perf_counter().
    """

    def __init__(self, model, callbacks, max_seconds=None):
        self._model, self.callbacks = model, callbacks
        self._stops = callbacks._stops_at_batches("train")
        self.deadline = None if max_seconds is None else time.perf_counter() + max_seconds

    @property
    def steps_per_hook(self):
        """A callback may call `compile`, and with it set another number."""
        return self._model.steps_per_execution if self._stops else None

    def time_is_up(self):
        """Whether max_seconds have passed."""
        return self.deadline is not None and time.perf_counter() >= self.deadline


def fit(model, source, run, epochs, first_epoch=0, validate=None, is_validated=None):
    """Train and return the History.

    Parameters
    ----------
    model : Sequential
    source : ArrayEpochs or BatchEpochs
        Trains one epoch, and several where it can.
    run : Run
    epochs, first_epoch : int
    validate : callable, optional
        ``validate()`` returns loss and metrics by name.
    is_validated : callable, optional
        ``is_validated(epoch)``: whether this epoch is followed by validation.
    """
    callbacks = run.callbacks
    history = callbacks._add_history()
    snapshot = Snapshot(model, history)
    model.history = history
    model.stop_training = False
    model._initial_epoch = None
    logs = {}
    try:
        callbacks.on_train_begin()
        # A user's function may raise: epochs one by one, so that the history is up to date.
        one_by_one = (
            validate is not None
            or bool(model._compiled_metrics)  # which on_train_begin may have compiled
            or model._has_user_functions()
            or callbacks._stops_at_epochs()
        )
        # BackupAndRestore says in on_train_begin where to go on.
        epoch = model._initial_epoch or first_epoch
        while epoch < epochs and not model.stop_training and not run.time_is_up():
            together = 0 if one_by_one else source.together(epochs - epoch)
            if together:
                start = time.perf_counter()
                all_logs = source.train_together(together, epoch, history)
                seconds = (time.perf_counter() - start) / together
                for bar in callbacks._progress():
                    for at, logs in enumerate(all_logs, epoch):
                        bar._show_epoch(at, source.steps, logs, seconds)
                epoch, logs = epoch + together, all_logs[-1]
                continue
            snapshot.take()
            callbacks.on_epoch_begin(epoch)
            epoch_logs = source.epoch(run)
            if epoch_logs is None:  # time ran out within the epoch, which is not recorded
                break
            if validate is not None and is_validated(epoch):
                values = validate()
                epoch_logs.update({f"val_{name}": value for name, value in values.items()})
            callbacks.on_epoch_end(epoch, epoch_logs)
            epoch, logs = epoch + 1, epoch_logs
        source.finish()
        if model.optimizer.use_ema:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        callbacks.on_train_end(logs)
    except KeyboardInterrupt:
        _go_back(source, snapshot)
        raise
    except BaseException:
        source.finish()  # of a pass that is begun, the next fit does not take the order again
        raise
    finally:
        callbacks._close()
    return history


def _go_back(source, snapshot):
    """Return to the last whole epoch, from the start again if Ctrl-C is pressed meanwhile."""
    try:
        source.settle()
        snapshot.restore()
    except KeyboardInterrupt:
        source.settle()
        snapshot.restore()
