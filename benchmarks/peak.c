/* The rate of multiply-adds that stay in registers: no product can be faster. roofline.py
 * compiles it for each element type (REAL) and instruction set. */
#include <time.h>

#if defined(__AVX512F__)
#define VBYTES 64
#elif defined(__AVX2__)
#define VBYTES 32
#else
#define VBYTES 16
#endif

#if defined(__x86_64__)
#define KEEP(v) __asm__ volatile("" : "+x"(v))
#else
#define KEEP(v) __asm__ volatile("" : "+w"(v))
#endif

typedef REAL vreal __attribute__((vector_size(VBYTES)));

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* FLOP/s over this many rounds: two for each element and chain. The chains are enough to hide the
 * latency of two units, and few enough for 16 registers. */
double peak(long rounds) {
    enum { CHAINS = 12 };
    vreal sums[CHAINS] = {{0}}, x = {0}, y = {0};
    x += (REAL)0.5;
    y += (REAL)0.25;
    KEEP(x);
    KEEP(y);
    const double start = now();
    for (long i = 0; i < rounds; i++) {
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++) {
            sums[k] = sums[k] * x + y;
            KEEP(sums[k]);
        }
    }
    return 2.0 * CHAINS * (VBYTES / sizeof(REAL)) * (double)rounds / (now() - start);
}
