/* Updates of the parameters, with Keras's formulas. */
#ifndef BPCORE_OPTIMIZERS_H
#define BPCORE_OPTIMIZERS_H

#include "simd.h"

#include <math.h>

static void sgd(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad, REAL *restrict m,
                double learning_rate, double momentum, int nesterov) {
    const REAL rate = (REAL)learning_rate, mu = (REAL)momentum;
    if (!m) {
        for (ptrdiff_t i = 0; i < n; i++)
            w[i] -= rate * grad[i];
        return;
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        m[i] = mu * m[i] - rate * grad[i];
        w[i] += nesterov ? mu * m[i] - rate * grad[i] : m[i];
    }
}

static void adam(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad, REAL *restrict m,
                 REAL *restrict v, double alpha, double beta_1, double beta_2,
                 double epsilon) {
    const REAL rate = (REAL)alpha, eps = (REAL)epsilon;
    const REAL c1 = (REAL)(1 - beta_1), c2 = (REAL)(1 - beta_2);
    for (ptrdiff_t i = 0; i < n; i++) {
        const REAL g = grad[i];
        m[i] += (g - m[i]) * c1;
        v[i] += (g * g - v[i]) * c2;
#if REAL_BITS == 32
        w[i] -= m[i] * rate / (sqrtf(v[i]) + eps);
#else
        w[i] -= m[i] * rate / (sqrt(v[i]) + eps);
#endif
    }
}

#endif
