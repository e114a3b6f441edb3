/* Random layers: dropout in its three forms, and Gaussian noise. The same draw gives the
 * same numbers, so that the way back needs no record of the way forward. */
#ifndef BPCORE_NOISE_H
#define BPCORE_NOISE_H

#include "philox.h"
#include "simd.h"

#include <math.h>

/* One block of random words for four elements of a row. */
INLINE void draw_four(ptrdiff_t j, ptrdiff_t row, uint64_t seed, const uint32_t draw[4],
                      uint32_t random[4]) {
    random[0] = (uint32_t)(j / 4);
    random[1] = draw[0] << 24 ^ draw[2];
    random[2] = draw[1];
    random[3] = draw[3] + (uint32_t)row;
    philox4x32(random, (uint32_t)seed, (uint32_t)(seed >> 32));
}

static void dropout(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                    const uint32_t draw[4], const REAL *src, REAL *dst) {
    const REAL scale =
        threshold < 4294967296u ? (REAL)(4294967296.0 / (4294967296.0 - (double)threshold)) : 0;
    for (ptrdiff_t r = 0; r < rows; r++, src += n, dst += n)
        for (ptrdiff_t j = 0; j < n; j += 4) {
            uint32_t random[4];
            draw_four(j, r, seed, draw, random);
            for (ptrdiff_t k = 0; k < 4 && j + k < n; k++)
                dst[j + k] = random[k] >= threshold ? src[j + k] * scale : 0;
        }
}

/* What dropped elements become: -scale alpha of SELU, where a self-normalising network
 * saturates; the affine map behind it keeps mean 0 and variance 1 (Klambauer et al. 2017). */
#define SELU_FLOOR (-1.7580993408473766)

static void alpha_dropout(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                          const uint32_t draw[4], int back, const REAL *src, REAL *dst) {
    const double rate = (double)threshold / 4294967296.0;
    const double slope = 1 / sqrt((1 - rate) * (1 + rate * SELU_FLOOR * SELU_FLOOR));
    const REAL scale = (REAL)slope;
    const REAL offset = back ? 0 : (REAL)(-slope * SELU_FLOOR * rate);
    const REAL dropped = back ? 0 : (REAL)(slope * SELU_FLOOR) + offset;
    for (ptrdiff_t r = 0; r < rows; r++, src += n, dst += n)
        for (ptrdiff_t j = 0; j < n; j += 4) {
            uint32_t random[4];
            draw_four(j, r, seed, draw, random);
            for (ptrdiff_t k = 0; k < 4 && j + k < n; k++)
                dst[j + k] = random[k] >= threshold ? src[j + k] * scale + offset : dropped;
        }
}

/* Two normal numbers of two words, by Box and Muller's transform. */
INLINE void normal_pair(uint32_t first, uint32_t second, REAL pair[2]) {
    const double radius = sqrt(-2 * log(((double)first + 0.5) / 4294967296.0));
    const double angle = 6.283185307179586 * ((double)second / 4294967296.0);
    pair[0] = (REAL)(radius * cos(angle));
    pair[1] = (REAL)(radius * sin(angle));
}

static void gaussian(ptrdiff_t rows, ptrdiff_t n, double deviation, int factor, uint64_t seed,
                     const uint32_t draw[4], const REAL *src, REAL *dst) {
    const REAL spread = (REAL)deviation;
    for (ptrdiff_t r = 0; r < rows; r++, src += n, dst += n)
        for (ptrdiff_t j = 0; j < n; j += 4) {
            uint32_t random[4];
            REAL normal[4];
            draw_four(j, r, seed, draw, random);
            normal_pair(random[0], random[1], normal);
            normal_pair(random[2], random[3], normal + 2);
            for (ptrdiff_t k = 0; k < 4 && j + k < n; k++)
                dst[j + k] = factor ? src[j + k] * (1 + spread * normal[k])
                                    : src[j + k] + spread * normal[k];
        }
}

#endif
