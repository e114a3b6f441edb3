/* What may surround the update of parameters: penalties, accumulated gradients, clipping,
 * moving averages. None of it is on the way of a plain training. */
#ifndef BPCORE_PARAMETERS_H
#define BPCORE_PARAMETERS_H

#include "optimizers.h"
#include "simd.h"

#include <math.h>

/* Double sums of a few columns: one fixed order, and enough of them for the adder. */
enum { SUMS = 32 };

/* The sum of x^2, or else of |x|. */
INLINE double sum_of(const int SQUARES, ptrdiff_t n, const REAL *x) {
#define TERM(x) (SQUARES ? (double)(x) * (double)(x) : fabs((double)(x)))
    double sums[SUMS] = {0}, total = 0;
    ptrdiff_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (int j = 0; j < SUMS; j++)
            sums[j] += TERM(x[i + j]);
    for (int j = 0; i + j < n; j++)
        sums[j] += TERM(x[i + j]);
    for (int j = 0; j < SUMS; j++)
        total += sums[j];
    return total;
#undef TERM
}

static double sum_of_squares(ptrdiff_t n, const REAL *x) { return sum_of(1, n, x); }

static double penalty(ptrdiff_t n, const REAL *w, double l1, double l2) {
    /* Not 0 times an overflow where only one of the two is wanted. */
    return (l1 != 0 ? l1 * sum_of(0, n, w) : 0) + (l2 != 0 ? l2 * sum_of(1, n, w) : 0);
}

static void penalty_gradient(ptrdiff_t n, const REAL *restrict w, double l1, double l2,
                             REAL *restrict grad) {
    const vreal first = vset((REAL)l1), second = vset((REAL)(2 * l2)), zero = vzero();
    if (l1 == 0) {
        FOR_VECTORS(n) {
            const vreal g = vfma(second, LOAD_AT(w), LOAD_AT(grad));
            STORE_AT(grad, g);
        }
        return;
    }
    FOR_VECTORS(n) {
        const vreal x = LOAD_AT(w);
        const vreal sign = vselect(x > 0, first, vselect(x < 0, -first, zero));
        const vreal g = LOAD_AT(grad) + vfma(second, x, sign);
        STORE_AT(grad, g);
    }
}

static void accumulate(ptrdiff_t n, const REAL *restrict grad, REAL *restrict sum) {
    for (ptrdiff_t i = 0; i < n; i++)
        sum[i] += grad[i];
}

static void release(ptrdiff_t n, double scale, REAL *restrict sum, REAL *restrict grad) {
    const REAL s = (REAL)scale;
    for (ptrdiff_t i = 0; i < n; i++) {
        grad[i] = (grad[i] + sum[i]) * s;
        sum[i] = 0;
    }
}

static void scale_all(ptrdiff_t n, double factor, REAL *x) {
    const REAL f = (REAL)factor;
    for (ptrdiff_t i = 0; i < n; i++)
        x[i] *= f;
}

static void clip_all(ptrdiff_t n, double low, double high, REAL *x) {
    const REAL from = (REAL)low, to = (REAL)high;
    for (ptrdiff_t i = 0; i < n; i++)
        x[i] = x[i] < from ? from : x[i] > to ? to : x[i];
}

static void moving_average(ptrdiff_t n, const REAL *restrict w, double momentum,
                           REAL *restrict average) {
    const vreal old = vset((REAL)momentum), new = vset((REAL)(1 - momentum));
    FOR_VECTORS(n) {
        const vreal a = vmix(old, LOAD_AT(average), new, LOAD_AT(w));
        STORE_AT(average, a);
    }
}

#endif
