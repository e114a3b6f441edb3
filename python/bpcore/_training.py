"""The fit: epochs, chunks of mini-batches, metrics, validation.

The compiled loop runs a chunk of many mini-batches without the GIL: as many as take
about CHUNK_SECONDS, over several epochs where nothing is to be done between them.
Between chunks Python looks at signals, feeds the metrics with the outputs the chunk
recorded, and moves the progress bar; there is no Python call for each mini-batch.
"""

import time
from dataclasses import dataclass

import numpy as np

from . import _core, _progress
from ._data import aligned_empty
from .callbacks import History

CHUNK_SECONDS = 0.05
# Before anything is measured: operations a second, as a slow machine makes.
_FIRST_GUESS = 4e9
# Outputs kept for the metrics in one chunk, in elements.
_MAX_OUTPUTS = 1 << 22


@dataclass
class Data:
    """Checked arrays: x (N, n_0), y (N, n_y), weight (N,) or None.

    y and weight are of the model's element type, x is too or of a smaller one.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None

    def __len__(self):
        return len(self.x)

    def split(self, at):
        """Return the rows before and from `at`."""
        weight = self.weight
        return (
            Data(self.x[:at], self.y[:at], None if weight is None else weight[:at]),
            Data(self.x[at:], self.y[at:], None if weight is None else weight[at:]),
        )


class Trainer:
    """A compiled network bound to its optimizer: what a fit runs on.

    Parameters
    ----------
    model : Sequential
    network : _core.Network
    threads : int, default 1
    """

    def __init__(self, model, network, threads=1):
        self.model = model
        self.network = network
        self.optimizer = model.optimizer
        self.threads = threads
        self.slots = None  # the optimizer's moments, set before each use
        self.grad = None  # the flat gradient, where the updates need it whole

    def steps(
        self, data, order, batch_size, first, last, epoch, outputs=None, total=0.0, totals=None
    ):
        """Run mini-batches first .. last-1 of an epoch; return total plus their costs.

        With `totals`, run so many whole epochs, each in an order drawn anew into `order`.
        """
        settings = self.optimizer._settings(self.model)
        if self.grad is None and (settings.whole or self.network.whole):
            self.grad = aligned_empty(self.network.parameters.size, self.network.dtype)
        count = (last - first) * (1 if totals is None else len(totals))
        try:
            return self.network.train(
                data.x,
                data.y,
                data.weight,
                order,
                batch_size,
                first,
                last,
                self.slots,
                settings,
                self.optimizer._rates(count),
                self.optimizer._iterations,
                self.model._seed,
                epoch & 0xFFFFFFFF,
                outputs,
                self.threads,
                total,
                totals,
                self.grad,
            )
        finally:  # also after Ctrl-C, which Python notices at the end of the call
            self.optimizer._iterations += self.network.steps_done


class _ChunkSize:
    """How many mini-batches make about CHUNK_SECONDS of work.

    Measured as it goes; but with metrics a matter of sizes alone: what a metric sums up is
    grouped by chunks, and its last bits must not depend on the clock.
    """

    def __init__(self, parameters, batch_size, n_out, with_metrics):
        seconds = 6.0 * batch_size * parameters / _FIRST_GUESS
        self.steps = max(1, int(CHUNK_SECONDS / seconds)) if seconds else 1
        self._measure = not with_metrics
        if with_metrics:
            self.steps = min(self.steps, max(1, _MAX_OUTPUTS // (batch_size * n_out)), 1 << 16)

    def next(self, left):
        return min(self.steps, left)

    def measured(self, steps, seconds):
        if self._measure:
            # At most eightfold at a time: the first chunks are the least reliable.
            wanted = steps * CHUNK_SECONDS / max(seconds, 1e-9)
            self.steps = max(1, int(min(wanted, 8 * steps)))


def fit(model, trainer, data, validation, batch_size, epochs, shuffle, verbose):
    """Train and return the History."""
    rows = len(data)
    steps = -(-rows // batch_size)
    history = History(model, {"epochs": epochs, "steps": steps, "batch_size": batch_size})
    n_out = model.output_shape[1]
    order = np.empty(rows, np.int64) if shuffle else None
    metrics = model._metrics
    chunk = _ChunkSize(model.count_params(), batch_size, n_out, bool(metrics))
    report = _progress.make(verbose, epochs, steps)
    # A user's function may raise: epochs one by one, so that the history is up to date.
    one_by_one = metrics or validation is not None or model._has_user_functions()
    try:
        while len(history.epoch) < epochs:
            epoch = len(history.epoch)
            report.epoch_begin(epoch)
            together = min(chunk.steps // steps, epochs - epoch)
            if together > 1 and not one_by_one:
                _epochs(trainer, data, order, batch_size, steps, together, chunk, history, report)
                continue
            if shuffle:
                _core.epoch_order(rows, model._seed, model._epochs & 0xFFFFFFFF, order)
            logs = _epoch(trainer, data, order, batch_size, steps, chunk, metrics, report)
            model._epochs += 1
            if validation is not None:
                values = evaluate(model, trainer.network, validation, metrics)
                logs.update({f"val_{name}": value for name, value in values.items()})
            history.append(epoch, logs)
            report.epoch_end(logs)
        trainer.optimizer.finalize_variable_values(model.trainable_weights)
    finally:
        report.close()
        model.history = history
    return history


def _epochs(trainer, data, order, batch_size, steps, count, chunk, history, report):
    """Train several whole epochs at once: short ones in which nobody wants to look."""
    totals = np.empty(count)
    start = time.perf_counter()
    try:
        trainer.steps(data, order, batch_size, 0, steps, trainer.model._epochs, totals=totals)
        chunk.measured(count * steps, time.perf_counter() - start)
    finally:
        done = trainer.network.epochs_done
        trainer.model._epochs += done
        for total in totals[:done].tolist():
            logs = {"loss": total / len(data)}
            report.epoch_begin(len(history.epoch))
            history.append(len(history.epoch), logs)
            report.steps_done(steps, logs)
            report.epoch_end(logs)


def _epoch(trainer, data, order, batch_size, steps, chunk, metrics, report):
    """Train one epoch, chunk by chunk; return its loss and metrics."""
    total, first, rows = 0.0, 0, len(data)
    for metric in metrics:
        metric.reset_state()
    while first < steps:
        last = first + chunk.next(steps - first)
        seen = slice(first * batch_size, min(last * batch_size, rows))
        outputs = None
        if metrics:
            outputs = np.empty(
                (seen.stop - seen.start, trainer.model.output_shape[1]), data.y.dtype
            )
        start = time.perf_counter()
        total = trainer.steps(
            data, order, batch_size, first, last, trainer.model._epochs, outputs, total
        )
        chunk.measured(last - first, time.perf_counter() - start)
        if metrics:
            y = data.y[seen] if order is None else data.y[order[seen]]
            for metric in metrics:
                metric.update_state(y, outputs)
        logs = {"loss": total / seen.stop, **{m.name: m.result() for m in metrics}}
        report.steps_done(last - first, logs)
        first = last
    return logs


def evaluate(model, network, data, metrics):
    """Return the cost over the data and the metrics of its outputs, by name."""
    outputs = np.empty((len(data), model.output_shape[1]), data.y.dtype) if metrics else None
    total = network.evaluate(data.x, data.y, data.weight, outputs)
    logs = {"loss": total / len(data)}
    for metric in metrics:
        metric.reset_state()
        metric.update_state(data.y, outputs)
        logs[metric.name] = metric.result()
    return logs
