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
                 [BP_SOFTMAX] = activate_softmax,
                 [BP_LEAKY_RELU] = activate_leaky_relu,
                 [BP_RELU_GENERAL] = activate_relu_general,
                 [BP_ELU] = activate_elu,
                 [BP_EXPONENTIAL] = activate_exponential,
                 [BP_GELU] = activate_gelu,
                 [BP_GELU_TANH] = activate_gelu_tanh,
                 [BP_HARD_SHRINK] = activate_hard_shrink,
                 [BP_HARD_SIGMOID] = activate_hard_sigmoid,
                 [BP_HARD_SILU] = activate_hard_silu,
                 [BP_HARD_TANH] = activate_hard_tanh,
                 [BP_LOG_SIGMOID] = activate_log_sigmoid,
                 [BP_MISH] = activate_mish,
                 [BP_SILU] = activate_silu,
                 [BP_SOFT_SHRINK] = activate_soft_shrink,
                 [BP_SOFTPLUS] = activate_softplus,
                 [BP_SOFTSIGN] = activate_softsign,
                 [BP_SPARSE_PLUS] = activate_sparse_plus,
                 [BP_SPARSE_SIGMOID] = activate_sparse_sigmoid,
                 [BP_SQUAREPLUS] = activate_squareplus,
                 [BP_TANH_SHRINK] = activate_tanh_shrink,
                 [BP_THRESHOLD] = activate_threshold,
                 [BP_LOG_SOFTMAX] = activate_log_softmax,
                 [BP_SPARSEMAX] = activate_sparsemax},
    .derive = {[BP_LINEAR] = derive_linear,
               [BP_RELU] = derive_relu,
               [BP_SIGMOID] = derive_sigmoid,
               [BP_TANH] = derive_tanh,
               [BP_SOFTMAX] = derive_softmax,
               [BP_LEAKY_RELU] = derive_leaky_relu,
               [BP_RELU_GENERAL] = derive_relu_general,
               [BP_ELU] = derive_elu,
               [BP_EXPONENTIAL] = derive_exponential,
               [BP_GELU] = derive_gelu,
               [BP_GELU_TANH] = derive_gelu_tanh,
               [BP_HARD_SHRINK] = derive_hard_shrink,
               [BP_HARD_SIGMOID] = derive_hard_sigmoid,
               [BP_HARD_SILU] = derive_hard_silu,
               [BP_HARD_TANH] = derive_hard_tanh,
               [BP_LOG_SIGMOID] = derive_log_sigmoid,
               [BP_MISH] = derive_mish,
               [BP_SILU] = derive_silu,
               [BP_SOFT_SHRINK] = derive_soft_shrink,
               [BP_SOFTPLUS] = derive_softplus,
               [BP_SOFTSIGN] = derive_softsign,
               [BP_SPARSE_PLUS] = derive_sparse_plus,
               [BP_SPARSE_SIGMOID] = derive_sparse_sigmoid,
               [BP_SQUAREPLUS] = derive_squareplus,
               [BP_TANH_SHRINK] = derive_tanh_shrink,
               [BP_THRESHOLD] = derive_threshold,
               [BP_LOG_SOFTMAX] = derive_log_softmax,
               [BP_SPARSEMAX] = derive_sparsemax},
    .dropout = dropout,
    .cost = {[BP_MEAN_SQUARED_ERROR] = cost_mean_squared_error,
             [BP_BINARY_CROSSENTROPY] = cost_binary_crossentropy,
             [BP_CATEGORICAL_CROSSENTROPY] = cost_categorical_crossentropy,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY] = cost_sparse_categorical_crossentropy,
             [BP_BINARY_CROSSENTROPY_FROM_Z] = cost_binary_crossentropy_from_z,
             [BP_CATEGORICAL_CROSSENTROPY_FROM_Z] = cost_categorical_crossentropy_from_z,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z] =
                 cost_sparse_categorical_crossentropy_from_z},
    .sgd = sgd,
    .adam = adam,
    .gather = gather,
    .gather_converted = gather_converted,
    .all_finite = all_finite,
};
