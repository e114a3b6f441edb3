#if defined(__linux__)
#define _GNU_SOURCE /* sched_getcpu, cpu_set_t */
#endif

#include "threads.h"

#include <stddef.h>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

/* ---- the barrier ---------------------------------------------------------- */

#if defined(_WIN32)
#include <windows.h>
static void give_way(void) { SwitchToThread(); }
#else
#include <sched.h>
static void give_way(void) { sched_yield(); }
#endif

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void bp_barrier_init(bp_barrier *barrier, int threads) {
    atomic_init(&barrier->waiting, 0);
    atomic_init(&barrier->generation, 0);
    barrier->threads = threads;
}

/* Between two looks at what another thread will do within microseconds: the wait spins; after about
 * 50 µs it gives the processor away, in case the other waits for one. */
static void wait_briefly(int *spins) {
    enum { SPINS = 2000 };
    if (*spins < SPINS) {
        pause_briefly();
        (*spins)++;
    } else {
        give_way();
    }
}

void bp_barrier_wait(bp_barrier *barrier) {
    int spins = 0;
    const int generation = atomic_load_explicit(&barrier->generation, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&barrier->waiting, 1, memory_order_acq_rel) ==
        barrier->threads - 1) {
        atomic_store_explicit(&barrier->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&barrier->generation, generation + 1, memory_order_release);
        return;
    }
    while (atomic_load_explicit(&barrier->generation, memory_order_acquire) == generation)
        wait_briefly(&spins);
}

/* ---- the threads ---------------------------------------------------------- */

#if defined(_WIN32)

int bp_run_threads(int threads, void (*run)(void *, int), void *argument) {
    if (threads > 1)
        return -1;
    run(argument, 0);
    return 0;
}

#else
#include <pthread.h>

enum { STACK_BYTES = 2 << 20 };

/* A new thread may be put on its maker's processor, and wait there for milliseconds while
 * the maker spins at the first barrier and other processors are idle. So it goes
 * elsewhere of its own accord, and then takes back its freedom to move. */
#if defined(__linux__)
static int this_processor(void) { return sched_getcpu(); }
static void avoid_processor(int processor) {
    cpu_set_t allowed, others;
    if (processor < 0 || sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    others = allowed;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
        sched_setaffinity(0, sizeof allowed, &allowed);
}
#else
static int this_processor(void) { return -1; }
static void avoid_processor(int processor) { (void)processor; }
#endif

typedef struct {
    void (*run)(void *, int);
    void *argument;
    int makers_processor;
    atomic_int seated;
    atomic_int start; /* whether the seated may run: 0 not known yet, 1 yes, -1 no */
} table;

typedef struct {
    table *table;
    int thread;
} seat;

static void *sit(void *pointer) {
    const seat s = *(seat *)pointer;
    int start, spins = 0;
    avoid_processor(s.table->makers_processor);
    atomic_fetch_add(&s.table->seated, 1);
    while ((start = atomic_load_explicit(&s.table->start, memory_order_acquire)) == 0)
        wait_briefly(&spins);
    if (start > 0)
        s.table->run(s.table->argument, s.thread);
    return NULL;
}

int bp_run_threads(int threads, void (*run)(void *, int), void *argument) {
    pthread_t ids[BP_MAX_THREADS];
    seat seats[BP_MAX_THREADS];
    pthread_attr_t attributes;
    table t = {.run = run, .argument = argument, .makers_processor = this_processor()};
    int started = 1;
    if (threads <= 1) {
        run(argument, 0);
        return 0;
    }
    if (threads > BP_MAX_THREADS || pthread_attr_init(&attributes) != 0)
        return -1;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    atomic_init(&t.seated, 1);
    atomic_init(&t.start, 0);
    for (; started < threads; started++) {
        seats[started] = (seat){&t, started};
        if (pthread_create(&ids[started], &attributes, sit, &seats[started]) != 0)
            break;
    }
    pthread_attr_destroy(&attributes);
    while (atomic_load(&t.seated) < started)
        give_way();
    atomic_store_explicit(&t.start, started == threads ? 1 : -1, memory_order_release);
    if (started == threads)
        run(argument, 0);
    for (int i = 1; i < started; i++)
        pthread_join(ids[i], NULL);
    return started == threads ? 0 : -1;
}

#endif

/* ---- the clock ------------------------------------------------------------ */

unsigned long long bp_ticks(void) {
#if defined(__x86_64__) || defined(_M_X64)
    return __rdtsc();
#elif defined(__aarch64__)
    unsigned long long ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;
#endif
}

/* ---- denormals ------------------------------------------------------------ */

/* Products with denormal operands take 100 cycles or more on many processors, and
 * decaying weights and moments end there. */
#if defined(__x86_64__) || defined(_M_X64)
enum { FLUSHING = 0x8040 }; /* flush to zero, denormals are zero */
static unsigned long long float_state(void) { return _mm_getcsr(); }
#elif defined(__aarch64__)
enum { FLUSHING = 1 << 24 };
static unsigned long long float_state(void) {
    unsigned long long state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
}
#else
enum { FLUSHING = 0 };
static unsigned long long float_state(void) { return 0; }
#endif

unsigned long long bp_flush_denormals(void) {
    const unsigned long long state = float_state();
    bp_restore_denormals(state | FLUSHING);
    return state;
}

unsigned long long bp_keep_denormals(void) {
    const unsigned long long state = float_state();
    bp_restore_denormals(state & ~(unsigned long long)FLUSHING);
    return state;
}

void bp_restore_denormals(unsigned long long state) {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_setcsr((unsigned)state);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(state));
#else
    (void)state;
#endif
}
