"""Dealing a phase's work to threads: to each by how fast it was in the steps before.

Cores are seldom equally fast: some are built smaller, and what else runs on a core, or shares
its caches, slows it from one second to the next. Threads meet behind each phase, where equal parts
would make them as slow as the slowest. What is dealt is rows of a batch, rows of each W, and
outputs (quarters.pxd), which have the same bits whoever works on them.

(Two threads, the second made to take twice as long: mnist 0.90 of one thread's time, wide 0.83;
with equal parts 1.24 and 1.07. On two cores beside other machines' threads, mnist's waited for each
other for 8 to 10 % of a step with equal parts, with these for 4 to 5; a half, a quarter or a
sixteenth of the new speed instead of an eighth: 4 to 4.5.)
"""

from libc.stdint cimport uint64_t
from libc.string cimport memset
from kernels cimport bp_ticks

cdef enum:
    ROWS, PARAMETERS, PHASES
    DEALT = 32   # threads at most; of more, each gets an equal part
    PARTS_OF_A_DEAL = 1 << 20  # of a phase that is cut as finely as one likes

cdef struct Pace:
    # Of one thread in one phase: parts of the whole that it does in a tick.
    double usual          # 0: not known yet
    double last, before   # in the last two steps

cdef struct Deal:
    bint equal
    double share  # of the first of two threads in W, by the last step; for quarters.pxd
    double begins[PHASES][DEALT + 1]   # where in the whole, which is 1, each thread's part begins
    Pace paces[PHASES][DEALT]
    uint64_t ticks[DEALT][8]           # what each thread took for each phase, on a line of its own


cdef inline void start_deal(Deal *deal, int threads) noexcept nogil:
    """Equal parts, as long as no thread's speed is known."""
    cdef int phase, thread
    deal.equal = threads == 1 or threads > DEALT
    deal.share = 1.0 / threads
    if deal.equal:
        return
    memset(deal.paces, 0, sizeof(deal.paces))
    for phase in range(PHASES):
        for thread in range(threads):
            deal.begins[phase][thread] = <double>thread / threads
        deal.begins[phase][threads] = 1


cdef inline Py_ssize_t equal_part(Py_ssize_t n, Py_ssize_t which, Py_ssize_t parts) noexcept nogil:
    """Where that one of so many parts of n begins (and the one before it ends)."""
    if parts == 1:  # a division takes as long as a vector's update
        return n * which
    return n * which // parts


cdef inline Py_ssize_t part(Py_ssize_t n, const Deal *deal, int phase, int thread,
                            int threads) noexcept nogil:
    """Where a thread's part of n begins (and the part before it ends)."""
    if threads == 1 or deal.equal:
        return equal_part(n, thread, threads)
    return <Py_ssize_t>(n * deal.begins[phase][thread] + 0.5)


cdef inline void took(Deal *deal, int phase, int thread, uint64_t begin) noexcept nogil:
    """Note that a thread's part of a phase, begun at that tick, is done."""
    if not deal.equal:
        deal.ticks[thread][phase] = bp_ticks() - begin


cdef inline double middle(double x, double y, double z) noexcept nogil:
    return max(min(x, y), min(max(x, y), z))


cdef inline void learn(Pace *pace, double now) noexcept nogil:
    if pace.usual == 0:
        pace.usual = now
    pace.usual += 0.125 * (now - pace.usual)


cdef inline void deal_anew(Deal *deal, int phase, Py_ssize_t n, int threads) noexcept nogil:
    """New parts after a phase of n pieces; for one thread, while no other asks for them."""
    cdef double *begins = deal.begins[phase]
    cdef Pace *pace
    cdef double now, total = 0, begin = 0
    cdef bint known = True
    cdef Py_ssize_t pieces
    cdef int thread
    if deal.equal:
        return
    for thread in range(threads):
        pieces = (part(n, deal, phase, thread + 1, threads)
                  - part(n, deal, phase, thread, threads))
        pace = &deal.paces[phase][thread]
        if pieces > 0:
            now = pieces / (n * (<double>deal.ticks[thread][phase] + 1))
            # A thread that lost its core for a step has it back: one in three may be off.
            learn(pace, middle(pace.before, pace.last, now))
            pace.before = pace.last
            pace.last = now
        known = known and pace.usual > 0
        total += pace.usual
    if not known:
        return
    for thread in range(threads):
        begins[thread] = begin
        # Some work for the slowest, by which to see it become faster.
        begin += max(deal.paces[phase][thread].usual, 0.25 * total / threads)
    for thread in range(threads):
        begins[thread] /= begin
