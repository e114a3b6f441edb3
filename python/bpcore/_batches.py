"""Training, evaluating and predicting batches that Python supplies, one core call a batch.

Where the batches come from is `_sources`' concern.
"""

import warnings

import numpy as np

from ._class_weight import with_class_weight


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
    source : _sources.BatchSource
    steps_per_epoch : int, optional
        Default: a pass through the source.
    class_weight : dict, optional
    """

    def __init__(self, model, source, steps_per_epoch=None, class_weight=None):
        self.model, self.source = model, source
        self.class_weight = class_weight
        self._wanted = steps_per_epoch
        self.steps = steps_per_epoch or source.batches_per_epoch
        if not model.built:  # the first batch says how many inputs there are
            model._inputs(source.peek()[0])
        # What an interrupted first epoch goes back to.
        model.optimizer._slots_for(model._parameters, model)

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
        model.reset_metrics()
        step, total, rows, logs = 0, 0.0, 0, {}
        batches = self.source.epoch(self._wanted)
        try:
            for x, y, weight in batches:
                if run.steps_per_hook:
                    callbacks.on_train_batch_begin(step)
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
                if run.time_is_up() and step != self.steps:
                    return None
        finally:
            batches.close()
        if self._wanted is not None and self.source.exhausted:  # it has warned of that
            model.stop_training = True
        if step == 0:
            return None
        if self.steps is None:
            self.steps = step
        return logs


def evaluate(model, source, steps, callbacks):
    """Return the cost over the batches of a source and the metrics of their outputs."""
    hooked = callbacks._stops_at_batches("test")
    total, rows, logs = 0.0, 0, {}
    model.reset_metrics()
    model.stop_evaluating = False
    callbacks.on_test_begin()
    for step, batch in enumerate(source.epoch(steps)):
        if hooked:
            callbacks.on_test_batch_begin(step)
        data = model._data(*batch)
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
    for step, (x, _, _) in enumerate(source.epoch(steps)):
        if hooked:
            callbacks.on_predict_batch_begin(step)
        outputs.append(model._predict_rows(model._inputs(x)))
        if hooked:
            callbacks.on_predict_batch_end(step, {"outputs": outputs[-1]})
        callbacks._show_evaluated(1, {})
        if model.stop_predicting:
            break
    if not outputs:
        raise ValueError("there is no batch to predict; expected at least one")
    callbacks.on_predict_end()
    return np.concatenate(outputs)
