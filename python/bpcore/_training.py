"""Epochs over arrays, in chunks of mini-batches.

The compiled loop runs a chunk of many mini-batches without the GIL: as many as take
about CHUNK_SECONDS, over several epochs where nothing is to be done between them.
Between chunks Python looks at signals and at the clock, feeds the metrics with the outputs
the chunk recorded, and moves the progress bar; there is no Python call for each mini-batch,
unless a callback wants one. What happens around the epochs is in `_fit`.
"""

import time

import numpy as np

from . import _core
from ._batches import warn_out_of_data
from ._data import aligned_empty
from ._trials import Trials, is_open

CHUNK_SECONDS = 0.05
# Before anything is measured: operations a second, as a slow machine makes.
_FIRST_GUESS = 4e9
# And seconds that a step takes however small the network is.
_LEAST_STEP = 1e-6
# In place of the cost of an epoch that was not trained: no sum of costs.
_NOT_DONE = -np.inf
# Outputs kept for the metrics in one chunk, in elements.
_MAX_OUTPUTS = 1 << 22


class Data:
    """Checked arrays: x (N, n_0), y (N, n_y), weight (N,) or None.

    y and weight are of the model's element type, x is too or of a smaller one. `flat` says
    that the user gave y as (N,); `checked_for` is the model's `_wanted` of then.
    """

    __slots__ = ("checked_for", "flat", "weight", "x", "y")  # made for each train_on_batch

    def __init__(self, x, y, weight, flat=False, checked_for=None):
        self.x = x
        self.y = y
        self.weight = weight
        self.flat = flat
        self.checked_for = checked_for

    def __len__(self):
        return len(self.x)

    def rows(self, which):
        """Return the rows of a slice."""
        weight = None if self.weight is None else self.weight[which]
        return Data(self.x[which], self.y[which], weight, self.flat, self.checked_for)


class Trainer:
    """A compiled network bound to its optimizer: what a fit runs on.

    Its model keeps it, and it does not keep the model: a dropped model is gone at once.

    Parameters
    ----------
    model : Sequential
    network : _core.Network
    threads : int, default 1
    """

    def __init__(self, model, network, threads=1):
        self.network = network
        self.optimizer = model.optimizer
        self.threads = threads
        self.trials = Trials(threads)
        self._plans = model._plans
        self.grad = None  # the flat gradient, where the updates need it whole

    def is_current(self, model):
        """Whether its model is as it was, down to which layers are trained and by what."""
        return self._plans is model._plans

    def steps(
        self,
        model,
        data,
        order,
        batch_size,
        first,
        last,
        epoch,
        outputs=None,
        total=0.0,
        totals=None,
        threads=None,
    ):
        """Run mini-batches first .. last-1 of an epoch of its model; return total plus their costs.

        With `totals`, run so many whole epochs, each in an order drawn anew into `order`. By
        `threads` threads, or as many as the trainer has.
        """
        # A setting such as momentum may have changed, and with it what is kept.
        slots = self.optimizer._slots_for(model._parameters, model)
        settings = self.optimizer._settings(model)
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
                slots,
                settings,
                self.optimizer._rates(count),
                self.optimizer._iterations,
                model._seed,
                epoch & 0xFFFFFFFF,
                outputs,
                threads or self.threads,
                total,
                totals,
                self.grad,
            )
        finally:  # also after Ctrl-C, which Python notices at the end of the call
            # Not through __setattr__, which checks settings.
            vars(self.optimizer)["_iterations"] += self.network.steps_done


class _ChunkSize:
    """How many mini-batches make about CHUNK_SECONDS of work.

    Measured as it goes; but with metrics a matter of sizes alone: what a metric sums up is
    grouped by chunks, and its last bits must not depend on the clock.
    """

    def __init__(self, parameters, batch_size, n_out, with_metrics):
        seconds = 6.0 * batch_size * parameters / _FIRST_GUESS + _LEAST_STEP
        self.steps = max(1, int(CHUNK_SECONDS / seconds))
        self._measure = not with_metrics
        if with_metrics:
            self.steps = min(self.steps, max(1, _MAX_OUTPUTS // (batch_size * n_out)), 1 << 16)

    def of_next_call(self, trials):
        """Return the size of the next chunk, which may be a small one on trial."""
        return trials.part(self.steps) if trials and self._measure else self.steps

    def measured(self, steps, seconds):
        if self._measure:
            # At most eightfold at a time: the first chunks are the least reliable.
            wanted = steps * CHUNK_SECONDS / max(seconds, 1e-9)
            self.steps = max(1, int(min(wanted, 8 * steps)))


class ArrayEpochs:
    """Trains epochs over arrays.

    Parameters
    ----------
    model : Sequential
    trainer : Trainer
    data : Data
    batch_size : int
    shuffle : bool
    steps_per_epoch : int, optional
        An epoch is so many mini-batches, and the next goes on where it stopped; default: as
        many as there are, each epoch in a new order.
    """

    def __init__(self, model, trainer, data, batch_size, shuffle, steps_per_epoch=None):
        self.model, self.data, self.batch_size = model, data, batch_size
        self.in_data = -(-len(data) // batch_size)
        self.steps = steps_per_epoch or self.in_data
        self._whole = steps_per_epoch is None
        # What an interrupted first epoch goes back to.
        model.optimizer._slots_for(model._parameters, model)
        self._at = 0  # the next mini-batch in the present pass through the data
        self._begun = False  # whether the present pass has taken its random numbers
        self._order = np.empty(len(data), np.int64) if shuffle else None
        self._pending = None
        self._bind(trainer)

    def _bind(self, trainer):
        model = self.model
        self.trainer = trainer
        self._trials = trainer.trials if is_open(trainer.threads) else None
        self._n_out = model._layers[-1].n_out
        self._chunk = _ChunkSize(
            model._parameters.size, self.batch_size, self._n_out, bool(model._compiled_metrics)
        )

    def _follow(self):
        """See to what a callback has changed: a frozen layer, or all that `compile` sets."""
        if not self.trainer.is_current(self.model):
            self.data = self.model._current(self.data)
            self._bind(self.model._trainer(self.data, self.batch_size))

    # ---- several epochs at once ------------------------------------------------

    def together(self, left):
        """Return how many of the epochs left to train in one call; 0 if one is too long."""
        steps = self._chunk.of_next_call(self._trials)
        return min(steps // self.steps, left) if self._whole else 0

    def train_together(self, count, first_epoch, history):
        """Train whole epochs in which nobody wants to look; return their logs."""
        self._follow()
        totals = np.full(count, _NOT_DONE)
        self._pending = history, history._lengths(), first_epoch, self.model._epochs, totals
        try:
            self._call(0, self.steps, totals=totals)
        finally:
            logs = self.settle()
        self._pending = None
        return logs

    def settle(self):
        """Record the epochs that `train_together` got done; doing it again does no harm."""
        if self._pending is None:
            return []
        history, lengths, first_epoch, trained, totals = self._pending
        losses = (totals[totals != _NOT_DONE] / len(self.data)).tolist()
        self.model._epochs = trained + len(losses)
        history._record(lengths, first_epoch, losses)
        return [{"loss": loss} for loss in losses]

    def _call(self, first, last, outputs=None, total=0.0, totals=None):
        """`Trainer.steps` over the data, by which the next call's size and threads are chosen."""
        model = self.model
        threads = self._trials.threads if self._trials else None
        start = time.perf_counter()
        total = self.trainer.steps(
            model,
            self.data,
            self._order,
            self.batch_size,
            first,
            last,
            model._epochs,
            outputs,
            total,
            totals,
            threads,
        )
        seconds = time.perf_counter() - start
        count = (last - first) * (1 if totals is None else len(totals))
        self._chunk.measured(count, seconds)
        if self._trials:
            ends_short = last * self.batch_size > len(self.data)
            self._trials.took(threads, count, seconds, ends_short)
        return total

    # ---- one epoch -------------------------------------------------------------

    def epoch(self, run):
        """Train one epoch, chunk by chunk; return its logs, or None if time ran out.

        Parameters
        ----------
        run : _fit.Run
        """
        model = self.model
        if self._at == 0 and self._order is not None:
            _core.epoch_order(len(self.data), model._seed, model._epochs & 0xFFFFFFFF, self._order)
        begin, end = self._at, min(self._at + self.steps, self.in_data)
        total, trained, logs = 0.0, 0, {}
        model.reset_metrics()
        while self._at < end:
            first = self._at
            hooked = run.steps_per_hook  # as it is now: a callback may compile another
            steps = hooked or self._chunk.of_next_call(self._trials)
            last = min(first + steps, end)
            if hooked:
                run.callbacks.on_train_batch_begin(first - begin)
            total, rows = self._train(first, last, total)
            self._at = last
            trained += rows
            logs = {"loss": total / trained, **model._compiled_metrics.result()}
            if hooked:
                run.callbacks.on_train_batch_end(first - begin + hooked - 1, logs)
            run.callbacks._on_chunk_end(last - 1 - begin, last - first, logs)
            if model.stop_training:
                break
            if last < end and run.time_is_up():
                self.finish()
                return None
        if self._at == end < begin + self.steps:
            warn_out_of_data()
        if self._whole or self._at == self.in_data:
            self.finish()
        return logs

    def finish(self):
        """End the present pass through the data, wherever it is."""
        if self._begun:
            self._at, self._begun = 0, False
            self.model._epochs += 1

    def _train(self, first, last, total):
        """Train mini-batches first .. last-1; return total plus their costs, and their rows."""
        self._follow()
        self._begun = True
        data, model = self.data, self.model
        seen = slice(first * self.batch_size, min(last * self.batch_size, len(data)))
        rows = seen.stop - seen.start
        outputs = None
        if model._compiled_metrics:
            outputs = np.empty((rows, self._n_out), data.y.dtype)
        total = self._call(first, last, outputs, total)
        if outputs is not None:
            y, weight = self._of(data.y, seen), None
            if data.weight is not None and model._compiled_metrics.uses_weights:
                weight = self._of(data.weight, seen)
            model._compiled_metrics.update(y, outputs, weight, self.batch_size, data.flat)
        return total, rows

    def _of(self, array, seen):
        """Return the rows that were trained on, in their order."""
        if self._order is None:
            return array[seen]
        return array.take(self._order[seen], axis=0)  # [] takes up to ten times as long
