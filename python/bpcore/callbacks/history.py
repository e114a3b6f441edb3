"""The record of a fit."""

import weakref

from .callback import Callback, idle


class History(Callback):
    """The record of a fit, which returns it; every fit keeps one.

    Attributes
    ----------
    history : dict of str to list of float
        For "loss", each metric and their "val_" twins, one value an epoch.
    epoch : list of int
        The epochs, from 0 (from ``initial_epoch``).
    params : dict
        "verbose", "epochs" and "steps" (mini-batches an epoch).
    model : Sequential
    """

    # Beside its other attributes, which a `Kept` keeps.
    __slots__ = ("_model",)

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []
        self._validated = []  # the epochs that have "val_" values

    def __getstate__(self):
        return super().__getstate__()  # pickle's protocols 0 and 1 ask for one beside slots

    def on_train_begin(self, logs=None):
        """Count epochs anew."""
        self.epoch = []
        self._validated = []

    @idle  # epochs that nothing else looks at are recorded together, by _record
    def on_epoch_end(self, epoch, logs=None):
        """Take in the values of one epoch."""
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if logs and "val_loss" in logs:
            self._validated.append(epoch)
        # Last: an epoch that is listed has all its values, whenever Ctrl-C comes.
        self.epoch.append(epoch)

    def _lengths(self):
        return len(self.epoch), {name: len(values) for name, values in self.history.items()}

    def _cut(self, lengths):
        """Go back to what `_lengths` returned then."""
        epochs, values = lengths
        del self.epoch[epochs:]
        self._validated = [epoch for epoch in self._validated if epoch in self.epoch]
        for name in list(self.history):
            if name in values:
                del self.history[name][values[name] :]
            else:
                del self.history[name]

    def _record(self, lengths, first_epoch, losses):
        """Set what follows `lengths` to these epochs."""
        self._cut(lengths)
        self.history.setdefault("loss", []).extend(losses)
        self.epoch.extend(range(first_epoch, first_epoch + len(losses)))

    def plot(self, names=None):
        """Draw the loss and the metrics over the epochs (needs matplotlib: extra ``plot``).

        Parameters
        ----------
        names : list of str, optional
            What to draw, such as ["loss"], each with its "val_" twin; default: everything.

        Returns
        -------
        matplotlib.figure.Figure
            One panel for each name.
        """
        if names is None:
            names = [name for name in self.history if not name.startswith("val_")]
        unknown = [name for name in names if name not in self.history]
        if unknown or not names:
            raise ValueError(
                f"there is nothing to draw for {unknown}"
                if unknown
                else "the history holds no epoch to draw"
            )
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError(
                "History.plot draws with matplotlib, which is not installed; pip install "
                "'bpcore[plot]'"
            ) from error
        # "loss" first, as in every report of a training.
        names = sorted(names, key=lambda name: name != "loss")
        figure, axes = pyplot.subplots(
            1, len(names), squeeze=False, figsize=(4.5 * len(names), 3.5), layout="constrained"
        )
        for name, axis in zip(names, axes[0], strict=True):
            self._draw(axis, name, "training")
            if f"val_{name}" in self.history:
                self._draw(axis, f"val_{name}", "validation")
                axis.legend()
            axis.set_xlabel("epoch")
            axis.set_ylabel(name)
        return figure

    def _draw(self, axis, name, label):
        values = self.history[name]
        epochs = self._validated if name.startswith("val_") else self.epoch
        if len(values) > len(epochs):  # a History that was used for several fits
            epochs = range(len(values))
        epochs = epochs[len(epochs) - len(values) :]  # a metric since a callback compiled it
        axis.plot([epoch + 1 for epoch in epochs], values, label=label)


class Kept:
    """A History as its model keeps it: all of it but the model.

    ``history.model`` keeps the model, as in ``build().fit(x, y).model``. Did the model keep the
    History too, both would stay in memory until Python looks for cycles, which a loop over
    thousands of models outruns. Not for a user's own class, which may hold anything more.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history):
        self._attributes = vars(history)
        self._alive = weakref.ref(history)

    def of(self, model):
        """Return the History, which is made anew where nobody had it any more."""
        history = self._alive()
        if history is None:
            history = History.__new__(History)
            history.__dict__ = self._attributes
            history.set_model(model)
            self._alive = weakref.ref(history)
        return history
