"""Whether a training skips the zeros of its inputs, by a sample of them.

Its first layer's products can leave out what is 0 in a tile's few rows together (kernels/skip.h).
That is worth it where zeros lie together, as at the edges of images, and where there is enough
of the first layer and of the training.
"""

from libc.stdint cimport int64_t
from backprop cimport bits_of
from kernels cimport (
    BP_SKIP_ROWS, bp_isa, bp_rows, gather, gather_rows, nonzeros, remaining,
)
from network cimport Layer, Plan, real

cdef enum:
    SAMPLE = 96         # rows looked at
    LEAST_ROWS = 2048   # of a call to train, beside which the look is little
    LEAST_WEIGHTS = 4096
    LEAST_OUTPUTS = 8


cdef inline void choose_skips(Plan *plan, const bp_isa *isa, Py_ssize_t trained, Py_ssize_t n,
                              const real *x, const bp_rows *source, real *work) noexcept nogil:
    """Set plan.skips_sum and skips_gradient where they pay in a call that trains on so many rows
    of the n in x, or where that is NULL in source. A batch's places in work are written to."""
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
    nonzeros(isa, rows, plan.n_x, sample, NULL, bits_of(plan, 0, work))
    remaining(isa, rows, plan.n_x, bits_of(plan, 0, work), left)
    # Measured on MNIST, of which 0.45 and 0.35 remain: the products take 0.46 to 0.56 and 0.45
    # to 0.54 of their time, lists of places included. (Tiles of 3, 4 and 5 rows, of which less
    # remains, took 1.0 to 1.3 times as long as those of 6.)
    plan.skips_sum = left[0] < 0.8
    plan.skips_gradient = left[1] < 0.7
