/* Random permutations, the same whatever the instruction set and element type. */
#ifndef BPCORE_SHUFFLE_H
#define BPCORE_SHUFFLE_H

#include "draws.h"

/* Counter word 1 of the shuffle's numbers: layer numbers that dropout never has. */
enum { FIRST_DRAW = 0xFFFFFF, DRAWN_AGAIN = 0xFFFFFE };

/* The high word of random * bound is uniform on 0 .. bound-1 but for a few values of the
 * low word, for which a new random number is drawn (Lemire, "Fast random integer
 * generation in an interval", 2019). */
INLINE int64_t bounded(uint32_t random, uint32_t bound, int64_t i, uint64_t seed,
                       uint32_t epoch) {
    uint64_t product = (uint64_t)random * bound;
    if (__builtin_expect((uint32_t)product < bound, 0)) {
        const uint32_t unfair = -bound % bound;
        for (uint32_t again = 0; (uint32_t)product < unfair; again++) {
            uint32_t words[4] = {(uint32_t)i, DRAWN_AGAIN, again, epoch};
            philox4x32(words, (uint32_t)seed, (uint32_t)(seed >> 32));
            product = (uint64_t)words[0] * bound;
        }
    }
    return (int64_t)(product >> 32);
}

/* Fisher-Yates from the end. Position i takes word i % 4 of block i / 4. (Zen 3: with AVX2 0.44 of the
 * time of one block at a time, with SSE4 0.61; a step of tiny and of online1 takes 0.98 to 0.99.) */
static void shuffle(int64_t n, uint64_t seed, uint32_t epoch, int64_t *order) {
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    const int64_t last = (n - 1) / DRAWN * DRAWN;
    uint32_t words[DRAWN] __attribute__((aligned(64)));
    draws d;
    /* One row, as wide as any, from its n-th element back. */
    start_draws(&d, 1, PTRDIFF_MAX - 3, seed, (uint32_t[]){0, 0, FIRST_DRAW, epoch});
    for (int k = 0; k < DRAWN_ABREAST; k++)
        d.block[k] += (uint64_t)last / 4;
    d.by_blocks = -d.by_blocks;
    for (int64_t from = last, end = n; from >= 0; end = from, from -= DRAWN) {
        draw_words(&d, words);
        for (int64_t i = end - 1; i >= from; i--) {
            const int64_t j = bounded(words[i - from], (uint32_t)(i + 1), i, seed, epoch);
            const int64_t moved = order[i];
            order[i] = order[j];
            order[j] = moved;
        }
    }
}

#endif
