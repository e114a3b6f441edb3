# Where rows are largest, for the metrics and for classes.


def argmax(const real[:, ::1] a, int64_t[::1] index, str isa=None):
    """index[r] = where row r of a, not empty, is largest, under this instruction set or the
    current one."""
    if a.shape[0] == 0 or a.shape[1] == 0 or index.shape[0] != a.shape[0]:
        raise ValueError(f"index has {index.shape[0]} elements for {a.shape[0]} rows of "
                         f"{a.shape[1]}")
    cdef const bp_isa *isa_ = current_isa if isa is None else find_isa(isa)
    with nogil:
        kernels.argmax(isa_, a.shape[0], a.shape[1], &a[0, 0], &index[0])
