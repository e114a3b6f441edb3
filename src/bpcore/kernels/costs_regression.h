/* Costs of numbers: sums over the outputs of a function of (a_j, y_j), and the two that
 * look at a whole row. Formulas and epsilons are Keras's; C is the mean over an example's
 * n outputs unless said. */
#ifndef BPCORE_COSTS_REGRESSION_H
#define BPCORE_COSTS_REGRESSION_H

#include "costs.h"
#include "tanh.h"
#include "vecmath.h"

/* A cost of vectors: VALUE(va, vy, c) of outputs and targets, and SLOPE, its derivative by
 * a; c holds what CONSTANTS made of p, y and their number. Without weights all rows are one
 * long one, so that a single output fills the vectors too. */
#define VECTOR_COST(name, Constants, CONSTANTS, VALUE, SLOPE)                          \
    COST(name) {                                                                       \
        const ptrdiff_t groups = weight ? rows : 1, m = weight ? n : rows * n;         \
        double total = 0;                                                              \
        (void)z;                                                                       \
        for (ptrdiff_t i = 0; i < groups; i++, a += m, y += m) {                       \
            const double w = weight ? weight[i] : 1;                                   \
            const vreal slope = vset((REAL)(scale * w / (double)n));                   \
            const Constants c = CONSTANTS(p, m, y);                                    \
            double sum = 0;                                                            \
            for (ptrdiff_t start = 0; start < m; start += 1024) { /* then in double */ \
                const ptrdiff_t end = m - start < 1024 ? m : start + 1024;             \
                vreal block = vzero();                                                 \
                for (ptrdiff_t j = start; j < end; j += VL) {                          \
                    const ptrdiff_t part = end - j < VL ? end - j : VL;                \
                    const vreal va = vload_part(a + j, part);                          \
                    const vreal vy = vload_part(y + j, part);                          \
                    const vreal value = VALUE(va, vy, c);                              \
                    block += part < VL ? vfirst(value, part) : value;                  \
                    if (delta)                                                         \
                        vstore_part(delta + i * m + j, slope * SLOPE(va, vy, c), part);\
                }                                                                      \
                sum += vsum(block);                                                    \
            }                                                                          \
            total += w * sum;                                                          \
        }                                                                              \
        return total / (double)n;                                                      \
    }

INLINE vreal vsign(vreal x) {
    return vselect(x > 0, vset(1), vselect(x < 0, vset(-1), vzero()));
}

INLINE double constant_of(const double *p, ptrdiff_t m, const REAL *y) {
    (void)m, (void)y;
    return p[0];
}

/* |a - y|, with the slope 0 at 0 */
INLINE vreal absolute(vreal a, vreal y, double c) { (void)c; return vabs(a - y); }
INLINE vreal absolute_slope(vreal a, vreal y, double c) { (void)c; return vsign(a - y); }
VECTOR_COST(mean_absolute_error, double, constant_of, absolute, absolute_slope)

/* 100 |a - y| / max(|y|, epsilon) */
INLINE vreal percent(vreal y) { return 100 / vmax(vabs(y), vset(EPSILON)); }
INLINE vreal percentage(vreal a, vreal y, double c) {
    (void)c;
    return vabs(a - y) * percent(y);
}
INLINE vreal percentage_slope(vreal a, vreal y, double c) {
    (void)c;
    return vsign(a - y) * percent(y);
}
VECTOR_COST(mean_absolute_percentage_error, double, constant_of, percentage, percentage_slope)

/* d^2 / 2 for |d| <= c, then on as the tangent (Huber, "Robust estimation of a location
 * parameter", 1964) */
INLINE vreal huber(vreal a, vreal y, double c) {
    const vreal d = vabs(a - y), bound = vset((REAL)c);
    return vselect(d <= bound, (REAL)0.5 * d * d, bound * d - (REAL)0.5 * bound * bound);
}
INLINE vreal huber_slope(vreal a, vreal y, double c) {
    const vreal d = a - y;
    return vselect(vabs(d) <= (REAL)c, d, (REAL)c * vsign(d));
}
VECTOR_COST(huber, double, constant_of, huber, huber_slope)

/* q d for d = y - a >= 0, (q - 1) d below (Koenker and Bassett, "Regression quantiles",
 * 1978) */
INLINE double quantile_of(const double *p, ptrdiff_t m, const REAL *y) {
    (void)m, (void)y;
    return p[1];
}
INLINE vreal pinball(vreal a, vreal y, double q) {
    const vreal d = y - a;
    return vmax((REAL)q * d, (REAL)(q - 1) * d);
}
INLINE vreal pinball_slope(vreal a, vreal y, double q) {
    const vreal d = y - a;
    return vselect(d > 0, vset((REAL)-q), vselect(d < 0, vset((REAL)(1 - q)), vzero()));
}
VECTOR_COST(one_quantile, double, quantile_of, pinball, pinball_slope)

/* p[0] quantiles p[1], ...: with one, n outputs for n targets; else n = p[0] outputs, all
 * for the one target of a row. */
COST(quantile) {
    double total = 0;
    if (p[0] == 1)
        return cost_one_quantile(rows, n, z, a, y, weight, scale, p, delta);
    for (ptrdiff_t i = 0; i < rows; i++, a += n) {
        const double w = weight ? weight[i] : 1, slope = scale * w / (double)n;
        double sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const double q = p[1 + j], d = (double)y[i] - a[j];
            sum += d > 0 ? q * d : (q - 1) * d;
            if (delta)
                delta[i * n + j] = (REAL)(slope * (d > 0 ? -q : d < 0 ? 1 - q : 0));
        }
        total += w * sum / (double)n;
    }
    return total;
}

/* Hinges, with targets -1 and 1. Targets 0 and 1 mean the same: where all are 0 or 1 they
 * are turned into 2 y - 1. (All being 1 says neither, and 2 y - 1 = y then.) */
typedef struct {
    REAL times, plus;
} Labels;

INLINE Labels labels_of(const double *p, ptrdiff_t m, const REAL *y) {
    int others = 0;
    (void)p;
    for (ptrdiff_t j = 0; j < m; j++)
        others |= y[j] != 0 && y[j] != 1;
    return others ? (Labels){1, 0} : (Labels){2, -1};
}

INLINE vreal margin(vreal a, vreal y, Labels c) {
    return vmax(vzero(), 1 - (y * c.times + c.plus) * a); /* NaN stays NaN */
}
INLINE vreal hinge_slope(vreal a, vreal y, Labels c) {
    return vselect(margin(a, y, c) > 0, -(y * c.times + c.plus), vzero());
}
VECTOR_COST(hinge, Labels, labels_of, margin, hinge_slope)

INLINE vreal squared_margin(vreal a, vreal y, Labels c) {
    return margin(a, y, c) * margin(a, y, c);
}
INLINE vreal squared_hinge_slope(vreal a, vreal y, Labels c) {
    return -2 * margin(a, y, c) * (y * c.times + c.plus);
}
VECTOR_COST(squared_hinge, Labels, labels_of, squared_margin, squared_hinge_slope)

/* log cosh d by E = exp(-|d|) - 1: log(1 + E^2 / (2 (1 + E))) below 1, where nothing cancels, then
 * |d| - log 2 + log(1 + exp(-2|d|)) */
INLINE vreal log_cosh(vreal a, vreal y, double c) {
    const vreal d = vabs(a - y), less = vexpm1(-d), e = less + 1;
    const vint small = d < 1;
    const vreal rest = vselect(small, vzero(), d - (REAL)0.69314718055994530942);
    (void)c;
    return rest + vlog1p(vselect(small, less * less / (e + e), e * e));
}
INLINE vreal log_cosh_slope(vreal a, vreal y, double c) { (void)c; return vtanh(a - y); }
VECTOR_COST(log_cosh, double, constant_of, log_cosh, log_cosh_slope)

/* The rest an element at a time, in double. BODY sets `value` and `slope`, the derivative
 * by a, from x = a_j and t = y_j. */
#define ELEMENT_COST(name, BODY)                                                       \
    COST(name) {                                                                       \
        double total = 0;                                                              \
        (void)z, (void)p;                                                              \
        for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {                         \
            const double w = weight ? weight[i] : 1;                                   \
            double sum = 0;                                                            \
            for (ptrdiff_t j = 0; j < n; j++) {                                        \
                const double x = a[j], t = y[j];                                       \
                double value, slope;                                                   \
                BODY                                                                   \
                sum += value;                                                          \
                if (delta)                                                             \
                    delta[i * n + j] = (REAL)(scale * w / (double)n * slope);          \
            }                                                                          \
            total += w * sum / (double)n;                                              \
        }                                                                              \
        return total;                                                                  \
    }

#define TINY 1e-7 /* Keras's epsilon, in double */

/* [log(1 + max(a, epsilon)) - log(1 + max(y, epsilon))]^2 */
ELEMENT_COST(mean_squared_logarithmic_error, {
    const double d = log1p(x < TINY ? TINY : x) - log1p(t < TINY ? TINY : t);
    value = d * d;
    slope = x > TINY ? 2 * d / (1 + x) : 0;
})

/* a - y log(a + epsilon): a Poisson likelihood of rate a, but for what depends on y alone */
ELEMENT_COST(poisson, {
    value = x - t * log(x + TINY);
    slope = 1 - t / (x + TINY);
})

/* C = -sum_j y_j a_j / (|y| |a|) */
INLINE double inverse_norm(ptrdiff_t n, const REAL *x, int *bounded) {
    double squares = 0;
    for (ptrdiff_t j = 0; j < n; j++)
        squares += (double)x[j] * x[j];
    *bounded = squares < TINY * TINY;
    return *bounded ? 1 / TINY : 1 / sqrt(squares);
}

COST(cosine_similarity) {
    double total = 0;
    (void)z, (void)p;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        int constant, ignore;
        const double per_a = inverse_norm(n, a, &constant), per_y = inverse_norm(n, y, &ignore);
        double cosine = 0;
        for (ptrdiff_t j = 0; j < n; j++)
            cosine += a[j] * per_a * (y[j] * per_y);
        total -= w * cosine;
        if (delta) {
            const double c = constant ? 0 : cosine;
            for (ptrdiff_t j = 0; j < n; j++)
                delta[i * n + j] =
                    (REAL)(scale * w * per_a * (c * (a[j] * per_a) - y[j] * per_y));
        }
    }
    return total;
}

/* Outputs: n/2 means m, then n/2 logarithms s of variances; y has n/2 columns.
 * C = mean_j [s_j + (y_j - m_j)^2 exp(-s_j)] / 2 + p[0] */
COST(gaussian_negative_log_likelihood) {
    const ptrdiff_t k = n / 2;
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += k) {
        const double w = weight ? weight[i] : 1, slope = scale * w / (double)k;
        double sum = 0;
        for (ptrdiff_t j = 0; j < k; j++) {
            const double s = a[k + j], d = (double)a[j] - y[j], precision = exp(-s);
            sum += 0.5 * (s + d * d * precision);
            if (delta) {
                delta[i * n + j] = (REAL)(slope * d * precision);
                delta[i * n + k + j] = (REAL)(slope * 0.5 * (1 - d * d * precision));
            }
        }
        total += w * (sum / (double)k + p[0]);
    }
    return total;
}

#endif
