"""What training changes, and how to go back to it."""

import numpy as np


def arrays_of(model):
    """Return the arrays that training changes, by name."""
    arrays = {"parameters": model._parameters}
    if model._state.size:  # moving averages
        arrays["state"] = model._state
    slots = model.optimizer._slots
    if slots is not None and slots.size:
        arrays["slots"] = slots
    return arrays


def numbers_of(model):
    """Return the counters that training moves, by name."""
    return {"iterations": model.optimizer._iterations, "epochs": model._epochs}


def restore(model, arrays, numbers):
    """Set all of it; `arrays` must be those of the same model and optimizer."""
    model.optimizer._slots_for(model._parameters, model)
    mine = arrays_of(model)
    if mine.keys() != arrays.keys():
        raise ValueError(f"expected the arrays {sorted(mine)}, got {sorted(arrays)}")
    for name, array in mine.items():
        if array.shape != arrays[name].shape:
            raise ValueError(f"{name} has {array.size} elements, got {arrays[name].size}")
    for name, array in mine.items():
        array[...] = arrays[name]
    model.optimizer._iterations = numbers["iterations"]
    model._epochs = numbers["epochs"]


class Snapshot:
    """The state at the end of the last whole epoch, to go back to after Ctrl-C.

    Taking one costs a copy of parameters and moments: less than a mini-batch's update.

    Parameters
    ----------
    model : Sequential
    history : History
    """

    def __init__(self, model, history):
        self._model, self._history = model, history
        self._arrays, self._copies, self._slots = {}, {}, None
        self._lengths = None

    def take(self):
        """Copy the state as it is now."""
        self._lengths = None  # until it is whole, there is nothing to go back to
        parameters, slots = self._model._parameters, self._model.optimizer._slots
        if parameters is not self._arrays.get("parameters") or slots is not self._slots:
            self._slots, self._arrays = slots, arrays_of(self._model)
            self._copies = {name: np.empty_like(array) for name, array in self._arrays.items()}
        for name, array in self._arrays.items():
            np.copyto(self._copies[name], array)
        self._numbers, self._optimizer = numbers_of(self._model), self._model.optimizer
        self._lengths = self._history._lengths()

    def restore(self):
        """Go back, unless the epoch begun after `take` is in the history: then it is whole."""
        if self._lengths is None or len(self._history.epoch) > self._lengths[0]:
            return
        model, optimizer = self._model, self._model.optimizer
        for name, array in self._arrays.items():
            np.copyto(array, self._copies[name])
        if optimizer is self._optimizer:  # and not another one, of a callback that compiled
            if optimizer._slots is not self._slots:
                # A callback changed a setting since: what the moments were means nothing now.
                optimizer._slots = optimizer._slots_of = None
            optimizer._iterations = self._numbers["iterations"]
        model._epochs = self._numbers["epochs"]
        self._history._cut(self._lengths)
