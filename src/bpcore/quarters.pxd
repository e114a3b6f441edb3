"""A large first layer's weighted sums by two threads, half of its inputs each.

Rows of a batch, dealt to threads, leave all of W to each: both read, and copy, what the other has
just updated, and the next update waits for every line of W to be given up again. But each thread
updates a part of the inputs. So here it also sums over half of the inputs, for all rows: first into
half of the outputs; then, when the other has done the same, into the other half, which ends those
sums. W and x stay where they are used, and only z travels. The kernels add up in that order whoever
works (see bp_is_quartered), so that the bits are the same for any number of threads.

The halves are fixed, so two threads that are not about equally fast share the rows instead.

(Zen 4, two threads, time of a step against rows alone, float32 and float64: mnist with AVX2 0.87
and 0.93, with AVX-512 0.95 and 0.95; wide 0.99 to 1.01. One thread, for which only the order of the
sums is another: 0.99 to 1.01.)
"""

from libc.stdint cimport int64_t
from backprop cimport relu_rides, z_of
from job cimport BY_INDEX, Batch, Job, way_of, x_of
from kernels cimport bp_barrier_wait, sum_quarter
from network cimport Layer, real


cdef inline void sum_by_quarters(Job *job, const Batch *batch, int thread,
                                 real *like) noexcept nogil:
    """This thread's quarters of the first layer's weighted sums for all rows of a batch. When it
    returns, all are there."""
    cdef const Layer *layer = &job.plan.layers[0]
    cdef real *work = <real *>job.work
    cdef const real *theta = <const real *>job.theta
    cdef int way = way_of(job, batch, like)
    cdef const real *x = x_of(job, batch, way, like)
    cdef const int64_t *index = job.order + batch.start if way == BY_INDEX else NULL
    cdef int turn
    for turn in range(2):
        sum_quarter(job.isa, batch.rows, layer.n_in, layer.n_out, x, layer.in_row, index,
                    theta + layer.w, theta + layer.b if layer.b >= 0 else NULL,
                    relu_rides(layer), <real *>z_of(job.plan, 0, x, 0, work), layer.row, thread,
                    thread if turn == 0 else 1 - thread)
        bp_barrier_wait(&job.barrier)
