"""The C kernels, typed: for each kernel one inline that picks the table of the
element type. (Beside it only what starts threads branches on that.)"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from dispatch cimport bp_chain, bp_coefficients, bp_rows
from network cimport real

cdef extern from "kernels/dispatch.h" nogil:
    ctypedef struct bp_kernels_f32:
        void (*weighted_sum)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                             const int64_t *, const float *, const float *, int, float *,
                             Py_ssize_t) noexcept nogil
        void (*sum_quarter)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                            const int64_t *, const float *, const float *, int, float *,
                            Py_ssize_t, int, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*delta_product)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                              const float *, const float *, int, const float *, float *,
                              Py_ssize_t) noexcept nogil
        void (*gradient)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                         const int64_t *, const float *, Py_ssize_t, float *) noexcept nogil
        void (*weighted_sum_skipping)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *,
                                      const int64_t *, const uint64_t *, const float *,
                                      const float *, int, float *, Py_ssize_t) noexcept nogil
        void (*gradient_skipping)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                                  Py_ssize_t, const int64_t *, const uint64_t *, const float *,
                                  Py_ssize_t, float *) noexcept nogil
        void (*nonzeros)(Py_ssize_t, Py_ssize_t, const float *, const int64_t *,
                         uint64_t *) noexcept nogil
        double (*density)(Py_ssize_t, Py_ssize_t, const uint64_t *) noexcept nogil
        void (*column_sums)(Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t,
                            float *) noexcept nogil
        void (*transpose)(Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, float *,
                          Py_ssize_t) noexcept nogil
        void (*activate[28])(Py_ssize_t, Py_ssize_t, const float *, float *,
                             const double *) noexcept nogil
        void (*derive[28])(Py_ssize_t, Py_ssize_t, const float *, const float *,
                           float *, const double *) noexcept nogil
        void (*dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *,
                        const float *, float *) noexcept nogil
        void (*alpha_dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *, int,
                              const float *, float *) noexcept nogil
        void (*gaussian)(Py_ssize_t, Py_ssize_t, double, int, uint64_t, const uint32_t *,
                         const float *, float *) noexcept nogil
        void (*moments)(Py_ssize_t, Py_ssize_t, const float *, float *, float *) noexcept nogil
        void (*affine)(Py_ssize_t, Py_ssize_t, const float *, const float *, const float *,
                       const float *, float *) noexcept nogil
        void (*multiply_columns)(Py_ssize_t, Py_ssize_t, const float *, float *) noexcept nogil
        void (*column_moments)(Py_ssize_t, Py_ssize_t, const float *, const float *,
                               const float *, const float *, float *, float *) noexcept nogil
        void (*batch_norm_back)(Py_ssize_t, Py_ssize_t, const float *, const float *,
                                const float *, const float *, const float *, const float *,
                                float *) noexcept nogil
        void (*row_norm)(int, Py_ssize_t, Py_ssize_t, const float *, const float *,
                         const float *, double, float *) noexcept nogil
        void (*row_norm_back)(int, Py_ssize_t, Py_ssize_t, const float *, const float *, double,
                              float *, float *, float *) noexcept nogil
        void (*prelu)(Py_ssize_t, Py_ssize_t, const float *, const float *,
                      float *) noexcept nogil
        void (*prelu_back)(Py_ssize_t, Py_ssize_t, const float *, const float *, float *,
                           float *) noexcept nogil
        double (*cost[28])(Py_ssize_t, Py_ssize_t, const float *, const float *,
                           const float *, const float *, double, const double *,
                           float *) noexcept nogil
        double (*example)(const bp_chain *, const float *, const float *, const float *,
                          const float *, float *, float *) noexcept nogil
        void (*update[10])(Py_ssize_t, float *, const float *, float *const *,
                           const bp_coefficients *) noexcept nogil
        double (*penalty)(Py_ssize_t, const float *, double, double) noexcept nogil
        void (*penalty_gradient)(Py_ssize_t, const float *, double, double,
                                 float *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const float *, float *) noexcept nogil
        void (*release)(Py_ssize_t, double, float *, float *) noexcept nogil
        void (*scale)(Py_ssize_t, double, float *) noexcept nogil
        void (*clip)(Py_ssize_t, double, double, float *) noexcept nogil
        void (*moving_average)(Py_ssize_t, const float *, double, float *) noexcept nogil
        double (*sum_of_squares)(Py_ssize_t, const float *) noexcept nogil
        void (*gather)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const int64_t *,
                       float *) noexcept nogil
        void (*gather_rows)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const bp_rows *, Py_ssize_t,
                            const int64_t *, float *) noexcept nogil
        int (*all_finite)(Py_ssize_t, Py_ssize_t, const bp_rows *) noexcept nogil
        void (*argmax)(Py_ssize_t, Py_ssize_t, const float *, int64_t *) noexcept nogil
        void (*shuffle)(int64_t, uint64_t, uint32_t, int64_t *) noexcept nogil  # f32's is called

    ctypedef struct bp_kernels_f64:
        void (*weighted_sum)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                             const int64_t *, const double *, const double *, int, double *,
                             Py_ssize_t) noexcept nogil
        void (*sum_quarter)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                            const int64_t *, const double *, const double *, int, double *,
                            Py_ssize_t, int, Py_ssize_t, Py_ssize_t) noexcept nogil
        void (*delta_product)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                              const double *, const double *, int, const double *, double *,
                              Py_ssize_t) noexcept nogil
        void (*gradient)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                         const int64_t *, const double *, Py_ssize_t, double *) noexcept nogil
        void (*weighted_sum_skipping)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *,
                                      const int64_t *, const uint64_t *, const double *,
                                      const double *, int, double *, Py_ssize_t) noexcept nogil
        void (*gradient_skipping)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                                  Py_ssize_t, const int64_t *, const uint64_t *, const double *,
                                  Py_ssize_t, double *) noexcept nogil
        void (*nonzeros)(Py_ssize_t, Py_ssize_t, const double *, const int64_t *,
                         uint64_t *) noexcept nogil
        double (*density)(Py_ssize_t, Py_ssize_t, const uint64_t *) noexcept nogil
        void (*column_sums)(Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t,
                            double *) noexcept nogil
        void (*transpose)(Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, double *,
                          Py_ssize_t) noexcept nogil
        void (*activate[28])(Py_ssize_t, Py_ssize_t, const double *, double *,
                             const double *) noexcept nogil
        void (*derive[28])(Py_ssize_t, Py_ssize_t, const double *, const double *,
                           double *, const double *) noexcept nogil
        void (*dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *,
                        const double *, double *) noexcept nogil
        void (*alpha_dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *, int,
                              const double *, double *) noexcept nogil
        void (*gaussian)(Py_ssize_t, Py_ssize_t, double, int, uint64_t, const uint32_t *,
                         const double *, double *) noexcept nogil
        void (*moments)(Py_ssize_t, Py_ssize_t, const double *, double *,
                        double *) noexcept nogil
        void (*affine)(Py_ssize_t, Py_ssize_t, const double *, const double *, const double *,
                       const double *, double *) noexcept nogil
        void (*multiply_columns)(Py_ssize_t, Py_ssize_t, const double *,
                                 double *) noexcept nogil
        void (*column_moments)(Py_ssize_t, Py_ssize_t, const double *, const double *,
                               const double *, const double *, double *,
                               double *) noexcept nogil
        void (*batch_norm_back)(Py_ssize_t, Py_ssize_t, const double *, const double *,
                                const double *, const double *, const double *, const double *,
                                double *) noexcept nogil
        void (*row_norm)(int, Py_ssize_t, Py_ssize_t, const double *, const double *,
                         const double *, double, double *) noexcept nogil
        void (*row_norm_back)(int, Py_ssize_t, Py_ssize_t, const double *, const double *,
                              double, double *, double *, double *) noexcept nogil
        void (*prelu)(Py_ssize_t, Py_ssize_t, const double *, const double *,
                      double *) noexcept nogil
        void (*prelu_back)(Py_ssize_t, Py_ssize_t, const double *, const double *, double *,
                           double *) noexcept nogil
        double (*cost[28])(Py_ssize_t, Py_ssize_t, const double *, const double *,
                           const double *, const double *, double, const double *,
                           double *) noexcept nogil
        double (*example)(const bp_chain *, const double *, const double *, const double *,
                          const double *, double *, double *) noexcept nogil
        void (*update[10])(Py_ssize_t, double *, const double *, double *const *,
                           const bp_coefficients *) noexcept nogil
        double (*penalty)(Py_ssize_t, const double *, double, double) noexcept nogil
        void (*penalty_gradient)(Py_ssize_t, const double *, double, double,
                                 double *) noexcept nogil
        void (*accumulate)(Py_ssize_t, const double *, double *) noexcept nogil
        void (*release)(Py_ssize_t, double, double *, double *) noexcept nogil
        void (*scale)(Py_ssize_t, double, double *) noexcept nogil
        void (*clip)(Py_ssize_t, double, double, double *) noexcept nogil
        void (*moving_average)(Py_ssize_t, const double *, double, double *) noexcept nogil
        double (*sum_of_squares)(Py_ssize_t, const double *) noexcept nogil
        void (*gather)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const int64_t *,
                       double *) noexcept nogil
        void (*gather_rows)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const bp_rows *, Py_ssize_t,
                            const int64_t *, double *) noexcept nogil
        int (*all_finite)(Py_ssize_t, Py_ssize_t, const bp_rows *) noexcept nogil
        void (*argmax)(Py_ssize_t, Py_ssize_t, const double *, int64_t *) noexcept nogil

    ctypedef struct bp_isa:
        const char *name
        const bp_kernels_f32 *f32
        const bp_kernels_f64 *f64

    int bp_divides_fast()
    const bp_isa *bp_isa_available(int i) noexcept nogil
    const bp_isa *bp_isa_find(const char *name) noexcept nogil
    void bp_philox(const uint32_t *counter, uint64_t key, uint32_t *out) noexcept nogil


cdef extern from "kernels/threads.h" nogil:
    ctypedef struct bp_barrier:
        pass
    enum: BP_MAX_THREADS
    void bp_barrier_init(bp_barrier *barrier, int threads) noexcept
    void bp_barrier_wait(bp_barrier *barrier) noexcept
    Py_ssize_t bp_words_of_bits(Py_ssize_t n) noexcept
    int bp_run_threads(int threads, void (*run)(void *, int) noexcept nogil,
                       void *argument) noexcept
    unsigned long long bp_ticks() noexcept
    unsigned long long bp_flush_denormals() noexcept
    unsigned long long bp_keep_denormals() noexcept
    void bp_restore_denormals(unsigned long long state) noexcept


cdef inline void weighted_sum(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                              Py_ssize_t n_out, const real *a, Py_ssize_t a_row,
                              const int64_t *index, const real *w, const real *b, int relu,
                              real *z, Py_ssize_t z_row,
                              const uint64_t *bits=NULL) noexcept nogil:
    """With bits, skipping zeros; then a_row is n_in."""
    if bits != NULL:
        if real is float:
            isa.f32.weighted_sum_skipping(rows, n_in, n_out, a, index, bits, w, b, relu, z, z_row)
        else:
            isa.f64.weighted_sum_skipping(rows, n_in, n_out, a, index, bits, w, b, relu, z, z_row)
    elif real is float:
        isa.f32.weighted_sum(rows, n_in, n_out, a, a_row, index, w, b, relu, z, z_row)
    else:
        isa.f64.weighted_sum(rows, n_in, n_out, a, a_row, index, w, b, relu, z, z_row)


cdef inline void sum_quarter(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                             Py_ssize_t n_out, const real *a, Py_ssize_t a_row,
                             const int64_t *index, const real *w, const real *b, int relu,
                             real *z, Py_ssize_t z_row, int inputs, Py_ssize_t first,
                             Py_ssize_t end) noexcept nogil:
    if real is float:
        isa.f32.sum_quarter(rows, n_in, n_out, a, a_row, index, w, b, relu, z, z_row, inputs,
                            first, end)
    else:
        isa.f64.sum_quarter(rows, n_in, n_out, a, a_row, index, w, b, relu, z, z_row, inputs,
                            first, end)


cdef inline void delta_product(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                               Py_ssize_t n_out, const real *delta, Py_ssize_t delta_row,
                               const real *w, const real *w_t, int g, const real *a,
                               real *out, Py_ssize_t out_row) noexcept nogil:
    if real is float:
        isa.f32.delta_product(rows, n_in, n_out, delta, delta_row, w, w_t, g, a, out, out_row)
    else:
        isa.f64.delta_product(rows, n_in, n_out, delta, delta_row, w, w_t, g, a, out, out_row)


cdef inline void gradient(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                          Py_ssize_t n_out, const real *a, Py_ssize_t a_row, Py_ssize_t first,
                          const int64_t *index, const real *delta, Py_ssize_t delta_row,
                          real *grad_w, const uint64_t *bits=NULL) noexcept nogil:
    """Of the n_in columns of a from `first` on; with bits, skipping zeros."""
    if bits != NULL:
        if real is float:
            isa.f32.gradient_skipping(rows, n_in, n_out, a, a_row, first, index, bits, delta,
                                      delta_row, grad_w)
        else:
            isa.f64.gradient_skipping(rows, n_in, n_out, a, a_row, first, index, bits, delta,
                                      delta_row, grad_w)
    elif real is float:
        isa.f32.gradient(rows, n_in, n_out, a + first, a_row, index, delta, delta_row, grad_w)
    else:
        isa.f64.gradient(rows, n_in, n_out, a + first, a_row, index, delta, delta_row, grad_w)


cdef inline void nonzeros(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *a,
                          const int64_t *index, uint64_t *bits) noexcept nogil:
    if real is float:
        isa.f32.nonzeros(rows, n, a, index, bits)
    else:
        isa.f64.nonzeros(rows, n, a, index, bits)


cdef inline double density(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                           const uint64_t *bits) noexcept nogil:
    return isa.f64.density(rows, n, bits)


cdef inline void column_sums(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                             const real *delta, Py_ssize_t delta_row, real *sums) noexcept nogil:
    if real is float:
        isa.f32.column_sums(rows, n, delta, delta_row, sums)
    else:
        isa.f64.column_sums(rows, n, delta, delta_row, sums)


cdef inline void transpose(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                           const real *src, Py_ssize_t src_stride, real *dst,
                           Py_ssize_t stride) noexcept nogil:
    if real is float:
        isa.f32.transpose(rows, n, src, src_stride, dst, stride)
    else:
        isa.f64.transpose(rows, n, src, src_stride, dst, stride)


cdef inline void activate(const bp_isa *isa, int g, Py_ssize_t rows, Py_ssize_t n,
                          const real *z, real *a, const double *p) noexcept nogil:
    if real is float:
        isa.f32.activate[g](rows, n, z, a, p)
    else:
        isa.f64.activate[g](rows, n, z, a, p)


cdef inline void derive(const bp_isa *isa, int g, Py_ssize_t rows, Py_ssize_t n,
                        const real *z, const real *a, real *delta,
                        const double *p) noexcept nogil:
    if real is float:
        isa.f32.derive[g](rows, n, z, a, delta, p)
    else:
        isa.f64.derive[g](rows, n, z, a, delta, p)


cdef inline void dropout(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                         uint64_t threshold, uint64_t seed, const uint32_t *draw,
                         const real *src, real *dst) noexcept nogil:
    if real is float:
        isa.f32.dropout(rows, n, threshold, seed, draw, src, dst)
    else:
        isa.f64.dropout(rows, n, threshold, seed, draw, src, dst)


cdef inline void alpha_dropout(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                               uint64_t threshold, uint64_t seed, const uint32_t *draw,
                               int back, const real *src, real *dst) noexcept nogil:
    if real is float:
        isa.f32.alpha_dropout(rows, n, threshold, seed, draw, back, src, dst)
    else:
        isa.f64.alpha_dropout(rows, n, threshold, seed, draw, back, src, dst)


cdef inline void gaussian(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, double deviation,
                          int factor, uint64_t seed, const uint32_t *draw, const real *src,
                          real *dst) noexcept nogil:
    if real is float:
        isa.f32.gaussian(rows, n, deviation, factor, seed, draw, src, dst)
    else:
        isa.f64.gaussian(rows, n, deviation, factor, seed, draw, src, dst)


cdef inline void moments(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *z,
                         real *mean, real *variance) noexcept nogil:
    if real is float:
        isa.f32.moments(rows, n, z, mean, variance)
    else:
        isa.f64.moments(rows, n, z, mean, variance)


cdef inline void affine(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *z,
                        const real *shift, const real *scale, const real *offset,
                        real *a) noexcept nogil:
    if real is float:
        isa.f32.affine(rows, n, z, shift, scale, offset, a)
    else:
        isa.f64.affine(rows, n, z, shift, scale, offset, a)


cdef inline void multiply_columns(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                                  const real *scale, real *delta) noexcept nogil:
    if real is float:
        isa.f32.multiply_columns(rows, n, scale, delta)
    else:
        isa.f64.multiply_columns(rows, n, scale, delta)


cdef inline void column_moments(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *z,
                                const real *mean, const real *inverse, const real *delta,
                                real *along, real *sums) noexcept nogil:
    if real is float:
        isa.f32.column_moments(rows, n, z, mean, inverse, delta, along, sums)
    else:
        isa.f64.column_moments(rows, n, z, mean, inverse, delta, along, sums)


cdef inline void batch_norm_back(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                                 const real *z, const real *mean, const real *inverse,
                                 const real *scale, const real *along, const real *sums,
                                 real *delta) noexcept nogil:
    if real is float:
        isa.f32.batch_norm_back(rows, n, z, mean, inverse, scale, along, sums, delta)
    else:
        isa.f64.batch_norm_back(rows, n, z, mean, inverse, scale, along, sums, delta)


cdef inline void row_norm(const bp_isa *isa, int kind, Py_ssize_t rows, Py_ssize_t n,
                          const real *z, const real *gamma, const real *beta, double epsilon,
                          real *a) noexcept nogil:
    if real is float:
        isa.f32.row_norm(kind, rows, n, z, gamma, beta, epsilon, a)
    else:
        isa.f64.row_norm(kind, rows, n, z, gamma, beta, epsilon, a)


cdef inline void row_norm_back(const bp_isa *isa, int kind, Py_ssize_t rows, Py_ssize_t n,
                               const real *z, const real *gamma, double epsilon, real *delta,
                               real *grad_gamma, real *grad_beta) noexcept nogil:
    if real is float:
        isa.f32.row_norm_back(kind, rows, n, z, gamma, epsilon, delta, grad_gamma, grad_beta)
    else:
        isa.f64.row_norm_back(kind, rows, n, z, gamma, epsilon, delta, grad_gamma, grad_beta)


cdef inline void prelu(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *z,
                       const real *alpha, real *a) noexcept nogil:
    if real is float:
        isa.f32.prelu(rows, n, z, alpha, a)
    else:
        isa.f64.prelu(rows, n, z, alpha, a)


cdef inline void prelu_back(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *z,
                            const real *alpha, real *delta, real *grad_alpha) noexcept nogil:
    if real is float:
        isa.f32.prelu_back(rows, n, z, alpha, delta, grad_alpha)
    else:
        isa.f64.prelu_back(rows, n, z, alpha, delta, grad_alpha)


cdef inline double cost(const bp_isa *isa, int loss, Py_ssize_t rows, Py_ssize_t n,
                        const real *z, const real *a, const real *y, const real *weight,
                        double scale, const double *p, real *delta) noexcept nogil:
    if real is float:
        return isa.f32.cost[loss](rows, n, z, a, y, weight, scale, p, delta)
    else:
        return isa.f64.cost[loss](rows, n, z, a, y, weight, scale, p, delta)


cdef inline double example(const bp_isa *isa, const bp_chain *chain, const real *x,
                           const real *y, const real *weight, const real *theta, real *work,
                           real *grad) noexcept nogil:
    if real is float:
        return isa.f32.example(chain, x, y, weight, theta, work, grad)
    else:
        return isa.f64.example(chain, x, y, weight, theta, work, grad)


cdef inline void update(const bp_isa *isa, int optimizer, Py_ssize_t n, real *w, const real *grad,
                        real **slots, const bp_coefficients *c) noexcept nogil:
    if real is float:
        isa.f32.update[optimizer](n, w, grad, slots, c)
    else:
        isa.f64.update[optimizer](n, w, grad, slots, c)


cdef inline double penalty(const bp_isa *isa, Py_ssize_t n, const real *w, double l1,
                           double l2) noexcept nogil:
    if real is float:
        return isa.f32.penalty(n, w, l1, l2)
    else:
        return isa.f64.penalty(n, w, l1, l2)


cdef inline void penalty_gradient(const bp_isa *isa, Py_ssize_t n, const real *w, double l1,
                                  double l2, real *grad) noexcept nogil:
    if real is float:
        isa.f32.penalty_gradient(n, w, l1, l2, grad)
    else:
        isa.f64.penalty_gradient(n, w, l1, l2, grad)


cdef inline void accumulate(const bp_isa *isa, Py_ssize_t n, const real *grad,
                            real *sum) noexcept nogil:
    if real is float:
        isa.f32.accumulate(n, grad, sum)
    else:
        isa.f64.accumulate(n, grad, sum)


cdef inline void release(const bp_isa *isa, Py_ssize_t n, double factor, real *sum,
                         real *grad) noexcept nogil:
    if real is float:
        isa.f32.release(n, factor, sum, grad)
    else:
        isa.f64.release(n, factor, sum, grad)


cdef inline void scale(const bp_isa *isa, Py_ssize_t n, double factor, real *x) noexcept nogil:
    if real is float:
        isa.f32.scale(n, factor, x)
    else:
        isa.f64.scale(n, factor, x)


cdef inline void clip(const bp_isa *isa, Py_ssize_t n, double low, double high,
                      real *x) noexcept nogil:
    if real is float:
        isa.f32.clip(n, low, high, x)
    else:
        isa.f64.clip(n, low, high, x)


cdef inline void moving_average(const bp_isa *isa, Py_ssize_t n, const real *w, double momentum,
                                real *average) noexcept nogil:
    if real is float:
        isa.f32.moving_average(n, w, momentum, average)
    else:
        isa.f64.moving_average(n, w, momentum, average)


cdef inline double sum_of_squares(const bp_isa *isa, Py_ssize_t n, const real *x) noexcept nogil:
    if real is float:
        return isa.f32.sum_of_squares(n, x)
    else:
        return isa.f64.sum_of_squares(n, x)


cdef inline void gather(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t more, Py_ssize_t n,
                        const real *src, const int64_t *index, real *dst) noexcept nogil:
    if real is float:
        isa.f32.gather(rows, more, n, src, index, dst)
    else:
        isa.f64.gather(rows, more, n, src, index, dst)


cdef inline void gather_rows(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t more, Py_ssize_t n,
                             const bp_rows *src, Py_ssize_t first, const int64_t *index,
                             real *dst) noexcept nogil:
    if real is float:
        isa.f32.gather_rows(rows, more, n, src, first, index, dst)
    else:
        isa.f64.gather_rows(rows, more, n, src, first, index, dst)


cdef inline int all_finite(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const bp_rows *src,
                           real *like) noexcept nogil:
    """like only tells the element type they are to be finite in."""
    if real is float:
        return isa.f32.all_finite(rows, n, src)
    else:
        return isa.f64.all_finite(rows, n, src)


cdef inline void argmax(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *a,
                        int64_t *index) noexcept nogil:
    if real is float:
        isa.f32.argmax(rows, n, a, index)
    else:
        isa.f64.argmax(rows, n, a, index)


cdef inline void shuffle(const bp_isa *isa, int64_t n, uint64_t seed, uint32_t epoch,
                         int64_t *order) noexcept nogil:
    isa.f32.shuffle(n, seed, epoch, order)
