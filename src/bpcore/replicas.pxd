"""Two threads that train one small network on large batches: a replica each.

Each has a workspace, parameters and slots of its own, takes the gradient of its segment of a
batch (segments.pxd), and adds the other's to it: the same sum, so that both replicas stay the same
to the bit. Only gradients travel between the cores, and the threads meet once a step. What the
other reads is written again two steps later, when it is known to have been read. A batch too short
for segments both take whole.

(Where two threads shared the parameters, each updating a half, what travelled was half of the
gradient, of the parameters and of W^T, behind two barriers: tab256 was 1.0 to 1.3 times as fast as
with one thread.)
"""

from libc.string cimport memcpy
from job cimport Job
from kernels cimport bp_barrier_init, bp_run_threads
from network cimport Plan, real
from segments cimport segment_size
from train cimport train_epochs, train_steps

cdef enum:
    SLOTS = 4   # arrays that an optimizer may keep

cdef struct Pair:
    Job jobs[2]
    Py_ssize_t epochs
    double *totals   # NULL: steps of one epoch, not epochs


cdef inline Py_ssize_t replica_size(const Plan *plan) noexcept nogil:
    """Elements of workspace that a second replica takes, behind all of the plan's own."""
    return (plan.row_size * plan.capacity + plan.shared_size + plan.scratch_size
            + (1 + SLOTS) * segment_size(plan.n_parameters))


cdef inline void make_replica(const Job *job, Py_ssize_t slots, Job *second,
                              real *like) noexcept nogil:
    """Make the second of two replicas, with the parameters and so many slots as they are."""
    cdef const Plan *plan = job.plan
    cdef Py_ssize_t n = plan.n_parameters, size = plan.row_size * plan.capacity + plan.shared_size
    cdef real *work = <real *>job.work + size + plan.threads * plan.scratch_size
    cdef real *theta = work + size + plan.scratch_size
    memcpy(second, job, sizeof(Job))
    second.replica = 1
    second.work = work
    second.theta = theta
    second.slots = theta + segment_size(n)
    memcpy(second.theta, job.theta, n * sizeof(real))
    memcpy(second.slots, job.slots, slots * n * sizeof(real))


cdef inline void run_replica(void *pair_, int which, real *like) noexcept nogil:
    cdef Pair *pair = <Pair *>pair_
    if pair.totals == NULL:
        train_steps(&pair.jobs[which], like)
    else:
        train_epochs(&pair.jobs[which], pair.epochs, pair.totals if which == 0 else NULL, like)


cdef inline void replica_float(void *pair, int which) noexcept nogil:
    run_replica(pair, which, <float *>NULL)


cdef inline void replica_double(void *pair, int which) noexcept nogil:
    run_replica(pair, which, <double *>NULL)


cdef inline bint train_replicas(Job *job, Py_ssize_t slots, Py_ssize_t epochs, double *totals,
                                real *like) noexcept nogil:
    """`train_epochs`, or where totals is NULL `train_steps`, by two threads. False if the system
    gave no more threads; then nothing was done."""
    cdef Pair pair
    cdef bint done
    job.threads = 1
    job.other = &pair.jobs[1]
    make_replica(job, slots, &pair.jobs[1], like)
    memcpy(&pair.jobs[0], job, sizeof(Job))
    pair.jobs[1].other = &pair.jobs[0]
    pair.epochs = epochs
    pair.totals = totals
    bp_barrier_init(&pair.jobs[0].barrier, 2)
    if real is float:
        done = bp_run_threads(2, replica_float, &pair) == 0
    else:
        done = bp_run_threads(2, replica_double, &pair) == 0
    if done:
        memcpy(job, &pair.jobs[0], sizeof(Job))
    job.other = NULL
    return done
