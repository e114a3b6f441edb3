"""A callback made of functions."""

from .callback import Callback


class LambdaCallback(Callback):
    """Calls functions instead of methods.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable (epoch, logs), optional
    on_train_begin, on_train_end : callable (logs), optional
    on_train_batch_begin, on_train_batch_end : callable (batch, logs), optional
    **kwargs
        Functions for any other hook, by its name, and further attributes.
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **kwargs,
    ):
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in hooks.items():
            if name.startswith("on_") and not hasattr(Callback, name):
                raise ValueError(f"there is no hook named {name!r}")
            if function is not None:
                setattr(self, name, function)
