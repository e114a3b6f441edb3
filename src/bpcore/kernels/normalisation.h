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

/* Rows whose sums, roots and quotients are taken before any of them is used: one after the other
 * they wait for nothing, where each row by itself waits for all of its own. */
enum { ROWS_AT_ONCE = 16 };

/* What rows are normalised with: a = (z - shift) * inverse. fixed: inverse is a constant, the norm
 * being too small to divide by. */
typedef struct {
    REAL shift[ROWS_AT_ONCE], inverse[ROWS_AT_ONCE];
    int fixed[ROWS_AT_ONCE];
} row_scales;

static void find_scales(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL epsilon,
                        row_scales *scales) {
    REAL totals[ROWS_AT_ONCE]; /* of squares */
    for (ptrdiff_t r = 0; r < rows; r++) {
        vreal sum = vzero();
        if (kind == BP_LAYER_NORM)
            FOR_VECTORS(n)
                sum += LOAD_AT(z + r * n);
        scales->shift[r] = vsum(sum) / (REAL)n;
    }
    for (ptrdiff_t r = 0; r < rows; r++) {
        vreal squares = vzero();
        FOR_VECTORS(n) {
            const vreal d = LOAD_AT(z + r * n) - scales->shift[r];
            const vreal own = whole ? d : vfirst(d, part);
            squares = vfma(own, own, squares);
        }
        totals[r] = vsum(squares);
    }
    for (ptrdiff_t r = 0; r < rows; r++) {
        scales->fixed[r] = 0;
        if (kind != BP_UNIT_NORM) {
            scales->inverse[r] = 1 / (REAL)sqrt(totals[r] / (REAL)n + epsilon);
            continue;
        }
        const REAL norm = (REAL)sqrt(totals[r]);
        scales->fixed[r] = !(norm > epsilon) && norm == norm;
        scales->inverse[r] = scales->fixed[r] ? 1 / epsilon : 1 / norm;
    }
}

/* How many of so many rows are next. */
INLINE ptrdiff_t next_rows(ptrdiff_t left) {
    return left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
}

static void row_norm(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                     const REAL *restrict gamma, const REAL *restrict beta, double epsilon,
                     REAL *a) {
    row_scales scales;
    for (ptrdiff_t r = 0; r < rows; r += ROWS_AT_ONCE) {
        const ptrdiff_t count = next_rows(rows - r);
        find_scales(kind, count, n, z, (REAL)epsilon, &scales);
        for (ptrdiff_t own = 0; own < count; own++, z += n, a += n) {
            const vreal inverse = vset(scales.inverse[own]);
            FOR_VECTORS(n) {
                const vreal d = LOAD_AT(z) - scales.shift[own];
                vreal h = d * inverse;
                if (gamma && beta)
                    h = vfma(h, LOAD_AT(gamma), LOAD_AT(beta));
                else if (gamma)
                    h = h * LOAD_AT(gamma);
                else if (beta)
                    h = vfma(d, inverse, LOAD_AT(beta));
                STORE_AT(a, h);
            }
        }
    }
}

/* The means over a row of u = delta gamma, which delta becomes, and of u h; for the unit norm the
 * sum of u h, as |h| = 1 there. The gradients of gamma and beta are added to theirs. */
INLINE void row_means(int kind, ptrdiff_t n, const REAL *z, REAL shift, REAL inverse,
                      const REAL *gamma, REAL *restrict delta, REAL *restrict grad_gamma,
                      REAL *restrict grad_beta, REAL *mean, REAL *along) {
    vreal all = vzero(), along_h = vzero();
    FOR_VECTORS(n) {
        const vreal d = LOAD_AT(delta), h = (LOAD_AT(z) - shift) * inverse;
        if (grad_beta)
            STORE_AT(grad_beta, LOAD_AT(grad_beta) + d);
        if (grad_gamma)
            STORE_AT(grad_gamma, vfma(d, h, LOAD_AT(grad_gamma)));
        const vreal u = gamma ? d * LOAD_AT(gamma) : d; /* 0 behind the row's end */
        STORE_AT(delta, u);
        const vreal uh = u * h;
        all += u;
        along_h += whole ? uh : vfirst(uh, part); /* h may be infinite there */
    }
    *mean = kind == BP_LAYER_NORM ? vsum(all) / (REAL)n : 0;
    *along = vsum(along_h) / (kind == BP_UNIT_NORM ? 1 : (REAL)n);
}

/* With h = (z - shift) inverse, u = delta gamma and <> the mean over a row:
 * dC/dz = inverse (u - <u> - h <u h>), without <u> where nothing is shifted. */
static void row_norm_back(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *restrict z,
                          const REAL *restrict gamma, double epsilon, REAL *restrict delta,
                          REAL *restrict grad_gamma, REAL *restrict grad_beta) {
    row_scales scales;
    REAL mean[ROWS_AT_ONCE], along[ROWS_AT_ONCE];
    for (ptrdiff_t r = 0; r < rows; r += ROWS_AT_ONCE) {
        const ptrdiff_t count = next_rows(rows - r);
        find_scales(kind, count, n, z, (REAL)epsilon, &scales);
        for (ptrdiff_t own = 0; own < count; own++) {
            row_means(kind, n, z + own * n, scales.shift[own], scales.inverse[own], gamma,
                      delta + own * n, grad_gamma, grad_beta, &mean[own], &along[own]);
            if (scales.fixed[own])
                along[own] = 0;
        }
        for (ptrdiff_t own = 0; own < count; own++, z += n, delta += n) {
            const REAL shift = scales.shift[own], inverse = scales.inverse[own];
            FOR_VECTORS(n) {
                const vreal h = (LOAD_AT(z) - shift) * inverse;
                const vreal rest = vfma(-h, vset(along[own]), LOAD_AT(delta) - mean[own]);
                STORE_AT(delta, inverse * rest);
            }
        }
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
