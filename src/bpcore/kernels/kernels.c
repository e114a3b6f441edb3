/* The one body of every kernel. CMake compiles this file once for each element
 * type and instruction set, with
 *   REAL_BITS  32 or 64
 *   BP_TABLE   the name of the table it exports, e.g. bp_avx2_f32
 * and everything in it static but that table. */
#include "dispatch.h"

#if REAL_BITS == 32
#define REAL float
#define BP_KERNELS bp_kernels_f32
#else
#define REAL double
#define BP_KERNELS bp_kernels_f64
#endif

#include "activations.h"
#include "costs.h"
#include "matmul.h"
#include "optimizers.h"
#include "parameters.h"
#include "simd.h"
#include "transpose.h"
#include "vecmath.h"

static void gather(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                   const int64_t *restrict index, REAL *restrict dst) {
    if (n == 1) {
        for (ptrdiff_t i = 0; i < rows; i++)
            dst[i] = src[index[i]];
        return;
    }
    /* Rows lie anywhere in memory: ask for those a little ahead while copying. */
    enum { AHEAD = 4, LINE = 64 / sizeof(REAL) };
    for (ptrdiff_t i = 0; i < rows; i++) {
        if (i + AHEAD < rows) {
            const REAL *next = src + index[i + AHEAD] * n;
            for (ptrdiff_t j = 0; j < n; j += LINE)
                __builtin_prefetch(next + j);
        }
        memcpy(dst + i * n, src + index[i] * n, (size_t)n * sizeof *dst);
    }
}

/* IEEE half to REAL, by moving the exponent. A half's denormal, given the exponent of the
 * smallest normal half, is 2^-14 too large: no float denormal arises, which training would
 * flush to 0. */
INLINE REAL from_half(uint16_t half) {
    const uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    union {
        uint32_t bits;
        float value;
    } x = {magnitude + (112u << 23)};
    if (magnitude >= 0x7C00u << 13) { /* infinity and NaN */
        x.bits += 112u << 23;
    } else if (magnitude < 0x0400u << 13) {
        x.bits += 1u << 23;
        x.value -= 0x1p-14f;
    }
    x.bits |= sign;
    return (REAL)x.value;
}

static void gather_converted(ptrdiff_t rows, ptrdiff_t n, int element, const void *src,
                             const int64_t *index, REAL *dst) {
    for (ptrdiff_t i = 0; i < rows; i++, dst += n) {
        const ptrdiff_t at = (index ? (ptrdiff_t)index[i] : i) * n;
        if (element == BP_INT8) {
            const int8_t *row = (const int8_t *)src + at;
            for (ptrdiff_t j = 0; j < n; j++)
                dst[j] = row[j];
        } else if (element == BP_UINT8) {
            const uint8_t *row = (const uint8_t *)src + at;
            for (ptrdiff_t j = 0; j < n; j++)
                dst[j] = row[j];
        } else {
            const uint16_t *row = (const uint16_t *)src + at;
            for (ptrdiff_t j = 0; j < n; j++)
                dst[j] = from_half(row[j]);
        }
    }
}

static int all_finite(ptrdiff_t n, const REAL *x) {
    /* x - x is 0 for a finite x and NaN otherwise; a block at a time, so that
     * bad data is found early and the sum stays a vector. */
    enum { BLOCK = 4096 };
    for (ptrdiff_t i = 0; i < n; i += BLOCK) {
        const ptrdiff_t end = n - i < BLOCK ? n : i + BLOCK;
        INT bad = 0;
        for (ptrdiff_t j = i; j < end; j++)
            bad |= (x[j] - x[j]) != 0;
        if (bad)
            return 0;
    }
    return 1;
}

extern const BP_KERNELS BP_TABLE;

const BP_KERNELS BP_TABLE = {
    .weighted_sum = weighted_sum,
    .delta_product = delta_product,
    .gradient = gradient,
    .column_sums = column_sums,
    .transpose = transpose,
    .activate = {[BP_LINEAR] = activate_linear,
                 [BP_RELU] = activate_relu,
                 [BP_SIGMOID] = activate_sigmoid,
                 [BP_TANH] = activate_tanh,
                 [BP_SOFTMAX] = activate_softmax},
    .derive = {[BP_LINEAR] = derive_linear,
               [BP_RELU] = derive_relu,
               [BP_SIGMOID] = derive_sigmoid,
               [BP_TANH] = derive_tanh,
               [BP_SOFTMAX] = derive_softmax},
    .dropout = dropout,
    .cost = {[BP_MEAN_SQUARED_ERROR] = cost_mean_squared_error,
             [BP_BINARY_CROSSENTROPY] = cost_binary_crossentropy,
             [BP_CATEGORICAL_CROSSENTROPY] = cost_categorical_crossentropy,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY] = cost_sparse_categorical_crossentropy,
             [BP_BINARY_CROSSENTROPY_FROM_Z] = cost_binary_crossentropy_from_z,
             [BP_CATEGORICAL_CROSSENTROPY_FROM_Z] = cost_categorical_crossentropy_from_z,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z] =
                 cost_sparse_categorical_crossentropy_from_z},
    .update = {[BP_SGD] = sgd,
               [BP_ADAM] = adam,
               [BP_AMSGRAD] = amsgrad,
               [BP_RMSPROP] = rmsprop,
               [BP_ADAGRAD] = adagrad,
               [BP_ADADELTA] = adadelta,
               [BP_ADAMAX] = adamax,
               [BP_NADAM] = nadam,
               [BP_FTRL] = ftrl,
               [BP_LION] = lion},
    .penalty = penalty,
    .penalty_gradient = penalty_gradient,
    .accumulate = accumulate,
    .release = release,
    .scale = scale_all,
    .clip = clip_all,
    .moving_average = moving_average,
    .sum_of_squares = sum_of_squares,
    .gather = gather,
    .gather_converted = gather_converted,
    .all_finite = all_finite,
};
