"""Evaluating and predicting arrays: in large pieces, or batch by batch if a callback looks."""

import numpy as np

from ._batches import warn_out_of_data
from ._training import CHUNK_SECONDS

# Operations a second, as a slow machine makes: how many rows a call may take.
_GUESS = 2e9
_BLOCK_ROWS = 256


def rows_per_call(model):
    """Return how many rows make about CHUNK_SECONDS of work: a matter of sizes alone."""
    rows = int(CHUNK_SECONDS * _GUESS / (2 * model._parameters.size + 100))
    return max(rows // _BLOCK_ROWS, 1) * _BLOCK_ROWS


def _bounds(rows, batch_size, steps):
    """Return where batches begin and end."""
    wanted = rows if steps is None else steps * batch_size
    if wanted >= rows + batch_size:
        warn_out_of_data()
    stop = min(wanted, rows)
    return [(at, min(at + batch_size, stop)) for at in range(0, stop, batch_size)]


def evaluate(model, data, batch_size=32, steps=None, callbacks=None):
    """Return the cost over the data and the metrics of its outputs, by name."""
    hooked = callbacks is not None and callbacks._stops_at_batches("test")
    if steps is not None:
        data = data.rows(slice(_bounds(len(data), batch_size, steps)[-1][1]))
    if hooked:
        size = batch_size * model.steps_per_execution
    else:  # a user's own metric sees whole batches
        size = -(-rows_per_call(model) // batch_size) * batch_size
    model.reset_metrics()
    model.stop_evaluating = False
    if callbacks is not None:
        callbacks.on_test_begin()
    total = 0.0
    for first, last in _bounds(len(data), size, None):
        step = first // batch_size
        if hooked:
            callbacks.on_test_batch_begin(step)
        rows = data if (first, last) == (0, len(data)) else data.rows(slice(first, last))
        total += model._evaluate_rows(rows, batch_size)
        logs = {"loss": total / last, **model._compiled_metrics.result()}
        if hooked:
            callbacks.on_test_batch_end(step + model.steps_per_execution - 1, logs)
        if callbacks is not None:
            callbacks._show_evaluated(-(-(last - first) // batch_size), logs)
        if model.stop_evaluating:
            break
    if callbacks is not None:
        callbacks.on_test_end(logs)
    return logs


def predict(model, x, batch_size=32, steps=None, callbacks=None):
    """Return the outputs for the rows of x."""
    hooked = callbacks is not None and callbacks._stops_at_batches("predict")
    if steps is not None:
        x = x[: _bounds(len(x), batch_size, steps)[-1][1]]
    out = np.empty((len(x), model._layers[-1].n_out), model._dtype)
    size = batch_size * model.steps_per_execution if hooked else rows_per_call(model)
    model.stop_predicting = False
    if callbacks is not None:
        callbacks.on_predict_begin()
    for first, last in _bounds(len(x), size, None):
        step = first // batch_size
        if hooked:
            callbacks.on_predict_batch_begin(step)
        outputs = model._predict_rows(x[first:last], out[first:last])
        if hooked:
            end = step + model.steps_per_execution - 1
            callbacks.on_predict_batch_end(end, {"outputs": outputs})
        if callbacks is not None:
            callbacks._show_evaluated(-(-(last - first) // batch_size), {})
        if model.stop_predicting:
            out = out[:last]
            break
    if callbacks is not None:
        callbacks.on_predict_end()
    return model._shaped(out)
