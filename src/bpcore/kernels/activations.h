/* Activations g and their derivatives g': the common ones, and the macros that make kernels
 * of functions of a vector. The others are in the headers included at the end. */
#ifndef BPCORE_ACTIVATIONS_H
#define BPCORE_ACTIVATIONS_H

#include "slopes.h"
#include "tanh.h"
#include "transpose.h"
#include "vecmath.h"

#include <string.h>

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

#include "piecewise.h"
#include "smooth.h"
#include "softmax.h"
#include "rowwise.h"

#endif
