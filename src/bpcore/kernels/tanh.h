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

#if defined(__AVX512F__) && REAL_BITS == 32
#include "tanh_table.h"

/* By the polynomial of the interval that |x| is in. Two registers hold a coefficient for all
 * intervals, of which one instruction takes each element's own. NaN stays NaN. (Zen 4: 11 to 12
 * cycles a vector, 13 for what is below.) */
#define OF(table) \
    ((vreal)_mm512_permutex2var_ps(_mm512_load_ps(table), at, _mm512_load_ps((table) + 16)))
INLINE vreal vtanh(vreal x) {
    const vreal size = vmin(vset(10), vabs(x)); /* tanh is 1 from there on */
    /* The exponent and two bits of the mantissa. */
    const __m512i at = _mm512_max_epi32(
        _mm512_srai_epi32(_mm512_sub_epi32((__m512i)size, _mm512_set1_epi32(0x3D800000)), 21),
        _mm512_setzero_si512());
    const vreal d = size - OF(tanh_centres);
    vreal p = OF(tanh_c5);
    p = p * d + OF(tanh_c4);
    p = p * d + OF(tanh_c3);
    p = p * d + OF(tanh_c2);
    p = p * d + OF(tanh_c1);
    p = p * d + OF(tanh_c0);
    return vcopysign(p, x);
}
#undef OF

#else
#include "tanh_steps.h"

/* tanh of the multiples of the step that the last bits of `at` number, whatever its others. */
INLINE vreal tanh_of(vint at) {
#if defined(__AVX2__) && REAL_BITS == 32
    const vreal low = _mm256_permutevar8x32_ps(_mm256_load_ps(tanh_of_steps), (__m256i)at);
    const vreal high = _mm256_permutevar8x32_ps(_mm256_load_ps(tanh_of_steps + 8), (__m256i)at);
    return _mm256_blendv_ps(low, high, (__m256)_mm256_slli_epi32((__m256i)at, 28));
#else
    /* By way of memory: eight numbers taken from a register and put into one hold each other up.
     * (Zen 4: 0.88 of the time with AVX-512, where the instruction that gathers is between the two,
     * and on some processors ten times slower; of four and of two numbers, the same. k is a vector:
     * to an array, GCC 12 copied the four of AVX2 by 8 bytes and by 16, which stopped what followed.
     * Zen 3: tanh in 0.74 of the time.) */
    enum { STEPS = sizeof tanh_of_steps / sizeof *tanh_of_steps };
    vint k = at & (STEPS - 1);
    vreal t;
    __asm__("" : "+m"(k));
#pragma GCC unroll 8
    for (int i = 0; i < VL; i++)
        t[i] = tanh_of_steps[k[i]];
    return t;
#endif
}

/* tanh(|x|) = (T + t) / (1 + T t) for |x| = k h + d, T = tanh(k h) and t = tanh(d), -h/4 <= d <= 3h/4
 * (why not from -h/2 on: tests/make_tanh_steps.py); written as T + (1 - T^2) t / (1 + T t), whose
 * second term is small beside T or exact. NaN stays NaN. (Zen 4, against exp(-2|x|) and, below 1/2, a
 * polynomial: AVX2 0.70 of the time in float and 0.49 in double, SSE4.2 0.75 and 0.47. Against a
 * polynomial for each of 16 intervals, in double with AVX-512: 0.55.) */
INLINE vreal vtanh(vreal x) {
    /* tanh is 1 from there on. */
    const vreal size = vmin(vset(REAL_BITS == 32 ? (REAL)9.2 : 20), vabs(x));
    const vreal shifted = (size * TANH_PER_STEP - (REAL)0.25) + ROUNDER;
    const vreal T = tanh_of((vint)shifted), d = size - (shifted - ROUNDER) * TANH_STEP;
    const vreal s = d * d;
#if REAL_BITS == 32
    vreal p = vset(TANH_P4);
    p = p * s + TANH_P3;
#else
    vreal p = vset(TANH_P3);
#endif
    p = p * s + TANH_P2;
    p = p * s + TANH_P1;
    p = p * s + TANH_P0;
    const vreal t = d * s * p + d;
    return vcopysign(t / (T * t + 1) * (1 - T * T) + T, x);
}

#endif

#endif
