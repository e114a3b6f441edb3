/* Costs of probabilities and of scores for classes beyond the plain cross-entropies, and
 * the cross-entropies of logits. Formulas and clipping are Keras's. */
#ifndef BPCORE_COSTS_PROBABILITY_H
#define BPCORE_COSTS_PROBABILITY_H

#include "costs_regression.h"

/* ---- cross-entropies of logits: a holds the logits, delta receives dC/da ---- */

SMOOTHABLE_BODY(binary_from_logits_body) {
    (void)z;
    return binary_of_z(0, rows, n, a, NULL, y, weight, scale, delta, s);
}
SMOOTHABLE_COST(binary_crossentropy_from_logits, binary_from_logits_body, 2.0)

/* The largest element of a row, and the sum of exp(a_j - max), the terms of which go to e
 * unless it is NULL. */
INLINE REAL sum_of_exp(ptrdiff_t n, const REAL *a, REAL *max, REAL *e) {
    REAL top = a[0];
    for (ptrdiff_t j = 1; j < n; j++)
        top = a[j] > top ? a[j] : top;
    vreal sum = vzero();
    for (ptrdiff_t j = 0; j < n; j += VL) {
        const ptrdiff_t part = n - j < VL ? n - j : VL;
        const vreal x = vexp(vload_part(a + j, part) - top);
        sum += part < VL ? vfirst(x, part) : x;
        if (e)
            vstore_part(e + j, x, part);
    }
    *max = top;
    return vsum(sum);
}

SMOOTHABLE_BODY(categorical_from_logits_body) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        REAL *row = delta ? delta + i * n : NULL;
        REAL max, total_y = 0;
        const REAL sum_e = sum_of_exp(n, a, &max, row);
        const double log_sum = log((double)sum_e);
        double sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const REAL t = smoothed(s, y[j]);
            sum += t * ((double)max - a[j] + log_sum);
            total_y += t;
        }
        total += w * sum;
        if (delta) {
            const REAL slope = (REAL)(scale * w), per_sum = total_y / sum_e;
            for (ptrdiff_t j = 0; j < n; j++)
                row[j] = slope * (per_sum * row[j] - smoothed(s, y[j]));
        }
    }
    return total;
}
SMOOTHABLE_COST(categorical_crossentropy_from_logits, categorical_from_logits_body, (double)n)

COST(sparse_categorical_crossentropy_from_logits) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n) {
        const double w = weight ? weight[i] : 1;
        REAL *row = delta ? delta + i * n : NULL;
        REAL max;
        if (!counts(p, y[i], n, row, &total))
            continue;
        const ptrdiff_t label = (ptrdiff_t)y[i];
        const REAL sum_e = sum_of_exp(n, a, &max, row);
        total += w * ((double)max - a[label] + log((double)sum_e));
        if (delta) {
            const REAL slope = (REAL)(scale * w);
            for (ptrdiff_t j = 0; j < n; j++)
                row[j] = slope * (row[j] / sum_e - (j == label ? 1 : 0));
        }
    }
    return total;
}

/* ---- focal cross-entropies (Lin et al., "Focal loss for dense object detection", 2017):
 * p = {label smoothing, alpha, gamma, whether a holds logits, whether alpha balances} ---- */

/* x^gamma and its derivative, which is 0 where x is: the slope of a vanishing factor. */
INLINE double power(double x, double gamma, double *slope) {
    if (gamma == 2) { /* as it is by default: two calls of pow are half of a cost */
        const double positive = x > 0 ? x : 0;
        *slope = 2 * positive;
        return positive * positive;
    }
    *slope = x > 0 ? gamma * pow(x, gamma - 1) : 0;
    return pow(x > 0 ? x : 0, gamma);
}

COST(binary_focal_crossentropy) {
    const double alpha = p[1], gamma = p[2];
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        double sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const double t = y[j] * (1 - p[0]) + 0.5 * p[0];
            const double e = exp(-fabs((double)a[j]));
            const double q = p[3] == 0 ? a[j] : (a[j] > 0 ? 1 : e) / (1 + e);
            const double c = q < TINY ? TINY : q > 1 - TINY ? 1 - TINY : q;
            const double entropy = -(t * log(c) + (1 - t) * log1p(-c));
            const double balance = p[4] == 0 ? 1 : t * alpha + (1 - t) * (1 - alpha);
            double slope;
            const double focus = power(t * (1 - q) + (1 - t) * q, gamma, &slope);
            sum += balance * focus * entropy;
            if (delta) {
                double d = slope * (1 - 2 * t) * entropy;
                if (c == q)
                    d += focus * (c - t) / (c * (1 - c));
                if (p[3] != 0)
                    d *= q * (1 - q);
                delta[i * n + j] = (REAL)(scale * w / (double)n * balance * d);
            }
        }
        total += w * sum / (double)n;
    }
    return total;
}

/* C = -sum_j alpha (1 - q_j)^gamma y_j log q_j, q = a / sum a or softmax(a) */
COST(categorical_focal_crossentropy) {
    const double alpha = p[1], gamma = p[2], add = p[0] / (double)n;
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        double max = a[0], all = 0, sum = 0, inner = 0;
        for (ptrdiff_t j = 1; j < n; j++)
            max = a[j] > max ? a[j] : max;
        for (ptrdiff_t j = 0; j < n; j++)
            all += p[3] == 0 ? a[j] : exp(a[j] - max);
        for (ptrdiff_t j = 0; j < n; j++) {
            const double t = y[j] * (1 - p[0]) + add;
            const double q = (p[3] == 0 ? a[j] : exp(a[j] - max)) / all;
            const double c = q < TINY ? TINY : q > 1 - TINY ? 1 - TINY : q;
            double slope;
            const double focus = power(1 - c, gamma, &slope);
            sum -= alpha * focus * t * log(c);
            if (delta) { /* dC/dq for now */
                const double d = c == q ? alpha * t * (slope * log(c) - focus / c) : 0;
                delta[i * n + j] = (REAL)d;
                inner += d * q;
            }
        }
        total += w * sum;
        if (delta)
            for (ptrdiff_t j = 0; j < n; j++) {
                const double d = (delta[i * n + j] - inner) / all;
                delta[i * n + j] =
                    (REAL)(scale * w * (p[3] == 0 ? d : d * exp(a[j] - max)));
            }
    }
    return total;
}

/* ---- others ---- */

/* C = sum_j y_j log(y_j / a_j), both clipped to [epsilon, 1] */
COST(kl_divergence) {
    double total = 0;
    (void)z, (void)p;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        double sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const double t = y[j] < TINY ? TINY : y[j] > 1 ? 1 : y[j];
            const double q = a[j] < TINY ? TINY : a[j] > 1 ? 1 : a[j];
            sum += t * log(t / q);
            if (delta)
                delta[i * n + j] = (REAL)(q == a[j] ? -scale * w * t / q : 0);
        }
        total += w * sum;
    }
    return total;
}

/* C = max(0, 1 + max_j (1 - y_j) a_j - sum_j y_j a_j) */
COST(categorical_hinge) {
    double total = 0;
    (void)z, (void)p;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        double right = 0, wrong = 0;
        ptrdiff_t k = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            const double other = (1 - (double)y[j]) * a[j];
            right += (double)y[j] * a[j];
            if (j == 0 || other > wrong) {
                wrong = other;
                k = j;
            }
        }
        const double cost = wrong - right + 1;
        total += w * (cost < 0 ? 0 : cost);
        if (delta) {
            const REAL slope = cost > 0 ? (REAL)(scale * w) : 0;
            for (ptrdiff_t j = 0; j < n; j++)
                delta[i * n + j] = slope * ((j == k ? 1 - y[j] : 0) - y[j]);
        }
    }
    return total;
}

/* C = (1 - a_k^q) / q, k the label, q = p[0] (Zhang and Sabuncu, "Generalized cross entropy
 * loss for training deep neural networks with noisy labels", 2018) */
COST(categorical_generalized_cross_entropy) {
    double total = 0;
    (void)z;
    for (ptrdiff_t i = 0; i < rows; i++, a += n) {
        const double w = weight ? weight[i] : 1;
        REAL *row = delta ? delta + i * n : NULL;
        if (!(y[i] >= 0 && y[i] < (REAL)n)) {
            total += no_such_label(n, row);
            continue;
        }
        const ptrdiff_t label = (ptrdiff_t)y[i];
        /* Above 0, so that the slope stays finite. */
        const double x = a[label] < 1e-37 ? 1e-37 : a[label];
        total += w * (1 - pow(x, p[0])) / p[0];
        if (delta) {
            memset(row, 0, (size_t)n * sizeof *row);
            row[label] = (REAL)(-scale * w * pow(x, p[0] - 1));
        }
    }
    return total;
}

/* C = 1 - I / D of one example, I = sum_j y_j a_j, for D = u I + v sum a + x sum y + eps.
 * Dice: u = 0, v = x = 1/2; Tversky: u = 1 - alpha - beta, x = alpha, v = beta. */
INLINE double overlap(ptrdiff_t rows, ptrdiff_t n, const REAL *a, const REAL *y,
                      const REAL *weight, double scale, double u, double v, double x,
                      double epsilon, REAL *delta) {
    double total = 0;
    for (ptrdiff_t i = 0; i < rows; i++, a += n, y += n) {
        const double w = weight ? weight[i] : 1;
        double both = 0, sum_a = 0, sum_y = 0;
        for (ptrdiff_t j = 0; j < n; j++) {
            both += (double)y[j] * a[j];
            sum_a += a[j];
            sum_y += y[j];
        }
        const double d = u * both + v * sum_a + x * sum_y + epsilon;
        total += w * (1 - both / d);
        if (delta)
            for (ptrdiff_t j = 0; j < n; j++)
                delta[i * n + j] =
                    (REAL)(scale * w * (both * (u * y[j] + v) - y[j] * d) / (d * d));
    }
    return total;
}

COST(dice) {
    (void)z, (void)p;
    return overlap(rows, n, a, y, weight, scale, 0, 0.5, 0.5, 0.5 * TINY, delta);
}
COST(tversky) {
    (void)z;
    return overlap(rows, n, a, y, weight, scale, 1 - p[0] - p[1], p[1], p[0], TINY, delta);
}

#endif
