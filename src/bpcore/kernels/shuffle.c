/* Random permutations: what both element types and every ISA share. */
#include "dispatch.h"
#include "philox.h"

#include <string.h>

void bp_philox(const uint32_t counter[4], uint64_t key, uint32_t out[4]) {
    memcpy(out, counter, 4 * sizeof *out);
    philox4x32(out, (uint32_t)key, (uint32_t)(key >> 32));
}

/* Counter word 1 of the shuffle's numbers: layer numbers that dropout never has. */
enum { FIRST_DRAW = 0xFFFFFF, DRAWN_AGAIN = 0xFFFFFE };

/* The high word of random * bound is uniform on 0 .. bound-1 but for a few values of the
 * low word, for which a new random number is drawn (Lemire, "Fast random integer
 * generation in an interval", 2019). */
static int64_t bounded(uint32_t random, uint32_t bound, int64_t i, uint64_t seed,
                       uint32_t epoch) {
    uint64_t product = (uint64_t)random * bound;
    if ((uint32_t)product < bound) {
        const uint32_t unfair = -bound % bound;
        for (uint32_t again = 0; (uint32_t)product < unfair; again++) {
            uint32_t words[4] = {(uint32_t)i, DRAWN_AGAIN, again, epoch};
            philox4x32(words, (uint32_t)seed, (uint32_t)(seed >> 32));
            product = (uint64_t)words[0] * bound;
        }
    }
    return (int64_t)(product >> 32);
}

/* Fisher-Yates from the end. Position i takes word i % 4 of block i / 4. */
void bp_shuffle(int64_t n, uint64_t seed, uint32_t epoch, int64_t *order) {
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t block = (n - 1) / 4; block >= 0; block--) {
        uint32_t words[4] = {(uint32_t)block, FIRST_DRAW, 0, epoch};
        philox4x32(words, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (int k = 3; k >= 0; k--) {
            const int64_t i = 4 * block + k;
            if (i >= n || i == 0)
                continue;
            const int64_t j = bounded(words[k], (uint32_t)(i + 1), i, seed, epoch);
            const int64_t moved = order[i];
            order[i] = order[j];
            order[j] = moved;
        }
    }
}
