"""Many callbacks as one."""

import numpy as np

from .callback import BATCH_HOOKS, EPOCH_HOOKS, Callback, does_something, is_needed
from .history import History
from .progbar_logger import ProgbarLogger


def _flat(callbacks):
    if callbacks is None:
        return []
    if not isinstance(callbacks, (list, tuple)):
        callbacks = [callbacks]
    flat = []
    for callback in callbacks:
        if isinstance(callback, (list, tuple)):
            flat += _flat(callback)
        elif callback is not None:
            if not isinstance(callback, Callback):
                raise TypeError(
                    "callbacks must be objects of bpcore.callbacks.Callback or lists of them, got "
                    f"{callback!r}" + ("; make one by calling it" if callable(callback) else "")
                )
            flat.append(callback)
    return flat


def _plain(logs):
    """Return logs as Keras hands them on: sorted by name, numbers as floats."""
    if not logs:
        return {}
    return {
        name: value
        if isinstance(value, float) or (isinstance(value, np.ndarray) and value.ndim)
        else float(value)
        for name, value in sorted(logs.items())
    }


def _of_run(name):
    def hook(self, logs=None):
        hooks = self._hooks.get(name)
        if hooks is None:
            hooks = self._find(name)
        if hooks:
            logs = _plain(logs)
            for one in hooks:
                one(logs)

    return _described(hook, name)


def _of_index(name):
    def hook(self, index, logs=None):
        hooks = self._hooks.get(name)
        if hooks is None:
            hooks = self._find(name)
        if hooks:
            logs = _plain(logs)
            for one in hooks:
                one(index, logs)

    return _described(hook, name)


def _described(hook, name):
    hook.__name__ = name
    hook.__qualname__ = f"CallbackList.{name}"
    hook.__doc__ = f"Call `{name}` of every callback, all with the same logs."
    return hook


class CallbackList(Callback):
    """Calls every hook of all its callbacks, in their order.

    Parameters
    ----------
    callbacks : Callback or (nested) list of Callback, optional
    add_history, add_progbar : bool, default False
        Append a `History` or `ProgbarLogger` unless there is one.
    model : Sequential, optional
    **params
        What every callback's ``params`` is set to.
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        super().__init__()
        self.callbacks = _flat(callbacks)
        self._hooks = {}  # by name: those that do something; found at first use
        self._stops = {}  # answers of _stops_at_batches
        self._add_history(add_history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self.set_model(model)
        self.set_params(params)

    def _add_history(self, wanted=True):
        """Find the history among the callbacks, or add one; return it."""
        self._history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self._history is None and wanted:
            self._history = History()
            self.callbacks.append(self._history)
            self._hooks.clear()
            if self._model is not None:
                self._history.set_model(self._model)
                self._history.set_params(self.params)
        return self._history

    def set_params(self, params):
        """Hand the parameters to every callback."""
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model):
        """Hand the model to every callback."""
        if model is None:
            return
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    on_train_begin = _of_run("on_train_begin")
    on_train_end = _of_run("on_train_end")
    on_test_begin = _of_run("on_test_begin")
    on_test_end = _of_run("on_test_end")
    on_predict_begin = _of_run("on_predict_begin")
    on_predict_end = _of_run("on_predict_end")
    on_epoch_begin = _of_index("on_epoch_begin")
    on_epoch_end = _of_index("on_epoch_end")
    on_batch_begin = _of_index("on_batch_begin")
    on_batch_end = _of_index("on_batch_end")
    on_train_batch_begin = _of_index("on_train_batch_begin")
    on_train_batch_end = _of_index("on_train_batch_end")
    on_test_batch_begin = _of_index("on_test_batch_begin")
    on_test_batch_end = _of_index("on_test_batch_end")
    on_predict_batch_begin = _of_index("on_predict_batch_begin")
    on_predict_batch_end = _of_index("on_predict_batch_end")

    # ---- what the loops ask ----------------------------------------------------

    def _find(self, name):
        hooks = [getattr(c, name) for c in self.callbacks if does_something(c, name)]
        self._hooks[name] = hooks
        return hooks

    def _any_needs(self, hooks, but=()):
        return any(
            is_needed(callback, hook)
            for callback in self.callbacks
            if not isinstance(callback, but)
            for hook in hooks
        )

    def _stops_at_batches(self, mode):
        """Whether a hook between the mini-batches of "train", "test" or "predict" is used."""
        if mode not in self._stops:
            self._stops[mode] = self._any_needs(BATCH_HOOKS[mode])
        return self._stops[mode]

    def _stops_at_epochs(self):
        """Whether something is to be done between epochs, beyond taking note of the loss."""
        if self._any_needs(EPOCH_HOOKS + BATCH_HOOKS["train"]):
            return True
        return self._any_needs(["_on_chunk_end"], but=ProgbarLogger)

    def _on_chunk_end(self, batch, count, logs):
        hooks = self._hooks.get("_on_chunk_end")
        for hook in self._find("_on_chunk_end") if hooks is None else hooks:
            hook(batch, count, logs)

    def _show_evaluated(self, count, logs):
        """Tell the progress bars of batches that were evaluated or predicted."""
        for bar in self._progress():
            if not bar._in_fit:
                bar._on_chunk_end(None, count, logs)

    def _progress(self):
        """Return the progress bars among the callbacks."""
        return [c for c in self.callbacks if isinstance(c, ProgbarLogger)]

    def _close(self):
        """Leave nothing open on the screen, whatever ended the run."""
        for callback in self._progress():
            callback._close()
