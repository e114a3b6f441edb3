/* The three products of backpropagation as one register-blocked loop.
 *
 * c(i, j) = start(j) + sum over p of a(i, p) b(p, j), for i < rows, j < n,
 * p < depth, where a(i, p) = a[i * a_row + p * a_col]: elements of a are
 * broadcast, so any strides serve, and a^T needs no copy; rows of b and c are
 * contiguous. A tile keeps MR rows by NV vectors of c in registers while p runs:
 * NV loads of b and MR broadcasts of a feed MR * NV multiply-adds. Nothing is
 * packed: on the networks bpcore is for, b stays in the first two caches.
 *
 * Each c(i, j) is one accumulator that p passes in order, whatever tile it is
 * in; that is why results do not depend on how rows are split over calls. */
#ifndef BPCORE_MATMUL_H
#define BPCORE_MATMUL_H

#include "simd.h"

#if VREGISTERS == 32
#define MAX_NV 4
#define MAX_MR(nv) ((nv) == 4 ? 6 : (nv) == 3 ? 8 : 12)
#else
#define MAX_NV 2
#define MAX_MR(nv) ((nv) == 2 ? 6 : 12)
#endif

typedef struct {
    ptrdiff_t depth;
    const REAL *a;
    ptrdiff_t a_row, a_col;
    const REAL *b;
    ptrdiff_t b_row;
    const REAL *start; /* (n,), or NULL for 0 */
    int resume;        /* start from what is in c instead */
    REAL *c;
    ptrdiff_t c_row;
} product;

/* MR rows by NV vectors at row i, column j; the last vector holds `part`
 * elements where PART is set, else it is whole. */
INLINE void tile(const int MR, const int NV, const int PART, const product *t, ptrdiff_t i,
                 ptrdiff_t j, ptrdiff_t part) {
    vreal acc[12][MAX_NV];
    const REAL *restrict a = t->a + i * t->a_row;
    const REAL *restrict b = t->b + j;
    REAL *restrict c = t->c + i * t->c_row + j;
    const ptrdiff_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;
#define LOAD(p, v) (PART && (v) == NV - 1 ? vload_part((p) + (v)*VL, part) : vload((p) + (v)*VL))

#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) {
        const vreal start = t->start ? LOAD(t->start + j, v) : vzero();
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
            acc[m][v] = start;
    }
    if (t->resume) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] = LOAD(c + m * t->c_row, v);
    }
    for (ptrdiff_t p = 0; p < t->depth; p++) {
        vreal row[MAX_NV];
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++)
            row[v] = LOAD(b, v);
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++) {
            const vreal x = vset(a[m * a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] += x * row[v];
        }
        a += a_col;
        b += b_row;
    }
#pragma GCC unroll 12
    for (int m = 0; m < MR; m++) {
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++) {
            if (PART && v == NV - 1)
                vstore_part(c + v * VL, acc[m][v], part);
            else
                vstore(c + v * VL, acc[m][v]);
        }
        c += t->c_row;
    }
#undef LOAD
}

/* All rows of NV vectors of columns. The rows are dealt evenly over the tiles
 * (7 of 8 + 8 + 7, not 8 + 8 + ... + 1): a low tile waits on its own sums. */
#define DEFINE_PANEL(NV, PART)                                                         \
    static void panel_##NV##_##PART(const product *t, ptrdiff_t rows, ptrdiff_t j,     \
                                    ptrdiff_t part) {                                  \
        ptrdiff_t tiles = (rows + MAX_MR(NV) - 1) / MAX_MR(NV);                        \
        for (ptrdiff_t i = 0; i < rows; tiles--) {                                     \
            const ptrdiff_t mr = (rows - i + tiles - 1) / tiles;                       \
            switch (mr) {                                                              \
                TILE_CASE(1, NV, PART)                                                 \
                TILE_CASE(2, NV, PART)                                                 \
                TILE_CASE(3, NV, PART)                                                 \
                TILE_CASE(4, NV, PART)                                                 \
                TILE_CASE(5, NV, PART)                                                 \
                TILE_CASE(6, NV, PART)                                                 \
                TILE_CASE(7, NV, PART)                                                 \
                TILE_CASE(8, NV, PART)                                                 \
                TILE_CASE(9, NV, PART)                                                 \
                TILE_CASE(10, NV, PART)                                                \
                TILE_CASE(11, NV, PART)                                                \
                TILE_CASE(12, NV, PART)                                                \
            }                                                                          \
            i += mr;                                                                   \
        }                                                                              \
    }
#define TILE_CASE(MR, NV, PART)                    \
    case MR:                                       \
        if (MR <= MAX_MR(NV))                      \
            tile(MR, NV, PART, t, i, j, part);     \
        break;

DEFINE_PANEL(1, 0)
DEFINE_PANEL(1, 1)
DEFINE_PANEL(2, 0)
DEFINE_PANEL(2, 1)
#if MAX_NV == 4
DEFINE_PANEL(3, 0)
DEFINE_PANEL(3, 1)
DEFINE_PANEL(4, 0)
DEFINE_PANEL(4, 1)
#endif

typedef void (*panel)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t);

/* One panel with b copied, DEPTH_BLOCK rows of it at a time, to where its rows lie close
 * together. Needed where b's rows are far apart: a panel then spreads over more pages
 * and cache sets than there are. */
enum {
    DEPTH_BLOCK = 256,
    PACK_ROWS = 32,
    PACK_BYTES = 1 << 18,
    PACK_COLUMNS = 256,
    PACK_A = 384 / sizeof(REAL)
};

static void packed_panel(panel run, const product *t, ptrdiff_t rows, ptrdiff_t j,
                         ptrdiff_t nv, ptrdiff_t part) {
    REAL packed[DEPTH_BLOCK * MAX_NV * (VBYTES / sizeof(REAL))] __attribute__((aligned(64)));
    const ptrdiff_t width = nv * VL;
    const size_t bytes = (size_t)(part ? width - VL + part : width) * sizeof(REAL);
    product block = *t;
    block.b = packed - j; /* the tiles add j */
    block.b_row = width;
    for (ptrdiff_t p = 0; p < t->depth; p += DEPTH_BLOCK) {
        block.depth = t->depth - p < DEPTH_BLOCK ? t->depth - p : DEPTH_BLOCK;
        block.a = t->a + p * t->a_col;
        block.resume = t->resume || p > 0;
        for (ptrdiff_t q = 0; q < block.depth; q++)
            memcpy(packed + q * width, t->b + (p + q) * t->b_row + j, bytes);
        run(&block, rows, j, part);
    }
}

static void multiply(const product *t, ptrdiff_t rows, ptrdiff_t n) {
    static const panel panels[MAX_NV][2] = {
        {panel_1_0, panel_1_1},
        {panel_2_0, panel_2_1},
#if MAX_NV == 4
        {panel_3_0, panel_3_1},
        {panel_4_0, panel_4_1},
#endif
    };
    /* Measured: below this size of b, or for few rows, the copy costs more than it saves. */
    const size_t bytes = (size_t)(t->depth * t->b_row) * sizeof(REAL);
    const int pack = rows >= PACK_ROWS && bytes > PACK_BYTES;
    ptrdiff_t vectors = (n + VL - 1) / VL; /* left to do */
    ptrdiff_t count = (vectors + MAX_NV - 1) / MAX_NV;
    for (ptrdiff_t j = 0; vectors > 0; count--) {
        const ptrdiff_t nv = (vectors + count - 1) / count;
        const ptrdiff_t part = n - j - (nv - 1) * VL;
        const panel run = panels[nv - 1][part < VL];
        if (pack)
            packed_panel(run, t, rows, j, nv, part < VL ? part : 0);
        else
            run(t, rows, j, part < VL ? part : 0);
        j += nv * VL;
        vectors -= nv;
    }
}

/* A single output: z is a column, so the vectors run along the inputs. ROWS rows at a
 * time share the loads of w. */
INLINE void sums_to_one(const int ROWS, ptrdiff_t n_in, const REAL *restrict a,
                        const REAL *restrict w, REAL b, REAL *restrict z) {
    vreal acc[4];
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r++)
        acc[r] = vzero();
    ptrdiff_t p = 0;
    for (; p + VL <= n_in; p += VL) {
        const vreal wp = vload(w + p);
#pragma GCC unroll 4
        for (int r = 0; r < ROWS; r++)
            acc[r] += vload(a + r * n_in + p) * wp;
    }
    if (p < n_in) {
        const vreal wp = vload_part(w + p, n_in - p);
#pragma GCC unroll 4
        for (int r = 0; r < ROWS; r++)
            acc[r] += vload_part(a + r * n_in + p, n_in - p) * wp;
    }
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r++)
        z[r] = vsum(acc[r]) + b;
}

static void weighted_sum_to_one(ptrdiff_t rows, ptrdiff_t n_in, const REAL *a, const REAL *w,
                                const REAL *b, REAL *z) {
    const REAL bias = b ? *b : 0;
    ptrdiff_t i = 0;
    for (; i + 4 <= rows; i += 4)
        sums_to_one(4, n_in, a + i * n_in, w, bias, z + i);
    for (; i < rows; i++)
        sums_to_one(1, n_in, a + i * n_in, w, bias, z + i);
}

static void weighted_sum(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                         const REAL *w, const REAL *b, REAL *z) {
    if (n_out == 1) {
        weighted_sum_to_one(rows, n_in, a, w, b, z);
        return;
    }
    const product t = {.depth = n_in, .a = a, .a_row = n_in, .a_col = 1, .b = w,
                       .b_row = n_out, .start = b, .c = z, .c_row = n_out};
    multiply(&t, rows, n_out);
}

static void delta_product(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                          const REAL *delta, const REAL *w_t, REAL *out) {
    const product t = {.depth = n_out, .a = delta, .a_row = n_out, .a_col = 1, .b = w_t,
                       .b_row = n_in, .start = NULL, .c = out, .c_row = n_in};
    multiply(&t, rows, n_in);
}

static void gradient(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                     ptrdiff_t stride, const REAL *delta, REAL *grad_w) {
    if (n_out == 1) { /* one row, delta^T a, instead of one column */
        const product t = {.depth = rows, .a = delta, .a_row = 0, .a_col = 1, .b = a,
                           .b_row = stride, .start = NULL, .c = grad_w, .c_row = 0};
        multiply(&t, 1, n_in);
        return;
    }
    product t = {.depth = rows, .a = a, .a_row = 1, .a_col = stride, .b = delta,
                 .b_row = n_out, .start = NULL, .c = grad_w, .c_row = n_out};
    if (n_out <= PACK_COLUMNS) {
        multiply(&t, n_in, n_out);
        return;
    }
    /* Wide rows: the columns of a that a tile reads are far apart, a line each, often in
     * one cache set. Copied close together, they serve every panel. */
    REAL columns[DEPTH_BLOCK * PACK_A] __attribute__((aligned(64)));
    for (ptrdiff_t i = 0; i < n_in; i += PACK_A) {
        const ptrdiff_t width = n_in - i < PACK_A ? n_in - i : PACK_A;
        for (ptrdiff_t p = 0; p < rows; p += DEPTH_BLOCK) {
            const ptrdiff_t depth = rows - p < DEPTH_BLOCK ? rows - p : DEPTH_BLOCK;
            for (ptrdiff_t q = 0; q < depth; q++)
                memcpy(columns + q * PACK_A, a + (p + q) * stride + i,
                       (size_t)width * sizeof(REAL));
            t.depth = depth;
            t.a = columns;
            t.a_col = PACK_A;
            t.b = delta + p * n_out;
            t.c = grad_w + i * n_out;
            t.resume = p > 0;
            multiply(&t, width, n_out);
        }
    }
}

static void column_sums(ptrdiff_t rows, ptrdiff_t n, const REAL *delta, REAL *sums) {
    static const REAL one = 1; /* a(i, p) with both strides 0 */
    const product t = {.depth = rows, .a = &one, .a_row = 0, .a_col = 0, .b = delta,
                       .b_row = n, .start = NULL, .c = sums, .c_row = 0};
    multiply(&t, 1, n);
}

/* A block of at most VL by VL; missing rows count as 0 and are not written. */
INLINE void transpose_block(ptrdiff_t rows, ptrdiff_t n, const REAL *src, ptrdiff_t src_row,
                            REAL *dst, ptrdiff_t dst_row) {
    vreal v[VBYTES * 8 / REAL_BITS];
    if (rows == VL && n == VL) {
#pragma GCC unroll 16
        for (int i = 0; i < VL; i++)
            v[i] = vload(src + i * src_row);
        vtranspose(v);
#pragma GCC unroll 16
        for (int i = 0; i < VL; i++)
            vstore(dst + i * dst_row, v[i]);
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        v[i] = i < rows ? vload_part(src + i * src_row, n) : vzero();
    vtranspose(v);
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        if (i < n)
            vstore_part(dst + i * dst_row, v[i], rows);
}

static void transpose(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                      REAL *restrict dst, ptrdiff_t stride) {
    for (ptrdiff_t i = 0; i < rows; i += VL)
        for (ptrdiff_t j = 0; j < n; j += VL)
            transpose_block(rows - i < VL ? rows - i : VL, n - j < VL ? n - j : VL,
                            src + i * n + j, n, dst + j * stride + i, stride);
}

#endif
