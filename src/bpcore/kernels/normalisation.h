/* Layers that normalise: by columns over a batch, or row by row; and PReLU, which like them
 * has vectors of parameters. Gradients of those are added to what is there. */
#ifndef BPCORE_NORMALISATION_H
#define BPCORE_NORMALISATION_H

#include "simd.h"

#include <math.h>

/* Mean and variance (divided by rows) of each column, in two passes. */
static void moments(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z, REAL *restrict mean,
                    REAL *restrict variance) {
    for (ptrdiff_t j = 0; j < n; j++)
        mean[j] = variance[j] = 0;
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            mean[j] += z[i * n + j];
    const REAL part = 1 / (REAL)rows;
    for (ptrdiff_t j = 0; j < n; j++)
        mean[j] *= part;
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL d = z[i * n + j] - mean[j];
            variance[j] += d * d;
        }
    for (ptrdiff_t j = 0; j < n; j++)
        variance[j] *= part;
}

static void affine(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                   const REAL *restrict shift, const REAL *restrict scale,
                   const REAL *restrict offset, REAL *restrict a) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, a += n) {
        if (offset)
            for (ptrdiff_t j = 0; j < n; j++)
                a[j] = (z[j] - shift[j]) * scale[j] + offset[j];
        else
            for (ptrdiff_t j = 0; j < n; j++)
                a[j] = (z[j] - shift[j]) * scale[j];
    }
}

static void multiply_columns(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict scale,
                             REAL *restrict delta) {
    for (ptrdiff_t i = 0; i < rows; i++, delta += n)
        for (ptrdiff_t j = 0; j < n; j++)
            delta[j] *= scale[j];
}

static void column_moments(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                           const REAL *restrict mean, const REAL *restrict inverse,
                           const REAL *restrict delta, REAL *restrict along,
                           REAL *restrict sums) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, delta += n)
        for (ptrdiff_t j = 0; j < n; j++) {
            along[j] += delta[j] * ((z[j] - mean[j]) * inverse[j]);
            sums[j] += delta[j];
        }
}

static void batch_norm_back(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                            const REAL *restrict mean, const REAL *restrict inverse,
                            const REAL *restrict scale, const REAL *restrict along,
                            const REAL *restrict sums, REAL *restrict delta) {
    const REAL part = 1 / (REAL)rows;
    for (ptrdiff_t i = 0; i < rows; i++, z += n, delta += n)
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL normal = (z[j] - mean[j]) * inverse[j];
            delta[j] = scale[j] * (delta[j] - part * (sums[j] + normal * along[j]));
        }
}

/* Sum of x_j y_j over a row, y NULL meaning 1. */
INLINE REAL row_sum(ptrdiff_t n, const REAL *x, const REAL *y) {
    vreal sum = vzero();
    for (ptrdiff_t j = 0; j < n; j += VL) {
        const ptrdiff_t part = n - j < VL ? n - j : VL;
        const vreal v = vload_part(x + j, part);
        sum += y ? v * vload_part(y + j, part) : v;
    }
    return vsum(sum);
}

/* What a row is normalised with: a = (z - shift) * inverse. Returns 1 where inverse is a
 * constant, the norm being too small to divide by. */
INLINE int row_scale(int kind, ptrdiff_t n, const REAL *z, REAL epsilon, REAL *shift,
                     REAL *inverse) {
    *shift = 0;
    if (kind == BP_LAYER_NORM) {
        const REAL mean = row_sum(n, z, NULL) / (REAL)n;
        vreal sum = vzero();
        for (ptrdiff_t j = 0; j < n; j += VL) {
            const ptrdiff_t part = n - j < VL ? n - j : VL;
            vreal d = vload_part(z + j, part) - mean;
            if (part < VL)
                for (ptrdiff_t k = part; k < VL; k++)
                    d[k] = 0;
            sum += d * d;
        }
        *shift = mean;
        *inverse = 1 / (REAL)sqrt(vsum(sum) / (REAL)n + epsilon);
        return 0;
    }
    const REAL squares = row_sum(n, z, z);
    if (kind == BP_RMS_NORM) {
        *inverse = 1 / (REAL)sqrt(squares / (REAL)n + epsilon);
        return 0;
    }
    const REAL norm = (REAL)sqrt(squares);
    const int tiny = !(norm > epsilon) && norm == norm;
    *inverse = tiny ? 1 / epsilon : 1 / norm;
    return tiny;
}

static void row_norm(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                     const REAL *restrict gamma, const REAL *restrict beta, double epsilon,
                     REAL *a) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, a += n) {
        REAL shift, inverse;
        row_scale(kind, n, z, (REAL)epsilon, &shift, &inverse);
        for (ptrdiff_t j = 0; j < n; j++)
            a[j] = (z[j] - shift) * inverse;
        if (gamma)
            for (ptrdiff_t j = 0; j < n; j++)
                a[j] *= gamma[j];
        if (beta)
            for (ptrdiff_t j = 0; j < n; j++)
                a[j] += beta[j];
    }
}

/* With h = (z - shift) inverse, u = delta gamma and <> the mean over a row:
 * dC/dz = inverse (u - <u> - h <u h>), without <u> where nothing is shifted; for the unit
 * norm <u h> is a sum, as |h| = 1 there. */
static void row_norm_back(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                          const REAL *restrict gamma, double epsilon, REAL *restrict delta,
                          REAL *restrict grad_gamma, REAL *restrict grad_beta) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, delta += n) {
        REAL shift, inverse;
        const int fixed = row_scale(kind, n, z, (REAL)epsilon, &shift, &inverse);
        if (grad_beta)
            for (ptrdiff_t j = 0; j < n; j++)
                grad_beta[j] += delta[j];
        if (grad_gamma)
            for (ptrdiff_t j = 0; j < n; j++)
                grad_gamma[j] += delta[j] * ((z[j] - shift) * inverse);
        if (gamma)
            for (ptrdiff_t j = 0; j < n; j++)
                delta[j] *= gamma[j];
        REAL mean = 0, along = 0;
        if (kind == BP_LAYER_NORM)
            mean = row_sum(n, delta, NULL) / (REAL)n;
        if (!fixed)
            along = (row_sum(n, delta, z) - shift * row_sum(n, delta, NULL)) * inverse;
        if (kind != BP_UNIT_NORM)
            along /= (REAL)n;
        for (ptrdiff_t j = 0; j < n; j++)
            delta[j] = inverse * (delta[j] - mean - (z[j] - shift) * inverse * along);
    }
}

/* a = z where z > 0, else alpha z (He et al. 2015); at 0 the slope is that of the left in
 * alpha and 0 in z, as Keras's sum of two ReLUs has it. */
static void prelu(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                  const REAL *restrict alpha, REAL *restrict a) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, a += n)
        for (ptrdiff_t j = 0; j < n; j++)
            a[j] = z[j] > 0 ? z[j] : alpha[j] * z[j];
}

static void prelu_back(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                       const REAL *restrict alpha, REAL *restrict delta,
                       REAL *restrict grad_alpha) {
    for (ptrdiff_t i = 0; i < rows; i++, z += n, delta += n)
        for (ptrdiff_t j = 0; j < n; j++) {
            grad_alpha[j] += z[j] < 0 ? delta[j] * z[j] : 0;
            delta[j] *= z[j] > 0 ? 1 : z[j] < 0 ? alpha[j] : 0;
        }
}

#endif
