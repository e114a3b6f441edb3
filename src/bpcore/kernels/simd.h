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
#include <arm_neon.h>
#define VBYTES 16
#define VREGISTERS 32
#else
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#define VBYTES 16
#define VREGISTERS 16
#endif

#define VL ((ptrdiff_t)(VBYTES / sizeof(REAL))) /* elements in a vector */
#define INLINE static inline __attribute__((always_inline))
/* For what has a large array: apart from it, the ways of small networks need no such frame, whose
 * pages some compilers touch one by one. */
#define APART static __attribute__((noinline))

/* Keep a vector that several instructions use in a register: compilers have each of them read it
 * from memory instead, and a core reads fewer vectors than it multiplies. */
#if defined(__x86_64__) && VREGISTERS == 16
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#else
#define IN_REGISTER(v) (void)(v)
#endif

/* Have what comes before done before what follows, as far as v is concerned: of many independent
 * chains of instructions, each step for all of them before the next step. Compilers else finish one
 * chain after the other. */
#if defined(__x86_64__)
#define IN_ORDER(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define IN_ORDER(v) __asm__("" : "+w"(v))
#else
#define IN_ORDER(v) (void)(v)
#endif

/* INT: the signed integer as wide as REAL, for masks and exponents; UINT the unsigned one. */
#if REAL_BITS == 32
typedef int32_t INT;
typedef uint32_t UINT;
#else
typedef int64_t INT;
typedef uint64_t UINT;
#endif

typedef REAL vreal __attribute__((vector_size(VBYTES)));
typedef INT vint __attribute__((vector_size(VBYTES)));
typedef UINT vuint __attribute__((vector_size(VBYTES)));
/* The same vector at any address. */
typedef REAL vreal_at __attribute__((vector_size(VBYTES), aligned(sizeof(REAL)), may_alias));

INLINE vreal vload(const REAL *p) { return *(const vreal_at *)p; }
INLINE void vstore(REAL *p, vreal v) { *(vreal_at *)p = v; }
INLINE vreal vset(REAL x) { return x - (vreal){0}; }
INLINE vreal vzero(void) { return (vreal){0}; }
INLINE vreal vselect(vint mask, vreal yes, vreal no) {
    return (vreal)((mask & (vint)yes) | (~mask & (vint)no));
}

/* x where gate > 0, else 0. */
INLINE vreal vgate(vreal gate, vreal x) {
#if defined(__AVX512F__) && REAL_BITS == 32
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(gate, vzero(), _CMP_GT_OQ), x);
#elif defined(__AVX512F__)
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(gate, vzero(), _CMP_GT_OQ), x);
#else
    return (vreal)((gate > 0) & (vint)x);
#endif
}

/* Bit i is set where element i of a mask is. */
INLINE unsigned vbits(vint mask) {
#if defined(__AVX512F__) && REAL_BITS == 32
    return _mm512_movepi32_mask((__m512i)mask);
#elif defined(__AVX512F__)
    return _mm512_movepi64_mask((__m512i)mask);
#elif defined(__AVX2__) && REAL_BITS == 32
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#elif defined(__AVX2__)
    return (unsigned)_mm256_movemask_pd((__m256d)mask);
#elif defined(__SSE2__) && REAL_BITS == 32
    return (unsigned)_mm_movemask_ps((__m128)mask);
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd((__m128d)mask);
#else
    unsigned bits = 0;
    for (ptrdiff_t i = 0; i < VL; i++)
        bits |= (unsigned)(mask[i] & 1) << i;
    return bits;
#endif
}

/* x > y ? x : y and x < y ? x : y, so y where either is NaN: what the x86 instructions do. */
#if defined(__AVX512F__) && REAL_BITS == 32
INLINE vreal vmax(vreal x, vreal y) { return _mm512_max_ps(x, y); }
INLINE vreal vmin(vreal x, vreal y) { return _mm512_min_ps(x, y); }
#elif defined(__AVX512F__)
INLINE vreal vmax(vreal x, vreal y) { return _mm512_max_pd(x, y); }
INLINE vreal vmin(vreal x, vreal y) { return _mm512_min_pd(x, y); }
#elif defined(__AVX2__) && REAL_BITS == 32
INLINE vreal vmax(vreal x, vreal y) { return _mm256_max_ps(x, y); }
INLINE vreal vmin(vreal x, vreal y) { return _mm256_min_ps(x, y); }
#elif defined(__AVX2__)
INLINE vreal vmax(vreal x, vreal y) { return _mm256_max_pd(x, y); }
INLINE vreal vmin(vreal x, vreal y) { return _mm256_min_pd(x, y); }
#else
INLINE vreal vmax(vreal x, vreal y) { return vselect(x > y, x, y); }
INLINE vreal vmin(vreal x, vreal y) { return vselect(x < y, x, y); }
#endif

/* The first n elements, 0 <= n <= VL; the rest reads as 0 and is not written. vfirst: those
 * of a vector, the rest 0. */
#if defined(__AVX512F__) && REAL_BITS == 32
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
}
INLINE vreal vfirst(vreal v, ptrdiff_t n) {
    return _mm512_maskz_mov_ps((__mmask16)((1u << n) - 1), v);
}
#elif defined(__AVX512F__)
INLINE vreal vload_part(const REAL *p, ptrdiff_t n) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), v);
}
INLINE vreal vfirst(vreal v, ptrdiff_t n) {
    return _mm512_maskz_mov_pd((__mmask8)((1u << n) - 1), v);
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
/* By halves, as n is the same for many rows and the branches are foreseen: a masked store is taken
 * to pieces by Zen 1 to 3, which then take a dozen cycles for it. */
INLINE void vstore_part(REAL *p, vreal v, ptrdiff_t n) {
#if REAL_BITS == 32
    __m128 rest = _mm256_castps256_ps128(v);
    if (n >= 8) {
        vstore(p, v);
        return;
    }
    if (n & 4) {
        _mm_storeu_ps(p, rest);
        rest = _mm256_extractf128_ps(v, 1);
        p += 4;
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)p, rest);
        rest = _mm_movehl_ps(rest, rest);
        p += 2;
    }
    if (n & 1)
        _mm_store_ss(p, rest);
#else
    __m128d rest = _mm256_castpd256_pd128(v);
    if (n >= 4) {
        vstore(p, v);
        return;
    }
    if (n & 2) {
        _mm_storeu_pd(p, rest);
        rest = _mm256_extractf128_pd(v, 1);
        p += 2;
    }
    if (n & 1)
        _mm_store_sd(p, rest);
#endif
}
INLINE vreal vfirst(vreal v, ptrdiff_t n) {
    return (vreal)((__m256i)v & _mm256_loadu_si256((const __m256i *)(part_mask + VL - n)));
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
INLINE vreal vfirst(vreal v, ptrdiff_t n) {
    for (ptrdiff_t i = n; i < VL; i++)
        v[i] = 0;
    return v;
}
#endif

/* a b + c, rounded once; the compiler joins some products and sums too, but not the same in each copy
 * of a loop's body. */
#if defined(__AVX512F__) && REAL_BITS == 32
INLINE vreal vfma(vreal a, vreal b, vreal c) { return _mm512_fmadd_ps(a, b, c); }
#elif defined(__AVX512F__)
INLINE vreal vfma(vreal a, vreal b, vreal c) { return _mm512_fmadd_pd(a, b, c); }
#elif defined(__AVX2__) && REAL_BITS == 32
INLINE vreal vfma(vreal a, vreal b, vreal c) { return _mm256_fmadd_ps(a, b, c); }
#elif defined(__AVX2__)
INLINE vreal vfma(vreal a, vreal b, vreal c) { return _mm256_fmadd_pd(a, b, c); }
#elif defined(__aarch64__) && REAL_BITS == 32
INLINE vreal vfma(vreal a, vreal b, vreal c) { return vfmaq_f32(c, a, b); }
#elif defined(__aarch64__)
INLINE vreal vfma(vreal a, vreal b, vreal c) { return vfmaq_f64(c, a, b); }
#else
#define NO_FMA /* rounded twice */
INLINE vreal vfma(vreal a, vreal b, vreal c) { return a * b + c; }
#endif

/* sum += x y, in the register that sum is in. */
#if defined(__AVX2__) && REAL_BITS == 32
#define vadd_product(sum, x, y) __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(x), "v"(y))
#elif defined(__AVX2__)
#define vadd_product(sum, x, y) __asm__("vfmadd231pd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(y))
#else
#define vadd_product(sum, x, y) ((sum) = vfma(x, y, sum))
#endif

/* a x + b y, of which b y is rounded before it is added. */
INLINE vreal vmix(vreal a, vreal x, vreal b, vreal y) { return vfma(a, x, b * y); }

/* A loop over the vectors of n elements, the last of which may be a part: with it inside,
 * LOAD_AT and STORE_AT see to that. One body, and vfma for what is joined in it, so that an element
 * gets the same bits wherever an array is cut. Compiled it is two, for whole vectors and the part:
 * asking of each vector which it is took rows of 64 or 128 a half to nine tenths longer to
 * normalise. */
#define FOR_VECTORS(n)                                                                    \
    _Pragma("GCC unroll 2") for (int whole = 1; whole >= 0; whole--)                      \
        for (ptrdiff_t i = whole ? 0 : (n) & -VL, end = whole ? (n)-VL + 1 : (n),         \
                       part = (n)-i;                                                      \
             i < end; i += VL)
#define LOAD_AT(p) (whole ? vload((p) + i) : vload_part((p) + i, part))
#define STORE_AT(p, x)                                                                    \
    do {                                                                                  \
        const vreal stored = (x); /* once: not in each branch as it comes */              \
        whole ? vstore((p) + i, stored) : vstore_part((p) + i, stored, part);             \
    } while (0)

INLINE vreal vsqrt(vreal x) {
    for (ptrdiff_t i = 0; i < VL; i++) /* becomes one instruction */
#if REAL_BITS == 32
        x[i] = __builtin_sqrtf(x[i]);
#else
        x[i] = __builtin_sqrt(x[i]);
#endif
    return x;
}

/* Shuffles by constant masks, which GCC and Clang spell differently. SWAPS lists
 * the exchanges of halves, quarters, … that carry every element to the first. */
#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (vint){__VA_ARGS__})
#endif

#if VBYTES * 8 / REAL_BITS == 16
#define ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define SWAPS(STEP)                                                      \
    STEP(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)           \
    STEP(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)           \
    STEP(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)           \
    STEP(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#elif VBYTES * 8 / REAL_BITS == 8
#define ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define SWAPS(STEP)              \
    STEP(4, 5, 6, 7, 0, 1, 2, 3) \
    STEP(2, 3, 0, 1, 6, 7, 4, 5) \
    STEP(1, 0, 3, 2, 5, 4, 7, 6)
#elif VBYTES * 8 / REAL_BITS == 4
#define ZIP_LOW 0, 4, 1, 5
#define ZIP_HIGH 2, 6, 3, 7
#define SWAPS(STEP)  \
    STEP(2, 3, 0, 1) \
    STEP(1, 0, 3, 2)
#else
#define ZIP_LOW 0, 2
#define ZIP_HIGH 1, 3
#define SWAPS(STEP) STEP(1, 0)
#endif

/* The sum and the maximum of a vector's elements, by halves: one fixed order. */
INLINE REAL vsum(vreal v) {
#define STEP(...) v += SHUFFLE(v, v, __VA_ARGS__);
    SWAPS(STEP)
#undef STEP
    return v[0];
}
INLINE REAL vmaximum(vreal v) {
#define STEP(...) v = vmax(v, SHUFFLE(v, v, __VA_ARGS__));
    SWAPS(STEP)
#undef STEP
    return v[0];
}

/* The sums of four vectors in the first four elements of one, each in the order of vsum. */
#if VBYTES * 8 / REAL_BITS >= 4
#if VBYTES * 8 / REAL_BITS == 16
#define FOLD(x, y)                                                                      \
    (SHUFFLE(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +            \
     SHUFFLE(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define FOLD_AGAIN(x, y)                                                                \
    (SHUFFLE(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +          \
     SHUFFLE(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define LAST_FOLDS(x)                                                                   \
    x = SHUFFLE(x, x, 0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13) +             \
        SHUFFLE(x, x, 2, 3, 6, 7, 10, 11, 14, 15, 2, 3, 6, 7, 10, 11, 14, 15);          \
    x = SHUFFLE(x, x, 0, 2, 4, 6, 0, 2, 4, 6, 0, 2, 4, 6, 0, 2, 4, 6) +                 \
        SHUFFLE(x, x, 1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7);
#elif VBYTES * 8 / REAL_BITS == 8
#define FOLD(x, y)                                   \
    (SHUFFLE(x, y, 0, 1, 2, 3, 8, 9, 10, 11) +       \
     SHUFFLE(x, y, 4, 5, 6, 7, 12, 13, 14, 15))
#define FOLD_AGAIN(x, y)                             \
    (SHUFFLE(x, y, 0, 1, 4, 5, 8, 9, 12, 13) +       \
     SHUFFLE(x, y, 2, 3, 6, 7, 10, 11, 14, 15))
#define LAST_FOLDS(x) \
    x = SHUFFLE(x, x, 0, 2, 4, 6, 0, 2, 4, 6) + SHUFFLE(x, x, 1, 3, 5, 7, 1, 3, 5, 7);
#else
#define FOLD(x, y) (SHUFFLE(x, y, 0, 1, 4, 5) + SHUFFLE(x, y, 2, 3, 6, 7))
#define FOLD_AGAIN(x, y) (SHUFFLE(x, y, 0, 2, 4, 6) + SHUFFLE(x, y, 1, 3, 5, 7))
#define LAST_FOLDS(x)
#endif
INLINE vreal vsums(vreal a, vreal b, vreal c, vreal d) {
    const vreal ab = FOLD(a, b), cd = FOLD(c, d);
    vreal sums = FOLD_AGAIN(ab, cd);
    LAST_FOLDS(sums)
    return sums;
}
#endif

/* Transpose in registers: n vectors, of which the first n elements, or each lane's, by log2(n)
 * perfect shuffles. */
#define PERFECT_SHUFFLES(n, v, LOW, HIGH)                                   \
    _Pragma("GCC unroll 4") for (int stage = 1; stage < (n); stage *= 2) {  \
        vreal w[n];                                                         \
        _Pragma("GCC unroll 8") for (int i = 0; i < (n) / 2; i++) {         \
            w[2 * i] = SHUFFLE((v)[i], (v)[i + (n) / 2], LOW);              \
            w[2 * i + 1] = SHUFFLE((v)[i], (v)[i + (n) / 2], HIGH);         \
        }                                                                   \
        _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)              \
            (v)[i] = w[i];                                                  \
    }
#if VBYTES == 32
/* Two lanes, across which AVX2 moves elements by a second instruction: each half of the rows is
 * transposed within them, and then lanes change places. */
#if REAL_BITS == 32
#define LANES_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define LANES_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#define FIRST_LANES 0, 1, 2, 3, 8, 9, 10, 11
#define SECOND_LANES 4, 5, 6, 7, 12, 13, 14, 15
#else
#define LANES_LOW 0, 4, 2, 6
#define LANES_HIGH 1, 5, 3, 7
#define FIRST_LANES 0, 1, 4, 5
#define SECOND_LANES 2, 3, 6, 7
#endif
/* Half a vector from each address, one a lane. */
#if REAL_BITS == 32
INLINE vreal vload_halves(const REAL *first, const REAL *second) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(first)), _mm_loadu_ps(second), 1);
}
#else
INLINE vreal vload_halves(const REAL *first, const REAL *second) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(first)), _mm_loadu_pd(second), 1);
}
#endif
INLINE void vtranspose(vreal v[VBYTES * 8 / REAL_BITS]) {
    enum { HALF = VBYTES * 4 / REAL_BITS };
    PERFECT_SHUFFLES(HALF, v, LANES_LOW, LANES_HIGH)
    PERFECT_SHUFFLES(HALF, v + HALF, LANES_LOW, LANES_HIGH)
#pragma GCC unroll 4
    for (int i = 0; i < HALF; i++) {
        const vreal upper = v[i], lower = v[i + HALF];
        v[i] = SHUFFLE(upper, lower, FIRST_LANES);
        v[i + HALF] = SHUFFLE(upper, lower, SECOND_LANES);
    }
}
#else
INLINE void vtranspose(vreal v[VBYTES * 8 / REAL_BITS]) {
    PERFECT_SHUFFLES(VBYTES * 8 / REAL_BITS, v, ZIP_LOW, ZIP_HIGH)
}
#endif

#endif
