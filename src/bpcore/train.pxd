"""The loop over shuffled mini-batches."""

from libc.math cimport pow, sqrt
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
from backprop cimport backprop
from kernels cimport adam, bp_isa, gather, sgd
from network cimport ADAM, Draw, Plan, Update, real


cdef inline void update_parameters(const bp_isa *isa, Py_ssize_t n, Update *update, real *theta,
                                   const real *grad, real *slots) noexcept nogil:
    """One step of the optimizer over the flat parameters. slots holds its moments, n
    elements each: SGD none or the velocity m, Adam m then v."""
    cdef double t, alpha
    update.iterations += 1
    if update.kind == ADAM:
        t = <double>update.iterations
        alpha = (update.learning_rate * sqrt(1 - pow(update.beta_2, t))
                 / (1 - pow(update.beta_1, t)))
        adam(isa, n, theta, grad, slots, slots + n, alpha, update.beta_1, update.beta_2,
             update.epsilon)
    else:
        sgd(isa, n, theta, grad, slots if update.beta_1 != 0 else NULL, update.learning_rate,
            update.beta_1, update.nesterov)


cdef inline double train_steps(const Plan *plan, const bp_isa *isa, Update *update, Draw draw,
                               Py_ssize_t n, const real *x, const real *y, const real *weight,
                               const int64_t *order, Py_ssize_t batch, Py_ssize_t first,
                               Py_ssize_t last, real *theta, real *grad, real *slots,
                               real *work, real *outputs) except? -1 nogil:
    """Steps first .. last-1 of one epoch over n rows.

    Step s takes rows order[s batch], ..., of x (n, n_x), y (n, n_y) and weight (n,);
    order NULL means as they lie, weight NULL means 1. The last batch may be short.
    outputs, if not NULL, receives a[L] of each row in the order visited. Returns the sum of
    weight_i C(x_i) over the rows visited.
    """
    cdef Py_ssize_t step, start, rows
    cdef double total = 0
    cdef const real *x_batch
    cdef const real *y_batch
    cdef const real *weight_batch
    cdef Py_ssize_t n_out = plan.layers[plan.n_layers - 1].n_out
    cdef const real *a_last = work + plan.layers[plan.n_layers - 1].a * plan.capacity
    for step in range(first, last):
        start = step * batch
        rows = min(batch, n - start)
        if order == NULL:
            x_batch = x + start * plan.n_x
            y_batch = y + start * plan.n_y
            weight_batch = weight + start if weight != NULL else NULL
        else:
            x_batch = work + plan.x * plan.capacity
            y_batch = work + plan.y * plan.capacity
            gather(isa, rows, plan.n_x, x, order + start, <real *>x_batch)
            gather(isa, rows, plan.n_y, y, order + start, <real *>y_batch)
            weight_batch = NULL
            if weight != NULL:
                weight_batch = work + plan.weight * plan.capacity
                gather(isa, rows, 1, weight, order + start, <real *>weight_batch)
        draw.step = <uint32_t>step
        total += backprop(plan, isa, rows, x_batch, y_batch, weight_batch, 1.0 / rows, theta,
                          grad, work, &draw)
        update_parameters(isa, plan.n_parameters, update, theta, grad, slots)
        if outputs != NULL:
            memcpy(outputs, a_last, rows * n_out * sizeof(real))
            outputs += rows * n_out
    return total
