"""Whether a training skips the zeros of its inputs, by a sample of them.

Its first layer's products can leave out what is 0 (kernels/skip.h). That is worth it where most
is, and where there is enough of the first layer and of the data. As large sums that skip have
another order, it depends on the data and the batch alone: not on how many steps a call takes.
"""

from libc.stdint cimport int64_t
from backprop cimport bits_of
from dispatch cimport bp_rows
from kernels cimport bp_isa, density, gather_rows, nonzeros
from network cimport Layer, Plan, real

cdef enum:
    SAMPLE = 96         # rows looked at
    GLANCE = 12         # or, where these have few zeros, no more
    LEAST_ROWS = 512    # beside which the look is little
    LEAST_WEIGHTS = 4096
    LEAST_OUTPUTS = 8


cdef inline double density_of(Plan *plan, const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                              const real *x, const bp_rows *source, real *work) noexcept nogil:
    """Share of what is not 0 in so many of the n rows in x, or where that is NULL in source. A
    batch's places in work are written to."""
    cdef real *sample = work + plan.x * plan.capacity
    cdef int64_t index[SAMPLE]
    cdef Py_ssize_t k
    rows = min(n, rows)
    for k in range(rows):
        index[k] = k * n // rows
    if x != NULL:
        nonzeros(isa, rows, plan.n_x, x, index, bits_of(plan, 0, work))
    else:
        gather_rows(isa, rows, 0, plan.n_x, source, 0, index, sample)
        nonzeros(isa, rows, plan.n_x, sample, NULL, bits_of(plan, 0, work))
    return density(isa, rows, plan.n_x, bits_of(plan, 0, work))


cdef inline void choose_skips(Plan *plan, const bp_isa *isa, Py_ssize_t batch, Py_ssize_t n,
                              const real *x, const bp_rows *source, real *work) noexcept nogil:
    """Set plan.skips where that pays, by at most a batch of the n rows."""
    cdef const Layer *layer = &plan.layers[0]
    if (n < LEAST_ROWS or layer.w < 0 or layer.n_out < LEAST_OUTPUTS
            or layer.n_in * layer.n_out < LEAST_WEIGHTS):
        return
    # Where a fifth is not 0, as of MNIST, the products take 0.4 to 0.5 of their time; where half is
    # not, 0.7 to 1.1.
    plan.skips = (
        density_of(plan, isa, min(batch, <Py_ssize_t>GLANCE), n, x, source, work) < 0.7
        and density_of(plan, isa, min(batch, <Py_ssize_t>SAMPLE), n, x, source, work) < 0.4)
