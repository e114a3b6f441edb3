# The order of an epoch's rows, and the generator it comes from.


def epoch_order(int64_t n, uint64_t seed, uint32_t epoch, out=None, str isa=None):
    """A random permutation of 0 .. n-1, into out if given, under this instruction set or the
    current one: the same under all."""
    if out is None:
        out = np.empty(n, np.int64)
    cdef int64_t *order = <int64_t *>data_of(out, cnp.NPY_INT64, n, "out")
    if n >= 1 << 32:
        raise ValueError(f"cannot shuffle {n} rows; expected fewer than 2**32")
    cdef const bp_isa *isa_ = current_isa if isa is None else find_isa(isa)
    with nogil:
        kernels.shuffle(isa_, n, seed, epoch, order)
    return out


def philox(counter, uint64_t key):
    """Four random words for four words of counter (kernels/philox.h)."""
    cdef uint32_t c[4]
    cdef uint32_t out[4]
    c[0], c[1], c[2], c[3] = counter
    bp_philox(c, key, out)
    return out[0], out[1], out[2], out[3]
