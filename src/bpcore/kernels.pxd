"""The C kernels, typed: for each kernel one inline that picks the table of the
element type. This file and blas.pxd are the only ones that branch on it."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from network cimport real

cdef extern from "kernels/dispatch.h" nogil:
    enum:
        BP_LINEAR
        BP_RELU
        BP_SIGMOID
        BP_TANH
        BP_SOFTMAX
        BP_N_ACTIVATIONS
        BP_DROPOUT
        BP_USER_ACTIVATION
    enum:
        BP_MEAN_SQUARED_ERROR
        BP_BINARY_CROSSENTROPY
        BP_CATEGORICAL_CROSSENTROPY
        BP_SPARSE_CATEGORICAL_CROSSENTROPY
        BP_BINARY_CROSSENTROPY_FROM_Z
        BP_CATEGORICAL_CROSSENTROPY_FROM_Z
        BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z
        BP_N_LOSSES
        BP_USER_LOSS

    enum:
        BP_SGD
        BP_ADAM
        BP_AMSGRAD
        BP_RMSPROP
        BP_ADAGRAD
        BP_ADADELTA
        BP_ADAMAX
        BP_NADAM
        BP_FTRL
        BP_LION
        BP_N_OPTIMIZERS
        BP_ADAFACTOR
    ctypedef struct bp_coefficients:
        double rate
        double beta_1, beta_2
        double epsilon
        double of_m, of_g, of_v
        double power, l1, l2, shrinkage
        double l2_per_rate
        int nesterov

    enum:
        BP_INT8
        BP_UINT8
        BP_FLOAT16
        BP_SAME

    ctypedef struct bp_kernels_f32:
        void (*weighted_sum)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *,
                             const int64_t *, const float *, const float *, int,
                             float *) noexcept nogil
        void (*delta_product)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const float *,
                              const float *, const float *, float *) noexcept nogil
        void (*gradient)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *,
                         const int64_t *, Py_ssize_t, const float *, float *) noexcept nogil
        void (*column_sums)(Py_ssize_t, Py_ssize_t, const float *, float *) noexcept nogil
        void (*transpose)(Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, float *,
                          Py_ssize_t) noexcept nogil
        void (*activate[5])(Py_ssize_t, Py_ssize_t, const float *, float *) noexcept nogil
        void (*derive[5])(Py_ssize_t, Py_ssize_t, const float *, const float *,
                          float *) noexcept nogil
        void (*dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *,
                        const float *, float *) noexcept nogil
        double (*cost[7])(Py_ssize_t, Py_ssize_t, const float *, const float *, const float *,
                          const float *, double, float *) noexcept nogil
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
        void (*gather)(Py_ssize_t, Py_ssize_t, const float *, const int64_t *,
                       float *) noexcept nogil
        void (*gather_converted)(Py_ssize_t, Py_ssize_t, int, const void *, const int64_t *,
                                 float *) noexcept nogil
        int (*all_finite)(Py_ssize_t, const float *) noexcept nogil

    ctypedef struct bp_kernels_f64:
        void (*weighted_sum)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *,
                             const int64_t *, const double *, const double *, int,
                             double *) noexcept nogil
        void (*delta_product)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double *,
                              const double *, const double *, double *) noexcept nogil
        void (*gradient)(Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *,
                         const int64_t *, Py_ssize_t, const double *, double *) noexcept nogil
        void (*column_sums)(Py_ssize_t, Py_ssize_t, const double *, double *) noexcept nogil
        void (*transpose)(Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, double *,
                          Py_ssize_t) noexcept nogil
        void (*activate[5])(Py_ssize_t, Py_ssize_t, const double *, double *) noexcept nogil
        void (*derive[5])(Py_ssize_t, Py_ssize_t, const double *, const double *,
                          double *) noexcept nogil
        void (*dropout)(Py_ssize_t, Py_ssize_t, uint64_t, uint64_t, const uint32_t *,
                        const double *, double *) noexcept nogil
        double (*cost[7])(Py_ssize_t, Py_ssize_t, const double *, const double *, const double *,
                          const double *, double, double *) noexcept nogil
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
        void (*gather)(Py_ssize_t, Py_ssize_t, const double *, const int64_t *,
                       double *) noexcept nogil
        void (*gather_converted)(Py_ssize_t, Py_ssize_t, int, const void *, const int64_t *,
                                 double *) noexcept nogil
        int (*all_finite)(Py_ssize_t, const double *) noexcept nogil

    ctypedef struct bp_isa:
        const char *name
        const bp_kernels_f32 *f32
        const bp_kernels_f64 *f64

    const bp_isa *bp_isa_available(int i) noexcept nogil
    const bp_isa *bp_isa_find(const char *name) noexcept nogil
    void bp_philox(const uint32_t *counter, uint64_t key, uint32_t *out) noexcept nogil
    void bp_shuffle(int64_t n, uint64_t seed, uint32_t epoch, int64_t *order) noexcept nogil


cdef extern from "kernels/threads.h" nogil:
    ctypedef struct bp_barrier:
        pass
    void bp_barrier_init(bp_barrier *barrier, int threads) noexcept
    void bp_barrier_wait(bp_barrier *barrier) noexcept
    int bp_run_threads(int threads, void (*run)(void *, int) noexcept nogil,
                       void *argument) noexcept
    unsigned long long bp_flush_denormals() noexcept
    void bp_restore_denormals(unsigned long long state) noexcept


cdef inline void weighted_sum(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                              Py_ssize_t n_out, const real *a, const int64_t *index,
                              const real *w, const real *b, int relu,
                              real *z) noexcept nogil:
    if real is float:
        isa.f32.weighted_sum(rows, n_in, n_out, a, index, w, b, relu, z)
    else:
        isa.f64.weighted_sum(rows, n_in, n_out, a, index, w, b, relu, z)


cdef inline void delta_product(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                               Py_ssize_t n_out, const real *delta, const real *w,
                               const real *w_t, const real *gate, real *out) noexcept nogil:
    if real is float:
        isa.f32.delta_product(rows, n_in, n_out, delta, w, w_t, gate, out)
    else:
        isa.f64.delta_product(rows, n_in, n_out, delta, w, w_t, gate, out)


cdef inline void gradient(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n_in,
                          Py_ssize_t n_out, const real *a, const int64_t *index,
                          Py_ssize_t stride, const real *delta, real *grad_w) noexcept nogil:
    if real is float:
        isa.f32.gradient(rows, n_in, n_out, a, index, stride, delta, grad_w)
    else:
        isa.f64.gradient(rows, n_in, n_out, a, index, stride, delta, grad_w)


cdef inline void column_sums(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                             const real *delta, real *sums) noexcept nogil:
    if real is float:
        isa.f32.column_sums(rows, n, delta, sums)
    else:
        isa.f64.column_sums(rows, n, delta, sums)


cdef inline void transpose(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                           const real *src, Py_ssize_t src_stride, real *dst,
                           Py_ssize_t stride) noexcept nogil:
    if real is float:
        isa.f32.transpose(rows, n, src, src_stride, dst, stride)
    else:
        isa.f64.transpose(rows, n, src, src_stride, dst, stride)


cdef inline void activate(const bp_isa *isa, int g, Py_ssize_t rows, Py_ssize_t n,
                          const real *z, real *a) noexcept nogil:
    if real is float:
        isa.f32.activate[g](rows, n, z, a)
    else:
        isa.f64.activate[g](rows, n, z, a)


cdef inline void derive(const bp_isa *isa, int g, Py_ssize_t rows, Py_ssize_t n,
                        const real *z, const real *a, real *delta) noexcept nogil:
    if real is float:
        isa.f32.derive[g](rows, n, z, a, delta)
    else:
        isa.f64.derive[g](rows, n, z, a, delta)


cdef inline void dropout(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n,
                         uint64_t threshold, uint64_t seed, const uint32_t *draw,
                         const real *src, real *dst) noexcept nogil:
    if real is float:
        isa.f32.dropout(rows, n, threshold, seed, draw, src, dst)
    else:
        isa.f64.dropout(rows, n, threshold, seed, draw, src, dst)


cdef inline double cost(const bp_isa *isa, int loss, Py_ssize_t rows, Py_ssize_t n,
                        const real *z, const real *a, const real *y, const real *weight,
                        double scale, real *delta) noexcept nogil:
    if real is float:
        return isa.f32.cost[loss](rows, n, z, a, y, weight, scale, delta)
    else:
        return isa.f64.cost[loss](rows, n, z, a, y, weight, scale, delta)


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


cdef inline void gather(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, const real *src,
                        const int64_t *index, real *dst) noexcept nogil:
    if real is float:
        isa.f32.gather(rows, n, src, index, dst)
    else:
        isa.f64.gather(rows, n, src, index, dst)


cdef inline Py_ssize_t element_size(int element) noexcept nogil:
    """Bytes of an element of one of the small types."""
    return 2 if element == BP_FLOAT16 else 1


cdef inline void gather_converted(const bp_isa *isa, Py_ssize_t rows, Py_ssize_t n, int element,
                                  const void *src, const int64_t *index,
                                  real *dst) noexcept nogil:
    if real is float:
        isa.f32.gather_converted(rows, n, element, src, index, dst)
    else:
        isa.f64.gather_converted(rows, n, element, src, index, dst)


cdef inline int all_finite(const bp_isa *isa, Py_ssize_t n, const real *x) noexcept nogil:
    if real is float:
        return isa.f32.all_finite(n, x)
    else:
        return isa.f64.all_finite(n, x)
