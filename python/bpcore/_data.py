"""What comes in: turned into the arrays the core reads, or refused with a reason."""

import numpy as np

from . import _core
from ._arrays import Sparse, as_array, as_sparse, column_names, is_sparse


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


def check_finite(array, name, dtype=None, columns=None):
    """Raise if an array holds NaN or infinity, naming the first.

    Parameters
    ----------
    array : ndarray, C-contiguous or (N, n) with contiguous rows, or Sparse
    name : str
    dtype : dtype, optional
        What the elements will be turned into and must be finite as; default: their own.
    columns : list, optional
        Labels of the columns.
    """
    values = array
    if isinstance(array, Sparse):
        values = array.data[array.indptr[0] : array.indptr[-1]]
    if _core.all_finite(values, dtype):
        return
    dtype = np.dtype(array.dtype if dtype is None else dtype)
    first, count, step = None, 0, max(1, (1 << 16) // (values.size // len(values)))
    for start in range(0, len(values), step):  # nothing of the array's size is made
        with np.errstate(over="ignore"):
            block = values[start : start + step].astype(dtype)
        bad = np.argwhere(~np.isfinite(block))
        count += len(bad)
        if first is None and len(bad):
            value = block[tuple(bad[0])]
            first = (int(bad[0][0]) + start, *map(int, bad[0][1:]))
    if values is not array:
        at = first[0] + int(array.indptr[0])
        row = int(np.searchsorted(array.indptr, at, "right")) - 1
        first = (row, int(array.indices[at]))
    label = f" (column {columns[first[1]]!r})" if columns else ""
    raise ValueError(
        f"{name} contains NaN or infinity: {name}[{', '.join(map(str, first))}]{label} is {value} "
        f"({count} such in all as {dtype}); expected finite numbers. Remove or fill them first"
    )


# What the core does not read in place it converts by the mini-batch, so that large data are
# never copied whole; up to this size of the copy, one conversion for all epochs is cheaper.
COPY_BYTES = 1 << 20


def _rows_are_contiguous(x):
    return (
        x.flags.aligned
        and x.dtype.isnative
        and x.dtype.itemsize <= 8
        and (x.shape[1] == 1 or x.strides[1] == x.dtype.itemsize)
        and x.strides[0] % x.dtype.itemsize == 0
    )


def as_inputs(x, n_in, dtype, name="x", small=False):
    """Return x as a C-contiguous (N, n_in) array of dtype, checked; no copy if it is one.

    n_in None accepts any width. With `small`, x may stay an array of any real type whose rows
    are contiguous but not each other's neighbours, and a sparse matrix becomes a `Sparse`.
    """
    if n_in is not None and _core.is_ready(x, dtype, n_in):
        return x
    columns = None
    if type(x) is not np.ndarray:
        if small and is_sparse(x):
            x = as_sparse(x, name)
        elif not isinstance(x, Sparse):
            columns = column_names(x)
            x = as_array(x, name, dtype)
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
    if not (isinstance(x, Sparse) or (x.dtype == dtype and x.flags.carray)):
        dtype_kept = small and x.size * np.dtype(dtype).itemsize > COPY_BYTES
        if not dtype_kept or not _rows_are_contiguous(x):
            # Columns one after the other (Fortran order) would cost a cache line an element
            # in every epoch; their copy is of the smaller type.
            smaller = x.dtype.isnative and x.dtype.itemsize < np.dtype(dtype).itemsize
            with np.errstate(over="ignore"):  # what overflows is reported as infinity
                x = as_aligned(x, x.dtype if dtype_kept and smaller else dtype)
    check_finite(x, name, dtype, columns)
    return x


def as_sample_weight(sample_weight, rows, dtype):
    """Return sample_weight as a (rows,) array of dtype, or None."""
    if sample_weight is None:
        return None
    weight = as_array(sample_weight, "sample_weight")
    given = weight.shape
    check_numeric(weight, "sample_weight")
    if weight.ndim == 2 and weight.shape[1] == 1:
        weight = weight[:, 0]
    if weight.shape != (rows,):
        raise ValueError(
            f"sample_weight has shape {given}; expected ({rows},), one for each example in x"
        )
    with np.errstate(over="ignore"):
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


def is_number(value):
    """Whether value is one real number; True and False are none."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def argmax(a):
    """Return where an array is largest along its last axis, as `np.argmax` does.

    NumPy takes 40 ns for each row of 10 numbers.
    """
    known = a.dtype in (np.float32, np.float64) and a.flags.c_contiguous
    if not known or a.ndim < 2 or not a.size:
        return np.argmax(a, axis=-1)
    index = np.empty(a.shape[:-1], np.int64)
    _core.argmax(a.reshape(-1, a.shape[-1]), index.reshape(-1))
    return index


def aligned_empty(size, dtype):
    """Return an uninitialised flat array that starts at a multiple of 128 bytes.

    It shares no pair of cache lines with anything else, so that models trained side by
    side on two cores do not wait for each other's writes. (Tried and lost: starting those of
    megabytes with a huge page, for which NumPy asks from 4 MB on; wide took 1.00 to 1.03 of its
    time.)
    """
    if not size:
        return np.empty(0, dtype)
    line, length = 128, size * np.dtype(dtype).itemsize
    raw = np.empty(-(-length // line) * line + line, np.uint8)
    start = -_core.address(raw) % line
    return raw[start : start + length].view(dtype)
