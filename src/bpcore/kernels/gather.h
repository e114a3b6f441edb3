/* The rows of a mini-batch, brought together from wherever and whatever they are: rows in
 * any order, of any real element type, strided, or sparse. Included by kernels.c, once for
 * each REAL. */
#ifndef BPCORE_GATHER_H
#define BPCORE_GATHER_H

#include "simd.h"

/* Rows lie anywhere in memory: those a little ahead are asked for while copying, not more of
 * them than a core can wait for at a time; behind the last, the first of the next batch. (Tried: as
 * many of its later rows behind the weighted sums, the cost and the deltas. digits and tab took 1.00
 * to 1.02 times as long, also with 13 MB of rows, where gathering is 7 % of a step.) */
enum { AHEAD_BYTES = 2048, CACHE_LINE = 64 };

INLINE ptrdiff_t rows_ahead(ptrdiff_t bytes) {
    return 1 + AHEAD_BYTES / (bytes + CACHE_LINE);
}

INLINE void ask_for(const char *row, ptrdiff_t bytes) {
    for (ptrdiff_t j = 0; j < bytes; j += CACHE_LINE)
        __builtin_prefetch(row + j);
}

/* dst = a row of n, the last vector of which lies over the one before. (Compilers make a call of memcpy
 * of the loop, for some vectors, unless each passes through a register: IN_ORDER sees to that where it is
 * defined. Zen 3, AVX2: tab256 0.98 of the time.) */
INLINE void copy_row(ptrdiff_t n, const REAL *restrict src, REAL *restrict dst) {
    if (n < VL) {
        vstore_part(dst, vload_part(src, n), n);
        return;
    }
    for (ptrdiff_t j = 0; j + VL < n; j += VL) {
        vreal x = vload(src + j);
        IN_ORDER(x);
        vstore(dst + j, x);
    }
    vstore(dst + n - VL, vload(src + n - VL));
}

static void gather(ptrdiff_t rows, ptrdiff_t more, ptrdiff_t n, const REAL *restrict src,
                   const int64_t *restrict index, REAL *restrict dst) {
    if (n == 1) {
        for (ptrdiff_t i = 0; i < rows; i++)
            dst[i] = src[index[i]];
        return;
    }
    const ptrdiff_t bytes = n * (ptrdiff_t)sizeof *src, ahead = rows_ahead(bytes);
    for (ptrdiff_t i = 0; i < rows; i++) {
        if (i + ahead < rows + more)
            ask_for((const char *)(src + index[i + ahead] * n), bytes);
        copy_row(n, src + index[i] * n, dst + i * n);
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

#if REAL_BITS == 64
/* A float's denormal is a normal double, but an instruction that reads it reads 0 while
 * training flushes denormals: its bits count multiples of 2^-149. */
INLINE REAL from_float(float value) {
    union {
        float value;
        uint32_t bits;
    } x = {value};
    const int32_t magnitude = (int32_t)(x.bits & 0x7FFFFFFF);
    const double tiny = magnitude * 0x1p-149;
    return magnitude >= 0x00800000 ? (REAL)value : x.bits >> 31 ? -tiny : tiny;
}
#else
INLINE REAL from_float(float value) { return value; }
#endif

/* Each element type: its enum, its C type, and what turns one into REAL. */
#define FLOAT_ELEMENTS(STEP)             \
    STEP(BP_FLOAT16, uint16_t, from_half) \
    STEP(BP_FLOAT32, float, from_float)   \
    STEP(BP_FLOAT64, double, (REAL))
#define ELEMENTS(STEP)               \
    STEP(BP_INT8, int8_t, (REAL))    \
    STEP(BP_INT16, int16_t, (REAL))  \
    STEP(BP_INT32, int32_t, (REAL))  \
    STEP(BP_INT64, int64_t, (REAL))  \
    STEP(BP_UINT8, uint8_t, (REAL))  \
    STEP(BP_UINT16, uint16_t, (REAL)) \
    STEP(BP_UINT32, uint32_t, (REAL)) \
    STEP(BP_UINT64, uint64_t, (REAL)) \
    FLOAT_ELEMENTS(STEP)

INLINE ptrdiff_t element_size(int element) {
    switch (element) {
#define STEP(ELEMENT, TYPE, TO_REAL) \
    case ELEMENT:                    \
        return sizeof(TYPE);
        ELEMENTS(STEP)
#undef STEP
    }
    return 0;
}

/* dst = n elements from the at-th of src on. */
static void convert(ptrdiff_t n, int element, const void *src, ptrdiff_t at,
                    REAL *restrict dst) {
    switch (element) {
#define STEP(ELEMENT, TYPE, TO_REAL)                       \
    case ELEMENT: {                                        \
        const TYPE *restrict from = (const TYPE *)src + at; \
        for (ptrdiff_t j = 0; j < n; j++)                  \
            dst[j] = TO_REAL(from[j]);                     \
        break;                                             \
    }
        ELEMENTS(STEP)
#undef STEP
    }
}

INLINE ptrdiff_t integer_at(const void *integers, int wide, ptrdiff_t i) {
    return wide ? (ptrdiff_t)((const int64_t *)integers)[i] : ((const int32_t *)integers)[i];
}

/* dst = row i of a sparse matrix; what is stored twice is summed. */
static void spread(ptrdiff_t n, const bp_rows *src, ptrdiff_t i, REAL *restrict dst) {
    enum { BLOCK = 256 };
    REAL values[BLOCK];
    const ptrdiff_t end = integer_at(src->starts, src->wide, i + 1);
    memset(dst, 0, (size_t)n * sizeof *dst);
    for (ptrdiff_t k = integer_at(src->starts, src->wide, i); k < end; k += BLOCK) {
        const ptrdiff_t count = end - k < BLOCK ? end - k : BLOCK;
        convert(count, src->element, src->values, k, values);
        for (ptrdiff_t j = 0; j < count; j++)
            dst[integer_at(src->columns, src->wide, k + j)] += values[j];
    }
}

static void gather_rows(ptrdiff_t rows, ptrdiff_t more, ptrdiff_t n, const bp_rows *src,
                        ptrdiff_t first, const int64_t *index, REAL *dst) {
    if (src->columns) {
        for (ptrdiff_t i = 0; i < rows; i++)
            spread(n, src, index ? (ptrdiff_t)index[i] : first + i, dst + i * n);
        return;
    }
    const ptrdiff_t size = element_size(src->element), ahead = rows_ahead(n * size);
    for (ptrdiff_t i = 0; i < rows; i++) {
        if (index && i + ahead < rows + more)
            ask_for((const char *)src->values + index[i + ahead] * src->stride * size, n * size);
        convert(n, src->element, src->values,
                (index ? (ptrdiff_t)index[i] : first + i) * src->stride, dst + i * n);
    }
}

static int all_finite(ptrdiff_t rows, ptrdiff_t n, const bp_rows *src) {
    /* x - x is 0 for a finite x and NaN otherwise; a block at a time, so that
     * bad data is found early and the sum stays a vector. */
    enum { BLOCK = 4096 };
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < n; j += BLOCK) {
            const ptrdiff_t count = n - j < BLOCK ? n - j : BLOCK;
            INT bad = 0;
            switch (src->element) {
#define STEP(ELEMENT, TYPE, TO_REAL)                                               \
    case ELEMENT: {                                                                \
        const TYPE *restrict from = (const TYPE *)src->values + i * src->stride + j; \
        for (ptrdiff_t k = 0; k < count; k++) {                                    \
            const REAL x = TO_REAL(from[k]);                                       \
            bad |= (x - x) != 0;                                                   \
        }                                                                          \
        break;                                                                     \
    }
                FLOAT_ELEMENTS(STEP)
#undef STEP
            default: /* integers are finite */
                return 1;
            }
            if (bad)
                return 0;
        }
    }
    return 1;
}

#endif
