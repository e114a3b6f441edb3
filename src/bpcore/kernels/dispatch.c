/* Which instruction sets does this machine run? The compiler's run-time check
 * asks the processor (cpuid) and the operating system (xgetbv). */
#include "dispatch.h"

#include <string.h>

#define DECLARE(isa)                             \
    extern const bp_kernels_f32 bp_##isa##_f32; \
    extern const bp_kernels_f64 bp_##isa##_f64;

#if defined(BP_X86)

DECLARE(sse4)
DECLARE(avx2)
DECLARE(avx512)

/* Exactly the features CMakeLists.txt compiles each object for. */
static int runs_sse4(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}
static int runs_avx2(void) {
    return runs_sse4() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
static int runs_avx512(void) {
    return runs_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

/* AMD's (from Zen on) take 4.5 cycles for four, Intel's 8. */
int bp_divides_fast(void) { return __builtin_cpu_is("amd") != 0; }

static const struct {
    bp_isa isa;
    int (*runs)(void);
} compiled[] = {
    {{"sse4", &bp_sse4_f32, &bp_sse4_f64}, runs_sse4},
    {{"avx2", &bp_avx2_f32, &bp_avx2_f64}, runs_avx2},
    {{"avx512", &bp_avx512_f32, &bp_avx512_f64}, runs_avx512},
};

#else

/* arm64, where NEON is the baseline, and any other processor. */
DECLARE(baseline)

static int runs_always(void) { return 1; }

int bp_divides_fast(void) { return 1; } /* nothing is estimated here */

static const struct {
    bp_isa isa;
    int (*runs)(void);
} compiled[] = {
#if defined(__aarch64__)
    {{"neon", &bp_baseline_f32, &bp_baseline_f64}, runs_always},
#else
    {{"baseline", &bp_baseline_f32, &bp_baseline_f64}, runs_always},
#endif
};

#endif

const bp_isa *bp_isa_available(int i) {
    for (size_t k = 0; k < sizeof compiled / sizeof *compiled; k++)
        if (compiled[k].runs() && i-- == 0)
            return &compiled[k].isa;
    return NULL;
}

const bp_isa *bp_isa_find(const char *name) {
    const bp_isa *isa;
    for (int i = 0; (isa = bp_isa_available(i)) != NULL; i++)
        if (strcmp(isa->name, name) == 0)
            return isa;
    return NULL;
}
