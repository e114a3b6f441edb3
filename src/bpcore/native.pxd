"""Calls a user's cost that is a function pointer: no Python, no GIL, any thread."""

from network cimport Plan, real


cdef inline double native_costs(const Plan *plan, Py_ssize_t rows, Py_ssize_t n, const real *a,
                                const real *y, const real *weight, double scale,
                                double *scratch, real *delta) noexcept nogil:
    """As the table's cost kernels: the weighted sum of C(x), and dC/da into delta.

    The function gets doubles, an example at a time, in scratch: n_y + 2 n of them.
    """
    cdef double *target = scratch
    cdef double *output = scratch + plan.n_y
    cdef double *slope = output + n
    cdef double total = 0, w
    cdef Py_ssize_t i, j
    for i in range(rows):
        w = weight[i] if weight != NULL else 1.0
        for j in range(plan.n_y):
            target[j] = y[i * plan.n_y + j]
        for j in range(n):
            output[j] = a[i * n + j]
            slope[j] = 0
        total += w * plan.native(plan.n_y, target, n, output, slope, plan.native_data)
        if delta != NULL:
            for j in range(n):
                delta[i * n + j] = <real>(scale * w * slope[j])
    return total
