/* Sums in double of vectors of REAL: a float is added to what thousands before it made. */
#ifndef BPCORE_WIDE_H
#define BPCORE_WIDE_H

#include "simd.h"

typedef double vdouble __attribute__((vector_size(VBYTES)));
typedef double vdouble_at
    __attribute__((vector_size(VBYTES), aligned(sizeof(double)), may_alias));

/* The halves of a vector as doubles. Only floats have a second one. */
#if REAL_BITS == 64
INLINE vdouble vwide_low(vreal x) { return x; }
#elif defined(__AVX512F__)
INLINE vdouble vwide_low(vreal x) { return _mm512_cvtps_pd(_mm512_castps512_ps256(x)); }
INLINE vdouble vwide_high(vreal x) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)); }
#elif defined(__AVX2__)
INLINE vdouble vwide_low(vreal x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
INLINE vdouble vwide_high(vreal x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }
#else
INLINE vdouble vwide_low(vreal x) { return (vdouble){x[0], x[1]}; }
INLINE vdouble vwide_high(vreal x) { return (vdouble){x[2], x[3]}; }
#endif

/* sum + x, and sum + w x. */
INLINE vdouble vadd_wide(vdouble sum, vreal x) {
    sum += vwide_low(x);
#if REAL_BITS == 32
    sum += vwide_high(x);
#endif
    return sum;
}
INLINE vdouble vadd_weighted(vdouble sum, const double *w, vreal x) {
    sum += *(const vdouble_at *)w * vwide_low(x);
#if REAL_BITS == 32
    sum += *(const vdouble_at *)(w + VL / 2) * vwide_high(x);
#endif
    return sum;
}

/* The sum of the elements, by halves. */
INLINE double vsum_wide(vdouble v) {
#pragma GCC unroll 4
    for (size_t half = VBYTES / sizeof(double) / 2; half > 0; half /= 2)
#pragma GCC unroll 4
        for (size_t i = 0; i < half; i++)
            v[i] += v[i + half];
    return v[0];
}

#endif
