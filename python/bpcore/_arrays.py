"""What a user may hold data in: seen as a NumPy array, without a copy where that is possible.

pandas, polars, PyTorch and JAX are known by what their objects can do; none is imported.
"""

import sys

import numpy as np

_EXPECTED = "expected real numbers (float, integer or bool). Encode text as numbers first"


class Sparse:
    """A matrix of compressed rows (CSR), checked: what the core gathers mini-batches from.

    Its arrays are the user's own; a slice of rows shares them.

    Parameters
    ----------
    data : ndarray, shape (nnz,)
        Stored values, of any real type; those of one place are summed.
    indices : ndarray of int32 or int64, shape (nnz,)
        Their columns, in any order.
    indptr : ndarray of indices' type, shape (N + 1,)
        Row i has values indptr[i] … indptr[i+1] − 1.
    columns : int
    """

    ndim = 2

    def __init__(self, data, indices, indptr, columns):
        self.data, self.indices, self.indptr = data, indices, indptr
        self.shape = (len(indptr) - 1, columns)

    @property
    def dtype(self):
        """Element type of the stored values."""
        return self.data.dtype

    @property
    def size(self):
        """Elements of the dense matrix."""
        return self.shape[0] * self.shape[1]

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        start, stop, step = rows.indices(len(self))
        if step != 1:
            raise ValueError(f"rows of a sparse matrix are taken in one piece, got {rows}")
        indptr = self.indptr[start : max(start, stop) + 1]
        return Sparse(self.data, self.indices, indptr, self.shape[1])


def is_sparse(x):
    """Whether x is a matrix of scipy.sparse (which is not imported to find out)."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(x)


def as_sparse(x, name):
    """Return a scipy.sparse matrix of any format as a `Sparse`; CSR is not copied."""
    if x.ndim != 2:
        raise ValueError(f"{name} is sparse of shape {x.shape}; expected (N, n)")
    x = x.tocsr()
    data, indices, indptr = x.data, x.indices, x.indptr
    if data.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {data.dtype}; {_EXPECTED}")
    if data.dtype.itemsize > 8 or not data.dtype.isnative:
        data = data.astype(np.float64)
    wide = np.int32 if indices.dtype == indptr.dtype == np.int32 else np.int64
    data = np.require(data, requirements=["C", "A"])
    indices, indptr = (np.require(i, wide, ["C", "A"]) for i in (indices, indptr))
    if (
        indptr.shape != (x.shape[0] + 1,)
        or indptr[0] < 0
        or (indptr[1:] < indptr[:-1]).any()
        or indptr[-1] > min(data.size, indices.size)
    ):
        raise ValueError(
            f"{name} is not a valid CSR matrix: its indptr must rise from 0 to at most "
            f"{min(data.size, indices.size)}, the number of stored values, over "
            f"{x.shape[0] + 1} entries"
        )
    used = indices[indptr[0] : indptr[-1]]
    if used.size and (used.min() < 0 or used.max() >= x.shape[1]):
        raise ValueError(
            f"{name} is not a valid CSR matrix: its column indices run from {used.min()} to "
            f"{used.max()}, expected 0 to {x.shape[1] - 1}"
        )
    return Sparse(data, indices, indptr, x.shape[1])


def as_array(x, name, dtype=None):
    """Return x as an ndarray, without a copy where that is possible.

    Parameters
    ----------
    x : array_like
        ndarray, (list of) numbers, pandas or polars DataFrame or Series, a tensor or array that
        has ``__array__`` or ``__dlpack__``, or a sparse matrix, which becomes dense.
    name : str
        What errors call it.
    dtype : dtype, optional
        Of the copy that must be made of a table with columns of several types; default: one
        that holds all of them.
    """
    if type(x) is np.ndarray:
        return x
    if is_sparse(x):
        return x.toarray()
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(x)} masked values; expected "
            "all values. Remove or fill them first"
        )
    if isinstance(x, dict):
        raise TypeError(f"{name} is a dict; expected one array, or a table such as a DataFrame")
    if hasattr(x, "to_numpy"):
        return _table(x, name, dtype) if hasattr(x, "columns") else _column(x, name)
    if hasattr(x, "detach") and hasattr(x, "cpu"):  # PyTorch's, perhaps with a gradient
        x = x.detach().cpu()
    try:
        if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
            return np.from_dlpack(x)
        return np.asarray(x)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise type(error)(
            f"{name} is a {type(x).__name__} that cannot be read as an array: {error}"
        ) from error


def column_names(x):
    """Return the labels of a table's columns, or None."""
    return list(x.columns) if hasattr(x, "to_numpy") and hasattr(x, "columns") else None


def _table(x, name, dtype):
    """Return a DataFrame as a matrix: in place if its columns have one type of NumPy's."""
    if len(set(x.dtypes)) == 1 and isinstance(next(iter(x.dtypes)), np.dtype):
        array = x.to_numpy()
        if array.dtype.kind in "fiub":
            return array
    labels = column_names(x)
    column = x.iloc.__getitem__ if hasattr(x, "iloc") else x.__getitem__
    columns = [
        _column(column((slice(None), j)), f"column {label!r} of {name}")
        for j, label in enumerate(labels)
    ]
    if not columns:
        return np.empty((len(x), 0))
    if dtype is None:
        dtype = np.result_type(*columns)
    matrix = np.empty((len(x), len(columns)), dtype)
    with np.errstate(over="ignore"):  # what overflows is reported as infinity
        for j, values in enumerate(columns):
            matrix[:, j] = values
    return matrix


def _column(series, name):
    """Return a Series as a vector; a missing number is NaN."""
    values = np.asarray(series.to_numpy())
    if values.dtype.kind in "fiub":
        return values
    example = ""
    if values.dtype == object and values.size:
        # The first that is no number says what is wrong with the column.
        odd = (v for v in values.flat if not isinstance(v, (int, float, np.number)))
        example = f" (such as {next(odd, values.flat[0])!r})"
    dtype = getattr(series, "dtype", values.dtype)
    raise TypeError(f"{name} has dtype {dtype}{example}; {_EXPECTED}, and fill missing values")
