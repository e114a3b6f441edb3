/* One vector of REAL, as wide as the instruction set the file is compiled for:
 * the compiler's vector extension, and intrinsics only where that has no word
 * (loads and stores of part of a vector). */
#ifndef BPCORE_SIMD_H
#define BPCORE_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define VBYTES 64
#define VREGISTERS 32
#elif defined(__AVX2__)
#include <immintrin.h>
#define VBYTES 32
#define VREGISTERS 16
#elif defined(__aarch64__)
#define VBYTES 16
#define VREGISTERS 32
#else
#define VBYTES 16
#define VREGISTERS 16
#endif

#define VL ((ptrdiff_t)(VBYTES / sizeof(REAL))) /* elements in a vector */
#define INLINE static inline __attribute__((always_inline))

/* INT: the signed integer as wide as REAL, for masks and exponents. */
#if REAL_BITS == 32
typedef int32_t INT;
#else
typedef int64_t INT;
#endif

typedef REAL vreal __attribute__((vector_size(VBYTES)));
typedef INT vint __attribute__((vector_size(VBYTES)));
/* The same vector at any address. */
typedef REAL vreal_at __attribute__((vector_size(VBYTES), aligned(sizeof(REAL)), may_alias));

INLINE vreal vload(const REAL *p) { return *(const vreal_at *)p; }
INLINE void vstore(REAL *p, vreal v) { *(vreal_at *)p = v; }
INLINE vreal vset(REAL x) { return x - (vreal){0}; }
INLINE vreal vzero(void) { return (vreal){0}; }
INLINE vreal vselect(vint mask, vreal yes, vreal no) {
    return (vreal)((mask & (vint)yes) | (~mask & (vint)no));
}
INLINE vreal vmax(vreal x, vreal y) { return vselect(x > y, x, y); }

/* The first n elements, 0 <= n <= VL; the rest reads as 0 and is not written. */
#if defined(__AVX512F__) && REAL_BITS == 32
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
}
#elif defined(__AVX512F__)
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), v);
}
#elif defined(__AVX2__)
/* VL ones, then VL zeros: a window into it is the mask of n elements. */
static const INT part_mask[2 * VBYTES / sizeof(REAL)]
    __attribute__((aligned(VBYTES))) = {
#if REAL_BITS == 32
        -1, -1, -1, -1, -1, -1, -1, -1,
#else
        -1, -1, -1, -1,
#endif
};
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    const __m256i mask = _mm256_loadu_si256((const __m256i *)(part_mask + VL - n));
#if REAL_BITS == 32
    return _mm256_maskload_ps(p, mask);
#else
    return _mm256_maskload_pd(p, mask);
#endif
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    const __m256i mask = _mm256_loadu_si256((const __m256i *)(part_mask + VL - n));
#if REAL_BITS == 32
    _mm256_maskstore_ps(p, mask, v);
#else
    _mm256_maskstore_pd(p, mask, v);
#endif
}
#else
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    vreal v = vzero();
    for (ptrdiff_t i = 0; i < n; i++)
        v[i] = p[i];
    return v;
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++)
        p[i] = v[i];
}
#endif

/* The sum and the maximum of a vector's elements, by halves: one fixed order. */
INLINE REAL vsum(vreal v) {
    REAL x[VBYTES / sizeof(REAL)];
    memcpy(x, &v, VBYTES);
    for (ptrdiff_t half = VL / 2; half > 0; half /= 2)
        for (ptrdiff_t i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}
INLINE REAL vmaximum(vreal v) {
    REAL x[VBYTES / sizeof(REAL)];
    memcpy(x, &v, VBYTES);
    for (ptrdiff_t half = VL / 2; half > 0; half /= 2)
        for (ptrdiff_t i = 0; i < half; i++)
            x[i] = x[i] > x[i + half] ? x[i] : x[i + half];
    return x[0];
}

#endif
