"""One thread or several: whether those that a fit may use are faster than one.

Two cores of a virtual machine share caches with others, or are so far apart that what one has
written reaches the other later than it would have made it itself. So where the number of threads
is bpcore's choice, a part of a chunk of mini-batches is now and then run by one thread, and the
fit goes on with what was faster. The bits do not depend on it.

(Two threads beside a busy program on one of their cores, against one thread: 20-64-64-1 by 256 rows
1.25 to 1.34 times the time, mnist 1.14 to 1.18; with trials 1.03 to 1.07, and 1.03 to 1.10. On two
free cores, as without trials.)
"""

from ._threads import get_num_threads

# A trial takes one part in so many of a chunk, which is 50 ms.
_PARTS = 8
# Calls from one trial to the next: of one thread, and of several.
_SELDOM, _OFTEN = 200, 8
# Of one thread: after a trial that was nearly won, and where several are so much slower than
# they have been.
_AGAIN, _NEARLY = 20, 1.1
_SOON, _SLOWER = 4, 1.25
# Several are given up only for a clear gain.
_GAIN = 0.9
# Less says little, for the start of threads is part of it: calls are counted together until then.
_LEAST_SECONDS = 1e-3
# And fewer steps say little if the last of them is of fewer rows than the others.
_LEAST_STEPS = 16


def is_open(threads):
    """Whether so many threads may be put on trial: several that the user did not choose."""
    return threads > 1 and get_num_threads() is None


class Trials:
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
        self._steps, self._seconds = 0, 0.0  # not judged yet

    def part(self, steps):
        """Return how many steps the next call should run, of so many in a chunk."""
        return steps if self.threads == self._kept else max(1, steps // _PARTS)

    def took(self, threads, steps, seconds, ends_short=False):
        """Take note of a call by so many threads; choose for the next.

        ends_short: the last of its steps had fewer rows than the others.
        """
        if ends_short and steps < _LEAST_STEPS:
            return
        if threads != self.threads:  # chosen before another fit of the model chose anew
            return
        self._steps += steps
        self._seconds += seconds
        if self._seconds < _LEAST_SECONDS or not self._steps:
            return
        step = self._seconds / self._steps
        self._steps, self._seconds = 0, 0.0
        if threads == self._several:
            self._best = min(1.01 * self._best, step)
        if threads == self._kept:
            self._usual[threads] = (self._usual.get(threads, step) + step) / 2
            self._calls += 1
            if self._is_due(step):
                self.threads = 1 if threads > 1 else self._several
        else:
            self._judge(step)

    def _is_due(self, step):
        if self._kept == 1:
            return self._calls >= _OFTEN
        slow = self._calls >= _SOON and step > _SLOWER * self._best
        return slow or self._calls >= _SELDOM

    def _judge(self, step):
        """End a trial, whose steps took so many seconds."""
        usual = self._usual[self._kept]
        self._usual[self.threads] = step
        self._calls = 0
        if step < usual * (_GAIN if self.threads == 1 else 1):
            self._kept = self.threads
        elif self.threads == 1 and step < usual * _NEARLY:
            self._calls = _SELDOM - _AGAIN
        self.threads = self._kept
