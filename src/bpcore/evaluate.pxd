"""Whole data sets, a block of plan.capacity rows at a time: outputs, the cost, and the
gradient of the cost over all rows."""

from libc.string cimport memcpy
from backprop cimport backprop, forward, output_cost, transpose_weights
from dispatch cimport bp_rows
from kernels cimport bp_isa, gather_rows
from network cimport Plan, real
from penalties cimport add_penalty_gradients, penalties


cdef inline double evaluate(const Plan *plan, const bp_isa *isa, Py_ssize_t n, const real *x,
                            const bp_rows *source, const real *y, const real *weight,
                            double row_share, const real *theta, real *work,
                            real *outputs) except? -1 nogil:
    """Sum of weight_i C(x_i) plus n penalties, without dropout; y NULL means no cost is wanted
    (0). x NULL means that the rows are in source, to be gathered. outputs, if not NULL,
    receives a[L] of all rows. row_share is what a row's share of the penalties counts."""
    cdef Py_ssize_t start = 0, rows
    cdef Py_ssize_t n_out = plan.layers[plan.n_layers - 1].n_out
    cdef const real *a = work + plan.layers[plan.n_layers - 1].a * plan.capacity
    cdef const real *x_block
    cdef double total = 0
    while start < n:
        rows = min(plan.capacity, n - start)
        if x != NULL:
            x_block = x + start * plan.n_x
        else:
            x_block = work + plan.x * plan.capacity
            gather_rows(isa, rows, 0, plan.n_x, source, start, NULL, <real *>x_block)
        forward(plan, isa, 0, rows, x_block, NULL, theta, work, NULL)
        if y != NULL:
            total += output_cost(plan, isa, 0, rows, x_block, y + start * plan.n_y,
                                 weight + start if weight != NULL else NULL, 1.0, row_share,
                                 work, False)
        if outputs != NULL:
            memcpy(outputs + start * n_out, a, rows * n_out * sizeof(real))
        start += rows
    if y != NULL:
        total += n * row_share * penalties(plan, isa, theta)
    return total


cdef inline double cost_and_grad(const Plan *plan, const bp_isa *isa, Py_ssize_t n,
                                 const real *x, const bp_rows *source, const real *y,
                                 const real *weight, double scale, double share,
                                 const real *theta, real *work, real *grad,
                                 real *block) except? -1 nogil:
    """Returns sum of weight_i C(x_i) plus share penalties / scale; grad receives the gradient
    of scale times that sum: the sum of its blocks' gradients, for which block is scratch of
    the same size. x as for `evaluate`."""
    cdef Py_ssize_t start = 0, rows, i
    cdef const real *x_block
    cdef double total = 0
    transpose_weights(plan, isa, theta, work)
    while start < n:
        rows = min(plan.capacity, n - start)
        if x != NULL:
            x_block = x + start * plan.n_x
        else:
            x_block = work + plan.x * plan.capacity
            gather_rows(isa, rows, 0, plan.n_x, source, start, NULL, <real *>x_block)
        total += backprop(plan, isa, rows, x_block, y + start * plan.n_y,
                          weight + start if weight != NULL else NULL, scale, 1.0 / n, theta,
                          grad if start == 0 else block, work)
        if start > 0:
            for i in range(plan.n_parameters):
                grad[i] += block[i]
        start += rows
    total += share * penalties(plan, isa, theta) / scale
    add_penalty_gradients(plan, isa, theta, share, grad)
    return total
