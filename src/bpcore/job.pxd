"""A job of training: steps of one epoch over mini-batches, and where a batch's rows are."""

from libc.stdint cimport int64_t
from backprop cimport rows_of
from deal cimport Deal
from dispatch cimport bp_is_quartered, bp_rows
from kernels cimport bp_barrier, bp_barrier_wait, bp_isa, gather, gather_rows
from network cimport BY_ROWS, Draw, Layer, Plan, real
from reduction cimport divisor_of
from segments cimport is_segmented
from update cimport Update

# The cost of a batch is summed over at most so many units of at least UNIT_ROWS rows, and
# then over the units in their order. Units are also what the rows are dealt by: few rows, so that
# threads that are not equally fast can take as long.
cdef enum:
    UNITS = 64
    UNIT_ROWS = 8
    # Small networks leave less to deal out, and their costs take longer by few rows.
    SMALL_UNIT_ROWS = 32
    FEW_UNIT_ROWS = 16
    LINE = 64
    # Up to so many parameters their gradients wait in the caches until all are there (the plan
    # has room for them in a thread's scratch), and so do a and delta of up to so many rows.
    SMALL = 16384
    SMALL_ROWS = 512

cdef enum:
    # Where the rows of a batch are read. Shuffled ones of a line or more, but few in all, are
    # brought together first; more bytes would only push others out of the cache.
    IN_PLACE, BY_INDEX, GATHERED
    GATHER_ROW = 64
    GATHER_BATCH = 1 << 18

cdef struct Job:
    # Steps first .. last-1 of one epoch; see train_steps.
    const Plan *plan
    const bp_isa *isa
    Update update
    const double *rates   # the learning rate of each step from `first` on; or NULL:
    double rate           # of all
    bint plain            # the parameters phase is the optimizer and nothing else
    double factor         # what the costs are multiplied by
    bint shared           # penalties are divided by what the batch's costs are divided by
    Draw draw
    Py_ssize_t n, batch, first, last
    const void *x         # n rows of type real without gaps; NULL: they are in source
    bp_rows source
    const void *y
    const void *weight
    const int64_t *order
    void *theta
    void *slots
    void *grad            # the flat gradient, where an update needs it whole; else NULL
    void *work
    void *outputs
    int threads
    # Of two replicas (replicas.pxd) the number, 0 or 1, and the other; alone: 0 and NULL.
    int replica
    Job *other
    # What threads write, apart from what all read and from each other's: a line of the cache
    # that two of them write travels between them.
    char gap_0[LINE]
    bp_barrier barrier
    char gap_1[LINE]
    Deal deal
    char gap_2[LINE]
    double costs[2 * UNITS]   # of even steps and of odd ones
    char gap_3[LINE]
    double total
    double penalties      # their part of total
    int64_t steps_done, epochs_done   # by this job; kept by thread 0

cdef struct Batch:
    # One mini-batch: rows start .. start+rows-1 in the order of the epoch.
    Py_ssize_t start, rows
    Py_ssize_t unit       # rows in a unit of the cost
    Py_ssize_t units
    int parity            # of the step
    bint segmented        # its gradient is taken by segments
    bint quartered        # its first weighted sums are taken by quarters.pxd


cdef inline void meet(Job *job) noexcept nogil:
    """Wait for the other replica, if there is one, at the first one's barrier."""
    if job.other != NULL:
        bp_barrier_wait(&job.barrier if job.replica == 0 else &job.other.barrier)


cdef inline bint is_quartered(const Job *job) noexcept nogil:
    """Whether two threads share the first layer's sums by its inputs."""
    cdef const Layer *layer = &job.plan.layers[0]
    return (job.threads == 2 and job.x != NULL and job.batch > 1
            and layer.w >= 0 and bp_is_quartered(layer.n_in, layer.n_out)
            and not job.plan.skips)


cdef inline Batch batch_of(const Job *job, Py_ssize_t step) noexcept nogil:
    cdef Batch batch
    cdef Py_ssize_t least = UNIT_ROWS
    batch.start = step * job.batch
    batch.rows = min(job.batch, job.n - batch.start)
    batch.unit = batch.rows
    batch.units = 1
    if job.plan.n_parameters <= SMALL:
        least = SMALL_UNIT_ROWS if batch.rows > 2 * SMALL_UNIT_ROWS else FEW_UNIT_ROWS
    if job.plan.block != 0 and batch.rows > least:
        batch.unit = max(least, (batch.rows + UNITS - 1) // UNITS)
        batch.units = (batch.rows + batch.unit - 1) // batch.unit
    batch.parity = step & 1
    batch.segmented = is_segmented(job.plan, batch.rows) and job.plain
    batch.quartered = is_quartered(job)
    return batch


cdef inline int way_of(const Job *job, const Batch *batch, real *like) noexcept nogil:
    """Where the batch's rows of x are to be read."""
    cdef Py_ssize_t bytes = job.plan.n_x * <Py_ssize_t>sizeof(real)
    if job.x == NULL:
        return GATHERED
    if job.order == NULL or batch.rows == 1:
        return IN_PLACE
    if job.plan.layers[0].w < 0:
        return GATHERED
    # (Who gathers a row is not who sums over it, where the sums are quartered.)
    if bytes >= GATHER_ROW and batch.rows * bytes <= GATHER_BATCH and not batch.quartered:
        return GATHERED
    return BY_INDEX


cdef inline const real *x_of(const Job *job, const Batch *batch, int way,
                             real *like) noexcept nogil:
    """The batch's first row of x, or where its index counts from."""
    if way == GATHERED:
        return rows_of(job.plan, job.plan.x, job.plan.n_x, 0, <real *>job.work)
    if way == BY_INDEX:
        return <const real *>job.x
    if job.order == NULL:
        return <const real *>job.x + batch.start * job.plan.n_x
    return <const real *>job.x + job.order[batch.start] * job.plan.n_x


cdef inline void gather_x(const Job *job, Py_ssize_t rows, Py_ssize_t at, real *x) noexcept nogil:
    """Bring rows of x together: from the order's `at`-th on, or as they lie."""
    cdef const int64_t *index = job.order + at if job.order != NULL else NULL
    cdef Py_ssize_t more = job.n - at - rows
    if job.x != NULL:
        gather(job.isa, rows, more, job.plan.n_x, <const real *>job.x, index, x)
    else:
        gather_rows(job.isa, rows, more, job.plan.n_x, &job.source, at, index, x)


cdef inline double batch_divisor(const Job *job, const Batch *batch, real *like) noexcept nogil:
    """What the batch's summed costs are divided by to give its loss."""
    cdef const real *y = <const real *>job.y
    cdef const real *weight = <const real *>job.weight
    if job.plan.reduction == BY_ROWS and not job.plan.ignores:
        return batch.rows
    if job.order != NULL:
        return divisor_of(job.plan, batch.rows, y, weight, job.order + batch.start)
    return divisor_of(job.plan, batch.rows, y + batch.start * job.plan.n_y,
                      weight + batch.start if weight != NULL else NULL, NULL)


cdef inline real *scratch_of(const Job *job, int thread, real *like) noexcept nogil:
    """What is this thread's own."""
    return (<real *>job.work + job.plan.row_size * job.plan.capacity + job.plan.shared_size
            + thread * job.plan.scratch_size)


cdef inline real *early_gradient(const Job *job, real *like) noexcept nogil:
    """The place of the flat gradient, if the rows phase takes it of a few rows; else NULL."""
    if (job.threads > 1 or job.plan.n_parameters > SMALL or job.plan.has_vectors
            or job.plan.has_frozen):
        return NULL
    return <real *>job.grad if job.grad != NULL else scratch_of(job, 0, like)
