/* The three products of backpropagation as one register-blocked loop.
 *
 * c(i, j) = start(j) + sum over p of A(i, p) b(p, j), for i < rows, j < n, p < depth.
 * A is read in place, along its rows (A = a) or its columns (A = a^T), and its elements
 * are broadcast, so that neither needs a copy; the rows of b and c are contiguous. A tile
 * keeps MR rows by NV vectors of c in registers while p runs: NV loads of b and MR
 * broadcasts of a feed MR * NV multiply-adds. Nothing is packed as long as b stays in the
 * first two caches.
 *
 * Each c(i, j) is one accumulator that p passes in order, whatever tile it is in; that is
 * why results do not depend on how rows are split over calls. */
#ifndef BPCORE_MATMUL_H
#define BPCORE_MATMUL_H

#include "simd.h"
#include "transpose.h"

#if VREGISTERS == 32
#define MAX_NV 4
#define MAX_MR(nv) ((nv) == 4 ? 6 : (nv) == 3 ? 8 : 12)
#else
#define MAX_NV 2
#define MAX_MR(nv) ((nv) == 2 ? 6 : 12)
#endif

typedef struct {
    ptrdiff_t depth;
    const REAL *a;        /* A(i, p) is element p of row i of a, or element i of row p */
    ptrdiff_t a_stride;   /* between the rows of a */
    const int64_t *index; /* row r of a is the index[r]-th; NULL: the r-th */
    const REAL *b;
    ptrdiff_t b_row;
    const REAL *b_t; /* b^T, where b is NULL: turned round while it is packed */
    const REAL *start; /* (n,), or NULL for 0 */
    int resume;        /* start from what is in c instead */
    int relu;          /* store max(c, 0) */
    const REAL *gate;  /* laid out as c: store 0 where it is not > 0; or NULL */
    REAL *c;
    ptrdiff_t c_row;
} product;

INLINE const REAL *row_of(const product *t, ptrdiff_t r) {
    return t->a + (t->index ? (ptrdiff_t)t->index[r] : r) * t->a_stride;
}

/* Which way A is read. */
enum { ROWS, COLUMNS };

/* MR rows by NV vectors at row i, column j; the last vector holds `part`
 * elements where PART is set, else it is whole. */
INLINE void tile(const int AXIS, const int MR, const int NV, const int PART, const product *t,
                 ptrdiff_t i, ptrdiff_t j, ptrdiff_t part) {
    vreal acc[12][MAX_NV];
    const REAL *row[12];
    const REAL *restrict b = t->b + j;
    const ptrdiff_t b_row = t->b_row, depth = t->depth;
    REAL *restrict c = t->c + i * t->c_row + j;
#define LOAD(p, v) (PART && (v) == NV - 1 ? vload_part((p) + (v)*VL, part) : vload((p) + (v)*VL))

    if (t->resume) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] = LOAD(c + m * t->c_row, v);
    } else {
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++) {
            const vreal start = t->start ? LOAD(t->start + j, v) : vzero();
#pragma GCC unroll 12
            for (int m = 0; m < MR; m++)
                acc[m][v] = start;
        }
    }
    if (AXIS == ROWS) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
            row[m] = row_of(t, i + m);
    }
    for (ptrdiff_t p = 0; p < depth; p++) {
        vreal bp[MAX_NV];
        const REAL *column = AXIS == COLUMNS ? row_of(t, p) + i : NULL;
#pragma GCC unroll 4
        for (int v = 0; v < NV; v++)
            bp[v] = LOAD(b, v);
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++) {
            const vreal x = vset(AXIS == ROWS ? row[m][p] : column[m]);
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] += x * bp[v];
        }
        b += b_row;
    }
    if (t->relu) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] = vmax(vzero(), acc[m][v]);
    }
    if (t->gate) {
        const REAL *gate = t->gate + (c - t->c);
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++)
                acc[m][v] = vselect(LOAD(gate + m * t->c_row, v) > 0, acc[m][v], vzero());
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
#define DEFINE_PANEL(AXIS, NV, PART)                                        \
    static void panel_##AXIS##_##NV##_##PART(const product *t, ptrdiff_t rows,  \
                                             ptrdiff_t j, ptrdiff_t part) {     \
        ptrdiff_t tiles = (rows + MAX_MR(NV) - 1) / MAX_MR(NV);             \
        for (ptrdiff_t i = 0; i < rows; tiles--) {                          \
            const ptrdiff_t mr = (rows - i + tiles - 1) / tiles;            \
            switch (mr) {                                                   \
                TILE_CASE(AXIS, 1, NV, PART)            \
                TILE_CASE(AXIS, 2, NV, PART)            \
                TILE_CASE(AXIS, 3, NV, PART)            \
                TILE_CASE(AXIS, 4, NV, PART)            \
                TILE_CASE(AXIS, 5, NV, PART)            \
                TILE_CASE(AXIS, 6, NV, PART)            \
                TILE_CASE(AXIS, 7, NV, PART)            \
                TILE_CASE(AXIS, 8, NV, PART)            \
                TILE_CASE(AXIS, 9, NV, PART)            \
                TILE_CASE(AXIS, 10, NV, PART)           \
                TILE_CASE(AXIS, 11, NV, PART)           \
                TILE_CASE(AXIS, 12, NV, PART)           \
            }                                                               \
            i += mr;                                                        \
        }                                                                   \
    }
#define TILE_CASE(AXIS, MR, NV, PART)                  \
    case MR:                                           \
        if (MR <= MAX_MR(NV))                          \
            tile(AXIS, MR, NV, PART, t, i, j, part);   \
        break;
#define DEFINE_PANELS(NV)     \
    DEFINE_PANEL(ROWS, NV, 0) \
    DEFINE_PANEL(ROWS, NV, 1) \
    DEFINE_PANEL(COLUMNS, NV, 0) \
    DEFINE_PANEL(COLUMNS, NV, 1)
#define PANELS(NV)                                  \
    {{panel_ROWS_##NV##_0, panel_ROWS_##NV##_1},    \
     {panel_COLUMNS_##NV##_0, panel_COLUMNS_##NV##_1}}

DEFINE_PANELS(1)
DEFINE_PANELS(2)
#if MAX_NV == 4
DEFINE_PANELS(3)
DEFINE_PANELS(4)
#endif

typedef void (*panel)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t);

static const panel panels[MAX_NV][2][2] = {
    PANELS(1),
    PANELS(2),
#if MAX_NV == 4
    PANELS(3),
    PANELS(4),
#endif
};

enum {
    DEPTH_BLOCK = 256, /* rows of b that are packed at a time */
    /* Measured: for fewer rows, or a smaller b, the copy costs more than it saves. */
    PACK_ROWS = 32,
    PACK_BYTES = 1 << 19,
    /* The gradient of wider layers copies the columns of a as well, so many at a time. The
     * rows of the copy are an odd number of lines apart, so that a tile's elements, one
     * below the other, spread over all sets of the cache. */
    PACK_COLUMNS = 256,
    PACK_A = 192,
    PACK_A_ROW = PACK_A + 64 / sizeof(REAL)
};

/* Copy depth rows of nv vectors, the last `part` elements long if part > 0, to where they
 * follow each other. Their lines are far apart, on a page each, and the processor does not
 * see them coming: those of the rows ahead are asked for. */
static void pack(ptrdiff_t depth, ptrdiff_t nv, ptrdiff_t part, const REAL *b, ptrdiff_t b_row,
                 REAL *packed) {
    enum { AHEAD = 16 };
    for (ptrdiff_t p = 0; p < depth; p++, b += b_row, packed += nv * VL) {
        const REAL *ahead = p + AHEAD < depth ? b + AHEAD * b_row : b;
        __builtin_prefetch(ahead);
        for (ptrdiff_t v = 0; v < nv - 1; v++)
            vstore(packed + v * VL, vload(b + v * VL));
        const REAL *end = b + (nv - 1) * VL;
        vstore(packed + (nv - 1) * VL, part ? vload_part(end, part) : vload(end));
    }
}

/* One panel with b copied, DEPTH_BLOCK rows of it at a time, to where its rows lie close
 * together. Needed where b's rows are far apart: a panel then spreads over more pages
 * and cache sets than there are. */
static void packed_panel(panel run, const product *t, int axis, ptrdiff_t rows, ptrdiff_t j,
                         ptrdiff_t nv, ptrdiff_t part) {
    REAL packed[DEPTH_BLOCK * MAX_NV * (VBYTES / sizeof(REAL))] __attribute__((aligned(64)));
    const ptrdiff_t width = nv * VL;
    const ptrdiff_t columns = part ? width - VL + part : width;
    product block = *t;
    block.b = packed - j; /* the tiles add j */
    block.b_row = width;
    for (ptrdiff_t p = 0; p < t->depth; p += DEPTH_BLOCK) {
        const int last = t->depth - p <= DEPTH_BLOCK;
        block.depth = last ? t->depth - p : DEPTH_BLOCK;
        if (axis == ROWS)
            block.a = t->a + p;
        else if (t->index)
            block.index = t->index + p;
        else
            block.a = t->a + p * t->a_stride;
        block.resume = t->resume || p > 0;
        block.relu = last && t->relu;
        block.gate = last ? t->gate : NULL;
        if (t->b)
            pack(block.depth, nv, part, t->b + p * t->b_row + j, t->b_row, packed);
        else
            transpose(columns, block.depth, t->b_t + j * t->depth + p, t->depth, packed,
                      width);
        run(&block, rows, j, part);
    }
}

static void multiply(const product *t, int axis, ptrdiff_t rows, ptrdiff_t n) {
    const size_t bytes = (size_t)(t->depth * t->b_row) * sizeof(REAL);
    const int pack = !t->b || (rows >= PACK_ROWS && bytes > PACK_BYTES);
    ptrdiff_t vectors = (n + VL - 1) / VL; /* left to do */
    ptrdiff_t count = (vectors + MAX_NV - 1) / MAX_NV;
    for (ptrdiff_t j = 0; vectors > 0; count--) {
        const ptrdiff_t nv = (vectors + count - 1) / count;
        const ptrdiff_t left = n - j - (nv - 1) * VL;
        const ptrdiff_t part = left < VL ? left : 0;
        const panel run = panels[nv - 1][axis][part > 0];
        if (pack)
            packed_panel(run, t, axis, rows, j, nv, part);
        else
            run(t, rows, j, part);
        j += nv * VL;
        vectors -= nv;
    }
}

/* A single output: z is a column, so the vectors run along the inputs. COUNT rows at a
 * time share the loads of w. */
INLINE void sums_to_one(const int COUNT, const product *t, ptrdiff_t i, REAL *restrict z) {
    const REAL *restrict w = t->b;
    const REAL *row[4];
    vreal acc[4];
#pragma GCC unroll 4
    for (int r = 0; r < COUNT; r++) {
        row[r] = row_of(t, i + r);
        acc[r] = vzero();
    }
    ptrdiff_t p = 0;
    for (; p + VL <= t->depth; p += VL) {
        const vreal wp = vload(w + p);
#pragma GCC unroll 4
        for (int r = 0; r < COUNT; r++)
            acc[r] += vload(row[r] + p) * wp;
    }
    if (p < t->depth) {
        const ptrdiff_t part = t->depth - p;
        const vreal wp = vload_part(w + p, part);
#pragma GCC unroll 4
        for (int r = 0; r < COUNT; r++)
            acc[r] += vload_part(row[r] + p, part) * wp;
    }
#pragma GCC unroll 4
    for (int r = 0; r < COUNT; r++)
        z[r] = vsum(acc[r]) + (t->start ? *t->start : 0);
    if (t->relu) /* out of the loop above: z < 0 is a branch nobody can predict */
        for (int r = 0; r < COUNT; r++)
            z[r] = z[r] < 0 ? 0 : z[r];
}

static void weighted_sum(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                         const int64_t *index, const REAL *w, const REAL *b, int relu,
                         REAL *z) {
    const product t = {.depth = n_in, .a = a, .a_stride = n_in, .index = index, .b = w,
                       .b_row = n_out, .start = b, .relu = relu, .c = z, .c_row = n_out};
    if (n_out > 1) {
        multiply(&t, ROWS, rows, n_out);
        return;
    }
    ptrdiff_t i = 0;
    for (; i + 4 <= rows; i += 4)
        sums_to_one(4, &t, i, z + i);
    for (; i < rows; i++)
        sums_to_one(1, &t, i, z + i);
}

static void delta_product(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                          const REAL *delta, const REAL *w, const REAL *w_t,
                          const REAL *gate, REAL *out) {
    const product t = {.depth = n_out, .a = delta, .a_stride = n_out, .b = w_t, .b_t = w,
                       .b_row = n_in, .gate = gate, .c = out, .c_row = n_in};
    multiply(&t, ROWS, rows, n_in);
}

static void gradient(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                     const int64_t *index, ptrdiff_t stride, const REAL *delta,
                     REAL *grad_w) {
    product t = {.depth = rows, .a = a, .a_stride = stride, .index = index, .b = delta,
                 .b_row = n_out, .c = grad_w, .c_row = n_out};
    if (n_out == 1 && !index) { /* one row, delta^T a, instead of one column */
        t = (product){.depth = rows, .a = delta, .b = a, .b_row = stride, .c = grad_w};
        multiply(&t, ROWS, 1, n_in);
        return;
    }
    if (n_out <= PACK_COLUMNS) {
        multiply(&t, COLUMNS, n_in, n_out);
        return;
    }
    /* Wide rows: the elements of a that a tile reads are far apart, a line each, often in
     * one cache set. Copied close together, they serve every panel. (For the 128 columns of
     * mnist the copy costs a tenth more than it saves.) */
    REAL columns[DEPTH_BLOCK * PACK_A_ROW] __attribute__((aligned(64)));
    product block = t;
    block.a = columns;
    block.a_stride = PACK_A_ROW;
    block.index = NULL;
    for (ptrdiff_t i = 0; i < n_in; i += PACK_A) {
        const ptrdiff_t width = n_in - i < PACK_A ? n_in - i : PACK_A;
        for (ptrdiff_t p = 0; p < rows; p += DEPTH_BLOCK) {
            block.depth = rows - p < DEPTH_BLOCK ? rows - p : DEPTH_BLOCK;
            for (ptrdiff_t q = 0; q < block.depth; q++)
                memcpy(columns + q * PACK_A_ROW, row_of(&t, p + q) + i,
                       (size_t)width * sizeof(REAL));
            block.b = delta + p * n_out;
            block.c = grad_w + i * n_out;
            block.resume = p > 0;
            multiply(&block, COLUMNS, width, n_out);
        }
    }
}

static void column_sums(ptrdiff_t rows, ptrdiff_t n, const REAL *delta, REAL *sums) {
    static const REAL one = 1; /* A(0, p), with rows of a that do not advance */
    const product t = {.depth = rows, .a = &one, .a_stride = 0, .b = delta, .b_row = n,
                       .c = sums};
    multiply(&t, COLUMNS, 1, n);
}

#endif
