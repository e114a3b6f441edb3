/* Updates of the parameters, with Keras's formulas. */
#ifndef BPCORE_OPTIMIZERS_H
#define BPCORE_OPTIMIZERS_H

#include "adam.h"
#include "simd.h"

#include <math.h>

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

/* slots: the mean square v, the velocity m (NULL where the momentum beta_1 is 0), the mean
 * gradient (NULL unless centred). rho is beta_2. */
static void rmsprop(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict v = slots[0], *restrict m = slots[1], *restrict mean = slots[2];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal mu = vset((REAL)c->beta_1);
    const vreal rho = vset((REAL)c->beta_2), rest = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD_AT(grad);
        const vreal vi = vmix(rho, LOAD_AT(v), rest, g * g);
        STORE_AT(v, vi);
        vreal d = vi + eps;
        if (mean) {
            const vreal gi = vmix(rho, LOAD_AT(mean), rest, g);
            STORE_AT(mean, gi);
            d = vfma(-gi, gi, vi) + eps;
        }
        vreal step = rate * g / vsqrt(d);
        if (m) {
            step = vfma(mu, LOAD_AT(m), step);
            STORE_AT(m, step);
        }
        const vreal wi = LOAD_AT(w) - step;
        STORE_AT(w, wi);
    }
}

/* slots: the sum of squares. */
static void adagrad(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict sum = slots[0];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    FOR_VECTORS(n) {
        const vreal g = LOAD_AT(grad), s = vfma(g, g, LOAD_AT(sum));
        STORE_AT(sum, s);
        const vreal wi = LOAD_AT(w) - rate * g / vsqrt(s + eps);
        STORE_AT(w, wi);
    }
}

/* slots: the mean squares of the gradient and of the steps. rho is beta_2. */
static void adadelta(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                     REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict of_grad = slots[0], *restrict of_step = slots[1];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal rho = vset((REAL)c->beta_2), rest = vset((REAL)(1 - c->beta_2));
    FOR_VECTORS(n) {
        const vreal g = LOAD_AT(grad), squares = vmix(rho, LOAD_AT(of_grad), rest, g * g);
        const vreal before = LOAD_AT(of_step);
        const vreal step = vsqrt(before + eps) * g / vsqrt(squares + eps);
        STORE_AT(of_grad, squares);
        STORE_AT(of_step, vmix(rho, before, rest, step * step));
        const vreal wi = vfma(-rate, step, LOAD_AT(w));
        STORE_AT(w, wi);
    }
}

/* slots: the mean m and the decaying maximum u. rate = learning_rate/(1-beta_1^t). */
static void adamax(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                   REAL *const slots[4], const bp_coefficients *c) {
    REAL *restrict m = slots[0], *restrict u = slots[1];
    const vreal rate = vset((REAL)c->rate), eps = vset((REAL)c->epsilon);
    const vreal c1 = vset((REAL)(1 - c->beta_1)), beta_2 = vset((REAL)c->beta_2);
    FOR_VECTORS(n) {
        const vreal g = LOAD_AT(grad);
        vreal mi = LOAD_AT(m);
        mi = vfma(g - mi, c1, mi);
        /* The gradient second: where it is NaN, so is the maximum. */
        const vreal ui = vmax(beta_2 * LOAD_AT(u), vmax(g, -g));
        STORE_AT(m, mi);
        STORE_AT(u, ui);
        const vreal wi = LOAD_AT(w) - rate * mi / (ui + eps);
        STORE_AT(w, wi);
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
        const vreal g = LOAD_AT(grad);
        vreal mi = LOAD_AT(m), vi = LOAD_AT(v);
        mi = vfma(g - mi, c1, mi);
        vi = vfma(vfma(g, g, -vi), c2, vi);
        STORE_AT(m, mi);
        STORE_AT(v, vi);
        const vreal wi = LOAD_AT(w) - vmix(of_m, mi, of_g, g) / (vsqrt(of_v * vi) + eps);
        STORE_AT(w, wi);
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
        const vreal g = LOAD_AT(grad), wi = LOAD_AT(w), before = LOAD_AT(sum);
        const vreal now = vfma(g, g, before);
        vreal from = vsqrt(before), to = vsqrt(now);
        if (!root)
            for (ptrdiff_t j = 0; j < VL; j++) { /* rare: a call for each element */
                from[j] = (REAL)pow((double)before[j], c->power);
                to[j] = (REAL)pow((double)now[j], c->power);
            }
        const vreal l =
            vfma((from - to) * per_rate, wi, LOAD_AT(linear) + vfma(shrink, wi, g));
        const vreal held = vmin(vmax(l, -l1), l1);
        STORE_AT(sum, now);
        STORE_AT(linear, l);
        STORE_AT(w, (held - l) / vfma(to, per_rate, twice_l2));
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
        const vreal g = LOAD_AT(grad), mi = LOAD_AT(m);
        const vreal way = vmix(b1, mi, c1, g);
        vreal sign = vselect(way > 0, one, vselect(way < 0, -one, way)); /* 0 and NaN stay */
        const vreal wi = vfma(-rate, sign, LOAD_AT(w));
        STORE_AT(m, vmix(b2, mi, c2, g));
        STORE_AT(w, wi);
    }
}

#endif
