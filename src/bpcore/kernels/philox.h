/* Philox4x32-10, the counter-based generator of Salmon et al. (SC 2011).
 * No state: the same counter and key give the same words on any thread, in any
 * order, which is what makes shuffles and dropout reproducible. */
#ifndef BPCORE_PHILOX_H
#define BPCORE_PHILOX_H

#include <stdint.h>

static inline void philox4x32(uint32_t c[4], uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ key0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ key1;
        c[3] = (uint32_t)p0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

#endif
