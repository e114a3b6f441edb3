"""The gradient of a small network over a large batch, by two segments of its rows.

Two threads that share a batch's rows have the a and delta of their own rows in their own
caches. Where the parameters are fewer numbers than those, each takes the gradient of its own
rows, and only that travels (replicas.pxd). The batch is cut and summed the same way whatever the
number of threads, so the bits do not depend on it.

(Between the two cores this was measured on, a kilobyte that both write takes 0.2 µs a step.
Tried and lost: four segments, for as many threads; one thread takes 2 % longer, and two no less.)
"""

from network cimport Plan, real

cdef enum:
    SEGMENTS = 2
    # Fewer rows would spend their time on adding up; more are work for more than two threads.
    SEGMENTED_FROM = 128
    SEGMENTED_TO = 512


cdef inline bint is_segmented(const Plan *plan, Py_ssize_t rows) noexcept nogil:
    return SEGMENTED_FROM <= rows <= SEGMENTED_TO and plan.segments >= 0 and plan.block != 0


cdef inline Py_ssize_t segment_size(Py_ssize_t n_parameters) noexcept nogil:
    """Elements from one segment's gradient to the next: whole lines of the cache."""
    return (n_parameters + 15) // 16 * 16


cdef inline real *segment_gradient(const Plan *plan, Py_ssize_t segment,
                                   real *work) noexcept nogil:
    """The place of one segment's gradient."""
    return (work + plan.row_size * plan.capacity + plan.segments
            + segment * segment_size(plan.n_parameters))
