"""Learning one row at a time: a small network of dense layers, batches of one row.

Such a step is a few hundred cycles. One kernel takes the example forward and back, and the update
of all parameters follows. The bits are those of train.pxd's steps, which take twice as long.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy
from backprop cimport rows_of, transpose_weights
from dispatch cimport BP_CHAIN, BP_N_ACTIVATIONS, BP_N_LOSSES, bp_chain, bp_link
from job cimport Job, SMALL, scratch_of
from kernels cimport example, gather_rows, update
from network cimport BY_ROWS, Layer, Plan, real
from update cimport Step, Update, next_step, places_of, start_update


cdef inline bint is_chain(const Plan *plan) noexcept nogil:
    """Whether all layers are dense ones that the kernels know."""
    cdef const Layer *layer
    cdef int l
    if (plan.n_layers > BP_CHAIN or plan.loss >= BP_N_LOSSES or plan.has_vectors
            or plan.has_penalty or plan.first_delta > 0):
        return False
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        if layer.w < 0 or layer.activation >= BP_N_ACTIVATIONS:
            return False
        if l > 0 and layer.w_t < 0 and layer.n_out > 1:
            return False
    return True


cdef inline bint is_online(const Job *job) noexcept nogil:
    cdef const Plan *plan = job.plan
    return (job.batch == 1 and job.threads == 1 and job.other == NULL and job.plain
            and job.grad == NULL and job.factor == 1 and plan.n_parameters <= SMALL
            and plan.reduction == BY_ROWS and not plan.ignores and not plan.skips
            and is_chain(plan))


cdef inline void make_chain(const Plan *plan, bp_chain *chain) noexcept nogil:
    cdef const Layer *layer
    cdef bp_link *link
    cdef int l
    chain.n = plan.n_layers
    chain.loss = plan.loss
    chain.from_z = plan.from_z
    chain.loss_p = plan.loss_p
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        link = &chain.links[l]
        link.n_in = layer.n_in
        link.n_out = layer.n_out
        link.w = layer.w
        link.b = layer.b
        link.w_t = plan.row_size * plan.capacity + layer.w_t
        link.z = layer.z * plan.capacity
        link.a = layer.a * plan.capacity
        link.delta = layer.delta * plan.capacity
        link.g = layer.activation
        link.p = layer.p


cdef inline int online_steps(Job *job, real *like) except -1 nogil:
    """All of the job's steps, each of one row."""
    cdef const Plan *plan = job.plan
    cdef bp_chain chain
    cdef Update settings = job.update
    cdef Step now
    cdef Py_ssize_t step, row, n_out = plan.layers[plan.n_layers - 1].n_out
    cdef const real *x
    cdef const real *y = <const real *>job.y
    cdef const real *weight = <const real *>job.weight
    cdef real *gathered = rows_of(plan, plan.x, plan.n_x, 0, <real *>job.work)
    cdef real *theta = <real *>job.theta
    cdef real *work = <real *>job.work
    cdef real *grad = scratch_of(job, 0, like)
    cdef real *outputs = <real *>job.outputs
    cdef real *places[4]
    cdef int64_t index
    cdef int l
    cdef bint turns = False
    for l in range(1, plan.n_layers):
        turns = turns or plan.layers[l].w_t >= 0
    make_chain(plan, &chain)
    start_update(&settings, &now)
    places_of(&settings, plan.n_parameters, 0, <real *>job.slots, places)
    for step in range(job.first, job.last):
        row = job.order[step] if job.order != NULL else step
        if job.x != NULL:
            x = <const real *>job.x + row * plan.n_x
        else:
            index = row
            gather_rows(job.isa, 1, 0, plan.n_x, &job.source, 0, &index, gathered)
            x = gathered
        job.total += example(job.isa, &chain, x, y + row * plan.n_y,
                             weight + row if weight != NULL else NULL, theta, work, grad)
        if outputs != NULL:
            memcpy(outputs, work + chain.links[chain.n - 1].a, n_out * sizeof(real))
            outputs += n_out
        # (Before the example, where its root and quotient wait for nothing, a step took 2 to 4 %
        # longer: what comes after them is what all waits for.)
        next_step(&settings, job.rate if job.rates == NULL else job.rates[step - job.first], &now)
        update(job.isa, settings.kind, plan.n_parameters, theta, grad, places, &now.c)
        if turns:
            transpose_weights(plan, job.isa, theta, work)
        job.steps_done += 1
    return 0
