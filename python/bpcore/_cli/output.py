"""Files to write: refused before the work rather than after it."""

import os

from .errors import UserError


def check_out(path, *inputs):
    """Raise unless a file can be written at this path (None: nothing to check).

    The files that are read, `inputs`, must not be overwritten.
    """
    if path is None:
        return
    if os.path.isdir(path):
        raise UserError(f"--out {path} is a directory; expected the name of a file")
    for other in inputs:
        if os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other):
            raise UserError(f"--out {path} would overwrite {other}, which is read; name another")
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        raise UserError(
            f"--out {path}: there is no directory {directory}; make it first, or name another"
        )
    if not os.access(directory, os.W_OK):
        raise UserError(f"--out {path}: the directory {directory} is not writable; name another")
