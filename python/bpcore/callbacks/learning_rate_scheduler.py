"""A learning rate for each epoch."""

import inspect
import numbers

from .callback import Callback


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch.

    Parameters
    ----------
    schedule : callable
        ``schedule(epoch, learning_rate)``, or ``schedule(epoch)``, returns the new learning
        rate as a float. Epochs count from 0.
    verbose : {0, 1}, default 0

    Notes
    -----
    Adds "learning_rate" to the epoch's logs, and so to the history.
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                f"schedule must be a function (epoch, learning_rate) -> learning_rate, got "
                f"{schedule!r}"
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch, logs=None):
        """Ask for the epoch's learning rate and set it."""
        optimizer = self.model.optimizer
        if self._takes_rate:
            rate = self.schedule(epoch, float(optimizer.learning_rate))
        else:
            rate = self.schedule(epoch)
        if isinstance(rate, numbers.Integral) or not isinstance(rate, numbers.Real):
            raise ValueError(f"schedule must return a float, got {rate!r} for epoch {epoch}")
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch, logs=None):
        """Report the learning rate."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(schedule):
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in that does not tell
        return True
    return True
