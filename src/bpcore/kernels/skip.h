/* The products of the first layer where many inputs are 0: what they would add is skipped.
 *
 * A tile takes a few rows of A (examples for the weighted sum, inputs for the gradient) through
 * the sum over p; each p at which all of them are 0 is left out. Images have their zeros side by
 * side, so that few p remain: of MNIST's digits a fifth is not 0, and two fifths of the p remain.
 * The order of the sums is that of tile.h, and so are their bits. */
#ifndef BPCORE_SKIP_H
#define BPCORE_SKIP_H

#include "matmul.h"
#include "tile.h"
#include "vecmath.h"

enum {
    SKIP_ROWS = BP_SKIP_ROWS,
    SKIP_TILES = 4,   /* of a^T that are listed together */
    SKIP_DEPTH = 512, /* places in a list */
};

/* Bit k is set where x[k] is not 0, for a vector or what there is of one. */
INLINE unsigned nonzero(vint x) {
    return vbits((x & ~((vint){0} + SIGN)) != 0); /* -0 is 0 too */
}

/* The places p < t->depth at which any of the `rows` rows of A = a from i on is not 0. */
static ptrdiff_t list_rows(const product *t, ptrdiff_t i, ptrdiff_t rows, place *list) {
    const REAL *row[SKIP_ROWS];
    ptrdiff_t count = 0;
    for (int m = 0; m < SKIP_ROWS; m++)
        row[m] = row_of(t, i + (m < rows ? m : 0));
    for (ptrdiff_t p = 0; p < t->depth; p += VL) {
        const ptrdiff_t part = t->depth - p;
        vint any = {0};
#pragma GCC unroll 6
        for (int m = 0; m < SKIP_ROWS; m++)
            any |= (vint)(part >= VL ? vload(row[m] + p) : vload_part(row[m] + p, part));
        for (unsigned bits = nonzero(any); bits; bits &= bits - 1) {
            const ptrdiff_t at = p + __builtin_ctz(bits);
            list[count++] = (place){at, at * t->b_row};
        }
    }
    return count;
}

/* The same for the rows of A = a^T, `width` of them from i on, a list for each tile's. */
static void list_columns(const product *t, ptrdiff_t i, ptrdiff_t width,
                         place list[SKIP_TILES][SKIP_DEPTH], ptrdiff_t count[SKIP_TILES]) {
    memset(count, 0, SKIP_TILES * sizeof *count);
    for (ptrdiff_t p = 0; p < t->depth; p++) {
        const REAL *x = row_of(t, p) + i;
        const place here = {x - i - t->a, p * t->b_row};
        unsigned bits = 0;
        ptrdiff_t m = 0;
        for (; m + VL <= width; m += VL)
            bits |= nonzero((vint)vload(x + m)) << m;
        if (m < width)
            bits |= nonzero((vint)vload_part(x + m, width - m)) << m;
#pragma GCC unroll 4
        for (int k = 0; k < SKIP_TILES; k++, bits >>= SKIP_ROWS) {
            list[k][count[k]] = here; /* stays where the next is written over it */
            count[k] += (bits & ((1u << SKIP_ROWS) - 1)) != 0;
        }
    }
}

#define SKIP_CASE(AXIS, MR, NV, PART)                             \
    case MR:                                                      \
        tile(AXIS, MR, NV, PART, 1, t, i, j, part, list, count);  \
        break;
#define DEFINE_SKIP(AXIS, NV, PART)                                                           \
    static void skip_##AXIS##_##NV##_##PART(const product *t, ptrdiff_t rows, ptrdiff_t i,    \
                                            ptrdiff_t j, ptrdiff_t part, const place *list,   \
                                            ptrdiff_t count) {                                \
        switch (rows) {                                                                       \
            SKIP_CASE(AXIS, 1, NV, PART)                                                      \
            SKIP_CASE(AXIS, 2, NV, PART)                                                      \
            SKIP_CASE(AXIS, 3, NV, PART)                                                      \
            SKIP_CASE(AXIS, 4, NV, PART)                                                      \
            SKIP_CASE(AXIS, 5, NV, PART)                                                      \
            SKIP_CASE(AXIS, 6, NV, PART)                                                      \
        }                                                                                     \
    }

FOR_WIDTHS(DEFINE_SKIP)

typedef void (*skip_tile)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t,
                          const place *, ptrdiff_t);

static const skip_tile skip_tiles[MAX_NV][2][2] = OF_WIDTHS(skip);

INLINE void multiply_listed(const product *t, const int AXIS, ptrdiff_t i, ptrdiff_t rows,
                            ptrdiff_t n, const place *list, ptrdiff_t count) {
    for (columns at = first_columns(n); next_columns(&at, n);)
        skip_tiles[at.nv - 1][AXIS][at.part > 0](t, rows, i, at.j, at.part, list, count);
}

static void weighted_sum_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                                  const REAL *a, const int64_t *index, const REAL *w,
                                  const REAL *b, int relu, REAL *z) {
    const product t = {.depth = n_in, .a = a, .a_row = n_in, .index = index, .b = w,
                       .b_row = n_out, .start = b, .relu = relu, .c = z, .c_row = n_out};
    place list[SKIP_DEPTH];
    for (ptrdiff_t p = 0; p < n_in; p += SKIP_DEPTH) {
        const product block = slice_of(&t, ROWS, p, SKIP_DEPTH);
        ptrdiff_t tiles = (rows + SKIP_ROWS - 1) / SKIP_ROWS;
        for (ptrdiff_t i = 0, height; i < rows; i += height, tiles--) {
            height = (rows - i + tiles - 1) / tiles;
            const ptrdiff_t count = list_rows(&block, i, height, list);
            multiply_listed(&block, ROWS, i, height, n_out, list, count);
        }
    }
}

static void gradient_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                              const int64_t *index, ptrdiff_t stride, const REAL *delta,
                              REAL *grad_w) {
    const product t = {.depth = rows, .a = a, .a_row = stride, .index = index, .b = delta,
                       .b_row = n_out, .c = grad_w, .c_row = n_out};
    place list[SKIP_TILES][SKIP_DEPTH];
    ptrdiff_t count[SKIP_TILES];
    for (ptrdiff_t p = 0; p < rows; p += SKIP_DEPTH) {
        const product block = slice_of(&t, COLUMNS, p, SKIP_DEPTH);
        for (ptrdiff_t i = 0; i < n_in; i += SKIP_TILES * SKIP_ROWS) {
            const ptrdiff_t left = n_in - i;
            list_columns(&block, i, left < SKIP_TILES * SKIP_ROWS ? left : SKIP_TILES * SKIP_ROWS,
                         list, count);
            for (ptrdiff_t k = 0; k < SKIP_TILES && k * SKIP_ROWS < left; k++) {
                const ptrdiff_t height = left - k * SKIP_ROWS;
                multiply_listed(&block, COLUMNS, i + k * SKIP_ROWS,
                                height < SKIP_ROWS ? height : SKIP_ROWS, n_out, list[k], count[k]);
            }
        }
    }
}

/* The part of the p that would be left of a batch like these rows (a tile's height of them
 * together), for the weighted sum and the gradient. */
static void remaining(ptrdiff_t rows, ptrdiff_t n, const REAL *a, double left[2]) {
    place list[SKIP_TILES][SKIP_DEPTH];
    ptrdiff_t count[SKIP_TILES], by_rows = 0, by_columns = 0, of_rows = 0, of_columns = 0;
    const product t = {.depth = n, .a = a, .a_row = n}, turned = {.depth = rows, .a = a, .a_row = n};
    for (ptrdiff_t p = 0; p < n; p += SKIP_DEPTH) {
        const product block = slice_of(&t, ROWS, p, SKIP_DEPTH);
        for (ptrdiff_t i = 0; i + SKIP_ROWS <= rows; i += SKIP_ROWS, of_rows += block.depth)
            by_rows += list_rows(&block, i, SKIP_ROWS, list[0]);
    }
    const product block = slice_of(&turned, COLUMNS, 0, SKIP_DEPTH); /* of the first rows */
    for (ptrdiff_t i = 0; i + SKIP_ROWS <= n; i += SKIP_ROWS, of_columns += block.depth) {
        list_columns(&block, i, SKIP_ROWS, list, count);
        by_columns += count[0];
    }
    left[0] = of_rows ? (double)by_rows / (double)of_rows : 1;
    left[1] = of_columns ? (double)by_columns / (double)of_columns : 1;
}

#endif
