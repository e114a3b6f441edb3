"""From costs of examples to the loss of a batch: Keras's reductions.

The loss of a batch is (sum of weight_i C(x_i)) / divisor; with the default reduction the
divisor is the number of rows, and nothing here is called.
"""

from libc.stdint cimport int64_t
from network cimport BY_WEIGHTS, TOTAL, Plan, real


cdef inline double divisor_of(const Plan *plan, Py_ssize_t rows, const real *y,
                              const real *weight, const int64_t *index) noexcept nogil:
    """What the summed costs of these rows are divided by; 0 where nothing counts.

    Row i is the index[i]-th of y and weight, or the i-th where index is NULL. Every thread
    of a batch makes the same sum for itself.
    """
    cdef double total = 0
    cdef Py_ssize_t i, at
    if plan.reduction == TOTAL:
        return 1
    for i in range(rows):
        at = index[i] if index != NULL else i
        if plan.ignores and y[at * plan.n_y] == plan.loss_p[1]:
            continue
        total += weight[at] if plan.reduction == BY_WEIGHTS and weight != NULL else 1.0
    return total


cdef inline double divided(double total, double divisor) noexcept nogil:
    """total / divisor, and 0 for a divisor of 0, as Keras has it."""
    return total / divisor if divisor != 0 else 0
