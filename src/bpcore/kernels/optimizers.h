/* Updates of the parameters, with Keras's formulas. */
#ifndef BPCORE_OPTIMIZERS_H
#define BPCORE_OPTIMIZERS_H

#include "simd.h"

#include <math.h>

/* A loop over the vectors of n elements, the last of which may be a part: with it inside,
 * LOAD and STORE see to that. One body for whole and part, so that an element gets the same
 * bits wherever the parameters are cut. */
#define FOR_VECTORS(n)                                                                    \
    for (ptrdiff_t i = 0, part = (n), whole = (n) >= VL; i < (n);                         \
         i += VL, part = (n)-i, whole = part >= VL)
#define LOAD(p) (whole ? vload((p) + i) : vload_part((p) + i, part))
#define STORE(p, x) (whole ? vstore((p) + i, x) : vstore_part((p) + i, x, part))

/* slots: the velocity m, or NULL where the momentum beta_1 is 0. */
static void sgd(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                REAL *const slots[4], const bp_coefficients *c) {
    const REAL rate = (REAL)c->rate, mu = (REAL)c->beta_1;
    REAL *restrict m = slots[0];
    const int nesterov = c->nesterov;
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
 * The divider takes 11 to 14 cycles a vector for the exact square root and quotient, a fifth
 * of a small network's step. Where the processor has estimates good to 14 bits, Newton's
 * iteration for float, and four terms of the series for double, bring both within 2 units in
 * the last place for a third of that. With AVX2's 12 bits the quotient alone is estimated,
 * while the divider takes the root: both at once, in half the time. In double that is a long
 * chain of instructions, of which an AMD core has too few in flight: where the divider is fast
 * (`divides`), it takes both. (Zen 3, cycles for four doubles of adam: 14, where the estimate takes
 * 14 to 20, the more the busier the core's other thread is.) */
INLINE vreal adam_scale(vreal v, vreal eps, int divides) {
    (void)divides;
#if defined(__AVX512F__) && REAL_BITS == 32
    /* The estimate of 0 is infinite, that of infinity 0: stay within the normal numbers. (NaN
     * stays: the second operand is what they give for it.) */
    const vreal x = vmin(vset(3e38f), vmax(vset(1e-37f), v));
    vreal r = _mm512_rsqrt14_ps(x);
    r = r * ((REAL)1.5 - (REAL)0.5 * x * r * r);
    const vreal d = x * r + eps;
    vreal q = _mm512_rcp14_ps(d);
    return q * (2 - d * q);
#elif defined(__AVX512F__)
    const vreal x = vmin(vset(1e308), vmax(vset(1e-300), v));
    /* sqrt(x) = t / sqrt(1 - e) for t = x r, e = 1 - x r^2 <= 2^-13, and likewise 1 / d: the
     * first terms of both series. */
    const vreal r = _mm512_rsqrt14_pd(x), t = x * r, e = 1 - t * r;
    const vreal d = t + t * (e * (0.5 + e * (0.375 + e * 0.3125))) + eps;
    const vreal q = _mm512_rcp14_pd(d), f = 1 - d * q;
    return q + q * (f + f * (f + f * f));
#elif defined(__AVX2__) && REAL_BITS == 32
    /* The estimate of what is above 2^126 is 0, that of infinity too. */
    const vreal d = vmin(vset(0x1p125f), vsqrt(v) + eps);
    const vreal q = _mm256_rcp_ps(d);
    return q * (2 - d * q);
#elif defined(__AVX2__) && REAL_BITS == 64
    const vreal d = vsqrt(v) + eps;
    if (divides)
        return 1 / d;
    const vint fits = (d > 1e-37) & (d < 1e37);
    vreal q = _mm256_cvtps_pd(_mm_rcp_ps(_mm256_cvtpd_ps(d)));
    const vreal e = 1 - d * q; /* a step of third order, then one of second */
    q = q + q * (e + e * e);
    q = q * (2 - d * q);
    if (_mm256_movemask_pd((vreal)fits) != 15) /* element by element: not by their company */
        return vselect(fits, q, 1 / d);
    return q;
#else
    return 1 / (vsqrt(v) + eps);
#endif
}

/* slots: the moments m, v. rate = learning_rate sqrt(1-beta_2^t)/(1-beta_1^t). */
/* One vector at i, or what is left of one. */
INLINE void adam_step(const int WHOLE, ptrdiff_t i, ptrdiff_t part, REAL *restrict w,
                      const REAL *restrict grad, REAL *restrict m, REAL *restrict v, vreal rate,
                      vreal eps, vreal c1, vreal c2, int divides) {
    const int whole = WHOLE;
    const vreal g = LOAD(grad);
    vreal mi = LOAD(m), vi = LOAD(v);
    mi += (g - mi) * c1;
    vi += (g * g - vi) * c2;
    STORE(m, mi);
    STORE(v, vi);
    const vreal wi = LOAD(w) - mi * rate * adam_scale(vi, eps, divides);
    STORE(w, wi);
}

/* m and v are arguments of their own: of pointers read from slots the compiler does not
 * believe that they are apart, and the loop takes a twelfth longer. */
INLINE void adam_apart(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                       REAL *restrict m, REAL *restrict v, vreal rate, vreal eps, vreal c1,
                       vreal c2, int divides) {
    ptrdiff_t i = 0;
    for (; i + VL <= n; i += VL)
        adam_step(1, i, VL, w, grad, m, v, rate, eps, c1, c2, divides);
    if (i < n)
        adam_step(0, i, n - i, w, grad, m, v, rate, eps, c1, c2, divides);
}

static void adam(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                 REAL *const slots[4], const bp_coefficients *c) {
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal c1 = vset((REAL)(1 - c->beta_1)), c2 = vset((REAL)(1 - c->beta_2));
    if (c->divides)
        adam_apart(n, w, grad, slots[0], slots[1], rate, eps, c1, c2, 1);
    else
        adam_apart(n, w, grad, slots[0], slots[1], rate, eps, c1, c2, 0);
}

/* slots: m, v, and the largest v so far. */
static void amsgrad(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict m = slots[0], *restrict v = slots[1], *restrict v_hat = slots[2];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal c1 = vset((REAL)(1 - c->beta_1)), c2 = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad);
        vreal mi = LOAD(m), vi = LOAD(v), largest = LOAD(v_hat);
        mi += (g - mi) * c1;
        vi += (g * g - vi) * c2;
        largest = vmax(largest, vi);
        STORE(m, mi);
        STORE(v, vi);
        STORE(v_hat, largest);
        const vreal wi = LOAD(w) - mi * rate * adam_scale(largest, eps, c->divides);
        STORE(w, wi);
    }
}

/* slots: the mean square v, the velocity m (NULL where the momentum beta_1 is 0), the mean
 * gradient (NULL unless centred). rho is beta_2. */
static void rmsprop(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict v = slots[0], *restrict m = slots[1], *restrict mean = slots[2];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal mu = vset((REAL)c->beta_1);
    const vreal rho = vset((REAL)c->beta_2), rest = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad);
        const vreal vi = rho * LOAD(v) + rest * (g * g);
        STORE(v, vi);
        vreal d = vi + eps;
        if (mean) {
            const vreal gi = rho * LOAD(mean) + rest * g;
            STORE(mean, gi);
            d = vi - gi * gi + eps;
        }
        vreal step = rate * g / vsqrt(d);
        if (m) {
            step += mu * LOAD(m);
            STORE(m, step);
        }
        const vreal wi = LOAD(w) - step;
        STORE(w, wi);
    }
}

/* slots: the sum of squares. */
static void adagrad(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict sum = slots[0];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad), s = LOAD(sum) + g * g;
        STORE(sum, s);
        const vreal wi = LOAD(w) - rate * g / vsqrt(s + eps);
        STORE(w, wi);
    }
}

/* slots: the mean squares of the gradient and of the steps. rho is beta_2. */
static void adadelta(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                     REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict of_grad = slots[0], *restrict of_step = slots[1];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal rho = vset((REAL)c->beta_2), rest = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad), squares = rho * LOAD(of_grad) + rest * (g * g);
        const vreal before = LOAD(of_step);
        const vreal step = vsqrt(before + eps) * g / vsqrt(squares + eps);
        STORE(of_grad, squares);
        STORE(of_step, rho * before + rest * (step * step));
        const vreal wi = LOAD(w) - rate * step;
        STORE(w, wi);
    }
}

/* slots: the mean m and the decaying maximum u. rate = learning_rate/(1-beta_1^t). */
static void adamax(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                   REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict m = slots[0], *restrict u = slots[1];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal c1 = vset((REAL)(1 - c->beta_1)), beta_2 = vset((REAL)c->beta_2);
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad);
        vreal mi = LOAD(m);
        mi += (g - mi) * c1;
        /* The gradient second: where it is NaN, so is the maximum. */
        const vreal ui = vmax(beta_2 * LOAD(u), vmax(g, -g));
        STORE(m, mi);
        STORE(u, ui);
        const vreal wi = LOAD(w) - rate * mi / (ui + eps);
        STORE(w, wi);
    }
}

/* slots: m, v. w -= (of_m m + of_g g) / (sqrt(of_v v) + epsilon). */
static void nadam(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                  REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict m = slots[0], *restrict v = slots[1];
    const vreal of_m = vset((REAL)c->of_m), of_g = vset((REAL)c->of_g);
    const vreal of_v = vset((REAL)c->of_v), eps = vset((REAL)c->epsilon);
    const vreal c1 = vset((REAL)(1 - c->beta_1)), c2 = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad);
        vreal mi = LOAD(m), vi = LOAD(v);
        mi += (g - mi) * c1;
        vi += (g * g - vi) * c2;
        STORE(m, mi);
        STORE(v, vi);
        const vreal wi = LOAD(w) - (of_m * mi + of_g * g) / (vsqrt(of_v * vi) + eps);
        STORE(w, wi);
    }
}

/* slots: the sum of squares and the linear term. power is -learning_rate_power, l2 has
 * beta/(2 learning_rate) in it. */
static void ftrl(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                 REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict sum = slots[0], *restrict linear = slots[1];
    const vreal per_rate = vset((REAL)(1 / c->rate)), l1 = vset((REAL)c->l1);
    const vreal twice_l2 = vset((REAL)(2 * c->l2)), shrink = vset((REAL)(2 * c->shrinkage));
    const int root = c->power == 0.5;
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad), wi = LOAD(w), before = LOAD(sum);
        const vreal now = before + g * g;
        vreal from = vsqrt(before), to = vsqrt(now);
        if (!root)
            for (ptrdiff_t j = 0; j < VL; j++) { /* rare: a call for each element */
                from[j] = (REAL)pow((double)before[j], c->power);
                to[j] = (REAL)pow((double)now[j], c->power);
            }
        const vreal l = LOAD(linear) + (g + shrink * wi) - (to - from) * per_rate * wi;
        const vreal held = vmin(vmax(l, -l1), l1);
        STORE(sum, now);
        STORE(linear, l);
        STORE(w, (held - l) / (to * per_rate + twice_l2));
    }
}

/* slots: the mean m. */
static void lion(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                 REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict m = slots[0];
    const vreal rate = vset((REAL)c->rate), one = vset(1);
    const vreal b1 = vset((REAL)c->beta_1), c1 = vset((REAL)(1 - c->beta_1));
    const vreal b2 = vset((REAL)c->beta_2), c2 = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD(grad), mi = LOAD(m);
        const vreal way = b1 * mi + c1 * g;
        vreal sign = vselect(way > 0, one, vselect(way < 0, -one, way)); /* 0 and NaN stay */
        const vreal wi = LOAD(w) - rate * sign;
        STORE(m, b2 * mi + c2 * g);
        STORE(w, wi);
    }
}

#endif
