/* softmax, exp(z - max z) / sum, to 2 units in the last place, and its derivative.
 *
 * In REAL alone what z - max z loses would come out |z - max z| times as large, and a sum of n
 * terms bring roundings of its own. So each number that leads to 1 / sum has a second one beside
 * it, what the first has lost; they take about a third more time than exp itself. All are
 * 2^RAISED times as large until the end, so that what is lost of the least results is not itself
 * below the normal numbers.
 *
 * Included by activations.h. */
#ifndef BPCORE_SOFTMAX_H
#define BPCORE_SOFTMAX_H

#include "simd.h"
#include "transpose.h"
#include "vecmath.h"

enum { RAISED = 80 }; /* 2^RAISED times the sum of a row is finite, and exp of EXP_MIN - 8 normal */

/* 2^RAISED exp(z - max) rounded, and what it has lost; z <= max. */
INLINE vreal exp_below(vreal z, vreal max, vreal *low) {
    const vreal d = z - max, back = d - z;
    const vreal d_low = (z - (d - back)) - (max + back); /* Knuth's two-sum: exact */
    vint k;
    /* Far below exp is 0, and d may be -infinity, d_low NaN. */
    const vreal e = exp_parts(d, (vreal)((d > EXP_MIN) & (vint)d_low), low, &k);
    const vreal raised = power_of_2(k + RAISED);
    *low *= raised;
    return e * raised;
}

/* A sum of numbers between 0 and 2^RAISED: high + low. Starting from that it is never below what is
 * added, so that three operations find what the addition loses (Dekker's fast two-sum). */
typedef struct {
    vreal high, low;
} exact_sum;

INLINE exact_sum empty_sum(void) { return (exact_sum){power_of_2((vint){0} + RAISED), vzero()}; }

INLINE void add_to(exact_sum *sum, vreal e, vreal e_low) {
    const vreal next = sum->high + e;
    sum->low += (e - (next - sum->high)) + e_low;
    sum->high = next;
}

/* low back into the last place of high, which many terms of like roundings make it outgrow. */
INLINE void carry(exact_sum *sum) {
    const vreal next = sum->high + sum->low;
    sum->low -= next - sum->high;
    sum->high = next;
}

/* Without the 2^RAISED it started from: exactly, that being a multiple of the last place. */
INLINE void finish_sum(exact_sum *sum) {
    sum->high -= empty_sum().high;
    carry(sum);
}

/* Every element the sum of all of them. */
INLINE void add_across(exact_sum *sum) {
    vreal high = sum->high, low = sum->low;
#define STEP(...)                                                                   \
    {                                                                               \
        const vreal other = SHUFFLE(high, high, __VA_ARGS__), next = high + other;  \
        const vreal back = next - high;                                             \
        low += SHUFFLE(low, low, __VA_ARGS__);                                      \
        low += (high - (next - back)) + (other - back);                             \
        high = next;                                                                \
    }
    SWAPS(STEP)
#undef STEP
    *sum = (exact_sum){high, low};
    carry(sum);
}

/* 2^RAISED / sum rounded, and what it has lost. */
INLINE vreal reciprocal(exact_sum sum, vreal *low) {
    const vreal lowered = power_of_2((vint){0} - RAISED), high = sum.high * lowered;
    const vreal scale = 1 / high;
    *low = -scale * (product_error(high, scale, vset(1)) + scale * (sum.low * lowered));
    return scale;
}

/* e (scale + low) / 2^RAISED, rounded once but for the last bit's sake. */
INLINE vreal times_pair(vreal e, vreal scale, vreal low) {
    const vreal product = e * scale;
    const vreal exact = product + (product_error(e, scale, product) + e * low);
    return exact * power_of_2((vint){0} - RAISED);
}

enum { CARRIED = 256 }; /* vectors added between two carries */

/* Row by row. NaN and +infinity in a row make the row NaN. */
static void softmax_wide(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a) {
    /* The last vector of a row, whole or not, stays in registers throughout. */
    const ptrdiff_t tail = (n - 1) % VL + 1, before = n - tail;
    vint outside = {0}; /* its elements that are no output */
    for (ptrdiff_t i = tail; i < VL; i++)
        outside[i] = -1;
    for (ptrdiff_t r = 0; r < rows; r++, z += n, a += n) {
        vreal last = vload_part(z + before, tail);
        vreal top = vselect(outside, vset(z[before]), last);
        for (ptrdiff_t i = 0; i < before; i += VL)
            top = vmax(vload(z + i), top);
        const vreal max = vset(vmaximum(top));
        exact_sum sum = empty_sum();
        vreal low, scale_low;
        last = vselect(outside, vzero(), exp_below(last, max, &low));
        add_to(&sum, last, vselect(outside, vzero(), low));
        for (ptrdiff_t start = 0; start < before; start += CARRIED * VL) {
            const ptrdiff_t next = start + CARRIED * VL, end = next < before ? next : before;
            for (ptrdiff_t i = start; i < end; i += VL) {
                const vreal e = exp_below(vload(z + i), max, &low);
                add_to(&sum, e, low);
                vstore(a + i, e);
            }
            carry(&sum);
        }
        finish_sum(&sum);
        add_across(&sum);
        const vreal scale = reciprocal(sum, &scale_low);
        for (ptrdiff_t i = 0; i < before; i += VL)
            vstore(a + i, times_pair(vload(a + i), scale, scale_low));
        vstore_part(a + before, times_pair(last, scale, scale_low), tail);
    }
}

/* Few outputs: turned round, VL rows at a time, one row to an element of every vector, so
 * that sums and maxima cross no vector and the rows do not wait for one another. */
enum { NARROW = 64 };

/* VL rows of two or three outputs: read and written number by number, which takes less than
 * turning round vectors that are mostly empty (half the time, or a fifth). */
enum { FEWEST = VL <= 8 ? 3 : 0 };

INLINE void softmax_rows(const int N, const REAL *z, REAL *a) {
    vreal e[3], low;
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        vreal column = vzero();
#pragma GCC unroll 8
        for (int i = 0; i < VL; i++)
            column[i] = z[i * N + j];
        e[j] = column;
    }
    vreal max = e[0];
#pragma GCC unroll 3
    for (int j = 1; j < N; j++)
        max = vmax(e[j], max);
    exact_sum sum = empty_sum();
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        e[j] = exp_below(e[j], max, &low);
        add_to(&sum, e[j], low);
    }
    finish_sum(&sum);
    const vreal scale = reciprocal(sum, &low);
#pragma GCC unroll 3
    for (int j = 0; j < N; j++) {
        e[j] = times_pair(e[j], scale, low);
#pragma GCC unroll 8
        for (int i = 0; i < VL; i++)
            a[i * N + j] = e[j][i];
    }
}

static void softmax_narrow(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a) {
    REAL columns[NARROW * (VBYTES / sizeof(REAL))] __attribute__((aligned(64)));
    for (ptrdiff_t r = 0; r < rows; r += VL, z += VL * n, a += VL * n) {
        const ptrdiff_t count = rows - r < VL ? rows - r : VL;
        transpose_padded(count, n, z, columns);
        vreal max = vload(columns), low;
        for (ptrdiff_t j = 1; j < n; j++)
            max = vmax(vload(columns + j * VL), max);
        exact_sum sum = empty_sum();
        for (ptrdiff_t j = 0; j < n; j++) {
            const vreal e = exp_below(vload(columns + j * VL), max, &low);
            add_to(&sum, e, low);
            vstore(columns + j * VL, e);
        }
        finish_sum(&sum);
        const vreal scale = reciprocal(sum, &low);
        for (ptrdiff_t j = 0; j < n; j++)
            vstore(columns + j * VL, times_pair(vload(columns + j * VL), scale, low));
        transpose(n, count, columns, VL, a, n);
    }
}

static void activate_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                             const double *p) {
    (void)p;
    if (2 <= n && n <= FEWEST) {
        for (; rows >= VL; rows -= VL, z += VL * n, a += VL * n) {
            if (n == 2)
                softmax_rows(2, z, a);
            else
                softmax_rows(3, z, a);
        }
    }
    if (n <= NARROW) /* for a single row too: its bits are the same in any company */
        softmax_narrow(rows, n, z, a);
    else
        softmax_wide(rows, n, z, a);
}

/* delta_j = a_j (v_j - sum_k v_k a_k), v = dC/da: v times the Jacobian
 * da_k/dz_j = a_k (1{j=k} - a_j). */
static void derive_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                           const REAL *restrict a, REAL *restrict delta,
                           const double *p) {
    (void)z, (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, a += n, delta += n) {
        vreal sum = vzero();
        ptrdiff_t i = 0;
        for (; i + VL <= n; i += VL)
            sum += vload(a + i) * vload(delta + i);
        if (i < n)
            sum += vload_part(a + i, n - i) * vload_part(delta + i, n - i);
        const REAL inner = vsum(sum);
        for (i = 0; i < n; i++)
            delta[i] = a[i] * (delta[i] - inner);
    }
}

#endif
