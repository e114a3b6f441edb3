"""Watching one value of the logs for improvement."""

import warnings

from .callback import Callback

_LESS, _GREATER = (lambda a, b: a < b), (lambda a, b: a > b)


class MonitorCallback(Callback):
    """Base of the callbacks that compare a value of each epoch with the best so far.

    Parameters
    ----------
    monitor : str, default "val_loss"
        A key of the epoch's logs.
    mode : {"auto", "min", "max"}
        Whether less or more is better. "auto": less for the loss; for a metric of the model
        its own direction (``metric._direction``, "up" or "down").
    baseline : float, optional
        The best at the start; default: the first value seen.
    min_delta : float, default 0
        A smaller change is no improvement.
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode {mode!r} is unknown (there are: auto, min, max); "
                "auto is used",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op = None

    def _set_monitor_op(self):
        """Settle which way is better; at the end of an epoch, when all metrics exist."""
        direction = {"min": "down", "max": "up"}.get(self.mode) or self._direction()
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} cannot tell whether more or less of {self.monitor!r} is "
                "better; pass mode='max' or mode='min'"
            )
        self.monitor_op = _GREATER if direction == "up" else _LESS

    def _direction(self):
        name = self.monitor.removeprefix("val_")
        compiled = getattr(self.model, "_compiled_metrics", None)
        if compiled is not None and name in compiled.names:
            return compiled.metrics[compiled.names.index(name)]._direction
        return "down" if name == "loss" else None

    def _is_improvement(self, value, reference):
        if reference is None:
            return True
        # Towards worse by min_delta, and still better than the reference.
        margin = self.min_delta if self.monitor_op is _GREATER else -self.min_delta
        return self.monitor_op(value - margin, reference)
