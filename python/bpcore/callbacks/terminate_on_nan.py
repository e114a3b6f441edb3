"""Stopping when the loss is lost."""

import math

from .callback import Callback, needed_if


class TerminateOnNaN(Callback):
    """Stops a fit whose loss has become NaN or infinite.

    The running loss is looked at wherever the compiled loop returns (about 20 times a
    second, and at least once an epoch), not at every mini-batch: it cannot become finite
    again within an epoch.

    Parameters
    ----------
    raise_error : bool, default False
        Raise a RuntimeError instead of stopping as if all epochs were done.
    """

    def __init__(self, raise_error=False):
        super().__init__()
        self.raise_error = raise_error

    @needed_if(lambda self: True)
    def _on_chunk_end(self, batch, count, logs):
        loss = logs.get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"the loss is {loss} at batch {batch}; training is terminated")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
