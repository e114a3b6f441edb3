"""Reports of a running fit: nothing, a progress bar (tqdm), or a line an epoch."""

import time

import numpy as np


def _values(logs):
    return "  ".join(f"{name}: {_digits(value)}" for name, value in logs.items())


def _digits(value):
    """Return a number with four digits; of a metric with several, all of them."""
    if np.ndim(value) == 0:
        return f"{value:.4g}"
    return f"[{' '.join(f'{v:.4g}' for v in np.ravel(value))}]"


class Silent:
    """verbose=0"""

    def epoch_begin(self, epoch):
        """An epoch starts."""

    def steps_done(self, count, logs):
        """So many more mini-batches are done; logs holds the running values."""

    def epoch_end(self, logs):
        """An epoch is over; logs holds its final values."""

    def close(self):
        """The fit is over."""


class Bar(Silent):
    """verbose=1: one bar for the whole fit, with loss, metrics and the time left."""

    def __init__(self, epochs, steps):
        from tqdm import tqdm  # costs 10 ms: only where a bar is wanted

        self._epochs = epochs
        self._last = {}
        self._bar = tqdm(
            total=epochs * steps,
            unit="step",
            bar_format="{desc} {percentage:3.0f}%|{bar:20}| {elapsed}<{remaining}{postfix}",
        )

    def epoch_begin(self, epoch):
        """An epoch starts."""
        self._bar.set_description_str(f"Epoch {epoch + 1}/{self._epochs}", refresh=False)

    def steps_done(self, count, logs):
        """So many more mini-batches are done; logs holds the running values."""
        # Values of validation stay on display until the next ones.
        self._last.update(logs)
        self._bar.set_postfix_str(_values(self._last), refresh=False)
        self._bar.update(count)

    def epoch_end(self, logs):
        """An epoch is over; logs holds its final values."""
        self._last = dict(logs)
        self._bar.set_postfix_str(_values(logs), refresh=False)

    def close(self):
        """The fit is over."""
        self._bar.refresh()
        self._bar.close()


class Lines(Silent):
    """verbose=2: one line an epoch."""

    def __init__(self, epochs, steps):
        self._epochs, self._steps = epochs, steps

    def epoch_begin(self, epoch):
        """An epoch starts."""
        self._epoch, self._start = epoch, time.perf_counter()

    def epoch_end(self, logs):
        """An epoch is over; logs holds its final values."""
        seconds = time.perf_counter() - self._start
        print(
            f"Epoch {self._epoch + 1}/{self._epochs}  {self._steps} steps  {seconds:.3g} s  "
            f"{_values(logs)}",
            flush=True,
        )


def make(verbose, epochs, steps):
    """Return the report for Keras's `verbose`: 0, 1, 2 or "auto" (1)."""
    if verbose in (1, "auto"):
        return Bar(epochs, steps)
    if verbose == 2:
        return Lines(epochs, steps)
    if verbose == 0:
        return Silent()
    raise ValueError(f"verbose must be 'auto', 0, 1 or 2, got {verbose!r}")
