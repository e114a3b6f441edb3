"""Looking things up by name, one way for every module."""

import functools
from collections import defaultdict

_counters: defaultdict[str, int] = defaultdict(int)


def unique_name(base):
    """Return "dense", "dense_1", "dense_2", … as Keras numbers unnamed layers and models."""
    count = _counters[base]
    _counters[base] += 1
    return f"{base}_{count}" if count else base


@functools.cache  # of the names of classes: there are few
def snake_case(name):
    """Return "my_loss" for "MyLoss", "re_lu" for "ReLU": Keras's rule for names of objects.

    A capital starts a word where a small letter is on either side of it. (By regular
    expressions, as Keras has it, the names of all classes took a millisecond of the import.)
    """
    name = "".join([c for c in name if c.isalnum() or c == "_"])
    small = [c.islower() and c.isascii() for c in name] + [False]
    words = [
        "_" + c if i and "A" <= c <= "Z" and (small[i - 1] or small[i + 1]) else c
        for i, c in enumerate(name)
    ]
    return "".join(words).lower()


def reset_names():
    """Count from the beginning again."""
    _counters.clear()


def look_up(name, known, what):
    """Return ``known[name]``, or raise a ValueError that lists what there is."""
    try:
        return known[name]
    except (KeyError, TypeError):
        if not isinstance(name, str):
            raise ValueError(f"{what} must be named by a string, got {name!r}") from None
        import difflib  # here: it is needed for a mistake alone

        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"unknown {what} {name!r}{hint} (there are: {', '.join(sorted(known))})"
        ) from None
