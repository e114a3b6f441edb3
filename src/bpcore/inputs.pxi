# What inputs may be: rows in place, rows of another element type or apart from each other,
# sparse rows. The last two are brought together a mini-batch at a time.

# (kind, bytes) of a NumPy type: the enum of dispatch.h.
_ELEMENTS = {
    ("b", 1): dispatch.BP_UINT8,
    ("i", 1): dispatch.BP_INT8,
    ("i", 2): dispatch.BP_INT16,
    ("i", 4): dispatch.BP_INT32,
    ("i", 8): dispatch.BP_INT64,
    ("u", 1): dispatch.BP_UINT8,
    ("u", 2): dispatch.BP_UINT16,
    ("u", 4): dispatch.BP_UINT32,
    ("u", 8): dispatch.BP_UINT64,
    ("f", 2): dispatch.BP_FLOAT16,
    ("f", 4): dispatch.BP_FLOAT32,
    ("f", 8): dispatch.BP_FLOAT64,
}


cdef bp_rows in_place(const void *values, int typenum) noexcept:
    """A single row of float32 or float64."""
    cdef bp_rows rows
    rows.values = values
    rows.element = dispatch.BP_FLOAT32 if typenum == cnp.NPY_FLOAT else dispatch.BP_FLOAT64
    rows.stride = rows.wide = 0
    rows.columns = rows.starts = NULL
    return rows


cdef int element_of(array) except -1:
    """The enum of an aligned array's element type, in this machine's byte order."""
    element = _ELEMENTS.get((array.dtype.kind, array.dtype.itemsize))
    if element is None or not cnp.PyArray_ISBEHAVED_RO(array):
        raise TypeError(f"x must be an aligned array of real numbers, got one of {array.dtype}")
    return element


cdef bp_rows rows_of_any(x, Py_ssize_t n_x) except *:
    """An array (N, n_x) whose rows are contiguous, or a CSR matrix: what has its data, indices
    and indptr, that is; the columns and the order of indptr were checked by who made it."""
    cdef bp_rows rows
    cdef Py_ssize_t itemsize
    rows.columns = rows.starts = NULL
    rows.wide = 0
    if isinstance(x, np.ndarray):
        itemsize = cnp.PyArray_ITEMSIZE(x)
        rows.element = element_of(x)
        if (cnp.PyArray_NDIM(x) != 2 or cnp.PyArray_DIM(x, 1) != n_x
                or (n_x > 1 and cnp.PyArray_STRIDE(x, 1) != itemsize)
                or cnp.PyArray_STRIDE(x, 0) % itemsize != 0):
            raise TypeError(f"x must be an array (N, {n_x}) with contiguous rows, got shape "
                            f"{x.shape}, strides {x.strides} of {x.dtype}")
        rows.values = cnp.PyArray_DATA(x)
        rows.stride = cnp.PyArray_STRIDE(x, 0) // itemsize
        return rows
    values, columns, starts = x.data, x.indices, x.indptr
    rows.element = element_of(values)
    rows.wide = columns.dtype == np.int64
    rows.stride = 0
    typenum = cnp.NPY_INT64 if rows.wide else cnp.NPY_INT32
    rows.values = cnp.PyArray_DATA(values)
    rows.starts = data_of(starts, typenum, len(x) + 1, "indptr")
    rows.columns = data_of(columns, typenum, starts[len(x)], "indices")
    if not cnp.PyArray_ISCARRAY_RO(values) or values.size < starts[len(x)]:
        raise ValueError(f"a sparse x has {values.size} values, its rows end at {starts[len(x)]}")
    return rows


cdef void *inputs_of(object x, int typenum, Py_ssize_t n, Py_ssize_t n_x,
                     bp_rows *source) except? NULL:
    """The address of n rows of the network's own type without gaps between them; NULL for
    any others, which are then described by source."""
    if (isinstance(x, np.ndarray) and cnp.PyArray_TYPE(x) == typenum
            and cnp.PyArray_ISCARRAY_RO(x)):
        return data_of(x, typenum, n * n_x, "x")
    source[0] = rows_of_any(x, n_x)
    return NULL


cdef bint are_finite(const bp_rows *rows, Py_ssize_t n_rows, Py_ssize_t n, int typenum) noexcept:
    """Whether no element is NaN or infinite as a number of that type."""
    cdef int finite
    if typenum == cnp.NPY_FLOAT:
        with nogil:
            finite = kernels.all_finite(current_isa, n_rows, n, rows, <float *>NULL)
    else:
        with nogil:
            finite = kernels.all_finite(current_isa, n_rows, n, rows, <double *>NULL)
    return finite != 0


def all_finite(array, dtype=None):
    """Whether no element is NaN or infinite, as dtype (float32 or float64; default: its own).

    The array is C-contiguous, or (N, n) with contiguous rows.
    """
    cdef bp_rows rows
    cdef Py_ssize_t n_rows = 1, n = cnp.PyArray_SIZE(array)
    cdef int given = cnp.PyArray_TYPE(array)
    cdef int wanted = given if dtype is None else (<cnp.dtype>np.dtype(dtype)).type_num
    if not cnp.PyArray_ISCARRAY_RO(array):
        n_rows, n = array.shape
        rows = rows_of_any(array, n)
    elif given == cnp.NPY_FLOAT or given == cnp.NPY_DOUBLE:
        rows = in_place(cnp.PyArray_DATA(array), given)
    else:
        rows = rows_of_any(array.reshape(1, n), n)
    return are_finite(&rows, n_rows, n, wanted)


def is_ready(x, dtype, Py_ssize_t n):
    """Whether x is what the core reads: (N, n), N > 0, of dtype, C-contiguous and finite.

    One call for what `as_inputs` and `Loss.targets` otherwise ask piece by piece, which takes as
    long as a third of a small network's step.
    """
    cdef bp_rows rows
    cdef int typenum
    if not cnp.PyArray_CheckExact(x) or cnp.PyArray_NDIM(x) != 2:
        return False
    if cnp.PyArray_DIM(x, 1) != n or cnp.PyArray_SIZE(x) == 0 or not cnp.PyArray_ISCARRAY_RO(x):
        return False
    typenum = cnp.PyArray_TYPE(x)
    if not isinstance(dtype, cnp.dtype) or typenum != (<cnp.dtype>dtype).type_num:
        return False
    if typenum != cnp.NPY_FLOAT and typenum != cnp.NPY_DOUBLE:
        return False
    rows = in_place(cnp.PyArray_DATA(x), typenum)
    return are_finite(&rows, 1, cnp.PyArray_SIZE(x), typenum)


def address(cnp.ndarray array not None):
    """Where an array's first element lies; `array.ctypes` takes ten times as long."""
    return <size_t>cnp.PyArray_DATA(array)
