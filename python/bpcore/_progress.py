"""Reports of a running fit or evaluation: a progress bar (tqdm), or a line an epoch."""

import time

import numpy as np


def _values(logs):
    return "  ".join(f"{name}: {_digits(value)}" for name, value in logs.items())


def _digits(value):
    """Return a number with four digits; of a metric with several, all of them."""
    if np.ndim(value) == 0:
        return f"{value:.4g}"
    return f"[{' '.join(f'{v:.4g}' for v in np.ravel(value))}]"


class Bar:
    """verbose=1: one bar for the whole run, with loss, metrics and the time left.

    Parameters
    ----------
    epochs : int
    steps : int or None
        Mini-batches an epoch; None: nobody knows, as of a generator. The bar then counts.
    title : str, optional
        Instead of the number of the epoch.
    """

    def __init__(self, epochs, steps, title=None):
        self._epochs, self._steps, self._title = epochs, steps, title
        self._last = {}
        self._bar = None

    def epoch_begin(self, epoch):
        """An epoch starts."""
        if self._bar is None:
            self._open(epoch)
        title = self._title or f"Epoch {epoch + 1}/{self._epochs}"
        self._bar.set_description_str(title, refresh=False)

    def _open(self, first_epoch):
        from tqdm import tqdm  # costs 10 ms: only where a bar is wanted

        known = self._steps is not None
        middle = "{percentage:3.0f}%|{bar:20}| {elapsed}<{remaining}"
        self._bar = tqdm(
            total=self._epochs * self._steps if known else None,
            initial=first_epoch * self._steps if known else 0,
            unit="step",
            bar_format=f"{{desc}} {middle if known else '{n_fmt} steps  {elapsed}'}{{postfix}}",
        )

    def steps_done(self, count, logs):
        """So many more mini-batches are done; logs holds the running values."""
        # Values of validation stay on display until the next ones.
        self._last.update(logs)
        self._bar.set_postfix_str(_values(self._last), refresh=False)
        self._bar.update(count)

    def epoch_end(self, logs, seconds=None):
        """An epoch is over; logs holds its final values."""
        if logs:
            self._last = dict(logs)
            self._bar.set_postfix_str(_values(logs), refresh=False)

    def close(self):
        """The run is over."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()
            self._bar = None


class Lines:
    """verbose=2: one line an epoch."""

    def __init__(self, epochs, steps, title=None):
        self._epochs, self._title = epochs, title

    def epoch_begin(self, epoch):
        """An epoch starts."""
        self._epoch, self._start, self._steps = epoch, time.perf_counter(), 0

    def steps_done(self, count, logs):
        """So many more mini-batches are done."""
        self._steps += count

    def epoch_end(self, logs, seconds=None):
        """An epoch is over; logs holds its final values. It took `seconds`, if that is known."""
        if seconds is None:
            seconds = time.perf_counter() - self._start
        title = self._title or f"Epoch {self._epoch + 1}/{self._epochs}"
        print(f"{title}  {self._steps} steps  {seconds:.3g} s  {_values(logs)}", flush=True)

    def close(self):
        """The run is over."""


def make(verbose, epochs, steps, title=None):
    """Return the report for Keras's `verbose`: 1, 2 or "auto" (1)."""
    return (Lines if verbose == 2 else Bar)(epochs, steps, title)


def check_verbose(verbose):
    """Raise unless verbose is one of Keras's."""
    if verbose not in (0, 1, 2, "auto"):
        raise ValueError(f"verbose must be 'auto', 0, 1 or 2, got {verbose!r}")
