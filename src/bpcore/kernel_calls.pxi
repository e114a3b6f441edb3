# Each kernel on its own, under the instruction set asked for: what the tests compare
# with plain NumPy and the benchmarks time. Shapes are the arrays'; see kernels.h.


cdef Py_ssize_t row_of(const real[:, :] array):
    """Elements from one row to the next; rows may be part of longer ones."""
    return array.strides[0] // <Py_ssize_t>sizeof(real)


def kernel_weighted_sum(str isa, const real[:, :] a, const real[:, ::1] w, const real[::1] b,
                        real[:, :] z, const int64_t[::1] index=None, bint relu=False,
                        const uint64_t[:, ::1] bits=None):
    cdef const real *b_ = NULL
    cdef const int64_t *index_ = NULL
    cdef const uint64_t *bits_ = NULL
    if b is not None:
        b_ = &b[0]
    if index is not None:
        index_ = &index[0]
    if bits is not None:
        bits_ = &bits[0, 0]
    kernels.weighted_sum(find_isa(isa), z.shape[0], w.shape[0], w.shape[1], &a[0, 0],
                         row_of(a), index_, &w[0, 0], b_, relu, &z[0, 0], row_of(z), bits_)


def kernel_sum_quarter(str isa, const real[:, :] a, const real[:, ::1] w, const real[::1] b,
                       real[:, :] z, int inputs, Py_ssize_t first, Py_ssize_t end,
                       const int64_t[::1] index=None, bint relu=False):
    """Only where there is a `half_of_outputs`."""
    kernels.sum_quarter(find_isa(isa), z.shape[0], w.shape[0], w.shape[1], &a[0, 0], row_of(a),
                        &index[0] if index is not None else NULL, &w[0, 0],
                        &b[0] if b is not None else NULL, relu, &z[0, 0], row_of(z), inputs,
                        first, end)


def half_of_outputs(Py_ssize_t n_in, Py_ssize_t n_out):
    """Where the second half of the outputs begins, if the weighted sum comes in quarters."""
    return bp_half_of_outputs(n_out) if bp_is_quartered(n_in, n_out) else None


def kernel_delta_product(str isa, const real[:, :] delta, const real[:, ::1] w,
                         const real[:, ::1] w_t, real[:, :] out, const real[:, :] a=None,
                         str g="relu"):
    cdef const real *a_ = NULL
    cdef const real *w_t_ = NULL
    if w_t is not None:
        w_t_ = &w_t[0, 0]
    if a is not None:
        a_ = &a[0, 0]
    kernels.delta_product[real](find_isa(isa), delta.shape[0], w.shape[0], w.shape[1],
                                &delta[0, 0], row_of(delta), &w[0, 0], w_t_, ACTIVATIONS[g], a_,
                                &out[0, 0], row_of(out))


def kernel_gradient(str isa, const real[:, :] a, const real[:, :] delta,
                    real[:, ::1] grad_w, Py_ssize_t first_row=0,
                    const int64_t[::1] index=None, const uint64_t[:, ::1] bits=None):
    """Rows first_row .. first_row + len(grad_w) of a^T delta."""
    cdef const int64_t *index_ = NULL
    cdef const uint64_t *bits_ = NULL
    if index is not None:
        index_ = &index[0]
    if bits is not None:
        bits_ = &bits[0, 0]
    kernels.gradient(find_isa(isa), delta.shape[0], grad_w.shape[0], delta.shape[1],
                     &a[0, 0], row_of(a), first_row, index_, &delta[0, 0], row_of(delta),
                     &grad_w[0, 0], bits_)


def kernel_nonzeros(str isa, const real[:, ::1] a, uint64_t[:, ::1] bits,
                    const int64_t[::1] index=None):
    cdef const int64_t *index_ = NULL
    if index is not None:
        index_ = &index[0]
    kernels.nonzeros(find_isa(isa), bits.shape[0], a.shape[1], &a[0, 0], index_, &bits[0, 0])


def kernel_density(str isa, Py_ssize_t n, const uint64_t[:, ::1] bits):
    """The part of the elements that is not 0."""
    return kernels.density(find_isa(isa), bits.shape[0], n, &bits[0, 0])


def kernel_column_sums(str isa, const real[:, :] delta, real[::1] sums):
    kernels.column_sums(find_isa(isa), delta.shape[0], delta.shape[1], &delta[0, 0],
                        row_of(delta), &sums[0])


def kernel_transpose(str isa, const real[:, ::1] src, real[:, ::1] dst):
    kernels.transpose(find_isa(isa), src.shape[0], src.shape[1], &src[0, 0], src.shape[1],
                      &dst[0, 0], dst.shape[1])


cdef int take_parameters(parameters, double *p) except -1:
    """Three numbers, or None for zeros."""
    p[0], p[1], p[2] = (0.0, 0.0, 0.0) if parameters is None else parameters
    return 0


def kernel_activate(str isa, str name, const real[:, ::1] z, real[:, ::1] a, parameters=None):
    cdef double p[3]
    take_parameters(parameters, p)
    kernels.activate[real](find_isa(isa), ACTIVATIONS[name], z.shape[0], z.shape[1],
                           &z[0, 0], &a[0, 0], p)


def kernel_derive(str isa, str name, const real[:, ::1] z, const real[:, ::1] a,
                  real[:, ::1] delta, parameters=None):
    cdef double p[3]
    take_parameters(parameters, p)
    kernels.derive[real](find_isa(isa), ACTIVATIONS[name], z.shape[0], z.shape[1],
                         &z[0, 0], &a[0, 0], &delta[0, 0], p)


def kernel_dropout(str isa, double rate, uint64_t seed, draw, const real[:, ::1] src,
                   real[:, ::1] dst):
    cdef uint32_t words[4]
    words[0], words[1], words[2], words[3] = draw
    kernels.dropout(find_isa(isa), src.shape[0], src.shape[1], <uint64_t>(rate * 2.0 ** 32),
                    seed, words, &src[0, 0], &dst[0, 0])


def kernel_alpha_dropout(str isa, double rate, uint64_t seed, draw, bint back,
                         const real[:, ::1] src, real[:, ::1] dst):
    cdef uint32_t words[4]
    words[0], words[1], words[2], words[3] = draw
    kernels.alpha_dropout(find_isa(isa), src.shape[0], src.shape[1],
                          <uint64_t>(rate * 2.0 ** 32), seed, words, back, &src[0, 0],
                          &dst[0, 0])


def kernel_gaussian(str isa, double deviation, bint factor, uint64_t seed, draw,
                    const real[:, ::1] src, real[:, ::1] dst):
    cdef uint32_t words[4]
    words[0], words[1], words[2], words[3] = draw
    kernels.gaussian(find_isa(isa), src.shape[0], src.shape[1], deviation, factor, seed, words,
                     &src[0, 0], &dst[0, 0])


def kernel_cost(str isa, int loss, const real[:, ::1] z, const real[:, ::1] a,
                const real[:, ::1] y, const real[::1] weight, double scale, real[:, ::1] delta,
                const double[::1] p=None):
    if p is None:
        p = np.zeros(8)
    cdef const real *weight_ = NULL
    cdef real *delta_ = NULL
    if weight is not None:
        weight_ = &weight[0]
    if delta is not None:
        delta_ = &delta[0, 0]
    return kernels.cost(find_isa(isa), loss, a.shape[0], a.shape[1], &z[0, 0], &a[0, 0],
                        &y[0, 0], weight_, scale, &p[0], delta_)


def kernel_costs(str isa, int loss, const real[:, ::1] a, const real[:, ::1] y,
                 const double[::1] p, double[::1] costs, real[:, ::1] delta):
    """C(x_i) of each row into costs, and dC(x_i)/da into delta unless it is None."""
    cdef const kernels.bp_isa *isa_ = find_isa(isa)
    cdef Py_ssize_t i
    for i in range(a.shape[0]):
        costs[i] = kernels.cost(isa_, loss, 1, a.shape[1], &a[i, 0], &a[i, 0], &y[i, 0],
                                <real *>NULL, 1.0, &p[0],
                                <real *>NULL if delta is None else &delta[i, 0])


def kernel_update(str isa, str name, real[::1] w, const real[::1] grad, list slots,
                  dict coefficients):
    """One update; slots holds the kernel's arrays, or None for one that is left out."""
    cdef dispatch.bp_coefficients c
    cdef real *places[4]
    cdef real[::1] slot
    cdef int k
    read_coefficients(&c, coefficients)
    for k in range(4):
        places[k] = NULL
        if k < len(slots) and slots[k] is not None:
            slot = slots[k]
            places[k] = &slot[0]
    kernels.update[real](find_isa(isa), OPTIMIZERS[name], w.shape[0], &w[0], &grad[0], places,
                         &c)


def kernel_penalty(str isa, const real[::1] w, double l1, double l2):
    return kernels.penalty(find_isa(isa), w.shape[0], &w[0], l1, l2)


def kernel_penalty_gradient(str isa, const real[::1] w, double l1, double l2, real[::1] grad):
    kernels.penalty_gradient(find_isa(isa), w.shape[0], &w[0], l1, l2, &grad[0])


def kernel_accumulate(str isa, const real[::1] grad, real[::1] total):
    kernels.accumulate(find_isa(isa), grad.shape[0], &grad[0], &total[0])


def kernel_release(str isa, double scale, real[::1] total, real[::1] grad):
    kernels.release(find_isa(isa), grad.shape[0], scale, &total[0], &grad[0])


def kernel_scale(str isa, double factor, real[::1] x):
    kernels.scale(find_isa(isa), x.shape[0], factor, &x[0])


def kernel_clip(str isa, double low, double high, real[::1] x):
    kernels.clip(find_isa(isa), x.shape[0], low, high, &x[0])


def kernel_moving_average(str isa, const real[::1] w, double momentum, real[::1] average):
    kernels.moving_average(find_isa(isa), w.shape[0], &w[0], momentum, &average[0])


def kernel_sum_of_squares(str isa, const real[::1] x):
    return kernels.sum_of_squares(find_isa(isa), x.shape[0], &x[0])


def kernel_gather(str isa, const real[:, ::1] src, const int64_t[::1] index, real[:, ::1] dst):
    kernels.gather(find_isa(isa), dst.shape[0], index.shape[0] - dst.shape[0], src.shape[1],
                   &src[0, 0], &index[0], &dst[0, 0])


def kernel_gather_rows(str isa, src, real[:, ::1] dst, Py_ssize_t first=0,
                       const int64_t[::1] index=None):
    cdef bp_rows rows = rows_of_any(src, dst.shape[1])
    cdef const int64_t *index_ = NULL
    cdef Py_ssize_t more = 0
    if index is not None:
        index_ = &index[0]
        more = index.shape[0] - dst.shape[0]
    kernels.gather_rows(find_isa(isa), dst.shape[0], more, dst.shape[1], &rows, first, index_,
                        &dst[0, 0])


# And how work is dealt to threads.


def dealt(Py_ssize_t n, const uint64_t[:, ::1] ticks):
    """Where each thread's part of n pieces begins, and n, when they took ticks[step, thread]."""
    cdef Deal deal
    cdef int threads = ticks.shape[1], thread
    cdef Py_ssize_t step
    start_deal(&deal, threads)
    for step in range(ticks.shape[0]):
        if not deal.equal:
            for thread in range(threads):
                deal.ticks[thread][PARAMETERS] = ticks[step, thread]
        deal_anew(&deal, PARAMETERS, n, threads)
    return [part(n, &deal, PARAMETERS, thread, threads) for thread in range(threads + 1)]


def quarters_dealt(Py_ssize_t n_out, int thread, int turn, double share):
    """A thread's pieces of a turn's two quarters: (half of the inputs, first output, end)."""
    cdef Piece pieces[2]
    cdef int count = pieces_of(n_out, thread, turn, share, pieces), k
    return [(pieces[k].inputs, pieces[k].first, pieces[k].end) for k in range(count)]
