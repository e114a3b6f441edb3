/* Backpropagation of one example through a chain of dense layers, in one call.
 *
 * Who learns one row at a time has steps of a few hundred cycles, most of which a call for each
 * product of each layer would take: choosing its tiles costs more than their multiply-adds. Here one
 * row's ways are all there is. Every sum has the order of the kernels it stands for, so the bits are
 * those of a batch of one row. */
#ifndef BPCORE_CHAIN_H
#define BPCORE_CHAIN_H

#include "dispatch.h"
#include "matmul.h"
#include "simd.h"
#include "tile.h"

/* c = start + a b, one row of n columns, and what becomes of it. Few vectors are a tile in place. */
INLINE void one_product(const product t, ptrdiff_t n) {
    const size_t size = (size_t)n, vectors = (size + VL - 1) / VL, part = size % VL;
#define ONE_TILE(NV)                                \
    if (vectors == NV) {                            \
        if (part)                                   \
            tile(ROWS, 1, NV, 1, &t, 0, 1, 0, part); \
        else                                        \
            tile(ROWS, 1, NV, 0, &t, 0, 1, 0, part); \
        return;                                     \
    }
    ONE_TILE(1)
    ONE_TILE(2)
    ONE_TILE(3)
    ONE_TILE(4)
#undef ONE_TILE
    const product wide = t; /* apart, as t would not stay in registers if a call were to read it */
    multiply(&wide, ROWS, 1, n);
}

/* z = a W + b, or max(z, 0). */
INLINE void one_sum(const bp_link *link, const REAL *a, const REAL *theta, int relu, REAL *z) {
    const REAL *w = theta + link->w, *b = link->b < 0 ? NULL : theta + link->b;
    const product t = {.depth = link->n_in, .a = a, .b = w, .b_row = link->n_out, .start = b,
                       .relu = relu, .c = z};
    if (link->n_out == 1) {
        sums_to_few(1, 1, &t, w, 0, 0, z);
    } else if (is_few(link->n_in, link->n_out)) {
        const product few = t;
        multiply_few(&few, 1, link->n_out);
    } else {
        one_product(t, link->n_out);
    }
}

/* grad_b = delta. (A sum from 0 on is 0 where the product is -0, here and below.) */
INLINE void one_bias(ptrdiff_t n, const REAL *restrict delta, REAL *restrict grad_b) {
    for (; n >= VL; n -= VL, delta += VL, grad_b += VL)
        vstore(grad_b, vload(delta) + 0);
    if (n == 1)
        *grad_b = *delta + 0;
    else if (n)
        vstore_part(grad_b, vload_part(delta, n) + 0, n);
}

/* grad_w = a^T delta. */
INLINE void one_gradient(ptrdiff_t n_in, ptrdiff_t n_out, const REAL *restrict a,
                         const REAL *restrict delta, REAL *restrict grad_w) {
    const REAL *end = grad_w + n_in * n_out;
    if (n_out == 1) {
        const vreal d = vset(delta[0]);
        for (; n_in >= VL; n_in -= VL, grad_w += VL, a += VL)
            vstore(grad_w, d * vload(a) + 0);
        if (n_in)
            vstore_part(grad_w, d * vload_part(a, n_in) + 0, n_in);
        return;
    }
    if (n_out <= VL) {
        const vreal d = vload_part(delta, n_out);
        /* What goes beyond a row is written over by the next. */
        for (; end - grad_w >= VL; grad_w += n_out, a++)
            vstore(grad_w, vset(*a) * d + 0);
        for (; grad_w < end; grad_w += n_out, a++)
            vstore_part(grad_w, vset(*a) * d + 0, n_out);
        return;
    }
    for (; grad_w < end; grad_w += n_out, a++) {
        const vreal x = vset(*a);
        ptrdiff_t j = 0;
        for (; j + VL <= n_out; j += VL)
            vstore(grad_w + j, x * vload(delta + j) + 0);
        if (j < n_out)
            vstore_part(grad_w + j, x * vload_part(delta + j, n_out - j) + 0, n_out - j);
    }
}

static double example(const bp_chain *chain, const REAL *x, const REAL *y, const REAL *weight,
                      const REAL *theta, REAL *work, REAL *grad) {
    const REAL *a = x;
    for (int l = 0; l < chain->n; l++) {
        const bp_link *link = &chain->links[l];
        REAL *z = work + link->z;
        const int relu = link->g == BP_RELU && link->z == link->a;
        one_sum(link, a, theta, relu, z);
        a = work + link->a;
        if (!relu && (link->g != BP_LINEAR || link->z != link->a))
            BP_TABLE.activate[link->g](1, link->n_out, z, work + link->a, link->p);
    }
    const bp_link *link = &chain->links[chain->n - 1];
    REAL *delta = work + link->delta;
    const double total = BP_TABLE.cost[chain->loss](1, link->n_out, work + link->z, a, y, weight,
                                                    1, chain->loss_p, delta);
    int finished = chain->from_z; /* delta is no longer to be multiplied by g' */
    for (int l = chain->n - 1;; l--, link--) {
        if (!finished && link->g != BP_LINEAR)
            BP_TABLE.derive[link->g](1, link->n_out, work + link->z, work + link->a, delta, link->p);
        one_gradient(link->n_in, link->n_out, l ? work + link[-1].a : x, delta, grad + link->w);
        if (link->b >= 0)
            one_bias(link->n_out, delta, grad + link->b);
        if (!l)
            return total;
        const int g = link[-1].g;
        finished = bp_rides(g);
        const REAL *w_t = link->n_out == 1 ? theta + link->w : work + link->w_t;
        const product t = {.depth = link->n_out, .a = delta, .b = w_t, .b_row = link->n_in,
                           .gate = finished ? work + link[-1].a : NULL, .g = g,
                           .c = work + link[-1].delta};
        one_product(t, link->n_in);
        delta = work + link[-1].delta;
    }
}

#endif
