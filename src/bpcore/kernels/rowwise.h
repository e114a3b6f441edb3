/* Activations of a whole row beside softmax. NaN or +infinity in a row make the row NaN.
 * Both derivatives read a alone, so that z may be a.
 *
 * Included by activations.h. */
#ifndef BPCORE_ROWWISE_H
#define BPCORE_ROWWISE_H

#include "vecmath.h"

#include <math.h>

INLINE ptrdiff_t part_of(ptrdiff_t left) { return left < VL ? left : VL; }

/* The largest element of a row; NaN if one of them is. */
INLINE REAL row_maximum(ptrdiff_t n, const REAL *z) {
    REAL max = z[0];
    for (ptrdiff_t i = 1; i < n; i++)
        max = z[i] > max || z[i] != z[i] ? z[i] : max;
    return max;
}

/* z - max z - log sum exp(z - max z) */
static void activate_log_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                                 const double *p) {
    (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, z += n, a += n) {
        const REAL max = row_maximum(n, z);
        vreal sum = vzero();
        for (ptrdiff_t i = 0; i < n; i += VL) {
            const ptrdiff_t part = part_of(n - i);
            vreal e = vexp(vload_part(z + i, part) - max);
            for (ptrdiff_t j = part; j < VL; j++)
                e[j] = 0;
            sum += e;
        }
        const REAL log_sum = (REAL)log((double)vsum(sum));
        for (ptrdiff_t i = 0; i < n; i++)
            a[i] = (z[i] - max) - log_sum;
    }
}

/* delta_j = v_j - exp(a_j) sum_k v_k, v = dC/da. */
static void derive_log_softmax(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                               const REAL *restrict a, REAL *restrict delta,
                               const double *p) {
    (void)z, (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, a += n, delta += n) {
        vreal sums = vzero();
        for (ptrdiff_t i = 0; i < n; i += VL)
            sums += vload_part(delta + i, part_of(n - i));
        const REAL sum = vsum(sums);
        for (ptrdiff_t i = 0; i < n; i += VL) {
            const ptrdiff_t part = part_of(n - i);
            const vreal e = vexp(vload_part(a + i, part));
            vstore_part(delta + i, vload_part(delta + i, part) - e * sum, part);
        }
    }
}

/* max(z - tau, 0), tau such that a row's outputs add up to 1: the nearest point of the
 * simplex (Martins and Astudillo 2016). tau is (sum of z over the support - 1) / its size; starting
 * from the whole row, what lies below tau is left out until nothing more does (Michelot
 * 1986), which needs neither a sorted copy nor memory. */
static void activate_sparsemax(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                               const double *p) {
    (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, z += n, a += n) {
        const REAL max = row_maximum(n, z);
        double tau = -1; /* relative to max: no more than 1 below it */
        ptrdiff_t size = 0, before;
        do {
            double sum = 0;
            before = size;
            size = 0;
            for (ptrdiff_t i = 0; i < n; i++)
                if ((double)z[i] - max > tau) {
                    sum += (double)z[i] - max;
                    size++;
                }
            if (size) /* not so in a row of NaN */
                tau = (sum - 1) / (double)size;
        } while (size && size != before);
        for (ptrdiff_t i = 0; i < n; i++) {
            const double above = (double)z[i] - max - tau;
            a[i] = !size ? (REAL)NAN : above > 0 ? (REAL)above : 0;
        }
    }
}

/* delta_j = v_j - mean of v over the support where a_j > 0, else 0. */
static void derive_sparsemax(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                             const REAL *restrict a, REAL *restrict delta,
                             const double *p) {
    (void)z, (void)p;
    for (ptrdiff_t r = 0; r < rows; r++, a += n, delta += n) {
        double sum = 0, size = 0;
        for (ptrdiff_t i = 0; i < n; i++)
            if (a[i] > 0) {
                sum += delta[i];
                size++;
            }
        const REAL mean = (REAL)(sum / size);
        for (ptrdiff_t i = 0; i < n; i++)
            delta[i] = a[i] > 0 ? delta[i] - mean : a[i] * 0; /* NaN stays NaN */
    }
}

#endif
