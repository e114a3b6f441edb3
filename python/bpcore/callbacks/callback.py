"""What every callback is made from, and which hooks a fit has to stop for."""

# Hooks between mini-batches, by what runs.
BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}
EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end")


def needed_if(condition):
    """Mark a hook that is to be called only where ``condition(callback)``."""

    def mark(hook):
        hook.needed = condition
        return hook

    return mark


# Marks a hook that no fit has to stop for. An overriding method is not marked.
idle = needed_if(lambda callback: False)


def is_needed(callback, hook):
    """Whether a callback wants this hook called."""
    condition = getattr(getattr(callback, hook), "needed", None)
    return condition is None or condition(callback)


def does_something(callback, hook):
    """Whether a hook is more than the base class's."""
    if getattr(getattr(callback, hook), "__func__", None) is not getattr(Callback, hook):
        return True
    # The base class's own calls the older name.
    older = hook.replace("on_train_batch", "on_batch")
    return older != hook and does_something(callback, older)


class Callback:
    """Base class: override the hooks you want called.

    Hooks that are not overridden cost nothing. One between mini-batches
    (``on_train_batch_begin`` and its like) makes the fit return to Python after every
    mini-batch; without any, it returns about 20 times a second.

    Attributes
    ----------
    model : Sequential
        Set before the first hook. ``model.stop_training = True`` ends the fit.
    params : dict
        "verbose", "epochs" and "steps" (mini-batches an epoch; None where unknown).

    Notes
    -----
    `logs` holds loss and metrics by name: of the epoch and its validation ("val_…") at
    ``on_epoch_end``, running means over the epoch so far between batches, and nothing at
    the "begin" hooks.
    """

    def __init__(self):
        self.params = None
        self._model = None

    @property
    def model(self):
        """The model at work."""
        return self._model

    def set_params(self, params):
        """Take note of the run's parameters."""
        self.params = params

    def set_model(self, model):
        """Take note of the model."""
        self._model = model

    @idle
    def on_train_begin(self, logs=None):
        """A fit starts."""

    @idle
    def on_train_end(self, logs=None):
        """A fit is over; logs are those of its last epoch."""

    @idle
    def on_epoch_begin(self, epoch, logs=None):
        """An epoch of a fit starts; epochs count from 0."""

    @idle
    def on_epoch_end(self, epoch, logs=None):
        """An epoch, its validation included, is over."""

    @idle
    def on_train_batch_begin(self, batch, logs=None):
        """A mini-batch comes next; they count from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    @idle
    def on_train_batch_end(self, batch, logs=None):
        """A mini-batch was trained on; logs are running means over the epoch."""
        self.on_batch_end(batch, logs=logs)

    @idle
    def on_batch_begin(self, batch, logs=None):
        """Older name of `on_train_batch_begin`."""

    @idle
    def on_batch_end(self, batch, logs=None):
        """Older name of `on_train_batch_end`."""

    @idle
    def on_test_begin(self, logs=None):
        """An evaluation or validation starts."""

    @idle
    def on_test_end(self, logs=None):
        """An evaluation or validation is over."""

    @idle
    def on_test_batch_begin(self, batch, logs=None):
        """A batch of an evaluation or validation comes next."""

    @idle
    def on_test_batch_end(self, batch, logs=None):
        """A batch was evaluated; logs are running means."""

    @idle
    def on_predict_begin(self, logs=None):
        """A prediction starts."""

    @idle
    def on_predict_end(self, logs=None):
        """A prediction is over."""

    @idle
    def on_predict_batch_begin(self, batch, logs=None):
        """A batch to predict comes next."""

    @idle
    def on_predict_batch_end(self, batch, logs=None):
        """A batch was predicted; ``logs["outputs"]`` holds its outputs."""

    # bpcore's own: called wherever the compiled loop returns, so it costs nothing more.
    @idle
    def _on_chunk_end(self, batch, count, logs):
        """`count` mini-batches, the last being `batch`, are done; logs as between batches."""
