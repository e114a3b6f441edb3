/* The products of the first layer where many inputs are 0: what they would add is skipped.
 *
 * A tile takes a few rows of A (examples for the weighted sum, inputs for the gradient) through
 * the sum over p; each p at which all of them are 0 is left out. Images have their zeros side by
 * side, so that few p remain: of MNIST's digits a fifth is not 0, and two fifths of the p remain.
 * Which elements are not 0 is noted once for each batch, a bit each, as both products need it and
 * the rows are long and far apart: looked for again in every strip of columns, they took a fifth
 * of a step. The order of the sums is that of tile.h, and so are their bits. */
#ifndef BPCORE_SKIP_H
#define BPCORE_SKIP_H

#include "matmul.h"
#include "tile.h"
#include "vecmath.h"

enum {
    SKIP_ROWS = BP_SKIP_ROWS,
    SKIP_DEPTH = 512, /* places in a list: whole words of bits */
    WORD = 64,
};

/* Bit k is set where x[k] is not 0, for a vector or what there is of one. */
INLINE unsigned nonzero(vint x) {
    return vbits((x & ~((vint){0} + SIGN)) != 0); /* -0 is 0 too */
}

static void nonzeros(ptrdiff_t rows, ptrdiff_t n, const REAL *a, const int64_t *index,
                     uint64_t *bits) {
    const ptrdiff_t words = bp_words_of_bits(n);
    const product t = {.a = a, .a_row = n, .index = index};
    for (ptrdiff_t i = 0; i < rows; i++, bits += words) {
        const REAL *x = row_of(&t, i), *next = row_of(&t, i + 1 < rows ? i + 1 : i);
        for (ptrdiff_t w = 0; w < words; w++) {
            uint64_t word = 0;
            const ptrdiff_t end = n - w * WORD < WORD ? n - w * WORD : WORD;
            for (ptrdiff_t k = 0; k < end; k += VL) {
                const REAL *at = x + w * WORD + k;
                __builtin_prefetch(next + w * WORD + k); /* rows are anywhere */
                const vreal v = end - k >= VL ? vload(at) : vload_part(at, end - k);
                word |= (uint64_t)nonzero((vint)v) << k;
            }
            bits[w] = word;
        }
    }
}

/* Where A = a: the places at which any of `rows` rows of bits, bits_row words apart, has one. */
static ptrdiff_t list_rows(const product *t, ptrdiff_t rows, const uint64_t *bits,
                           ptrdiff_t bits_row, place *list) {
    ptrdiff_t count = 0;
    for (ptrdiff_t p = 0; p < t->depth; p += WORD, bits++) {
        uint64_t any = 0;
        for (ptrdiff_t m = 0; m < rows; m++)
            any |= bits[m * bits_row];
        for (; any; any &= any - 1) {
            const ptrdiff_t at = p + __builtin_ctzll(any);
            list[count++] = (place){at, at * t->b_row};
        }
    }
    return count;
}

/* Where A = a^T, whose rows are columns of the bits, `width` of them from `column` on: those of
 * all places, t->depth in number, at which any of these has one. */
static ptrdiff_t list_columns(const product *t, ptrdiff_t column, ptrdiff_t width,
                              const uint64_t *bits, ptrdiff_t bits_row, const place *all,
                              place *list) {
    const ptrdiff_t shift = column % WORD;
    const uint64_t mask = ((uint64_t)1 << width) - 1;
    /* The next word has the rest, if any. */
    const ptrdiff_t next = shift + width > WORD, back = next ? WORD - shift : 0;
    const uint64_t rest = next ? mask : 0;
    ptrdiff_t count = 0;
    bits += column / WORD;
    for (ptrdiff_t p = 0; p < t->depth; p++, bits += bits_row) {
        list[count] = all[p]; /* stays where the next is written over it */
        count += ((bits[0] >> shift & mask) | (bits[next] << back & rest)) != 0;
    }
    return count;
}

#define SKIP_CASE(AXIS, MR, NV, PART)                             \
    case MR:                                                      \
        if (MR <= SKIP_ROWS)                                      \
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
    for (columns at = first_columns(n, MAX_NV); next_columns(&at, n);)
        skip_tiles[at.nv - 1][AXIS][at.part > 0](t, rows, i, at.j, at.part, list, count);
}

static void weighted_sum_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                                  const REAL *a, const int64_t *index, const uint64_t *bits,
                                  const REAL *w, const REAL *b, int relu, REAL *z,
                                  ptrdiff_t z_row) {
    const ptrdiff_t words = bp_words_of_bits(n_in);
    const product t = {.depth = n_in, .a = a, .a_row = n_in, .index = index, .b = w,
                       .b_row = n_out, .start = b, .relu = relu, .c = z, .c_row = z_row};
    place list[SKIP_DEPTH];
    for (ptrdiff_t p = 0; p < n_in; p += SKIP_DEPTH) {
        const product block = slice_of(&t, ROWS, p, SKIP_DEPTH);
        ptrdiff_t tiles = (rows + SKIP_ROWS - 1) / SKIP_ROWS;
        for (ptrdiff_t i = 0, height; i < rows; i += height, tiles--) {
            height = (rows - i + tiles - 1) / tiles;
            const ptrdiff_t count =
                list_rows(&block, height, bits + i * words + p / WORD, words, list);
            multiply_listed(&block, ROWS, i, height, n_out, list, count);
        }
    }
}

static void gradient_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                              ptrdiff_t a_row, ptrdiff_t first, const int64_t *index,
                              const uint64_t *bits, const REAL *delta, ptrdiff_t delta_row,
                              REAL *grad_w) {
    const ptrdiff_t words = bp_words_of_bits(a_row);
    const product t = {.depth = rows, .a = a + first, .a_row = a_row, .index = index,
                       .b = delta, .b_row = delta_row, .c = grad_w, .c_row = n_out};
    place all[SKIP_DEPTH], list[SKIP_DEPTH];
    for (ptrdiff_t p = 0; p < rows; p += SKIP_DEPTH) {
        const product block = slice_of(&t, COLUMNS, p, SKIP_DEPTH);
        for (ptrdiff_t k = 0; k < block.depth; k++)
            all[k] = (place){row_of(&block, k) - block.a, k * delta_row};
        for (ptrdiff_t i = 0, height; i < n_in; i += height) {
            height = n_in - i < SKIP_ROWS ? n_in - i : SKIP_ROWS;
            const ptrdiff_t count =
                list_columns(&block, first + i, height, bits + p * words, words, all, list);
            multiply_listed(&block, COLUMNS, i, height, n_out, list, count);
        }
    }
}

/* The part of the p that would be left of a batch like these rows (a tile's height of them
 * together), for the weighted sum and the gradient. */
static void remaining(ptrdiff_t rows, ptrdiff_t n, const uint64_t *bits, double left[2]) {
    const ptrdiff_t words = bp_words_of_bits(n);
    const place all[SKIP_DEPTH] = {{0, 0}};
    place list[SKIP_DEPTH];
    ptrdiff_t by_rows = 0, by_columns = 0, of_rows = 0, of_columns = 0;
    const product t = {.depth = n};
    const product turned = {.depth = rows < SKIP_DEPTH ? rows : SKIP_DEPTH};
    for (ptrdiff_t p = 0; p < n; p += SKIP_DEPTH) {
        const product block = slice_of(&t, ROWS, p, SKIP_DEPTH);
        for (ptrdiff_t i = 0; i + SKIP_ROWS <= rows; i += SKIP_ROWS, of_rows += block.depth)
            by_rows += list_rows(&block, SKIP_ROWS, bits + i * words + p / WORD, words, list);
    }
    for (ptrdiff_t i = 0; i + SKIP_ROWS <= n; i += SKIP_ROWS, of_columns += turned.depth)
        by_columns += list_columns(&turned, i, SKIP_ROWS, bits, words, all, list);
    left[0] = of_rows ? (double)by_rows / (double)of_rows : 1;
    left[1] = of_columns ? (double)by_columns / (double)of_columns : 1;
}

#endif
