/* Smooth activations. At +-infinity each has its limit. Those whose derivative is computed
 * from a alone may have z = a: elu (if p_0 >= 0), exponential, softplus, log_sigmoid.
 *
 * Included by activations.h. */
#ifndef BPCORE_SMOOTH_H
#define BPCORE_SMOOTH_H

#include "gelu.h"
#include "piecewise.h"

#define DEFINE_SMOOTH(name, value, slope)                                              \
    INLINE vreal name##_value(vreal z, const vreal *p) {                               \
        (void)p;                                                                       \
        return value;                                                                  \
    }                                                                                  \
    INLINE vreal name##_delta(vreal z, vreal a, vreal delta, const vreal *p) {         \
        UNUSED;                                                                        \
        return delta * (slope);                                                        \
    }                                                                                  \
    DEFINE_PARAMETRIC(name, name##_value, name##_delta)

/* p_1 z above 0, p_0 (exp(p_2 z) - 1) up to 0: with p = (alpha, 1, 1) elu, with (alpha, 1,
 * 1/alpha) celu, with Klambauer's constants selu. */
DEFINE_SMOOTH(elu, vselect(z > 0, p[1] * z, p[0] * vexpm1(vmin(vzero(), p[2] * z))),
              vselect(z > 0, p[1], p[2] * (a + p[0])))

DEFINE_SMOOTH(exponential, vexp(z), a)

INLINE vreal softplus_of(vreal z) { return vmax(vzero(), z) + vlog1p(vexp(-vabs(z))); }
DEFINE_SMOOTH(softplus, softplus_of(z), -vexpm1(-a)) /* 1 - exp(-a) */
DEFINE_SMOOTH(log_sigmoid, -softplus_of(-z), -vexpm1(a))

/* z / (1 + |z|); beyond 1e30 that is +-1. */
INLINE vreal softsign_of(vreal z) {
    z = vclip(z, vset((REAL)-1e30), vset((REAL)1e30));
    return z / (vabs(z) + 1);
}
INLINE vreal softsign_prime(vreal z) {
    const vreal d = 1 / (vabs(z) + 1);
    return d * d;
}
DEFINE_SMOOTH(softsign, softsign_of(z), softsign_prime(z))

/* (z + r) / 2, r = sqrt(z^2 + p_0), without the difference where z < 0; g' = a / r. */
INLINE vreal squareplus_root(vreal z, vreal b) {
    const vreal size = vabs(z);
    return vselect(size > (REAL)1e15, size, vsqrt(z * z + b));
}
INLINE vreal squareplus_of(vreal z, vreal b) {
    const vreal sum = (squareplus_root(z, b) + vabs(z)) * (REAL)0.5;
    return vselect(z < 0, (REAL)0.25 * b / sum, sum);
}
DEFINE_SMOOTH(squareplus, squareplus_of(z, p[0]), a / squareplus_root(z, p[0]))

/* z - tanh z; by t = z / 2 near 0: with T = tanh t and c = t - T it is
 * 2 (t T^2 + c) / (1 + T^2), a sum of terms of one sign. */
INLINE vreal tanh_shrink_of(vreal z) {
    const vreal t = (REAL)0.5 * z, c = -tanh_excess(t), T = t - c;
    const vreal small = 2 * (t * (T * T) + c) / (T * T + 1);
    return vselect(vabs(z) < 1, small, z - vtanh(z));
}
INLINE vreal square(vreal x) { return x * x; }
DEFINE_SMOOTH(tanh_shrink, tanh_shrink_of(z), square(vtanh(z)))

/* Beyond these bounds the functions below are 0 or z to the last bit; within them no
 * infinity meets a 0. */
INLINE vreal clip_low(vreal z) { return vmax(vset(2 * EXP_MIN), z); }
INLINE vreal clip_both(vreal z) { return vclip(z, vset(2 * EXP_MIN), vset(-2 * EXP_MIN)); }

/* silu: z s, s = sigmoid(z); g' = s + z s (1 - s), with e = exp(-|z|):
 * s (1 - s) = e / (1 + e)^2. */
INLINE vreal silu_prime(vreal z) {
    z = clip_both(z);
    const vreal e = vexp(-vabs(z)), d = 1 / (e + 1);
    return d * (vselect(z < 0, e, vset(1)) + z * (e * d));
}
DEFINE_SMOOTH(silu, clip_low(z) * vsigmoid(z), silu_prime(z))

/* mish: z t, t = tanh(softplus(z)). With u = exp(z), t = m / (m + 2), m = u (u + 2); with
 * e = exp(-|z|) that is top / bottom: top = e (e + 2), bottom = top + 2 where z < 0, top =
 * 1 + 2e, bottom = top + 2e^2 elsewhere. g' = t + z 4 u (1 + u) / (m + 2)^2. */
INLINE vreal mish_of(vreal z) {
    const vreal e = vexp(-vabs(z));
    const vint negative = z < 0;
    const vreal top = vselect(negative, e * (e + 2), e + e + 1);
    return clip_low(z) * (top / (top + 2 * vselect(negative, vset(1), e * e)));
}
INLINE vreal mish_prime(vreal z) {
    z = clip_both(z);
    const vreal e = vexp(-vabs(z));
    const vint negative = z < 0;
    const vreal top = vselect(negative, e * (e + 2), e + e + 1);
    const vreal inverse = 1 / (top + 2 * vselect(negative, vset(1), e * e));
    const vreal u = vselect(negative, e, e * e);
    return inverse * (top + z * (4 * u * (e + 1) * inverse));
}
DEFINE_SMOOTH(mish, mish_of(z), mish_prime(z))

DEFINE_SMOOTH(gelu, gelu(z), gelu_prime(z, a))
DEFINE_SMOOTH(gelu_tanh, gelu_tanh(z), gelu_tanh_prime(z))

#endif
