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

static void multiply(const product *t, ptrdiff_t rows, ptrdiff_t n) {
    typedef void (*panel)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
    static const panel panels[MAX_NV][2] = {
        {panel_1_0, panel_1_1},
        {panel_2_0, panel_2_1},
#if MAX_NV == 4
        {panel_3_0, panel_3_1},
        {panel_4_0, panel_4_1},
#endif
    };
    ptrdiff_t vectors = (n + VL - 1) / VL; /* left to do */
    ptrdiff_t count = (vectors + MAX_NV - 1) / MAX_NV;
    for (ptrdiff_t j = 0; vectors > 0; count--) {
        const ptrdiff_t nv = (vectors + count - 1) / count;
        const ptrdiff_t part = n - j - (nv - 1) * VL;
        panels[nv - 1][part < VL](t, rows, j, part < VL ? part : 0);
        j += nv * VL;
        vectors -= nv;
    }
}

/* A single output: z is a column, so the vectors run along the inputs. */
static void weighted_sum_to_one(ptrdiff_t rows, ptrdiff_t n_in, const REAL *restrict a,
                                const REAL *restrict w, const REAL *b, REAL *restrict z) {
    for (ptrdiff_t i = 0; i < rows; i++, a += n_in) {
        vreal even = vzero(), odd = vzero();
        ptrdiff_t p = 0;
        for (; p + 2 * VL <= n_in; p += 2 * VL) {
            even += vload(a + p) * vload(w + p);
            odd += vload(a + p + VL) * vload(w + p + VL);
        }
        for (; p < n_in; p += VL) {
            const ptrdiff_t part = n_in - p < VL ? n_in - p : VL;
            even += vload_part(a + p, part) * vload_part(w + p, part);
        }
        z[i] = vsum(even + odd) + (b ? *b : 0);
    }
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
    const product t = {.depth = rows, .a = a, .a_row = 1, .a_col = stride, .b = delta,
                       .b_row = n_out, .start = NULL, .c = grad_w, .c_row = n_out};
    multiply(&t, n_in, n_out);
}

static void column_sums(ptrdiff_t rows, ptrdiff_t n, const REAL *delta, REAL *sums) {
    static const REAL one = 1; /* a(i, p) with both strides 0 */
    const product t = {.depth = rows, .a = &one, .a_row = 0, .a_col = 0, .b = delta,
                       .b_row = n, .start = NULL, .c = sums, .c_row = 0};
    multiply(&t, 1, n);
}

static void transpose(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                      REAL *restrict dst) {
    enum { SIDE = 16 }; /* a block of both arrays stays in the first cache */
    for (ptrdiff_t i0 = 0; i0 < rows; i0 += SIDE)
        for (ptrdiff_t j0 = 0; j0 < n; j0 += SIDE) {
            const ptrdiff_t i1 = i0 + SIDE < rows ? i0 + SIDE : rows;
            const ptrdiff_t j1 = j0 + SIDE < n ? j0 + SIDE : n;
            for (ptrdiff_t j = j0; j < j1; j++)
                for (ptrdiff_t i = i0; i < i1; i++)
                    dst[j * rows + i] = src[i * n + j];
        }
}

#endif
