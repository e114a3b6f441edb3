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

/* 1 / (sqrt(v) + eps), v >= 0.
 *
 * The divider takes 14 cycles a vector for the exact square root and quotient, a fifth
 * of a small network's step. Where the processor has estimates good to 14 bits, Newton's
 * iteration (one for float, two for double) brings both within 2 units in the last
 * place for a third of that. AVX2's 12 bits win nothing in float, for either half; in double
 * the quotient alone wins a tenth, its estimate being a float's. */
INLINE vreal adam_scale(vreal v, vreal eps) {
#if defined(__AVX512F__) && REAL_BITS == 32
    /* The estimate of 0 is infinite, that of infinity 0: stay within the normal numbers. */
    const vreal x = vmin(vmax(v, vset(1e-37f)), vset(3e38f));
    vreal r = _mm512_rsqrt14_ps(x);
    r = r * ((REAL)1.5 - (REAL)0.5 * x * r * r);
    const vreal d = x * r + eps;
    vreal q = _mm512_rcp14_ps(d);
    return q * (2 - d * q);
#elif defined(__AVX512F__)
    const vreal x = vmin(vmax(v, vset(1e-300)), vset(1e308));
    vreal r = _mm512_rsqrt14_pd(x);
    r = r * (1.5 - 0.5 * x * r * r);
    r = r * (1.5 - 0.5 * x * r * r);
    const vreal d = x * r + eps;
    vreal q = _mm512_rcp14_pd(d);
    q = q * (2 - d * q);
    return q * (2 - d * q);
#elif defined(__AVX2__) && REAL_BITS == 64
    const vreal d = vsqrt(v) + eps;
    const vint fits = (d > 1e-37) & (d < 1e37);
    if (_mm256_movemask_pd((vreal)fits) != 15)
        return 1 / d;
    vreal q = _mm256_cvtps_pd(_mm_rcp_ps(_mm256_cvtpd_ps(d)));
    const vreal e = 1 - d * q; /* a step of third order, then one of second */
    q = q + q * (e + e * e);
    return q * (2 - d * q);
#else
    return 1 / (vsqrt(v) + eps);
#endif
}

static void adam(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad, REAL *restrict m,
                 REAL *restrict v, double alpha, double beta_1, double beta_2,
                 double epsilon) {
    const vreal rate = vset((REAL)alpha), eps = vset((REAL)epsilon);
    const vreal c1 = vset((REAL)(1 - beta_1)), c2 = vset((REAL)(1 - beta_2));
    for (ptrdiff_t i = 0; i < n; i += VL) {
        const ptrdiff_t part = n - i;
        const int whole = part >= VL;
#define LOAD(p) (whole ? vload(p + i) : vload_part(p + i, part))
#define STORE(p, x) (whole ? vstore(p + i, x) : vstore_part(p + i, x, part))
        const vreal g = LOAD(grad);
        vreal mi = LOAD(m), vi = LOAD(v);
        mi += (g - mi) * c1;
        vi += (g * g - vi) * c2;
        STORE(m, mi);
        STORE(v, vi);
        const vreal wi = LOAD(w) - mi * rate * adam_scale(vi, eps);
        STORE(w, wi);
#undef LOAD
#undef STORE
    }
}

#endif
