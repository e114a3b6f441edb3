"""Looking things up by name, one way for every module."""

import re
from collections import defaultdict

_counters: defaultdict[str, int] = defaultdict(int)


def unique_name(base):
    """Return "dense", "dense_1", "dense_2", … as Keras numbers unnamed layers and models."""
    count = _counters[base]
    _counters[base] += 1
    return f"{base}_{count}" if count else base


def snake_case(name):
    """Return "my_loss" for "MyLoss", "re_lu" for "ReLU": Keras's rule for names of objects."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


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
