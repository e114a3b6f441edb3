/* Threads that run one function side by side, the barrier and the clock inside it, and the
 * treatment of denormal numbers while it runs. */
#ifndef BPCORE_THREADS_H
#define BPCORE_THREADS_H

#include <stdatomic.h>

typedef struct {
    atomic_int waiting;
    atomic_int generation;
    int threads;
} bp_barrier;

void bp_barrier_init(bp_barrier *barrier, int threads);

/* Return when all of the barrier's threads have called it. */
void bp_barrier_wait(bp_barrier *barrier);

enum { BP_MAX_THREADS = 1024 };

/* Call run(argument, 0) … run(argument, threads - 1) at the same time, the first on the
 * calling thread, and return when all have. If the system gives fewer threads than asked
 * for, nothing is run and -1 is returned. Threads live only as long as the call, so
 * there is no pool to survive a fork or to keep a processor busy. */
int bp_run_threads(int threads, void (*run)(void *argument, int thread), void *argument);

/* A clock of the processor's, in ticks of its own; 0 where it has none known here. */
unsigned long long bp_ticks(void);

/* Let denormal numbers count as 0 on this thread; returns the state to restore. */
unsigned long long bp_flush_denormals(void);
/* Let them count as what they are, for a user's function within; likewise. */
unsigned long long bp_keep_denormals(void);
void bp_restore_denormals(unsigned long long state);

#endif
