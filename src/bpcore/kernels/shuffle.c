/* Random permutations: what both element types and every ISA share. */
#include "dispatch.h"
#include "philox.h"

#include <string.h>

void bp_philox(const uint32_t counter[4], uint64_t key, uint32_t out[4]) {
    memcpy(out, counter, 4 * sizeof *out);
    philox4x32(out, (uint32_t)key, (uint32_t)(key >> 32));
}

/* A number in [0, bound) from 64 random bits, by the high word of the product
 * (Lemire 2019); without his rejection step the bias is below bound / 2^64. */
static uint64_t bounded(uint64_t random, uint64_t bound) {
    return (uint64_t)(((unsigned __int128)random * bound) >> 64);
}

void bp_shuffle(int64_t n, uint64_t seed, uint32_t epoch, int64_t *order) {
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    /* Fisher-Yates from the end; one call of the generator serves two swaps.
     * Counter word 1 is all ones: a layer number that dropout never has. */
    for (int64_t i = n - 1; i > 0; i -= 2) {
        uint32_t r[4] = {(uint32_t)i, 0xFFFFFFFFu, (uint32_t)((uint64_t)i >> 32), epoch};
        philox4x32(r, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (int half = 0; half < 2 && i - half > 0; half++) {
            const uint64_t random = (uint64_t)r[2 * half] << 32 | r[2 * half + 1];
            const int64_t j = (int64_t)bounded(random, (uint64_t)(i - half) + 1);
            const int64_t moved = order[i - half];
            order[i - half] = order[j];
            order[j] = moved;
        }
    }
}
