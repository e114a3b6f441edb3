"""Training, evaluating and predicting batches that Python supplies, one core call a batch.

A source of batches is any iterable of ``x``, ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``.
One that can be iterated over again (a list, an object with ``__iter__``) is, every epoch;
a generator is used up across epochs, `steps_per_epoch` at a time.
"""

import warnings
from collections.abc import Iterator
from itertools import chain

import numpy as np

from ._class_weight import with_class_weight


def is_source(x):
    """Whether x supplies batches by itself: an iterator, or an object that says so."""
    return isinstance(x, Iterator) or getattr(x, "yields_batches", False)


def length_of(source):
    """Return how many batches a pass through the source has; None if nobody knows."""
    try:
        return len(source)
    except TypeError:
        return None


def unpack(batch):
    """Return (x, y, sample_weight) of a batch, None for what it has not."""
    if not isinstance(batch, tuple):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise ValueError(
            f"a batch must be (x,), (x, y) or (x, y, sample_weight), got a tuple of {len(batch)}"
        )
    return (*batch, None, None)[:3]


def warn_out_of_data():
    """Warn that a source has fewer batches than were asked for."""
    warnings.warn(
        "Your input ran out of data: it gave fewer batches than steps_per_epoch * epochs (or "
        "steps) asks for. Pass more data, or ask for fewer steps",
        stacklevel=4,
    )


class BatchEpochs:
    """Trains epochs over batches that Python supplies; see `_training.ArrayEpochs`.

    Parameters
    ----------
    model : Sequential
    source : iterable of batches
    steps_per_epoch : int, optional
        Default: a pass through the source.
    class_weight : dict, optional
    """

    def __init__(self, model, source, steps_per_epoch=None, class_weight=None):
        self.model, self.source = model, source
        self.class_weight = class_weight
        self._wanted = steps_per_epoch
        self.steps = steps_per_epoch or length_of(source)
        self._batches = None
        if not model.built:
            self._build()
        # What an interrupted first epoch goes back to.
        model.optimizer._slots_for(model._parameters, model)

    def _build(self):
        """Let the first batch say how many inputs there are; it is trained on all the same."""
        batches = iter(self.source)
        first = next(batches, None)
        if first is None:
            raise ValueError("there is no batch to train on; expected at least one")
        self.model._inputs(unpack(first)[0])
        if batches is self.source:
            self.source = chain([first], batches)

    def together(self, left):
        """Return 0: a batch at a time."""
        return 0

    def settle(self):
        """Do nothing: nothing is ever pending."""

    def finish(self):
        """Do nothing: batches are not passes."""

    def epoch(self, run):
        """Train one epoch; return its logs, or None if time ran out or no batch came."""
        model, callbacks = self.model, run.callbacks
        if self._batches is None or self._wanted is None:
            self._batches = iter(self.source)
        model.reset_metrics()
        step, total, rows, logs = 0, 0.0, 0, {}
        while self._wanted is None or step < self._wanted:
            if run.time_is_up():
                return None
            batch = next(self._batches, None)
            if batch is None:
                self._ran_out(step)
                break
            if run.steps_per_hook:
                callbacks.on_train_batch_begin(step)
            x, y, weight = unpack(batch)
            data = model._data(x, y, with_class_weight(weight, y, self.class_weight))
            total += model._train_batch(data)
            rows += len(data)
            logs = {"loss": total / rows, **model._compiled_metrics.result()}
            if run.steps_per_hook:
                callbacks.on_train_batch_end(step, logs)
            callbacks._on_chunk_end(step, 1, logs)
            step += 1
            if model.stop_training:
                break
        if step == 0:
            model.stop_training = True
            return None
        if self.steps is None:
            self.steps = step
        return logs

    def _ran_out(self, step):
        """The source has no more batches for now."""
        again = self._batches is not self.source  # the source can be iterated over again
        self._batches = None
        if self._wanted is not None or step == 0:
            warn_out_of_data()
        if not again and self._wanted is not None:
            self.model.stop_training = True


def evaluate(model, source, steps, callbacks):
    """Return the cost over the batches of a source and the metrics of their outputs."""
    hooked = callbacks._stops_at_batches("test")
    total, rows, logs = 0.0, 0, {}
    model.reset_metrics()
    model.stop_evaluating = False
    callbacks.on_test_begin()
    for step, batch in _first(source, steps):
        if hooked:
            callbacks.on_test_batch_begin(step)
        data = model._data(*unpack(batch))
        total += model._evaluate_rows(data)
        rows += len(data)
        logs = {"loss": total / rows, **model._compiled_metrics.result()}
        if hooked:
            callbacks.on_test_batch_end(step, logs)
        callbacks._show_evaluated(1, logs)
        if model.stop_evaluating:
            break
    if not logs:
        raise ValueError("there is no batch to evaluate; expected at least one")
    callbacks.on_test_end(logs)
    return logs


def predict(model, source, steps, callbacks):
    """Return the outputs for all batches of a source."""
    hooked = callbacks._stops_at_batches("predict")
    outputs = []
    model.stop_predicting = False
    callbacks.on_predict_begin()
    for step, batch in _first(source, steps):
        if hooked:
            callbacks.on_predict_batch_begin(step)
        outputs.append(model._predict_rows(model._inputs(unpack(batch)[0])))
        if hooked:
            callbacks.on_predict_batch_end(step, {"outputs": outputs[-1]})
        callbacks._show_evaluated(1, {})
        if model.stop_predicting:
            break
    if not outputs:
        raise ValueError("there is no batch to predict; expected at least one")
    callbacks.on_predict_end()
    return np.concatenate(outputs)


def _first(source, steps):
    """Yield (number, batch) of the first `steps` batches; None: of all."""
    batches, step = iter(source), 0
    while steps is None or step < steps:
        batch = next(batches, None)
        if batch is None:
            if steps is not None:
                warn_out_of_data()
            return
        yield step, batch
        step += 1
