"""Taking plain data from a file apart without trusting it."""

import math


def field(data, key, kind):
    """Return ``data[key]``, a `kind`; raise ValueError if data is not so."""
    if not isinstance(data, dict) or not isinstance(data.get(key), kind):
        raise ValueError(f"expected {key!r} to be a {kind.__name__} in {data!r:.200}")
    return data[key]


def numbers(data, *keys):
    """Return the values of these keys, finite floats."""
    values = [field(data, key, float) for key in keys]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"expected finite numbers for {', '.join(keys)}, got {values}")
    return values


def texts(data, key):
    """Return ``data[key]``, a list of at least two different strings."""
    values = field(data, key, list)
    if (
        not all(isinstance(value, str) for value in values)
        or len(values) < 2
        or len(set(values)) < len(values)
    ):
        raise ValueError(f"expected {key!r} to be a list of different texts, got {values!r:.200}")
    return values
