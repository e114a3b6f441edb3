/* The generator as a function, for who has one counter. */
#include "dispatch.h"
#include "philox.h"

#include <string.h>

void bp_philox(const uint32_t counter[4], uint64_t key, uint32_t out[4]) {
    memcpy(out, counter, 4 * sizeof *out);
    philox4x32(out, (uint32_t)key, (uint32_t)(key >> 32));
}
