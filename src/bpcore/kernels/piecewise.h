/* Activations made of straight lines and parabolas. At the kinks their derivatives are
 * those Keras has on JAX. z may be a only where a tells on which side of a kink z is:
 * leaky_relu with a positive slope, hard_sigmoid.
 *
 * Included by activations.h. */
#ifndef BPCORE_PIECEWISE_H
#define BPCORE_PIECEWISE_H

#include "vecmath.h"

#include <math.h>

#define UNUSED (void)z, (void)a, (void)p

/* yes where the mask is set, else 0. */
INLINE vreal vwhere(vint mask, vreal yes) { return (vreal)(mask & (vint)yes); }

/* min(max(x, low), high); NaN stays NaN. */
INLINE vreal vclip(vreal x, vreal low, vreal high) { return vmin(high, vmax(low, x)); }

/* p_0 z below 0. p: slope */
INLINE vreal leaky_relu(vreal z, const vreal *p) { return vselect(z < 0, p[0] * z, z); }
INLINE vreal leaky_relu_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vselect(z < 0, p[0] * delta, delta);
}

/* Above the threshold z, at most max and, if there is a max, at least 0; below it
 * slope (z - threshold). p: slope, max (infinity: none), threshold */
INLINE vreal relu_general(vreal z, const vreal *p) {
    const vint bounded = p[1] < (REAL)INFINITY;
    const vreal low = vwhere(~bounded, vset(-(REAL)INFINITY));
    const vreal above = vclip(vselect(z <= p[2], vzero(), z), low, p[1]);
    return above + vwhere((z < p[2]) & (p[0] != 0), p[0] * (z - p[2]));
}
INLINE vreal relu_general_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    const vint bounded = p[1] < (REAL)INFINITY, six = (p[1] == 6) & (p[2] == 0);
    /* Where z meets a bound Keras halves the slope, except in relu6. */
    const vreal at_max = vwhere((z == p[1]) & ~six, vset((REAL)0.5));
    const vreal at_0 = vwhere(z == 0, vset((REAL)0.5));
    const vreal under_max = vselect(z < p[1], vset(1), at_max);
    const vreal over_0 = vselect(bounded & (z <= 0), at_0, vset(1));
    UNUSED;
    return delta * (vwhere(z > p[2], under_max * over_0) + vwhere(z < p[2], p[0]));
}

/* max(0, min(6, z + 3)) / 6 */
INLINE vreal hard_sigmoid_of(vreal z) { return vclip(z + 3, vzero(), vset(6)) / 6; }
INLINE vreal hard_sigmoid(vreal z, const vreal *p) {
    (void)p;
    return hard_sigmoid_of(z);
}
INLINE vreal hard_sigmoid_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vwhere((a > 0) & (a < 1), delta / 6);
}

/* z hard_sigmoid(z) */
INLINE vreal hard_silu(vreal z, const vreal *p) {
    (void)p;
    return vmax(vset(-3), z) * hard_sigmoid_of(z);
}
INLINE vreal hard_silu_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    const vreal s = hard_sigmoid_of(z);
    UNUSED;
    return delta * (s + vwhere((s > 0) & (s < 1), z / 6));
}

INLINE vreal hard_tanh(vreal z, const vreal *p) {
    (void)p;
    return vclip(z, vset(-1), vset(1));
}
INLINE vreal hard_tanh_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vwhere((z >= -1) & (z <= 1), delta);
}

/* z, or 0 where |z| <= p_0. p: threshold */
INLINE vreal hard_shrink(vreal z, const vreal *p) {
    return vselect(vabs(z) <= p[0], vzero(), z);
}
INLINE vreal hard_shrink_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vwhere(vabs(z) > p[0], delta);
}

/* z - p_0 above p_0, z + p_0 below -p_0, else 0. p: threshold */
INLINE vreal soft_shrink(vreal z, const vreal *p) {
    const vreal inside = vwhere(z != z, z);
    return vselect(z > p[0], z - p[0], vselect(z < -p[0], z + p[0], inside));
}
INLINE vreal soft_shrink_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vwhere((z > p[0]) | (z < -p[0]), delta);
}

/* z above p_0, else p_1. p: threshold, default value */
INLINE vreal threshold(vreal z, const vreal *p) { return vselect(z <= p[0], p[1], z); }
INLINE vreal threshold_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return vwhere(z > p[0], delta);
}

/* 0 up to -1, (z + 1)^2 / 4 up to 1, then z */
INLINE vreal sparse_plus(vreal z, const vreal *p) {
    const vreal t = z + 1;
    (void)p;
    return vselect(z <= -1, vzero(), vselect(z >= 1, z, t * t * (REAL)0.25));
}
INLINE vreal sparse_plus_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    UNUSED;
    return delta * vclip((z + 1) * (REAL)0.5, vzero(), vset(1));
}

/* max(0, min(2, z + 1)) / 2 */
INLINE vreal sparse_sigmoid(vreal z, const vreal *p) {
    (void)p;
    return vclip(z + 1, vzero(), vset(2)) * (REAL)0.5;
}
INLINE vreal sparse_sigmoid_delta(vreal z, vreal a, vreal delta, const vreal *p) {
    const vreal t = z + 1;
    const vreal at_kink = vwhere((t == 0) | (t == 2), vset((REAL)0.25));
    UNUSED;
    return delta * vselect((t > 0) & (t < 2), vset((REAL)0.5), at_kink);
}

DEFINE_PARAMETRIC(leaky_relu, leaky_relu, leaky_relu_delta)
DEFINE_PARAMETRIC(relu_general, relu_general, relu_general_delta)
DEFINE_PARAMETRIC(hard_sigmoid, hard_sigmoid, hard_sigmoid_delta)
DEFINE_PARAMETRIC(hard_silu, hard_silu, hard_silu_delta)
DEFINE_PARAMETRIC(hard_tanh, hard_tanh, hard_tanh_delta)
DEFINE_PARAMETRIC(hard_shrink, hard_shrink, hard_shrink_delta)
DEFINE_PARAMETRIC(soft_shrink, soft_shrink, soft_shrink_delta)
DEFINE_PARAMETRIC(threshold, threshold, threshold_delta)
DEFINE_PARAMETRIC(sparse_plus, sparse_plus, sparse_plus_delta)
DEFINE_PARAMETRIC(sparse_sigmoid, sparse_sigmoid, sparse_sigmoid_delta)

#endif
