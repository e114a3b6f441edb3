"""One thread or several: whether those that a fit may use are faster than one.

Two cores of a virtual machine share caches with others, or are so far apart that what one has
written reaches the other later than it would have made it itself. So where the number of threads
is bpcore's choice, a part of a chunk of mini-batches is now and then run by one thread, and the
fit goes on with what was faster. The bits do not depend on it.

(20-64-64-1 by 256 rows, two threads, in minutes in which other machines kept a core busy: 1.3 times
one thread's time.)
"""

# A trial takes one part in so many of a chunk, which is 50 ms.
_PARTS = 8
# Calls from one trial to the next: of one thread, and of several.
_SELDOM, _OFTEN = 200, 8
# Or as few, where threads are so much slower than they have been.
_SOON, _SLOWER = 4, 1.25
# Several are given up only for a clear gain.
_GAIN = 0.9
# Shorter calls say little, for the start of threads is part of them.
_LEAST_SECONDS = 1e-3


class Pace:
    """Chooses one thread or several for each call, by how long the calls before it took.

    Parameters
    ----------
    threads : int
        The number of several.

    Attributes
    ----------
    threads : int
        Of the next call.
    """

    def __init__(self, threads):
        self.threads = self._several = threads
        self._kept = threads  # what the trial, if one is on, is compared with
        self._usual = {}  # seconds a step took lately, by number of threads
        self._best = float("inf")  # of several threads
        self._calls = _SELDOM - 2  # since the last trial: the first is soon

    def part(self, steps):
        """Return how many steps the next call should run, of so many in a chunk."""
        return steps if self.threads == self._kept else max(1, steps // _PARTS)

    def measured(self, steps, seconds):
        """Take note of a call; choose for the next."""
        if seconds < _LEAST_SECONDS or not steps:
            return
        step, threads = seconds / steps, self.threads
        if threads == self._several:
            self._best = min(1.01 * self._best, step)
        if threads != self._kept:
            wanted = self._usual[self._kept] * (1 if threads > 1 else _GAIN)
            self._usual[threads] = step
            self._kept = self.threads = threads if step < wanted else self._kept
            self._calls = 0
            return
        self._usual[threads] = (self._usual.get(threads, step) + step) / 2
        self._calls += 1
        slow = threads > 1 and self._calls >= _SOON and step > _SLOWER * self._best
        if slow or self._calls >= (_SELDOM if threads > 1 else _OFTEN):
            self.threads = 1 if threads > 1 else self._several
