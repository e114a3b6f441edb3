/* The sum of weighted logarithms that come one at a time: gathered, and taken by vectors. */
#ifndef BPCORE_LOGS_H
#define BPCORE_LOGS_H

#include "vecmath.h"
#include "wide.h"

enum { MOST_LOGS = 64 }; /* whole vectors, and little on the stack */

typedef struct {
    REAL x[MOST_LOGS];
    double weight[MOST_LOGS];
    ptrdiff_t count;
    vdouble sum;
} Logs;

INLINE void start_logs(Logs *logs) {
    logs->count = 0;
    logs->sum = (vdouble){0};
}

INLINE void take_logs(Logs *logs) {
    if (logs->count == 1) { /* a row by itself: a vector's latency is twice that of one log */
        logs->sum[0] += logs->weight[0] * log((double)logs->x[0]);
        logs->count = 0;
        return;
    }
    for (ptrdiff_t i = logs->count; i % VL; i++) {
        logs->x[i] = 1;
        logs->weight[i] = 0;
    }
    for (ptrdiff_t i = 0; i < logs->count; i += VL)
        logs->sum = vadd_weighted(logs->sum, logs->weight + i, vlog(vload(logs->x + i)));
    logs->count = 0;
}

/* The same of logs that all weigh -1. Doubles above 1e-30 have a logarithm in common, of the
 * product of eight, which does not underflow; for fewer than all it was slower. */
INLINE void take_equal_logs(Logs *logs) {
    enum { FACTORS = 8 };
    if (REAL_BITS == 64 && logs->count == MOST_LOGS) {
        for (ptrdiff_t i = 0; i < MOST_LOGS; i += FACTORS * VL) {
            vreal product = vload(logs->x + i);
            for (ptrdiff_t j = 1; j < FACTORS; j++)
                product *= vload(logs->x + i + j * VL);
            logs->sum = vadd_wide(logs->sum, -vlog(product));
        }
        logs->count = 0;
        return;
    }
    for (ptrdiff_t i = logs->count; i % VL; i++)
        logs->x[i] = 1;
    for (ptrdiff_t i = 0; i < logs->count; i += VL)
        logs->sum = vadd_wide(logs->sum, -vlog(vload(logs->x + i)));
    logs->count = 0;
}

/* Adds weight log x where `counts`, and does the same work where not: whether it does is
 * past guessing for the targets of a row. */
INLINE void add_log(Logs *logs, REAL x, double weight, int counts) {
    if (logs->count == MOST_LOGS)
        take_logs(logs);
    logs->x[logs->count] = x;
    logs->weight[logs->count] = weight;
    logs->count += counts;
}

INLINE double sum_of_logs(Logs *logs) {
    take_logs(logs);
    return vsum_wide(logs->sum);
}

#endif
