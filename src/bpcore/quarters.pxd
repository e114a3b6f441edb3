"""A large first layer's weighted sums by two threads, half of its inputs each.

Rows of a batch, dealt to threads, leave all of W to each: both read, and copy, what the other has
just updated, and the next update waits for every line of W to be given up again. But each thread
updates a part of the inputs. So here it also sums over half of the inputs, for all rows: first into
half of the outputs; then, when the other has done the same, into the other half, which ends those
sums. W and x stay where they are used, and only z travels. The kernels add up in that order whoever
works (see bp_is_quartered), so that the bits are the same for any number of threads.

Of two threads that are not equally fast, the faster takes some of the other's outputs too.

So it is where the first layer has weights itself, x lies in memory as the model's element type, and
no zeros are skipped; else, and with more threads, the rows are shared.

(Zen 4, two threads, time of a step against rows alone, float32 and float64: mnist with AVX2 0.87
and 0.93, with AVX-512 0.95 and 0.95; wide 0.99 to 1.01. One thread, for which only the order of the
sums is another: 0.99 to 1.01.)
"""

from libc.math cimport rint
from libc.stdint cimport int64_t
from backprop cimport relu_rides, z_of
from dispatch cimport bp_half_of_outputs
from job cimport BY_INDEX, Batch, Job, way_of, x_of
from kernels cimport bp_barrier_wait, sum_quarter
from network cimport Layer, real

cdef struct Piece:
    # Outputs first .. end-1, for half `inputs` of the inputs.
    int inputs
    Py_ssize_t first, end


cdef inline int pieces_of(Py_ssize_t n_out, int thread, int turn, double share,
                          Piece *pieces) noexcept nogil:
    """What a thread does in turn 0 or 1: two pieces at most. The turn's quarters, that of the first
    inputs before that of the last, have n_out outputs together. The first thread takes `share` of
    them, the other the rest, cut at a multiple of 16 of them."""
    cdef Py_ssize_t half = bp_half_of_outputs(n_out)
    cdef Py_ssize_t size = half if turn == 0 else n_out - half   # outputs of the first quarter
    cdef Py_ssize_t cut = size + 16 * <Py_ssize_t>rint((share - 0.5) * n_out / 16)
    cdef Py_ssize_t begin, end, shift
    cdef int inputs, count = 0
    cut = max(<Py_ssize_t>0, min(cut, n_out))
    if cut < size:
        cut = cut // 16 * 16
    for inputs in range(2):
        begin = 0 if inputs == 0 else size
        end = size if inputs == 0 else n_out
        shift = (0 if inputs == turn else half) - begin  # to where these outputs are in z
        if thread == 0:
            end = min(end, cut)
        else:
            begin = max(begin, cut)
        if begin < end:
            pieces[count] = Piece(inputs, begin + shift, end + shift)
            count += 1
    return count


cdef inline void sum_by_quarters(Job *job, const Batch *batch, int thread,
                                 real *like) noexcept nogil:
    """This thread's part of the first layer's weighted sums for all rows of a batch. When it
    returns, all are there."""
    cdef const Layer *layer = &job.plan.layers[0]
    cdef real *work = <real *>job.work
    cdef const real *theta = <const real *>job.theta
    cdef int way = way_of(job, batch, like)
    cdef const real *x = x_of(job, batch, way, like)
    cdef const int64_t *index = job.order + batch.start if way == BY_INDEX else NULL
    cdef Piece pieces[2]
    cdef double share = job.deal.share  # the first thread writes it after the second turn
    cdef int turn, k
    for turn in range(2):
        for k in range(pieces_of(layer.n_out, thread, turn, share, pieces)):
            sum_quarter(job.isa, batch.rows, layer.n_in, layer.n_out, x, layer.in_row, index,
                        theta + layer.w, theta + layer.b if layer.b >= 0 else NULL,
                        relu_rides(layer), <real *>z_of(job.plan, 0, x, 0, work), layer.row,
                        pieces[k].inputs, pieces[k].first, pieces[k].end)
        bp_barrier_wait(&job.barrier)
