"""What a user did wrong, said in one paragraph."""


class UserError(Exception):
    """A mistake in what the user handed in: printed as ``error: …``, exit code 2."""


def listing(items, most=6):
    """Return "a, b, c", with "and 7 more" in place of what goes beyond `most`."""
    items = [str(item) for item in items]
    left = len(items) - most
    return ", ".join(items[:most]) + (f" and {left} more" if left > 0 else "")


def at_lines(numbers):
    """Return "line 3" or "lines 3, 7, 9 and 12 more"."""
    return ("line " if len(numbers) == 1 else "lines ") + listing(numbers)
