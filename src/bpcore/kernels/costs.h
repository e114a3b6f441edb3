/* Costs C(x) of one example, and delta at the output. Averages over an
 * example's outputs and the clipping of probabilities are Keras's. */
#ifndef BPCORE_COSTS_H
#define BPCORE_COSTS_H

#include "logs.h"

#include <math.h>

#define COST(name)                                                                     \
    static double cost_##name(ptrdiff_t rows, ptrdiff_t n, const REAL *z,              \
                              const REAL *a, const REAL *y, const REAL *weight,        \
                              double scale, const double *p, REAL *delta)

/* Keras's epsilon: probabilities are clipped to [EPSILON, 1 - EPSILON]. */
#define EPSILON ((REAL)1e-7)

INLINE REAL clip(REAL p) { return p < EPSILON ? EPSILON : p > 1 - EPSILON ? 1 - EPSILON : p; }
INLINE int clipped(REAL p) { return p < EPSILON || p > 1 - EPSILON; }

/* Sum of (a - y)^2 over n elements; delta = slope (a - y) unless NULL. */
INLINE double squares(ptrdiff_t n, const REAL *a, const REAL *y, REAL slope, REAL *delta) {
    double total = 0;
    if (n == 1) { /* one example at a time: the sum of a vector takes longer than all the rest */
        const REAL d = a[0] - y[0];
        if (delta)
            delta[0] = slope * d;
        return (double)(d * d);
    }
    for (ptrdiff_t start = 0; start < n; start += 1024) { /* then on in double */
        const ptrdiff_t end = n - start < 1024 ? n : start + 1024;
        vreal sum = vzero();
        for (ptrdiff_t i = start; i < end; i += VL) {
            const ptrdiff_t part = end - i < VL ? end - i : VL;
            const vreal d = vload_part(a + i, part) - vload_part(y + i, part);
            sum += d * d;
            if (delta)
                vstore_part(delta + i, slope * d, part);
        }
        total += vsum(sum);
    }
    return total;
}

/* C = (1/n) sum_j (a_j - y_j)^2 */
COST(mean_squared_error) {
    double total = 0;
    (void)z, (void)p;
    if (!weight)
        return squares(rows * n, a, y, (REAL)(2 * scale / (double)n), delta) / (double)n;
    for (ptrdiff_t i = 0; i < rows; i++) {
        const REAL slope = (REAL)(2 * scale * weight[i] / (double)n);
        REAL *row = delta ? delta + i * n : NULL;
        total += weight[i] * squares(n, a + i * n, y + i * n, slope, row);
    }
    return total / (double)n;
}

/* What a cost takes of its targets: `smooth` is a constant where it is called, so that
 * plain targets are read as they are. Label smoothing is t = keep y + add. */
typedef struct {
    int smooth;
    REAL keep, add;
} Smoothing;

INLINE Smoothing smoothing(double amount, double classes) {
    return (Smoothing){1, (REAL)(1 - amount), (REAL)(amount / classes)};
}
INLINE REAL smoothed(Smoothing s, REAL y) { return s.smooth ? s.keep * y + s.add : y; }
INLINE vreal vsmoothed(Smoothing s, vreal y) { return s.smooth ? s.keep * y + s.add : y; }

/* COST(name) of BODY(..., smoothing) for targets as they are, or smoothed by p[0] over
 * so many classes. */
#define SMOOTHABLE_COST(name, body, classes)                                           \
    COST(name) {                                                                       \
        if (p[0] == 0)                                                                 \
            return body(rows, n, z, a, y, weight, scale, delta, (Smoothing){0, 1, 0}); \
        return body(rows, n, z, a, y, weight, scale, delta, smoothing(p[0], classes)); \
    }
#define SMOOTHABLE_BODY(name)                                                          \
    INLINE double name(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *a,      \
                       const REAL *y, const REAL *weight, double scale, REAL *delta,   \
                       Smoothing s)

/* C = -(1/n) sum_j [y_j log a_j + (1 - y_j) log(1 - a_j)] */
SMOOTHABLE_BODY(binary_body) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        const REAL slope = (REAL)(scale * w / (double)n);
        double sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL p = clip(a[j]);
            const REAL t = smoothed(s, y[j]);
            sum -= (double)t * log(p) + (1 - (double)t) * log1p(-(double)p);
            if (delta)
                delta[j] = clipped(a[j]) ? 0 : slope * (p - t) / (p * (1 - p));
        }
        total += w * sum / (double)n;
        if (delta)
            delta += n;
    }
    return total;
}
SMOOTHABLE_COST(binary_crossentropy, binary_body, 2.0)

/* C = -sum_j y_j log p_j, p = a / sum a */
SMOOTHABLE_BODY(categorical_body) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        const REAL slope = (REAL)(scale * w);
        double sum = 0;
        REAL total_a = 0, total_y = 0; /* total_y leaves out clipped outputs */
        for (ptrdiff_t j = 0; j < n; j++)
            total_a += a[j];
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL p = total_a != 0 ? a[j] / total_a : 0;
            const REAL t = smoothed(s, y[j]);
            sum -= (double)t * log(clip(p));
            if (!clipped(p))
                total_y += t;
        }
        total += w * sum;
        if (delta) {
            for (ptrdiff_t j = 0; j < n; j++) {
                const REAL own = clipped(a[j] / total_a) ? 0 : smoothed(s, y[j]) / a[j];
                delta[j] = total_a != 0 ? slope * (total_y / total_a - own) : 0;
            }
            delta += n;
        }
    }
    return total;
}
SMOOTHABLE_COST(categorical_crossentropy, categorical_body, (double)n)

/* Labels are checked before they come here, but the array is the caller's and may have
 * changed since: never index with one that is out of range. */
static double no_such_label(ptrdiff_t n, REAL *delta) {
    if (delta)
        for (ptrdiff_t j = 0; j < n; j++)
            delta[j] = (REAL)NAN;
    return NAN;
}

/* One label costs nothing where p[0] is not 0: the class p[1]. */
INLINE int ignored(const double *p, REAL y, ptrdiff_t n, REAL *delta) {
    if (p[0] == 0 || (double)y != p[1])
        return 0;
    if (delta)
        memset(delta, 0, (size_t)n * sizeof *delta);
    return 1;
}

/* Whether y is a label that counts. Where not, the row is done with: its delta is written unless
 * NULL, and what it costs is added to total. */
INLINE int counts(const double *p, REAL y, ptrdiff_t n, REAL *delta, double *total) {
    if (ignored(p, y, n, delta))
        return 0;
    if (y >= 0 && y < (REAL)n)
        return 1;
    *total += no_such_label(n, delta);
    return 0;
}

/* C = -log p_k, p = a / sum a, k the label */
COST(sparse_categorical_crossentropy) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n) {
        const double w = weight ? weight[i] : 1;
        if (!counts(p, y[i], n, delta ? delta + i * n : NULL, &total))
            continue;
        const ptrdiff_t label = (ptrdiff_t)y[i];
        REAL total_a = 0;
        for (ptrdiff_t j = 0; j < n; j++)
            total_a += a[j];
        const REAL q = total_a != 0 ? a[label] / total_a : 0;
        total -= w * log(clip(q));
        if (delta) {
            const REAL slope = clipped(q) ? 0 : (REAL)(scale * w);
            REAL *row = delta + i * n;
            for (ptrdiff_t j = 0; j < n; j++)
                row[j] = slope != 0 ? slope / total_a : 0;
            row[label] -= slope != 0 ? slope / a[label] : 0;
        }
    }
    return total;
}

/* log(1 + exp(z)) - t z without overflow: max(z, 0) - t z + log(1 + e), e = exp(-|z|). */
INLINE vreal binary_cost(vreal z, vreal t, vreal e) {
    return (vmax(vzero(), z) - t * z) + vlog1p(e);
}

/* sigmoid(z) - t by e = exp(-|z|), with all digits where the two are both near 1. */
INLINE vreal binary_slope(vreal z, vreal t, vreal e) {
    const vreal rest = sigmoid_of(-vabs(z), e);
    return vselect(z > 0, (1 - t) - rest, rest - t);
}

/* Binary cross-entropy with a = sigmoid(z): GIVEN, or else taken by the same e. Rows of one weight
 * are one long row, and rows of a single output are too, whose weights then fill vectors beside it. */
INLINE double binary_of_z(const int GIVEN, ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                          const REAL *a, const REAL *y, const REAL *weight, double scale,
                          REAL *delta, Smoothing s) {
    const int beside = weight && n == 1;
    const int grouped = weight && !beside;
    const ptrdiff_t groups = grouped ? rows : 1, m = grouped ? n : rows * n;
    double total = 0;
    if (rows * n == 1) { /* by itself: a vector's latency is twice that of log1p and exp */
        const double w = weight ? weight[0] : 1, x = z[0], t = smoothed(s, y[0]);
        const vreal e_z = GIVEN ? vzero() : vexp(-vabs(vset(z[0]))); /* delta as in company */
        const double e = GIVEN ? exp(-fabs(x)) : e_z[0];
        if (delta)
            delta[0] = (REAL)(scale * w) *
                       (GIVEN ? a[0] - (REAL)t : binary_slope(vset(z[0]), vset((REAL)t), e_z)[0]);
        return w * ((x > 0 ? x : 0) - t * x + log1p(e));
    }
    for (ptrdiff_t i = 0; i < groups; i++, z += m, y += m) {
        const double w = grouped ? weight[i] : 1;
        vreal slope = vset((REAL)(scale * w / (double)n));
        vdouble sum = {0};
        for (ptrdiff_t j = 0; j < m; j += VL) {
            const ptrdiff_t part = m - j < VL ? m - j : VL;
            const vreal t = vsmoothed(s, vload_part(y + j, part)), x = vload_part(z + j, part);
            const vreal e = vexp(-vabs(x));
            vreal cost = binary_cost(x, t, e);
            if (part < VL)
                cost = vfirst(cost, part);
            if (beside) {
                double ws[VBYTES / sizeof(REAL)];
                REAL slopes[VBYTES / sizeof(REAL)];
                for (ptrdiff_t k = 0; k < VL; k++) {
                    ws[k] = k < part ? weight[j + k] : 0;
                    slopes[k] = (REAL)(scale * ws[k]);
                }
                slope = vload(slopes);
                sum = vadd_weighted(sum, ws, cost);
            } else {
                sum = vadd_wide(sum, cost);
            }
            if (delta) {
                const vreal d =
                    GIVEN ? vload_part(a + i * m + j, part) - t : binary_slope(x, t, e);
                vstore_part(delta + i * m + j, slope * d, part);
            }
        }
        total += w * vsum_wide(sum);
    }
    return total / (double)n;
}
SMOOTHABLE_BODY(binary_from_z_body) {
    return binary_of_z(1, rows, n, z, a, y, weight, scale, delta, s);
}
SMOOTHABLE_COST(binary_crossentropy_from_z, binary_from_z_body, 2.0)

/* -log softmax(z)_k where a_k = softmax(z)_k is too small to have an accurate
 * logarithm: z_max - z_k - log a_max, as a_max = exp(0) / sum. */
static double minus_log_softmax(ptrdiff_t n, const REAL *z, const REAL *a, ptrdiff_t k) {
    REAL z_max = z[0], a_max = a[0];
    for (ptrdiff_t j = 1; j < n; j++) {
        z_max = z[j] > z_max ? z[j] : z_max;
        a_max = a[j] > a_max ? a[j] : a_max;
    }
    return (double)z_max - z[k] - log((double)a_max);
}
/* Above it a_k has all its digits. */
#define ACCURATE ((REAL)1e-30)

/* -sum_j y_j log softmax(z)_j; with Y = sum_j y_j, dC/dz_j = Y a_j - y_j */
SMOOTHABLE_BODY(categorical_from_z_body) {
    double total = 0;
    Logs logs;
    start_logs(&logs);
    for (ptrdiff_t i = 0; i < rows; i++, z += n, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        const REAL slope = (REAL)(scale * w);
        REAL total_y = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL t = smoothed(s, y[j]);
            const int accurate = a[j] > ACCURATE;
            if (!accurate && t != 0) /* 0 log 0 = 0 */
                total += w * t * minus_log_softmax(n, z, a, j);
            add_log(&logs, a[j], -(w * t), accurate & (t != 0));
            total_y += t;
        }
        if (delta) {
            for (ptrdiff_t j = 0; j < n; j++)
                delta[j] = slope * (total_y * a[j] - smoothed(s, y[j]));
            delta += n;
        }
    }
    return total + sum_of_logs(&logs);
}
SMOOTHABLE_COST(categorical_crossentropy_from_z, categorical_from_z_body, (double)n)

/* out = factor x. */
INLINE void scaled(ptrdiff_t n, const REAL *x, REAL factor, REAL *out) {
    ptrdiff_t i = 0;
    for (; i + VL <= n; i += VL)
        vstore(out + i, factor * vload(x + i));
    if (i < n)
        vstore_part(out + i, factor * vload_part(x + i, n - i), n - i);
}

/* Rows with known, counting labels of accurate probabilities: loops without branches, which
 * compilers make vectors of. Returns 0, and delta is as it was, where some row is another. */
INLINE int plain_rows(ptrdiff_t count, ptrdiff_t n, const REAL *a, const REAL *y,
                      const REAL *weight, double scale, const double *p, REAL *delta,
                      Logs *logs) {
    const int ignores = p[0] != 0;
    const double ignore = p[1];
    ptrdiff_t at[MOST_LOGS];
    int plain = 1;
    for (ptrdiff_t i = 0; i < count; i++) {
        const int known = (y[i] >= 0) & (y[i] < (REAL)n);
        at[i] = i * n + (ptrdiff_t)(known ? y[i] : 0);
        plain &= known & ((ignores & (y[i] == ignore)) == 0);
    }
    for (ptrdiff_t i = 0; i < count; i++) {
        logs->x[i] = a[at[i]];
        if (weight)
            logs->weight[i] = -(double)weight[i];
        plain &= logs->x[i] > ACCURATE;
    }
    if (!plain || !delta)
        return plain;
    if (weight)
        for (ptrdiff_t i = 0; i < count; i++)
            scaled(n, a + i * n, (REAL)(scale * weight[i]), delta + i * n);
    else
        scaled(count * n, a, (REAL)scale, delta);
    for (ptrdiff_t i = 0; i < count; i++)
        delta[at[i]] = (weight ? (REAL)(scale * weight[i]) : (REAL)scale) * (logs->x[i] - 1);
    return plain;
}

COST(sparse_categorical_crossentropy_from_z) {
    double total = 0;
    Logs logs;
    start_logs(&logs);
    for (ptrdiff_t first = 0; first < rows; first += MOST_LOGS) {
        const ptrdiff_t end = rows - first < MOST_LOGS ? rows : first + MOST_LOGS;
        /* A single row is sooner done by itself. */
        if (end - first > 1 &&
            plain_rows(end - first, n, a + first * n, y + first, weight ? weight + first : NULL,
                       scale, p, delta ? delta + first * n : NULL, &logs)) {
            logs.count = end - first;
            if (weight)
                take_logs(&logs);
            else
                take_equal_logs(&logs);
            continue;
        }
        for (ptrdiff_t i = first; i < end; i++) {
            const double w = weight ? weight[i] : 1;
            REAL *row = delta ? delta + i * n : NULL;
            if (!counts(p, y[i], n, row, &total))
                continue;
            const ptrdiff_t label = (ptrdiff_t)y[i];
            const REAL q = a[i * n + label];
            if (q > ACCURATE)
                add_log(&logs, q, -w, 1);
            else
                total += w * minus_log_softmax(n, z + i * n, a + i * n, label);
            if (delta) {
                scaled(n, a + i * n, (REAL)(scale * w), row);
                row[label] = (REAL)(scale * w) * (q - 1);
            }
        }
        take_logs(&logs);
    }
    return total + vsum_wide(logs.sum);
}

#endif
