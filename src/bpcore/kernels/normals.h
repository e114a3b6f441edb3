/* Normal numbers of random words, by Box and Muller's transform ("A note on the generation of random normal
 * deviates", 1958). */
#ifndef BPCORE_NORMALS_H
#define BPCORE_NORMALS_H

#include "draws.h"
#include "vecmath.h"

#if VBYTES * 8 / REAL_BITS == 16
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif VBYTES * 8 / REAL_BITS == 8
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#elif VBYTES * 8 / REAL_BITS == 4
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#else
#define EVEN 0, 2
#define ODD 1, 3
#endif

/* (word + 1/2) / 2^32, above 0. */
INLINE vreal vfraction(vint word) {
#if REAL_BITS == 32 /* signed numbers alone become floats in one instruction */
    const vreal high = __builtin_convertvector(word >> 16 & 0xFFFF, vreal);
    const vreal low = __builtin_convertvector(word & 0xFFFF, vreal);
    return (high * 65536 + low + (REAL)0.5) * (REAL)0x1p-32;
#else
    return (vreal_of(word) + 0.5) * 0x1p-32;
#endif
}

#define PI_2_30 0x1.921fb54442d18p-30 /* 2 pi / 2^32 */

/* cos and sin of 2 pi word / 2^32: by Taylor series of the angle from the nearest multiple of
 * pi / 2, turned by the multiple. */
INLINE void vcos_sin(vint word, vreal *cosine, vreal *sine) {
    const vint quarter = (vint)((vuint)word + (1 << 29)) >> 30;
    const vint rest = (vint)((vuint)word - ((vuint)quarter << 30));
#if REAL_BITS == 32
    const vreal x = __builtin_convertvector(rest, vreal) * (REAL)PI_2_30;
    const vreal s = x * x;
    vreal p = vset(1.0f / 362880), q = vset(-1.0f / 3628800);
#else
    const vreal x = vreal_of(rest) * PI_2_30;
    const vreal s = x * x;
    vreal p = vset(1.0 / 355687428096000), q = vset(1.0 / 20922789888000);
    p = p * s - 1.0 / 1307674368000;
    q = q * s - 1.0 / 87178291200;
    p = p * s + 1.0 / 6227020800;
    q = q * s + 1.0 / 479001600;
    p = p * s - 1.0 / 39916800;
    q = q * s - 1.0 / 3628800;
    p = p * s + 1.0 / 362880;
#endif
    p = p * s - (REAL)(1.0 / 5040);
    q = q * s + (REAL)(1.0 / 40320);
    p = p * s + (REAL)(1.0 / 120);
    q = q * s - (REAL)(1.0 / 720);
    p = p * s - (REAL)(1.0 / 6);
    q = q * s + (REAL)(1.0 / 24);
    const vreal of_sin = p * s * x + x, of_cos = q * s * s - (REAL)0.5 * s + 1;
    const vint turned = -(quarter & 1);
    const vuint cos_sign = (vuint)(quarter + 1) >> 1 << (REAL_BITS - 1);
    const vuint sin_sign = (vuint)quarter >> 1 << (REAL_BITS - 1);
    *cosine = (vreal)((vuint)vselect(turned, of_sin, of_cos) ^ cos_sign);
    *sine = (vreal)((vuint)vselect(turned, of_cos, of_sin) ^ sin_sign);
}

/* Standard normal numbers, two of each two words. Writes a multiple of 2 VL of them, count or more. */
INLINE void normals_of(const uint32_t *words, ptrdiff_t count, REAL *normals) {
    for (ptrdiff_t i = 0; i < count; i += 2 * VL) {
        const vreal low = (vreal)vwiden(words + i), high = (vreal)vwiden(words + i + VL);
        const vreal radius = vsqrt(-2 * vlog(vfraction((vint)SHUFFLE(low, high, EVEN))));
        vreal cosine, sine;
        vcos_sin((vint)SHUFFLE(low, high, ODD), &cosine, &sine);
        cosine *= radius;
        sine *= radius;
        vstore(normals + i, SHUFFLE(cosine, sine, ZIP_LOW));
        vstore(normals + i + VL, SHUFFLE(cosine, sine, ZIP_HIGH));
    }
}
#undef PI_2_30
#undef EVEN
#undef ODD

#endif
