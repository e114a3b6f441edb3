"""The loop over shuffled mini-batches.

A step has two phases, with a barrier behind each when several threads share it (two threads
have two barriers more within the first, where they share a first layer's inputs: quarters.pxd):

rows        For each block of rows: all weighted sums and activations, the cost
            and delta[L], all deltas. Examples are independent; a thread takes a part of the
            batch, and a block walks through all layers while its a and delta are in cache.
parameters  For each chunk of rows of each W: its gradient over the whole batch, the
            optimizer's update, and its part of W^T, while the chunk is in cache. A thread
            takes a part of every W; the gradient never reaches the memory of the whole,
            unless an update needs more than a number's own (see update.pxd): then it is
            written to the flat gradient, and behind one more barrier thread 0 updates.
            Where one thread trains a small network, the gradients belong to the first phase,
            each layer's taken on the way down (see backprop.pxd), and the second is one update
            of all. Over large batches that is done for two segments of the rows (segments.pxd),
            so that two threads can take one each; those are then trainings of their own, which
            meet once a step (replicas.pxd).
            Batches of one row have a way of their own (online.pxd).
            (Tried and lost: the update as the epilogue of a gradient tile, in registers. The
            moments then come in strips of a tile's width instead of one long stream, which
            the processor fetches ahead of its use; digits took 6 % longer with AVX-512.)

Every sum has one order whatever the number of threads, so that the bits do not depend on it.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from backprop cimport (
    bits_of, deltas, forward, input_of, output_cost, rows_of, transpose_weights, w_t_of,
)
from deal cimport (
    PARAMETERS, PARTS_OF_A_DEAL, ROWS, deal_anew, equal_part, part, took,
)
from job cimport (
    BY_INDEX, GATHERED, SMALL, SMALL_ROWS, UNITS, Batch, Job, batch_divisor, batch_of,
    early_gradient, gather_x, meet, scratch_of, way_of, x_of,
)
from kernels cimport (
    accumulate, bp_barrier_init, bp_barrier_wait, bp_flush_denormals, bp_isa,
    bp_restore_denormals, bp_run_threads, bp_ticks, column_sums, gather, gradient, shuffle,
    transpose,
)
from network cimport Draw, Layer, Plan, Variable, real
from online cimport is_online, online_steps
from penalties cimport penalty_of
from quarters cimport sum_by_quarters
from reduction cimport divided
from segments cimport SEGMENTS, segment_gradient
from special cimport vectors_of
from update cimport (
    Step, Update, apply_update, next_step, start_update, update_chunk, update_whole,
)


cdef inline int rows_phase(Job *job, const Batch *batch, const Draw *draw, int thread,
                           double scale, real *early, real *like) except -1 nogil:
    """This thread's rows of one batch, whose loss is scale times the sum of its costs; and their
    gradient, if it is taken here (early, or segments). like only tells the element type."""
    cdef const Plan *plan = job.plan
    cdef real *work = <real *>job.work
    cdef const real *theta = <const real *>job.theta
    cdef int way = way_of(job, batch, like)
    cdef const real *x_batch = x_of(job, batch, way, like)
    cdef const real *x
    cdef const real *y
    cdef const real *weight
    cdef Py_ssize_t segment = job.replica
    cdef Py_ssize_t unit = part(batch.units, &job.deal, ROWS, thread, job.threads)
    cdef Py_ssize_t units = part(batch.units, &job.deal, ROWS, thread + 1, job.threads)
    cdef Py_ssize_t first, end, rows, at, stop
    cdef const int64_t *index = NULL
    cdef real *grad = early
    cdef Py_ssize_t block = batch.rows
    # (As a function that gives either bound, one row's step took 3 % longer, when it came here.)
    if batch.segmented:
        unit = equal_part(batch.units, segment, SEGMENTS)
        units = batch.units
        if job.other != NULL:
            units = equal_part(batch.units, segment + 1, SEGMENTS)
    elif grad == NULL and plan.block != 0 and batch.units > 1:
        block = max(plan.block // batch.unit, <Py_ssize_t>1) * batch.unit
    first = unit * batch.unit
    end = min(units * batch.unit, batch.rows)
    while first < end:
        rows = min(block, end - first)
        if batch.segmented:
            rows = equal_part(batch.units, segment + 1, SEGMENTS) * batch.unit - first
            rows = min(rows, end - first)
            grad = segment_gradient(
                plan, segment if job.other == NULL else batch.parity, work)
            segment += 1
        weight = NULL
        at = batch.start + first
        if job.order == NULL:
            y = <const real *>job.y + at * plan.n_y
            if job.weight != NULL:
                weight = <const real *>job.weight + at
        else:
            index = job.order + at
            y = rows_of(plan, plan.y, plan.n_y, first, work)
            gather(job.isa, rows, job.n - at - rows, plan.n_y, <const real *>job.y, index,
                   <real *>y)
            if job.weight != NULL:
                weight = rows_of(plan, plan.weight, 1, first, work)
                gather(job.isa, rows, 0, 1, <const real *>job.weight, index, <real *>weight)
        x = x_batch if way == BY_INDEX else x_batch + first * plan.n_x
        if way == GATHERED:
            gather_x(job, rows, at, <real *>x)
        forward(plan, job.isa, first, rows, x, index if way == BY_INDEX else NULL, theta, work,
                draw, batch.quartered)
        at = 0
        while at < rows:
            stop = min(batch.unit, rows - at)
            job.costs[batch.parity * UNITS + unit] = output_cost(
                plan, job.isa, first + at, stop, x if way == BY_INDEX else x + at * plan.n_x,
                y + at * plan.n_y,
                weight + at if weight != NULL else NULL, scale, 1.0 / batch.rows, work, True)
            unit += 1
            at += stop
        deltas(plan, job.isa, first, rows, x, index if way == BY_INDEX else NULL, theta, work,
               draw, 1.0 / batch.rows, grad)
        first += rows
    return 0


cdef inline int penalties_phase(Job *job, int thread, real *like) except -1 nogil:
    """This thread's part of the penalties, while nobody changes the parameters. (Those that
    need scratch or Python belong to `update_whole`.)"""
    cdef int which = thread
    while which < job.plan.n_variables:
        job.plan.penalties[which] = penalty_of(job.plan, job.isa, which,
                                               <const real *>job.theta)
        which += job.threads
    return 0


cdef inline bint is_updated(const Job *job, Py_ssize_t variable) noexcept nogil:
    return job.plain or job.plan.variables[variable].trainable


cdef inline void update_vector(Job *job, const Update *update, const Step *step,
                               Py_ssize_t variable, Py_ssize_t at, Py_ssize_t n,
                               real *grad) noexcept nogil:
    """One vector of parameters, whose gradient was summed as the rows passed."""
    cdef const Plan *plan = job.plan
    if not is_updated(job, variable):
        return
    if job.grad != NULL:
        memcpy(<real *>job.grad + at, grad, n * sizeof(real))
    elif job.plain:
        apply_update(job.isa, update, step, plan.n_parameters, at, n, <real *>job.theta, grad,
                     <real *>job.slots)
    else:
        update_chunk(plan, job.isa, update, step, variable, at, n, <real *>job.theta, grad,
                     <real *>job.slots)


cdef inline void update_vectors(Job *job, const Update *update, const Step *step,
                                real *like) noexcept nogil:
    cdef const Layer *layer
    cdef real *grad
    cdef int l
    for l in range(job.plan.n_layers):
        layer = &job.plan.layers[l]
        if layer.vectors < 0:
            continue
        grad = vectors_of(job.plan, layer, <real *>job.work)
        if layer.gamma >= 0:
            update_vector(job, update, step, layer.variable, layer.gamma, layer.group, grad)
        if layer.beta >= 0:
            update_vector(job, update, step, layer.variable + (layer.gamma >= 0), layer.beta,
                          layer.group, grad + layer.n_out)


cdef inline void parameters_phase(Job *job, const Batch *batch, const Update *update,
                                  const Step *step, int thread, real *like) noexcept nogil:
    """This thread's part of every W and b: updated, or, where an update needs the whole
    gradient, that part of it."""
    cdef const Plan *plan = job.plan
    cdef const bp_isa *isa = job.isa
    cdef real *work = <real *>job.work
    cdef real *theta = <real *>job.theta
    cdef real *slots = <real *>job.slots
    cdef real *grad = scratch_of(job, thread, like)
    cdef real *whole = <real *>job.grad
    cdef int way = way_of(job, batch, like)
    cdef const real *x = x_of(job, batch, way, like)
    cdef const int64_t *index = NULL
    cdef const real *a
    cdef const real *delta
    cdef const Layer *layer
    cdef int l
    cdef Py_ssize_t k, end, n, at
    if way == BY_INDEX:
        index = job.order + batch.start
    if plan.has_vectors:
        update_vectors(job, update, step, like)
    # The last layer first: of what the deltas were made from, the caches have the last used. (wide
    # takes 0.99 of the time; with the last chunks first too 0.985 to 0.99, but mnist 1.01.)
    for l in range(plan.n_layers - 1, -1, -1):
        layer = &plan.layers[l]
        if layer.w < 0 or not is_updated(job, layer.variable):
            continue
        a = input_of(plan, l, x, 0, work)
        delta = rows_of(plan, layer.delta, layer.row, 0, work)
        k = part(layer.n_in, &job.deal, PARAMETERS, thread, job.threads)
        end = part(layer.n_in, &job.deal, PARAMETERS, thread + 1, job.threads)
        while k < end:
            n = end - k
            # A few rows by themselves take twice as long. (grad has room: _last_chunk in _plan.py.)
            if n > layer.chunk + layer.chunk // 2:
                n = layer.chunk
            at = layer.w + k * layer.n_out
            if whole != NULL:
                grad = whole + at
            gradient(isa, batch.rows, n, layer.n_out, a, layer.in_row, k,
                     index if l == 0 else NULL, delta, layer.row, grad,
                     bits_of(plan, 0, work) if l == 0 and plan.skips else NULL)
            # (The choice between updates stands here, below and in update_vector: tried as one
            # function, which the compiler does not inline, one row's step took 3 % longer.)
            if whole == NULL and job.plain:
                apply_update(isa, update, step, plan.n_parameters, at, n * layer.n_out, theta,
                             grad, slots)
            elif whole == NULL:
                update_chunk(plan, isa, update, step, layer.variable, at, n * layer.n_out,
                             theta, grad, slots)
            if layer.w_t >= 0 and whole == NULL:
                transpose(isa, n, layer.n_out, theta + at, layer.n_out,
                          w_t_of(plan, layer, work) + k, layer.n_in)
            k += n
        if layer.b >= 0 and thread == job.threads - 1:
            if whole != NULL:
                grad = whole + layer.b
            column_sums(isa, batch.rows, layer.n_out, delta, layer.row, grad)
            if whole == NULL and job.plain:
                apply_update(isa, update, step, plan.n_parameters, layer.b, layer.n_out, theta,
                             grad, slots)
            elif whole == NULL and plan.variables[layer.variable + 1].trainable:
                update_chunk(plan, isa, update, step, layer.variable + 1, layer.b, layer.n_out,
                             theta, grad, slots)


cdef inline void update_all(Job *job, const Update *update, const Step *step,
                            real *grad) noexcept nogil:
    """All parameters, whose gradient is there. (Tried: W^T by parts of W of 1024 elements, each as
    soon as it is updated and near. tab, digits and tab256 took 1.00 to 1.01 times as long.)"""
    cdef const Plan *plan = job.plan
    cdef const Variable *variable
    cdef real *theta = <real *>job.theta
    cdef real *slots = <real *>job.slots
    cdef int which
    if job.plain:
        apply_update(job.isa, update, step, plan.n_parameters, 0, plan.n_parameters, theta, grad,
                     slots)
    else:
        for which in range(plan.n_variables):
            variable = &plan.variables[which]
            update_chunk(plan, job.isa, update, step, which, variable.at,
                         variable.rows * variable.columns, theta, grad + variable.at, slots)
    transpose_weights(plan, job.isa, theta, <real *>job.work)


cdef inline real *sum_of_segments(Job *job, const Batch *batch, real *like) noexcept nogil:
    """The batch's gradient, of two segments'. Theirs stays where the other replica reads it."""
    cdef const Plan *plan = job.plan
    cdef real *work = <real *>job.work
    cdef real *total = segment_gradient(plan, 0, work)
    cdef const real *more = segment_gradient(plan, 1, work)
    if job.other != NULL:
        total = scratch_of(job, 0, like)
        more = segment_gradient(plan, batch.parity, <real *>job.other.work)
        memcpy(total, segment_gradient(plan, batch.parity, work),
               plan.n_parameters * sizeof(real))
    accumulate(job.isa, plan.n_parameters, more, total)
    return total


cdef inline double add_costs(double total, const Job *job, const Batch *batch) noexcept nogil:
    """total and what `output_cost` returned for a batch, unit by unit."""
    cdef const double *costs = &job.costs[batch.parity * UNITS]
    cdef Py_ssize_t unit, others = batch.units
    if batch.segmented and job.other != NULL:
        others = equal_part(batch.units, 1, SEGMENTS)
    for unit in range(batch.units):
        if unit == others:
            costs = &job.other.costs[batch.parity * UNITS]
        total += costs[unit]
    return total


cdef inline void copy_outputs(const Job *job, const Batch *batch, real *outputs) noexcept nogil:
    """a[L] of a batch, of two replicas each its own rows."""
    cdef const Layer *last = &job.plan.layers[job.plan.n_layers - 1]
    cdef Py_ssize_t n = last.n_out, first = 0, end = batch.rows
    if job.other != NULL:
        if not batch.segmented and job.replica > 0:
            return
        if batch.segmented and job.replica == 0:
            end = equal_part(batch.units, 1, SEGMENTS) * batch.unit
        elif batch.segmented:
            first = equal_part(batch.units, 1, SEGMENTS) * batch.unit
    memcpy(outputs + first * n, rows_of(job.plan, last.a, n, first, <real *>job.work),
           (end - first) * n * sizeof(real))


cdef inline int thread_steps(Job *job, int thread, real *like) except -1 nogil:
    """All of the job's steps, one thread's part."""
    cdef Update update = job.update
    cdef Step now
    cdef Draw draw = job.draw
    cdef Batch batch
    cdef Py_ssize_t step
    cdef uint64_t begin = 0
    cdef int which
    cdef double divisor, total, share = 1
    cdef bint penalised = job.plan.penalised and job.grad == NULL
    cdef real *work = <real *>job.work
    cdef real *outputs = <real *>job.outputs
    cdef real *early_place = early_gradient(job, like)
    cdef real *early
    start_update(&update, &now)
    now.c.far = job.plan.n_parameters > SMALL
    for step in range(job.first, job.last):
        draw.step = <uint32_t>step
        batch = batch_of(job, step)
        if job.threads > 1:
            begin = bp_ticks()
        divisor = batch_divisor(job, &batch, like)
        if job.shared:
            share = divided(1, divisor)
        early = early_place if batch.rows <= SMALL_ROWS and not batch.segmented else NULL
        if batch.quartered:
            sum_by_quarters(job, &batch, thread, like)
            begin = bp_ticks()
        # (Segments that are not for replicas, in a short last batch, are all of one thread.)
        if thread == 0 or not batch.segmented:
            rows_phase(job, &batch, &draw, thread, divided(job.factor, divisor), early, like)
        if penalised:
            penalties_phase(job, thread, like)
        if job.threads > 1:
            took(&job.deal, ROWS, thread, begin)
            bp_barrier_wait(&job.barrier)
            begin = bp_ticks()
            if thread == 0 and batch.rows == job.batch and not batch.segmented:
                deal_anew(&job.deal, ROWS, batch.units, job.threads)
                if batch.quartered and is_updated(job, job.plan.layers[0].variable):
                    job.deal.share = job.deal.begins[PARAMETERS][1]
        elif batch.segmented:
            meet(job)
        if thread == 0:
            if divisor == batch.rows and job.factor == 1:
                job.total = add_costs(job.total, job, &batch)
            else:
                total = add_costs(0, job, &batch)
                if divisor != 0:  # else it is penalties, by the row
                    total = job.factor * total / divisor
                job.total += total * batch.rows
            if penalised:
                for which in range(job.plan.n_variables):
                    total = batch.rows * share * job.plan.penalties[which]
                    job.total += total
                    job.penalties += total
            if outputs != NULL:
                copy_outputs(job, &batch, outputs)
                outputs += batch.rows * job.plan.layers[job.plan.n_layers - 1].n_out
        next_step(&update, job.rate if job.rates == NULL else job.rates[step - job.first], &now)
        now.share = share
        if batch.segmented:
            if thread == 0:
                update_all(job, &update, &now, sum_of_segments(job, &batch, like))
        elif early == NULL:
            parameters_phase(job, &batch, &update, &now, thread, like)
            took(&job.deal, PARAMETERS, thread, begin)
        elif job.grad == NULL:
            update_all(job, &update, &now, early)
        if job.grad != NULL:
            if job.threads > 1:
                bp_barrier_wait(&job.barrier)
            if thread == 0:
                total = batch.rows * update_whole(
                    job.plan, job.isa, &update, &now, <real *>job.theta, <real *>job.grad,
                    <real *>job.slots)
                job.total += total
                job.penalties += total
                transpose_weights(job.plan, job.isa, <const real *>job.theta, work)
        if thread == 0:
            job.steps_done += 1
        if job.threads > 1:
            bp_barrier_wait(&job.barrier)
            if thread == 0 and batch.rows == job.batch and not batch.segmented:
                deal_anew(&job.deal, PARAMETERS, PARTS_OF_A_DEAL, job.threads)
    return 0


cdef inline void thread_float(void *job, int thread) noexcept nogil:
    # Plans with Python in them run on one thread, so that nothing here can raise.
    cdef unsigned long long state = bp_flush_denormals()
    thread_steps(<Job *>job, thread, <float *>NULL)
    bp_restore_denormals(state)


cdef inline void thread_double(void *job, int thread) noexcept nogil:
    cdef unsigned long long state = bp_flush_denormals()
    thread_steps(<Job *>job, thread, <double *>NULL)
    bp_restore_denormals(state)


cdef inline double train_steps(Job *job, real *like) except? -1 nogil:
    """Steps first .. last-1 of one epoch over n rows.

    Step s takes rows order[s batch], ..., of x (n, n_x), y (n, n_y) and weight (n,); order
    NULL means as they lie, weight NULL means 1. The last batch may be short. outputs, if
    not NULL, receives a[L] of each row in the order visited. Returns job.total plus the sum over
    the batches of their loss times their rows, which is the sum of weight_i C(x_i) over the
    rows visited for the default reduction: an epoch in several calls, each given the total so
    far, sums in the order of one.
    """
    cdef unsigned long long state
    transpose_weights(job.plan, job.isa, <const real *>job.theta, <real *>job.work)
    if job.threads > 1:
        bp_barrier_init(&job.barrier, job.threads)
        if real is float:
            if bp_run_threads(job.threads, thread_float, job) == 0:
                return job.total
        else:
            if bp_run_threads(job.threads, thread_double, job) == 0:
                return job.total
        job.threads = 1  # the system gave no more threads; one gives the same bits
    state = bp_flush_denormals()
    try:
        if is_online(job):
            online_steps(job, like)
        else:
            thread_steps(job, 0, like)
    finally:
        bp_restore_denormals(state)
    return job.total


cdef inline int train_epochs(Job *job, Py_ssize_t epochs, double *totals,
                             real *like) except -1 nogil:
    """Whole epochs from draw.epoch on, each in a new random order if job.order is given (it is
    written to). totals[e] receives what train_steps returns for epoch e; or is NULL."""
    cdef Py_ssize_t epoch
    cdef double total
    for epoch in range(epochs):
        meet(job)  # the last epoch's order is no longer read
        if job.order != NULL and job.replica == 0:
            shuffle(job.isa, job.n, job.draw.seed, job.draw.epoch, <int64_t *>job.order)
        meet(job)
        job.total = 0
        total = train_steps(job, like)
        if totals != NULL:
            totals[epoch] = total
        job.update.steps += job.last - job.first
        if job.rates != NULL:
            job.rates += job.last - job.first
        job.draw.epoch += 1
        job.epochs_done += 1
    return 0
