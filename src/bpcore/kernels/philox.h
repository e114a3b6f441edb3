/* Philox4x32-10, the counter-based generator of Salmon et al. (SC 2011).
 * No state: the same counter and key give the same words on any thread, in any
 * order, which is what makes shuffles and dropout reproducible. */
#ifndef BPCORE_PHILOX_H
#define BPCORE_PHILOX_H

#include <stdint.h>

enum { PHILOX_ROUNDS = 10 };
#define PHILOX_0 0xD2511F53u
#define PHILOX_1 0xCD9E8D57u

static inline void philox_next_key(uint32_t key[2]) {
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
}

static inline void philox4x32(uint32_t c[4], uint32_t key0, uint32_t key1) {
    uint32_t key[2] = {key0, key1};
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)PHILOX_0 * c[0];
        const uint64_t p1 = (uint64_t)PHILOX_1 * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ key[0];
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ key[1];
        c[3] = (uint32_t)p0;
        philox_next_key(key);
    }
}

#endif
