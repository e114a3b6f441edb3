/* The products of the first layer where many inputs are 0: what they would add is skipped.
 *
 * Row by row of A (an example for the weighted sum, an input for the gradient), the sum goes over
 * the p at which A is not 0; each adds a row of b to as many vectors of c as the registers hold. A
 * vector of b is read for each multiply-add, which a core can do from its first cache alone: so p
 * comes by blocks whose part of b stays there. Which elements are not 0 is noted once for each
 * batch, a bit each, as both products need it and the rows are long and far apart: looked for again
 * in every strip of columns, they took a fifth of a step. The order of the sums is that of tile.h,
 * and so are their bits. (Not of sums that come in quarters, see bp_is_quartered: two strips of half
 * the columns read each word of bits twice, and MNIST's steps took 1.01 to 1.05 times as long.)
 *
 * (Tried and lost: tiles of six rows, which leave out what is 0 in all six. Of MNIST's digits, a
 * fifth of which is not 0, two fifths remain so; on 784 -> 100 row by row takes 0.53 to 0.60 of
 * their time for the sum and 0.65 to 0.69 for the gradient, lists of places included. Not taken:
 * ReLU's zeros. 0.5 to 0.62 of a hidden layer's a is not 0, in no order; there a product of 64 or
 * 128 inputs and outputs takes 0.7 to 1.1 of a dense one's time.) */
#ifndef BPCORE_SKIP_H
#define BPCORE_SKIP_H

#include "matmul.h"
#include "tile.h"
#include "vecmath.h"

enum {
    WORD = 64, /* a block of p */
    /* Vectors of c: a block of b takes 28 kB of the first cache, or 40 of 48. */
    SKIP_NV = VREGISTERS == 32 ? 10 : 14,
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

/* Turn a square of bits round: bit i of word k becomes bit k of word i (Warren, Hacker's Delight,
 * 7-3: ever smaller squares beside the diagonal change places). */
INLINE void transpose_bits(uint64_t x[WORD]) {
    uint64_t mask = 0xFFFFFFFF;
#pragma GCC unroll 6
    for (int size = 32; size; size /= 2, mask ^= mask << size)
        for (int k = 0; k < WORD; k += 2 * size)
            for (int i = k; i < k + size; i++) {
                const uint64_t moved = (x[i] >> size ^ x[i + size]) & mask;
                x[i + size] ^= moved;
                x[i] ^= moved << size;
            }
}

/* One row of NV vectors of c, the last of `part` elements if PART: c(j) = first(j) + sum over the
 * bits p of A(p) b(p, j). A(p) is x[p] where A = a, and column[p][i] where A = a^T. */
INLINE void skip_row(const int AXIS, const int NV, const int PART, uint64_t bits,
                     const REAL *x, const REAL *const *column, ptrdiff_t i, const REAL *b,
                     ptrdiff_t b_row, const REAL *first, int relu, REAL *restrict c,
                     ptrdiff_t part) {
    vreal sum[SKIP_NV];
#define LOAD(p, v) (PART && (v) == NV - 1 ? vload_part((p) + (v)*VL, part) : vload((p) + (v)*VL))
#pragma GCC unroll 14
    for (int v = 0; v < NV; v++)
        sum[v] = first ? LOAD(first, v) : vzero();
    for (; bits; bits &= bits - 1) {
        const ptrdiff_t p = __builtin_ctzll(bits);
        const vreal a = vset(AXIS == ROWS ? x[p] : column[p][i]);
        const REAL *from = b + p * b_row;
        __asm__("" : "+r"(from)); /* one address, not one of each vector's */
#pragma GCC unroll 14
        for (int v = 0; v < NV; v++)
            sum[v] = vfma(a, LOAD(from, v), sum[v]);
    }
#pragma GCC unroll 14
    for (int v = 0; v < NV; v++) {
        if (relu)
            sum[v] = vmax(vzero(), sum[v]);
        if (PART && v == NV - 1)
            vstore_part(c + v * VL, sum[v], part);
        else
            vstore(c + v * VL, sum[v]);
    }
#undef LOAD
}

/* All rows of a block of p, a word of bits for each, bits_row words apart. */
#define DEFINE_SKIP(AXIS, NV, PART)                                                         \
    static void skip_##AXIS##_##NV##_##PART(const product *t, ptrdiff_t rows, ptrdiff_t j,  \
                                            ptrdiff_t part, const uint64_t *bits,           \
                                            ptrdiff_t bits_row, const REAL *const *column) {\
        const int relu = t->relu;                                                           \
        for (ptrdiff_t i = 0; i < rows; i++) {                                              \
            REAL *c = t->c + i * t->c_row + j;                                              \
            const REAL *first = t->resume ? c : t->start ? t->start + j : NULL;             \
            skip_row(AXIS, NV, PART, bits[i * bits_row], AXIS == ROWS ? row_of(t, i) : NULL,\
                     column, i, t->b + j, t->b_row, first, relu, c, part);                  \
        }                                                                                   \
    }
FOR_WIDTH(DEFINE_SKIP, 1)
FOR_WIDTH(DEFINE_SKIP, 2)
FOR_WIDTH(DEFINE_SKIP, 3)
FOR_WIDTH(DEFINE_SKIP, 4)
FOR_WIDTH(DEFINE_SKIP, 5)
FOR_WIDTH(DEFINE_SKIP, 6)
FOR_WIDTH(DEFINE_SKIP, 7)
FOR_WIDTH(DEFINE_SKIP, 8)
FOR_WIDTH(DEFINE_SKIP, 9)
FOR_WIDTH(DEFINE_SKIP, 10)
#if VREGISTERS != 32
FOR_WIDTH(DEFINE_SKIP, 11)
FOR_WIDTH(DEFINE_SKIP, 12)
FOR_WIDTH(DEFINE_SKIP, 13)
FOR_WIDTH(DEFINE_SKIP, 14)
#endif

typedef void (*skip_panel)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t, const uint64_t *,
                           ptrdiff_t, const REAL *const *);

static const skip_panel skip_panels[SKIP_NV][2][2] = {
    OF_WIDTH(skip, 1), OF_WIDTH(skip, 2), OF_WIDTH(skip, 3), OF_WIDTH(skip, 4),
    OF_WIDTH(skip, 5), OF_WIDTH(skip, 6), OF_WIDTH(skip, 7), OF_WIDTH(skip, 8),
    OF_WIDTH(skip, 9), OF_WIDTH(skip, 10),
#if VREGISTERS != 32
    OF_WIDTH(skip, 11), OF_WIDTH(skip, 12), OF_WIDTH(skip, 13), OF_WIDTH(skip, 14),
#endif
};

INLINE void multiply_skipping(const product *t, const int AXIS, ptrdiff_t rows, ptrdiff_t n,
                              const uint64_t *bits, ptrdiff_t bits_row,
                              const REAL *const *column) {
    for (columns at = first_columns(0, n, SKIP_NV); next_columns(&at, n);)
        skip_panels[at.nv - 1][AXIS][at.part > 0](t, rows, at.j, at.part, bits, bits_row, column);
}

static void weighted_sum_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                                  const REAL *a, const int64_t *index, const uint64_t *bits,
                                  const REAL *w, const REAL *b, int relu, REAL *z,
                                  ptrdiff_t z_row) {
    const ptrdiff_t words = bp_words_of_bits(n_in);
    const product t = {.depth = n_in, .a = a, .a_row = n_in, .index = index, .b = w,
                       .b_row = n_out, .start = b, .relu = relu, .c = z, .c_row = z_row};
    for (ptrdiff_t p = 0; p < n_in; p += WORD) {
        const product block = slice_of(&t, ROWS, p, WORD);
        multiply_skipping(&block, ROWS, rows, n_out, bits + p / WORD, words, NULL);
    }
}

static void gradient_skipping(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                              ptrdiff_t a_row, ptrdiff_t first, const int64_t *index,
                              const uint64_t *bits, const REAL *delta, ptrdiff_t delta_row,
                              REAL *grad_w) {
    const ptrdiff_t words = bp_words_of_bits(a_row);
    const product t = {.depth = rows, .a = a, .a_row = a_row, .index = index,
                       .b = delta, .b_row = delta_row, .c = grad_w, .c_row = n_out};
    for (ptrdiff_t p = 0; p < rows; p += WORD) {
        product block = slice_of(&t, COLUMNS, p, WORD);
        for (ptrdiff_t i = 0, width; i < n_in; i += width) {
            const ptrdiff_t at = first + i, shift = at % WORD;
            const REAL *column[WORD];
            uint64_t turned[WORD] = {0};
            width = n_in - i < WORD - shift ? n_in - i : WORD - shift;
            for (ptrdiff_t k = 0; k < block.depth; k++) {
                column[k] = row_of(&block, k) + at;
                turned[k] = bits[(p + k) * words + at / WORD];
            }
            transpose_bits(turned);
            block.c = t.c + i * n_out;
            multiply_skipping(&block, COLUMNS, width, n_out, turned + shift, 1, column);
        }
    }
}

static double density(ptrdiff_t rows, ptrdiff_t n, const uint64_t *bits) {
    int64_t count = 0;
    for (ptrdiff_t k = 0; k < rows * bp_words_of_bits(n); k++)
        count += __builtin_popcountll(bits[k]);
    return (double)count / ((double)rows * (double)n);
}

#endif
