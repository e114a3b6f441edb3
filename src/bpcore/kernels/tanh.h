/* tanh of a vector; NaN in gives NaN out. */
#ifndef BPCORE_TANH_H
#define BPCORE_TANH_H

#include "vecmath.h"

/* tanh(x) - x = x s P(s), s = x^2, for |x| <= 0.5494; the coefficients of P come from
 * tests/make_tanh_coefficients.py. */
INLINE vreal tanh_excess(vreal x) {
    const vreal s = x * x;
#if REAL_BITS == 32
    vreal p = vset(0.002528248677f);
    p = p * s - 0.00852760031f;
    p = p * s + 0.02181874816f;
    p = p * s - 0.05396472883f;
    p = p * s + 0.1333332429f;
    p = p * s - 0.333333333f;
#else
    /* Odd and even terms apart, for two shorter chains. */
    const vreal s2 = s * s;
    vreal even = vset(-0.00002063055210576993432), odd = vset(0.00008515307997787497358);
    even = even * s2 - 0.0002346590802410171038;
    odd = odd * s2 + 0.0005889442392294811674;
    even = even * s2 - 0.001455663488990522063;
    odd = odd * s2 + 0.00359211058596370227;
    even = even * s2 - 0.008863234413515994691;
    odd = odd * s2 + 0.02186948849434692207;
    even = even * s2 - 0.053968253967448888;
    odd = odd * s2 + 0.1333333333333272737;
    even = even * s2 - 0.3333333333333333258;
    const vreal p = odd * s + even;
#endif
    return x * (s * p);
}

#if defined(__AVX512F__)
#include "tanh_table.h"

/* By the polynomial of the interval that |x| is in. Two registers hold a coefficient for all
 * intervals, of which one instruction takes each element's own. NaN stays NaN. (Float: 13 cycles a
 * vector, and 24 for what is below. Double, a step of tab256 on Zen 4: 0.97 of the time.) */
#if REAL_BITS == 32
#define OF(table) \
    ((vreal)_mm512_permutex2var_ps(_mm512_load_ps(table), at, _mm512_load_ps((table) + 16)))
#else
#define OF(table) \
    ((vreal)_mm512_permutex2var_pd(_mm512_load_pd(table), at, _mm512_load_pd((table) + 8)))
#endif
INLINE vreal vtanh(vreal x) {
#if REAL_BITS == 32
    const vreal size = vmin(vset(10), vabs(x)); /* tanh is 1 from there on */
    /* The exponent and two bits of the mantissa. */
    const __m512i at = _mm512_max_epi32(
        _mm512_srai_epi32(_mm512_sub_epi32((__m512i)size, _mm512_set1_epi32(0x3D800000)), 21),
        _mm512_setzero_si512());
    const vreal d = size - OF(tanh_centres);
    vreal p = OF(tanh_c5);
#else
    const vreal size = vmin(vset(22), vabs(x));
    const __m512i at = _mm512_srli_epi64((__m512i)(size + 1.5), 50);
    const vreal d = size - OF(tanh_centres);
    vreal p = OF(tanh_c14);
    p = p * d + OF(tanh_c13);
    p = p * d + OF(tanh_c12);
    p = p * d + OF(tanh_c11);
    p = p * d + OF(tanh_c10);
    p = p * d + OF(tanh_c9);
    p = p * d + OF(tanh_c8);
    p = p * d + OF(tanh_c7);
    p = p * d + OF(tanh_c6);
    p = p * d + OF(tanh_c5);
#endif
    p = p * d + OF(tanh_c4);
    p = p * d + OF(tanh_c3);
    p = p * d + OF(tanh_c2);
    p = p * d + OF(tanh_c1);
    p = p * d + OF(tanh_c0);
    return vcopysign(p, x);
}
#undef OF

#else

/* 1 - 2e / (1 + e), e = exp(-2|x|), where that is above 1/2 and the difference loses
 * nothing; a polynomial below. (Tried and lost: (1 - e) / (1 + e) with expm1 for the small
 * ones; its roundings add up to 2.3 units in the last place, and cost more. For the quotient an
 * estimate and Newton's iteration: the divider works beside the multipliers, of which there are too
 * few, and tanh took a tenth longer.) */
INLINE vreal vtanh(vreal x) {
    vint k;
    const vreal size = vabs(x);
    /* tanh is 1 to the last bit far before 30; NaN stays NaN. */
    const vreal q = expm1_reduced(reduce(vmax(vset(-60), -2 * size), &k));
    const vreal scale = power_of_2(k);
    const vreal e = scale * q + scale;
    const vreal large = 1 - 2 * e / (e + 1);
    return vcopysign(vselect(size < (REAL)0.5494, size + tanh_excess(size), large), x);
}

#endif

#endif
