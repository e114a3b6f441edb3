"""Whether a training skips the zeros of its inputs, by a sample of them.

Its first layer's products can leave out what is 0 in a tile's few rows together (kernels/skip.h).
That is worth it where zeros lie together, as at the edges of images, and where there is enough
of the first layer and of the training.
"""

from libc.stdint cimport int64_t
from kernels cimport BP_SKIP_ROWS, bp_isa, bp_rows, gather, gather_rows, remaining
from network cimport Layer, Plan, real

cdef enum:
    SAMPLE = 96         # rows looked at
    LEAST_ROWS = 3072   # of a call to train, beside which the look is little
    LEAST_WEIGHTS = 4096
    LEAST_OUTPUTS = 8


cdef inline void choose_skips(Plan *plan, const bp_isa *isa, Py_ssize_t trained, Py_ssize_t n,
                              const real *x, const bp_rows *source, real *work) noexcept nogil:
    """Set plan.skips_sum and skips_gradient where they pay in a call that trains on so many rows
    of the n in x, or where that is NULL in source. A batch's place in work is written to."""
    cdef const Layer *layer = &plan.layers[0]
    cdef const real *sample = work + plan.x * plan.capacity
    cdef Py_ssize_t tile = BP_SKIP_ROWS, k
    cdef Py_ssize_t rows = min(min(n, plan.capacity), <Py_ssize_t>SAMPLE) // tile * tile
    cdef int64_t index[SAMPLE]
    cdef double left[2]
    if (rows < 2 * tile or trained < LEAST_ROWS or layer.w < 0 or layer.n_out < LEAST_OUTPUTS
            or layer.n_in * layer.n_out < LEAST_WEIGHTS):
        return
    for k in range(rows):  # those that stand together come from all over, as after a shuffle
        index[k] = k % tile * n // tile + k // tile * n // rows
    if x != NULL:
        gather(isa, rows, plan.n_x, x, index, <real *>sample)
    else:
        gather_rows(isa, rows, plan.n_x, source, 0, index, <real *>sample)
    remaining(isa, rows, plan.n_x, sample, left)
    # Measured on MNIST, of which 0.45 and 0.35 remain: the products take 0.48 to 0.59 and 0.48
    # to 0.56 of their time, lists of places included.
    plan.skips_sum = left[0] < 0.7
    plan.skips_gradient = left[1] < 0.6
