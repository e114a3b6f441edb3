"""Holding rows out, to score a model on what it has not seen."""

import numpy as np


def hold_out(n, fraction, seed, labels=None):
    """Choose rows at random.

    Parameters
    ----------
    n : int
        Number of rows.
    fraction : float
        Part of the rows to hold out, 0 < fraction < 1.
    seed : int
    labels : int array, shape (n,), optional
        Classes: each is held out in the same proportion, to within one row, and each keeps at
        least one row for training.

    Returns
    -------
    train, test : int arrays
        Row numbers, ascending; test has floor(n · fraction) of them, or a few less where
        classes have a single row.
    """
    order = np.random.default_rng(seed).permutation(n)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    # In the order of the classes take every (1/fraction)-th row. The small number makes up for
    # rounding: 15 · 0.2 must count as 3.
    steps = np.floor(np.arange(n + 1) * fraction + 1e-9)
    test = np.zeros(n, bool)
    test[order] = np.diff(steps) > 0
    if labels is not None:
        test &= np.isin(labels, labels[~test])
    return np.flatnonzero(~test), np.flatnonzero(test)
