/* Activations g and their derivatives g': the common ones, and the macros that make kernels
 * of functions of a vector. The others are in the headers included at the end. */
#ifndef BPCORE_ACTIVATIONS_H
#define BPCORE_ACTIVATIONS_H

#include "slopes.h"
#include "tanh.h"
#include "transpose.h"
#include "vecmath.h"

/* An element-wise activation from g(z), and its derivative from dg(a). */
#define DEFINE_ELEMENTWISE(name, g, dg)                                                \
    static void activate_##name(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,   \
                                const double *p) {                                     \
        const ptrdiff_t count = rows * n;                                              \
        ptrdiff_t i = 0;                                                               \
        (void)p;                                                                       \
        for (; i + VL <= count; i += VL)                                               \
            vstore(a + i, g(vload(z + i)));                                            \
        if (i < count)                                                                 \
            vstore_part(a + i, g(vload_part(z + i, count - i)), count - i);            \
    }                                                                                  \
    static void derive_##name(ptrdiff_t rows, ptrdiff_t n, const REAL *z,              \
                              const REAL *restrict a, REAL *restrict delta,            \
                              const double *p) {                                       \
        const ptrdiff_t count = rows * n;                                              \
        ptrdiff_t i = 0;                                                               \
        (void)z, (void)p;                                                              \
        for (; i + VL <= count; i += VL)                                               \
            vstore(delta + i, dg(vload(a + i), vload(delta + i)));                     \
        if (i < count) {                                                               \
            const ptrdiff_t part = count - i;                                          \
            vstore_part(delta + i, dg(vload_part(a + i, part),                         \
                                      vload_part(delta + i, part)), part);             \
        }                                                                              \
    }

/* One with parameters p_0, p_1, p_2 (three vectors p), from g(z, p), and its derivative from
 * dg(z, a, delta, p). */
#define DEFINE_PARAMETRIC(name, g, dg)                                                 \
    static void activate_##name(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,   \
                                const double *p) {                                     \
        const vreal p_[] = {vset((REAL)p[0]), vset((REAL)p[1]), vset((REAL)p[2])};     \
        const ptrdiff_t count = rows * n;                                              \
        ptrdiff_t i = 0;                                                               \
        for (; i + VL <= count; i += VL)                                               \
            vstore(a + i, g(vload(z + i), p_));                                        \
        if (i < count)                                                                 \
            vstore_part(a + i, g(vload_part(z + i, count - i), p_), count - i);        \
    }                                                                                  \
    static void derive_##name(ptrdiff_t rows, ptrdiff_t n, const REAL *z,              \
                              const REAL *a, REAL *restrict delta, const double *p) {  \
        const vreal p_[] = {vset((REAL)p[0]), vset((REAL)p[1]), vset((REAL)p[2])};     \
        const ptrdiff_t count = rows * n;                                              \
        ptrdiff_t i = 0;                                                               \
        for (; i + VL <= count; i += VL)                                               \
            vstore(delta + i, dg(vload(z + i), vload(a + i), vload(delta + i), p_));   \
        if (i < count) {                                                               \
            const ptrdiff_t part = count - i;                                          \
            vstore_part(delta + i,                                                     \
                        dg(vload_part(z + i, part), vload_part(a + i, part),           \
                           vload_part(delta + i, part), p_),                           \
                        part);                                                         \
        }                                                                              \
    }

/* relu(NaN) is NaN. */
INLINE vreal relu(vreal z) { return vmax(vzero(), z); }

DEFINE_ELEMENTWISE(relu, relu, relu_delta)
DEFINE_ELEMENTWISE(sigmoid, vsigmoid, sigmoid_delta)
DEFINE_ELEMENTWISE(tanh, vtanh, tanh_delta)

static void activate_linear(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                            const double *p) {
    (void)p;
    if (a != z)
        memcpy(a, z, (size_t)(rows * n) * sizeof *a);
}

static void derive_linear(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *a,
                          REAL *delta, const double *p) {
    (void)rows, (void)n, (void)z, (void)a, (void)delta, (void)p;
}

/* exp(z - max z) / sum, row by row. NaN and +inf in a row make the row NaN. */
static void softmax_wide(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a) {
    /* The last vector of a row, whole or not, stays in registers throughout. */
    const ptrdiff_t tail = (n - 1) % VL + 1, before = n - tail;
    vint outside = {0}; /* its elements that are no output */
    for (ptrdiff_t i = tail; i < VL; i++)
        outside[i] = -1;
    for (ptrdiff_t r = 0; r < rows; r++, z += n, a += n) {
        vreal last = vload_part(z + before, tail);
        vreal top = vselect(outside, vset(z[before]), last);
        for (ptrdiff_t i = 0; i < before; i += VL)
            top = vmax(vload(z + i), top);
        const vreal max = vset(vmaximum(top));
        last = vselect(outside, vzero(), vexp(last - max));
        vreal sum = last;
        for (ptrdiff_t i = 0; i < before; i += VL) {
            const vreal e = vexp(vload(z + i) - max);
            sum += e;
            vstore(a + i, e);
        }
        const vreal scale = vset(1 / vsum(sum));
        for (ptrdiff_t i = 0; i < before; i += VL)
            vstore(a + i, vload(a + i) * scale);
        vstore_part(a + before, last * scale, tail);
    }
}

/* Few outputs: turned round, VL rows at a time, one row to an element of every vector, so
 * that sums and maxima cross no vector and the rows do not wait for one another. */
enum { NARROW = 64 };

/* VL rows of two or three outputs: read and written number by number, which takes less than
 * turning round vectors that are mostly empty (half the time, or a fifth). */
enum { FEWEST = VL <= 8 ? 3 : 0 };

INLINE void softmax_rows(const int N, const REAL *z, REAL *a) {
    vreal e[3], sum = vzero();
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        vreal column = vzero();
#pragma GCC unroll 8
        for (int i = 0; i < VL; i++)
            column[i] = z[i * N + j];
        e[j] = column;
    }
    vreal max = e[0];
#pragma GCC unroll 3
    for (int j = 1; j < N; j++)
        max = vmax(e[j], max);
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        e[j] = vexp(e[j] - max);
        sum += e[j];
    }
    const vreal scale = 1 / sum;
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        e[j] *= scale;
#pragma GCC unroll 8
        for (int i = 0; i < VL; i++)
            a[i * N + j] = e[j][i];
    }
}

static void softmax_narrow(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a) {
    REAL columns[NARROW * (VBYTES / sizeof(REAL))] __attribute__((aligned(64)));
    for (ptrdiff_t r = 0; r < rows; r += VL, z += VL * n, a += VL * n) {
        const ptrdiff_t count = rows - r < VL ? rows - r : VL;
        for (ptrdiff_t j = 0; j < n; j += VL)
            transpose_block(count, n - j < VL ? n - j : VL, z + j, n, columns + j * VL, VL,
                            VL);
        vreal max = vload(columns), sum = vzero();
        for (ptrdiff_t j = 1; j < n; j++)
            max = vmax(vload(columns + j * VL), max);
        for (ptrdiff_t j = 0; j < n; j++) {
            const vreal e = vexp(vload(columns + j * VL) - max);
            sum += e;
            vstore(columns + j * VL, e);
        }
        const vreal scale = 1 / sum;
        for (ptrdiff_t j = 0; j < n; j++)
            vstore(columns + j * VL, vload(columns + j * VL) * scale);
        for (ptrdiff_t j = 0; j < n; j += VL)
            transpose_block(n - j < VL ? n - j : VL, count, columns + j * VL, VL, a + j, n,
                            n - j < VL ? n - j : VL);
    }
}

static void activate_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                             const double *p) {
    (void)p;
    if (2 <= n && n <= FEWEST) {
        for (; rows >= VL; rows -= VL, z += VL * n, a += VL * n) {
            if (n == 2)
                softmax_rows(2, z, a);
            else
                softmax_rows(3, z, a);
        }
    }
    if (n <= NARROW) /* for a single row too: its bits are the same in any company */
        softmax_narrow(rows, n, z, a);
    else
        softmax_wide(rows, n, z, a);
}

/* delta_j = a_j (v_j - sum_k v_k a_k), v = dC/da: v times the Jacobian
 * da_k/dz_j = a_k (1{j=k} - a_j). */
static void derive_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                           const REAL *restrict a, REAL *restrict delta,
                           const double *p) {
    (void)z, (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, a += n, delta += n) {
        vreal sum = vzero();
        ptrdiff_t i = 0;
        for (; i + VL <= n; i += VL)
            sum += vload(a + i) * vload(delta + i);
        if (i < n)
            sum += vload_part(a + i, n - i) * vload_part(delta + i, n - i);
        const REAL inner = vsum(sum);
        for (i = 0; i < n; i++)
            delta[i] = a[i] * (delta[i] - inner);
    }
}

#include "piecewise.h"
#include "smooth.h"
#include "rowwise.h"

#endif
