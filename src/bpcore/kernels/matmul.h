/* The three products: which way each is cut into tiles.
 *
 * Small ones run in place (panels.h), larger ones with a copied factor (packed.h). The gradient's
 * other factor is a^T, whose elements lie a row of a apart: it is turned round a block at a time.
 *
 * Tried and lost; times of a step against before, where nothing else is said.
 * Golden Cove (caches of 48 kB and 2 MB):
 * - x^T made once as a shuffled batch's rows are read, for both products of the first layer: mnist and
 *   wide 0.98 in float32, 1.03 to 1.05 in float64.
 * - Between tiles, asking for the next batch's rows, or for the w, m and v of the chunk's update: 0.99 to
 *   1.04, the latter also where the second cache has 512 kB.
 * - During a block of the depth, asking for the same rows' part of the next block: the sum of mnist
 *   1.01, of wide 1.00.
 * - Copies of what a narrow gradient reads: wide 0.99 to 1.00.
 * Zen 4 (32 kB and 1 MB):
 * - The narrow gradient by 32 or 64 of the batch's rows, the next ones asked for: wide 0.98 to 1.01,
 *   mnist 1.03.
 * - The next chunk's columns of x asked for while these are turned round, or by the tiles, with and
 *   without its w, m and v: 0.99 to 1.03. The next batch's rows by the gradient's tiles: mnist's sum
 *   0.97, its gradient 1.04.
 * - delta copied once for all chunks of a gradient, not for each: wide 0.985 to 1.00, in double 0.98 to
 *   1.01.
 * - Blocks of a^T, as many rows as a tile has, copied by pieces of six elements, in place of rows turned
 *   round: 0.98 to 1.01, as the copy takes 1.2 to 1.6 times as long as the turn. */
#ifndef BPCORE_MATMUL_H
#define BPCORE_MATMUL_H

#include "packed.h"
#include "panels.h"
#include "simd.h"
#include "tile.h"
#include "transpose.h"

enum {
    /* Columns of a that are turned round at a time, into about 200 kB. */
    TURN_COLUMNS = (VBYTES == 64 ? 1536 : 768) / sizeof(REAL),
    /* Their columns lie an odd number of lines apart, to spread over the sets of the cache. */
    TURN_ROW = DEPTH_BLOCK + 64 / sizeof(REAL),
    /* Of rows that lie anywhere so many are turned round, for so many inputs and outputs: in place, each
     * tile waits for its lines. (Zen 4, AVX2, 8 to 24 of 784 inputs: 0.76 to 0.86 of the time; with
     * AVX-512, whose tiles are a third as many, 1.1, and for 48 inputs 1.05: on Golden Cove mnist's
     * step took 0.92 to 0.98.) */
    FAR_ROWS = 32,
    FAR_INPUTS = VBYTES == 32 ? 8 : PACK_ROWS,
    FAR_OUTPUTS = (VREGISTERS == 32 ? 4 : 2) * VBYTES / sizeof(REAL),
    /* Outputs that are few beside a vector, but not for so many inputs that the copy would take
     * much of the cache. */
    FEW = VREGISTERS == 32 ? 4 : 3,
    FEW_INPUTS = 512,
};

/* Few outputs, N of them: vectors along the inputs, for which w_t = w^T, its rows w_row apart.
 * COUNT rows at a time share the loads of w_t. */
INLINE void sums_to_few(const int COUNT, const int N, const product *t, const REAL *w_t,
                        ptrdiff_t w_row, ptrdiff_t i, REAL *restrict z) {
    const REAL *row[4];
    vreal acc[4][FEW];
#pragma GCC unroll 4
    for (int r = 0; r < COUNT; r++) {
        row[r] = row_of(t, i + r);
#pragma GCC unroll 4
        for (int k = 0; k < N; k++)
            acc[r][k] = vzero();
    }
#define STEP(LOAD)                                                 \
    _Pragma("GCC unroll 4") for (int r = 0; r < COUNT; r++) {      \
        const vreal x = LOAD(row[r]);                              \
        _Pragma("GCC unroll 4") for (int k = 0; k < N; k++)        \
            acc[r][k] = vfma(x, LOAD(w_t + k * w_row), acc[r][k]); \
    }
#define WHOLE(from) vload((from) + p)
#define LAST(from) vload_part((from) + p, t->depth - p)
    ptrdiff_t p = 0;
    for (; p + VL <= t->depth; p += VL)
        STEP(WHOLE)
    if (p < t->depth)
        STEP(LAST)
#undef STEP
#undef WHOLE
#undef LAST
#if VBYTES * 8 / REAL_BITS >= 4
    if (N > 2) {
        const vreal start = t->start ? vload_part(t->start, N) : vzero();
#pragma GCC unroll 4
        for (int r = 0; r < COUNT; r++) {
            const vreal last = N > 3 ? acc[r][FEW - 1] : vzero(); /* N <= FEW */
            const vreal sums = vsums(acc[r][0], acc[r][1], acc[r][2], last) + start;
            vstore_part(z + r * t->c_row, t->relu ? vmax(vzero(), sums) : sums, N);
        }
        return;
    }
#endif
#pragma GCC unroll 4
    for (int r = 0; r < COUNT; r++)
#pragma GCC unroll 4
        for (int k = 0; k < N; k++)
            z[r * t->c_row + k] = vsum(acc[r][k]) + (t->start ? t->start[k] : 0);
    if (t->relu) /* out of the loop above: z < 0 is a branch nobody can predict */
        for (int r = 0; r < COUNT; r++)
            for (int k = 0; k < N; k++)
                z[r * t->c_row + k] = z[r * t->c_row + k] < 0 ? 0 : z[r * t->c_row + k];
}

#define DEFINE_SUMS_TO(LINKAGE, N)                                                            \
    LINKAGE void sums_to_##N(const product *t, const REAL *w_t, ptrdiff_t w_row,               \
                            ptrdiff_t rows) {                                                 \
        ptrdiff_t i = 0;                                                                      \
        for (; i + 4 <= rows; i += 4)                                                         \
            sums_to_few(4, N, t, w_t, w_row, i, t->c + i * t->c_row);                         \
        for (; i < rows; i++)                                                                 \
            sums_to_few(1, N, t, w_t, w_row, i, t->c + i * t->c_row);                         \
    }
DEFINE_SUMS_TO(INLINE, 1)
DEFINE_SUMS_TO(static, 2)
DEFINE_SUMS_TO(static, 3)
#if VREGISTERS == 32
DEFINE_SUMS_TO(static, 4)
static void (*const sums_to[])(const product *, const REAL *, ptrdiff_t, ptrdiff_t) = {
    NULL, NULL, sums_to_2, sums_to_3, sums_to_4};
#else
static void (*const sums_to[])(const product *, const REAL *, ptrdiff_t, ptrdiff_t) = {
    NULL, NULL, sums_to_2, sums_to_3};
#endif

/* Whether so few outputs are worth turning w round, whatever the number of rows, which are to have
 * the same bits in any company: 64 rows of 100 inputs then take 0.4 to 0.8 of the time of tiles.
 * (With 5 to 10 outputs the additions within vectors would take as long as is saved.) */
INLINE int is_few(ptrdiff_t n_in, ptrdiff_t n_out) {
    return n_out >= 2 && n_out <= FEW && n_out < VL && n_in <= FEW_INPUTS && n_in >= 4 * VL;
}

APART void multiply_few(const product *t, ptrdiff_t rows, ptrdiff_t n) {
    REAL w_t[FEW * FEW_INPUTS] __attribute__((aligned(64)));
    if (n > FEW || t->depth > FEW_INPUTS) /* for the compiler's eye on w_t */
        __builtin_unreachable();
    transpose(t->depth, n, t->b, n, w_t, FEW_INPUTS);
    sums_to[n](t, w_t, FEW_INPUTS, rows);
}

static void sum_quarter(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                        ptrdiff_t a_row, const int64_t *index, const REAL *w, const REAL *b,
                        int relu, REAL *z, ptrdiff_t z_row, int inputs, ptrdiff_t from,
                        ptrdiff_t to) {
    const ptrdiff_t k = bp_half_of_inputs(n_in);
    const int first = inputs == (from >= bp_half_of_outputs(n_out));
    product t = {.depth = n_in, .a = a, .a_row = a_row, .index = index, .b = w, .b_row = n_out,
                 .start = b, .resume = !first, .near = !first, .relu = relu && !first, .c = z,
                 .c_row = z_row};
    const int packed = is_packed(&t, rows, n_out);
    t.depth = inputs ? n_in - k : k;
    if (inputs) {
        t.a += k;
        t.b += k * n_out;
    }
    if (packed)
        multiply_packed(&t, NULL, FAR_C, rows, from, to);
    else
        multiply_from(&t, ROWS, rows, from, to);
}

static void weighted_sum(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                         ptrdiff_t a_row, const int64_t *index, const REAL *w, const REAL *b,
                         int relu, REAL *z, ptrdiff_t z_row) {
    const product t = {.depth = n_in, .a = a, .a_row = a_row, .index = index, .b = w,
                       .b_row = n_out, .start = b, .relu = relu, .c = z, .c_row = z_row};
    if (n_out == 1) {
        sums_to_1(&t, w, 0, rows);
    } else if (is_few(n_in, n_out)) {
        multiply_few(&t, rows, n_out);
    } else if (bp_is_quartered(n_in, n_out)) {
        const ptrdiff_t half = bp_half_of_outputs(n_out);
        for (int q = 0; q < 4; q++) { /* both halves' first, then both second */
            const int inputs = q % 2, outputs = q < 2 ? inputs : !inputs;
            sum_quarter(rows, n_in, n_out, a, a_row, index, w, b, relu, z, z_row, inputs,
                        outputs ? half : 0, outputs ? n_out : half);
        }
    } else if (is_packed(&t, rows, n_out)) {
        multiply_packed(&t, NULL, FAR_C, rows, 0, n_out);
    } else {
        multiply(&t, ROWS, rows, n_out);
    }
}

static void delta_product(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                          const REAL *delta, ptrdiff_t delta_row, const REAL *w,
                          const REAL *w_t, int g, const REAL *a, REAL *out,
                          ptrdiff_t out_row) {
    const product t = {.depth = n_out, .a = delta, .a_row = delta_row, .b = w_t, .b_row = n_in,
                       .gate = a, .g = g, .c = out, .c_row = out_row};
    if (!w_t || is_packed(&t, rows, n_in))
        multiply_packed(&t, w, FAR_C, rows, 0, n_in);
    else
        multiply(&t, ROWS, rows, n_in);
}

/* Whether vectors along n_out would be empty to a quarter or more, and those along n_in not. */
INLINE int is_narrow(ptrdiff_t n_in, ptrdiff_t n_out) {
    return n_out <= 2 * VL && 4 * n_out <= 3 * ((n_out + VL - 1) / VL * VL) && n_in >= 2 * VL;
}

/* The gradient of few outputs: as delta^T a, whose vectors are full, turned round. */
APART void narrow_gradient(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                           ptrdiff_t a_row, const REAL *delta, ptrdiff_t delta_row,
                           REAL *grad_w) {
    enum { WIDTH = 128 };
    REAL turned[2 * (VBYTES / sizeof(REAL)) * WIDTH] __attribute__((aligned(64)));
    product t = {.depth = rows, .a = delta, .a_row = delta_row, .b_row = a_row, .c = turned,
                 .c_row = WIDTH};
    for (ptrdiff_t i = 0; i < n_in; i += WIDTH) {
        const ptrdiff_t width = n_in - i < WIDTH ? n_in - i : WIDTH;
        t.b = a + i;
        multiply(&t, COLUMNS, n_out, width);
        transpose(n_out, width, turned, WIDTH, grad_w + i * n_out, n_out);
    }
}

/* The gradient with a^T turned round a block at a time, and delta packed where that pays. */
APART void gradient_turned(const product *t, ptrdiff_t n_in, ptrdiff_t n_out) {
    REAL turned[TURN_COLUMNS * TURN_ROW] __attribute__((aligned(64)));
    product block = *t;
    const int packed = is_packed(t, n_in, n_out);
    block.a = turned;
    block.a_row = TURN_ROW;
    block.index = NULL;
    for (ptrdiff_t i = 0; i < n_in; i += TURN_COLUMNS) {
        const ptrdiff_t width = n_in - i < TURN_COLUMNS ? n_in - i : TURN_COLUMNS;
        block.c = t->c + i * n_out;
        for (ptrdiff_t p = 0; p < t->depth; p += DEPTH_BLOCK) {
            block.depth = t->depth - p < DEPTH_BLOCK ? t->depth - p : DEPTH_BLOCK;
            block.b = t->b + p * t->b_row;
            block.resume = p > 0;
            transpose_indexed(block.depth, width, t->index ? t->a + i : t->a + p * t->a_row + i,
                              t->index ? t->index + p : NULL, t->a_row, turned, TURN_ROW);
            if (packed)
                multiply_packed(&block, NULL, ROWS, width, 0, n_out);
            else
                multiply(&block, ROWS, width, n_out);
        }
    }
}

static void gradient(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                     ptrdiff_t a_row, const int64_t *index, const REAL *delta,
                     ptrdiff_t delta_row, REAL *grad_w) {
    product t = {.depth = rows, .a = a, .a_row = a_row, .index = index, .b = delta,
                 .b_row = delta_row, .c = grad_w, .c_row = n_out};
    if (n_out == 1 && delta_row == 1 && !index) { /* one row, delta^T a, not one column */
        t = (product){.depth = rows, .a = delta, .b = a, .b_row = a_row, .c = grad_w};
        multiply(&t, ROWS, 1, n_in);
        return;
    }
    if (is_narrow(n_in, n_out) && !index) {
        narrow_gradient(rows, n_in, n_out, a, a_row, delta, delta_row, grad_w);
        return;
    }
    /* Rows that lie anywhere are on a page each: read once, not once for each tile. */
    if (is_packed(&t, n_in, n_out) ||
        (index && rows >= FAR_ROWS && n_in >= FAR_INPUTS && n_out >= FAR_OUTPUTS))
        gradient_turned(&t, n_in, n_out);
    else
        multiply(&t, COLUMNS, n_in, n_out);
}

static void column_sums(ptrdiff_t rows, ptrdiff_t n, const REAL *delta, ptrdiff_t delta_row,
                        REAL *sums) {
    if (rows == 1) {
        for (ptrdiff_t j = 0; j < n; j++)
            sums[j] = delta[j] + 0; /* 0 for -0, as a sum has it */
        return;
    }
    static const REAL one = 1; /* A(0, p), with rows of a that do not advance */
    const product t = {.depth = rows, .a = &one, .a_row = 0, .b = delta, .b_row = delta_row,
                       .c = sums};
    multiply(&t, COLUMNS, 1, n);
}

#endif
