/* Random layers: dropout in its three forms, and Gaussian noise. The same draw gives the
 * same numbers, so that the way back needs no record of the way forward. */
#ifndef BPCORE_NOISE_H
#define BPCORE_NOISE_H

#include "draws.h"
#include "normals.h"
#include "simd.h"

#include <math.h>

/* dst = VALUE(x, k) of src's vectors x, whose words are at hand from the k-th on. MAKE is done first
 * with each stretch of them. */
#define FOR_ALL_DRAWN(MAKE, VALUE)                                                         \
    for (stretch s; next_stretch(&d, &s);) {                                               \
        const REAL *from = src + s.at;                                                     \
        REAL *to = dst + s.at;                                                             \
        MAKE                                                                               \
        FOR_VECTORS(s.count)                                                               \
            STORE_AT(to, VALUE(LOAD_AT(from), s.first + i));                               \
    }

static void dropout(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                    const uint32_t draw[4], const REAL *src, REAL *dst) {
    if (threshold > UINT32_MAX) {
        memset(dst, 0, (size_t)(rows * n) * sizeof *dst);
        return;
    }
    const REAL scale = (REAL)(4294967296.0 / (4294967296.0 - (double)threshold));
    draws d;
    start_draws(&d, rows, n, seed, draw);
#define KEPT(x, k) \
    (vreal)(~vbelow(d.words + (k), (uint32_t)threshold) & (vint)((x) * scale))
    FOR_ALL_DRAWN(, KEPT)
#undef KEPT
}

/* What dropped elements become: -scale alpha of SELU, where a self-normalising network
 * saturates; the affine map behind it keeps mean 0 and variance 1 (Klambauer et al. 2017). */
#define SELU_FLOOR (-1.7580993408473766)

static void alpha_dropout(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                          const uint32_t draw[4], int back, const REAL *src, REAL *dst) {
    const double rate = (double)threshold / 4294967296.0;
    const double slope = 1 / sqrt((1 - rate) * (1 + rate * SELU_FLOOR * SELU_FLOOR));
    const REAL shift = back ? 0 : (REAL)(-slope * SELU_FLOOR * rate);
    const vreal factor = vset((REAL)slope), offset = vset(shift);
    const vreal dropped = vset(back ? 0 : (REAL)(slope * SELU_FLOOR) + shift);
    draws d;
    start_draws(&d, rows, n, seed, draw);
#define KEPT(x, k) \
    vselect(vbelow(d.words + (k), (uint32_t)threshold), dropped, vfma(x, factor, offset))
    FOR_ALL_DRAWN(, KEPT)
#undef KEPT
}

static void gaussian(ptrdiff_t rows, ptrdiff_t n, double deviation, int factor, uint64_t seed,
                     const uint32_t draw[4], const REAL *src, REAL *dst) {
    const vreal spread = vset((REAL)deviation);
    REAL normals[AT_HAND + AND_BEHIND] __attribute__((aligned(64)));
    draws d;
    start_draws(&d, rows, n, seed, draw);
#define NORMALS \
    if (s.first == 0) \
        normals_of(d.words, d.end, normals);
#define WITH_FACTOR(x, k) (x) * vfma(spread, vload(normals + (k)), vset(1))
#define WITH_NOISE(x, k) vfma(spread, vload(normals + (k)), x)
    if (factor)
        FOR_ALL_DRAWN(NORMALS, WITH_FACTOR)
    else
        FOR_ALL_DRAWN(NORMALS, WITH_NOISE)
#undef NORMALS
#undef WITH_FACTOR
#undef WITH_NOISE
}
#undef FOR_ALL_DRAWN

#endif
