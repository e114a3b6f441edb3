"""Callbacks that Keras has and bpcore does not: made, they say so."""

from .callback import Callback


class _NotCovered(Callback):
    _instead = ""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(
            f"bpcore does not cover callbacks.{type(self).__name__}; {self._instead}"
        )


class RemoteMonitor(_NotCovered):
    """Not covered: sending the logs to a server."""

    _instead = "send the logs from on_epoch_end of a Callback of your own"


class OrbaxCheckpoint(_NotCovered):
    """Not covered: checkpoints in Orbax's format."""

    _instead = "use ModelCheckpoint"


class SwapEMAWeights(_NotCovered):
    """Not covered: swapping in averaged weights for evaluation."""

    _instead = "use set_weights in on_test_begin and on_test_end of a Callback of your own"
