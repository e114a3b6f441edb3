/* exp, expm1, log, log1p and sigmoid of a vector: branch-free, NaN in gives NaN out.
 *
 * All but the logarithms rest on one reduction: x = k ln 2 + r with |r| <= ln(2)/2, and
 * exp(x) = 2^k (1 + q), q = expm1(r) by a polynomial. */
#ifndef BPCORE_VECMATH_H
#define BPCORE_VECMATH_H

#include "simd.h"

#include <math.h>

#define LOG2_E 1.442695040888963407359924681
#if REAL_BITS == 32
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define LN2_HIGH 0.693145751953125f /* trailing bits 0: k * LN2_HIGH is exact */
#define LN2_LOW 1.42860682030941723212e-6f
#define ROUNDER 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer */
#define EXP_MIN -104.0f     /* exp is 0 below */
#define EXP_MAX 89.0f       /* and infinite above */
#else
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define LN2_HIGH 0.693147180369123816490
#define LN2_LOW 1.90821492927058770002e-10
#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52 */
#define EXP_MIN -746.0
#define EXP_MAX 710.0
#endif

/* expm1(r) for |r| <= ln(2)/2: the Taylor series as far as REAL resolves it. In double by its odd
 * and even terms, for two shorter chains. */
INLINE vreal expm1_reduced(vreal r) {
    const vreal s = r * r;
#if REAL_BITS == 32
    /* (expm1(r) - r) / r^2; truncating at r^7/7! costs 2e-9 relative. */
    vreal u = vset(1.0f / 5040);
    u = u * r + 1.0f / 720;
    u = u * r + 1.0f / 120;
    u = u * r + (REAL)(1.0 / 24);
    u = u * r + (REAL)(1.0 / 6);
    u = u * r + (REAL)0.5;
#else
    vreal odd = vset(1.0 / 6227020800.0), even = vset(1.0 / 479001600);
    odd = odd * s + 1.0 / 39916800;
    even = even * s + 1.0 / 3628800;
    odd = odd * s + 1.0 / 362880;
    even = even * s + 1.0 / 40320;
    odd = odd * s + 1.0 / 5040;
    even = even * s + 1.0 / 720;
    odd = odd * s + 1.0 / 120;
    even = even * s + 1.0 / 24;
    odd = odd * s + 1.0 / 6;
    even = even * s + 0.5;
    const vreal u = odd * r + even;
#endif
    return u * s + r;
}

/* x = k ln 2 + r; returns r, sets k. x lies between EXP_MIN and EXP_MAX or is NaN. */
INLINE vreal reduce(vreal x, vint *k) {
    const vreal shifted = x * (REAL)LOG2_E + ROUNDER;
    /* The low mantissa bits of `shifted` are k in two's complement. */
    const vreal rounder = vset(ROUNDER);
    *k = (vint)shifted - (vint)rounder;
    const vreal n = shifted - ROUNDER;
    return (x - n * LN2_HIGH) - n * LN2_LOW;
}

/* k as REAL, |k| far below 2^MANTISSA_BITS: the reverse of what `reduce` does. */
INLINE vreal vreal_of(vint k) {
    return (vreal)(k + (vint)vset(ROUNDER)) - ROUNDER;
}

/* 2^k, EXPONENT_BIAS + k within the normal exponents. */
INLINE vreal power_of_2(vint k) { return (vreal)((k + EXPONENT_BIAS) << MANTISSA_BITS); }

INLINE vreal vexp(vreal x) {
    vint k;
    x = vmax(vset(EXP_MIN), vmin(vset(EXP_MAX), x)); /* NaN stays NaN */
    const vreal r = reduce(x, &k);
    const vreal p = expm1_reduced(r) + 1;
    /* In two factors, so that neither overflows before exp does and results
     * below the normal range are rounded once. */
    const vint half = k >> 1;
    return p * power_of_2(half) * power_of_2(k - half);
}

/* The sign bit alone: the least integer, made without a shift into it. */
#define SIGN (-2 * ((INT)1 << (REAL_BITS - 2)))

INLINE vreal vabs(vreal x) { return (vreal)((vint)x & ~SIGN); }

/* |x| with the sign of `sign`, x >= 0. */
INLINE vreal vcopysign(vreal x, vreal sign) {
    return (vreal)((vint)x | ((vint)sign & SIGN));
}

/* 1 / (1 + exp(-x)) from e = exp(-|x|), which cannot overflow. For x < 0 that is
 * e / (1 + e), and the rounding of 1 + e would be seen where e has a mantissa near 1 and
 * the result one near 2: it is taken back to first order, with 1 / (1 + e) = 1 - a. */
INLINE vreal sigmoid_of(vreal x, vreal e) {
    const vint negative = x < 0;
    const vreal d = e + 1;
    const vreal rounded = (vreal)(negative & (vint)(e - (d - 1)));
    const vreal a = vselect(negative, e, vset(1)) / d;
    return a - a * (1 - a) * rounded;
}

INLINE vreal vsigmoid(vreal x) { return sigmoid_of(x, vexp(-vabs(x))); }

/* x 2^k in two factors, neither of which leaves the normal exponents before x 2^k does. */
INLINE vreal scale_by_2(vreal x, vint k) {
    const vint half = k >> 1;
    return x * power_of_2(half) * power_of_2(k - half);
}

/* The exact a b - product where product = a b rounded. */
#ifndef NO_FMA
INLINE vreal product_error(vreal a, vreal b, vreal product) { return vfma(a, b, -product); }
#else
/* Dekker 1971: by halves of the mantissas, whose products are exact. */
INLINE vreal product_error(vreal a, vreal b, vreal product) {
    const INT mask = -((INT)1 << (MANTISSA_BITS + 2) / 2);
    const vreal a_high = (vreal)((vint)a & mask), a_low = a - a_high;
    const vreal b_high = (vreal)((vint)b & mask), b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}
#endif

/* exp(x + x_low) = 2^k (returned + low), x <= 0 and x_low far smaller. Small enough below
 * EXP_MIN that a factor of 1000 leaves it 0. */
INLINE vreal exp_parts(vreal x, vreal x_low, vreal *low, vint *k) {
    const vreal r = reduce(vmax(vset(EXP_MIN - 8), x), k) + x_low;
    const vreal q = expm1_reduced(r), p = q + 1;
    *low = q - (p - 1);
    return p;
}

/* exp(x) - 1 for x <= 0. */
INLINE vreal vexpm1(vreal x) {
    vint k;
    /* It is -1 to the last bit far before -60; NaN stays NaN. */
    const vreal q = expm1_reduced(reduce(vmax(vset(-60), x), &k));
    const vreal scale = power_of_2(k);
    return scale * q + (scale - 1);
}

/* log(1 + e) for 0 <= e <= 1: 2 artanh(y), y = e / (2 + e) <= 1/3, by its Taylor series as
 * far as REAL resolves it. */
INLINE vreal vlog1p(vreal e) {
    enum { TERMS = REAL_BITS == 32 ? 7 : 16 };
    const vreal y = e / (e + 2), s = y * y;
    vreal u = vset((REAL)1 / (2 * TERMS + 1));
#pragma GCC unroll 16
    for (int i = TERMS - 1; i > 0; i--)
        u = u * s + (REAL)1 / (REAL)(2 * i + 1);
    const vreal twice = y + y;
    return twice + twice * (s * u);
}

/* log(x) for normal x > 0 and infinity: x = 2^k (1 + f) with 1 + f between the roots of 1/2
 * and 2, and log(1 + f) = 2 artanh(y), y = f / (2 + f), as f - f^2/2 + y (f^2/2 + R): the
 * first terms are exact or small, where 2y would bring its own rounding. R is artanh's Taylor
 * series from y^3 on, by its odd and even terms for two shorter chains. */
INLINE vreal vlog(vreal x) {
    enum { PAIRS = REAL_BITS == 32 ? 2 : 5 };
    const vreal root = vset((REAL)0.70710678118654752440);
    const vint k = ((vint)x - (vint)root) >> MANTISSA_BITS;
    const vreal f = (vreal)((vint)x - (k << MANTISSA_BITS)) - 1;
    const vreal y = f / (f + 2), s = y * y, s2 = s * s;
    vreal odd = vset((REAL)2 / (4 * PAIRS - 1)), even = vset((REAL)2 / (4 * PAIRS + 1));
#pragma GCC unroll 4
    for (int i = PAIRS - 1; i > 0; i--) {
        odd = odd * s2 + (REAL)2 / (REAL)(4 * i - 1);
        even = even * s2 + (REAL)2 / (REAL)(4 * i + 1);
    }
    const vreal r = s * odd + s2 * even;
    const vreal n = vreal_of(k), square = (REAL)0.5 * (f * f);
    const vreal log = n * LN2_HIGH - ((square - (y * (square + r) + n * LN2_LOW)) - f);
    return vselect(x < (REAL)INFINITY, log, x);
}

#endif
