"""What comes in: turned into the arrays the core reads, or refused with a reason."""

import numpy as np

from . import _core


def as_aligned(array, dtype):
    """Return array as C-contiguous, aligned and of dtype; itself where it is already."""
    if array.dtype == dtype and array.flags.carray:
        return array
    return np.require(array, dtype, ["C", "A"])


def check_numeric(array, name):
    """Raise unless the array holds real numbers and is not empty."""
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} has dtype {array.dtype}; expected real numbers (float, integer or bool). "
            "Encode text as numbers first"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}); expected at least one example")


def check_finite(array, name):
    """Raise if a C-contiguous float array holds NaN or infinity, naming the first."""
    if _core.all_finite(array):
        return
    bad = ~np.isfinite(array)
    where = tuple(int(i[0]) for i in np.nonzero(bad))
    count = int(bad.sum())
    index = ", ".join(map(str, where))
    raise ValueError(
        f"{name} contains NaN or infinity: {name}[{index}] is {array[where]} ({count} such in "
        f"all as {array.dtype}); expected finite numbers. Remove or fill them first"
    )


# Element types the training loop converts row by row.
_SMALL = {np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.float16)}


def as_inputs(x, n_in, dtype, name="x", small=False):
    """Return x as a C-contiguous (N, n_in) array of dtype, checked; no copy if it is one.

    n_in None accepts any width. With `small`, int8, uint8 and float16 stay what they are.
    """
    x = np.asarray(x)
    check_numeric(x, name)
    if x.ndim == 1 and n_in == 1:
        x = x[:, None]
    if x.ndim != 2:
        hint = (
            f"; for a single example pass {name}[None, :]"
            if x.ndim == 1 and n_in in (None, len(x))
            else ""
        )
        raise ValueError(
            f"{name} has shape {x.shape}; expected (N, {'n' if n_in is None else n_in}): one "
            f"example a row{hint}"
        )
    if n_in is not None and x.shape[1] != n_in:
        raise ValueError(
            f"{name} has shape {x.shape}; expected (N, {n_in}), as the model takes {n_in} inputs"
        )
    if small and x.dtype in _SMALL:
        x = as_aligned(x, x.dtype)
        if x.dtype == np.float16:
            for start in range(0, len(x), 4096):
                # Finite halves have a largest exponent but one; nothing of x's size is made.
                if not np.isfinite(x[start : start + 4096]).all():
                    check_finite(x.astype(dtype), name)
        return x
    with np.errstate(over="ignore"):  # what overflows is reported as infinity
        x = as_aligned(x, dtype)
    check_finite(x, name)
    return x


def as_sample_weight(sample_weight, rows, dtype):
    """Return sample_weight as a (rows,) array of dtype, or None."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight)
    check_numeric(weight, "sample_weight")
    if weight.ndim == 2 and weight.shape[1] == 1:
        weight = weight[:, 0]
    if weight.shape != (rows,):
        raise ValueError(
            f"sample_weight has shape {np.shape(sample_weight)}; expected ({rows},), one for "
            "each example in x"
        )
    weight = as_aligned(weight, dtype)
    check_finite(weight, "sample_weight")
    return weight


def as_count(value, name, low=1):
    """Return value as an int that is at least `low`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}")
    return int(value)


def aligned_empty(size, dtype):
    """Return an uninitialised flat array that starts at a multiple of 128 bytes.

    It shares no pair of cache lines with anything else, so that models trained side by
    side on two cores do not wait for each other's writes.
    """
    itemsize, line = np.dtype(dtype).itemsize, 128
    raw = np.empty(-(-size * itemsize // line) * line + line, np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : start + size * itemsize].view(dtype)
