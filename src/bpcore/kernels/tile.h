/* Tiles: the register-blocked loop that all products of backpropagation are made of.
 *
 * c(i, j) = start(j) + sum over p of A(i, p) b(p, j), for i < rows, j < n, p < depth.
 * A is read in place, along its rows (A = a) or its columns (A = a^T), and its elements
 * are broadcast, so that neither needs a copy; the rows of b and c are contiguous. A tile
 * keeps MR rows by NV vectors of c in registers while p runs: NV loads of b and MR
 * broadcasts of a feed MR * NV multiply-adds.
 *
 * Each c(i, j) is one accumulator that p passes in order, whatever tile it is in; that is
 * why results do not depend on how rows are split over calls. */
#ifndef BPCORE_TILE_H
#define BPCORE_TILE_H

#include "dispatch.h"
#include "simd.h"
#include "slopes.h"

/* A tile keeps as many sums as the registers allow, and 8 or more where it can: two multiply-adds
 * start in a cycle, and a sum waits four for the one before. Few rows take more vectors for that
 * (column sums, one row, then take a third to a half of the time). (Tried: 8 or 10 rows of one or two
 * vectors instead of 12, whose places do not all fit in registers: 0.95 to 1.07 of the time.)
 * AVX2's registers hold 4 rows of 3 vectors of sums, 3 of b and one of a, and a term is one instruction
 * less than for 6 of 2. (Zen 3, whose core another thread shares, with four terms a turn, against 6 of 2
 * with one: a step of tab takes 0.97 to 0.99 of the time, of tab256 0.96 to 1.00, digits 0.98 to 0.99,
 * mnist 0.95 to 0.98, wide 0.96 to 1.00, tiny, whose 32 units are two panels of 2, 0.99 to 1.00. Tried:
 * 3 of 4, of which compilers spill three sums, and as one block of assembly, which holds them and leaves
 * no panel of 2 to 32, 64 or 128 units: digits 1.00, a sum and gradient of 32 by 32 0.99.) */
enum { WIDEST = 8 };
#if VREGISTERS == 32
#define MAX_NV 4
#define MAX_MR(nv) ((nv) > 4 ? 1 : (nv) == 4 ? 6 : (nv) == 3 ? 8 : 12)
#define NV_FOR(rows) ((rows) == 1 ? WIDEST : MAX_NV)
#else
#define MAX_NV (VBYTES == 32 ? 3 : 2)
#define MAX_MR(nv) \
    ((nv) > 6 ? 1 : (nv) > 4 ? 2 : (nv) == 4 ? 3 : (nv) == 3 ? 4 : (nv) == 2 ? 6 : 12)
#define NV_FOR(rows) \
    ((rows) == 1 ? WIDEST : (rows) == 2 ? 6 : (rows) == 3 ? 4 : (rows) == 4 ? 3 : MAX_NV)
#endif

/* What is copied after some panels, for their tiles to ask for: the `left` rows that are, `row` elements
 * apart, so many lines of each; at most `share` rows a tile. */
typedef struct {
    const REAL *at;
    ptrdiff_t row, left, lines, share;
} ahead;

typedef struct {
    ptrdiff_t depth;
    const REAL *a; /* A(i, p) is element p of row i of a, or element i of row p */
    ptrdiff_t a_row;
    const int64_t *index; /* row r of a is the index[r]-th; NULL: the r-th */
    const REAL *b;
    ptrdiff_t b_row;
    const REAL *start; /* (n,), or NULL for 0 */
    int resume;        /* start from what is in c instead */
    int near;          /* rows that lie anywhere have been read shortly before */
    int relu;          /* store max(c, 0) */
    const REAL *gate;  /* laid out as c: store c g'(.), where g(.) is this; or NULL */
    int g;             /* BP_RELU, BP_SIGMOID or BP_TANH */
    REAL *c;
    ptrdiff_t c_row;
    ahead *next; /* asked for where the axis is FAR or FAR_C; or NULL */
} product;

INLINE const REAL *row_of(const product *t, ptrdiff_t r) {
    return t->a + (t->index ? (ptrdiff_t)t->index[r] : r) * t->a_row;
}

/* With vectors of 32 bytes: terms from which on the loop of a tile of 4 rows or more, by 2 or 3 of them,
 * takes four a turn. A term of 12 sums is then 20 or 21 instructions, not 24, and of fewer turns a
 * processor foresees the last.
 * (Of 6 x 2, products of 64 terms take 0.97 of the time; from 16 or 8 terms on, a step of tiny 0.98 to
 * 1.02, of 10-16-16-1 1.06. Two a turn: 0.97 to 1.00. All four from one place, b + k b_row, or by vfma,
 * which has compilers move the sums about: 1.0 to 1.3. Tiles of one height in a loop, their pointers
 * kept: GCC moves the sums where it begins and ends, as many instructions as it saves. b, or a vector
 * of it, from memory in each multiply-add, which a core reads too slowly: 1.0 to 1.4.) */
#define MANY_TERMS(nv) ((nv) == 3 ? 16 : 64)

/* Which way A is read. FAR: along rows that lie anywhere, and that no cache may have. FAR_C: along
 * rows, but of c, or of what is copied next, no near cache has anything. */
enum { ROWS, COLUMNS, FAR, FAR_C };

/* MR rows by NV vectors at row i of `rows`, column j; the last vector holds `part` elements where
 * PART is set, else it is whole. */
INLINE void tile(const int AXIS, const int MR, const int NV, const int PART, const product *t,
                 ptrdiff_t i, ptrdiff_t rows, ptrdiff_t j, ptrdiff_t part) {
    vreal acc[MAX_MR(1)][WIDEST];
    const REAL *row[MAX_MR(1)];
    const REAL *column = t->a + i; /* of this p */
    const REAL *restrict b = t->b + j;
    const ptrdiff_t a_row = t->a_row, b_row = t->b_row;
    REAL *c = t->c + i * t->c_row + j; /* which the gate may be */
/* Term p of each sum, and on to the next p. */
#define TERM_AND_ON(ADD)                                                              \
    {                                                                                 \
        vreal bp[WIDEST];                                                             \
        _Pragma("GCC unroll 8") for (int v = 0; v < NV; v++)                          \
            bp[v] = LOAD(b, v);                                                       \
        _Pragma("GCC unroll 12") for (int m = 0; m < MR; m++) {                       \
            const vreal x = vset(AXIS == COLUMNS ? column[m] : row[m][p]);            \
            _Pragma("GCC unroll 8") for (int v = 0; v < NV; v++)                      \
                ADD(acc[m][v], x, bp[v]);                                             \
        }                                                                             \
        b += b_row;                                                                   \
        column += a_row;                                                              \
        p++;                                                                          \
    }
#define ADD_JOINED(sum, x, y) (sum) = vfma(x, y, sum)
#define LOAD(p, v) (PART && (v) == NV - 1 ? vload_part((p) + (v)*VL, part) : vload((p) + (v)*VL))

    if (t->resume) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 8
            for (int v = 0; v < NV; v++)
                acc[m][v] = LOAD(c + m * t->c_row, v);
    } else {
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) {
            const vreal start = t->start ? LOAD(t->start + j, v) : vzero();
#pragma GCC unroll 12
            for (int m = 0; m < MR; m++)
                acc[m][v] = start;
        }
    }
    if (AXIS != COLUMNS) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
            row[m] = row_of(t, i + m);
    }
    /* In one go, or FAR by lines of the rows: those of the next tile's are asked for meanwhile. (All
     * at once they hold up the sums, and nothing is gained.) */
    enum { LINE = 64 / sizeof(REAL) };
    ptrdiff_t first = 0;
    do {
        const ptrdiff_t left = t->depth - first, count = AXIS == FAR && left > LINE ? LINE : left;
        if (AXIS == FAR) {
            for (ptrdiff_t r = i + MR; r < i + 2 * MR && r < rows; r++)
                __builtin_prefetch(row_of(t, r) + first);
        }
        first += count;
        if (AXIS != COLUMNS) {
#pragma GCC unroll 12
            for (int m = 0; m < MR; m++)
                row[m] += count;
        }
        ptrdiff_t p = -count; /* to 0, which needs no comparison */
        if (VBYTES == 32 && AXIS != FAR && MR >= 4 && (NV == 2 || NV == 3) &&
            count >= MANY_TERMS(NV) && !(AXIS == COLUMNS && t->index)) {
            while (p & 3) {
                TERM_AND_ON(vadd_product)
            }
            while (p) {
                TERM_AND_ON(vadd_product)
                TERM_AND_ON(vadd_product)
                TERM_AND_ON(vadd_product)
                TERM_AND_ON(vadd_product)
            }
        } else {
            while (p) {
                if (AXIS == COLUMNS && t->index) /* it keeps a port from the products */
                    column = row_of(t, p + first) + i;
                TERM_AND_ON(ADD_JOINED)
            }
        }
    } while (AXIS == FAR && first < t->depth);
    /* (What only the products along the rows of a end with is not in the others' code.) */
    if (AXIS != COLUMNS && t->relu) {
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++)
#pragma GCC unroll 8
            for (int v = 0; v < NV; v++)
                acc[m][v] = vmax(vzero(), acc[m][v]);
    }
#define TIMES_SLOPE(G, delta_of)                                                     \
    if (AXIS != COLUMNS && t->gate && t->g == (G)) {                                    \
        const REAL *gate = t->gate + (c - t->c);                                     \
        _Pragma("GCC unroll 12") for (int m = 0; m < MR; m++)                        \
            _Pragma("GCC unroll 8") for (int v = 0; v < NV; v++)                     \
                acc[m][v] = delta_of(LOAD(gate + m * t->c_row, v), acc[m][v]);       \
    }
    TIMES_SLOPE(BP_RELU, relu_delta)
    TIMES_SLOPE(BP_SIGMOID, sigmoid_delta)
    TIMES_SLOPE(BP_TANH, tanh_delta)
#undef TIMES_SLOPE
#pragma GCC unroll 12
    for (int m = 0; m < MR; m++) {
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) {
            if (PART && v == NV - 1)
                vstore_part(c + v * VL, acc[m][v], part);
            else
                vstore(c + v * VL, acc[m][v]);
        }
        c += t->c_row;
    }
#undef LOAD
#undef ADD_JOINED
#undef TERM_AND_ON
}

/* Ask for the lines of c that the next tile reads or writes, if it is as high as a tile can be. (Zen 3,
 * wide: the sums of 512 columns take 0.9 to 0.96 of the time, and 1.03 times that where whole panels are
 * asked for at once. Asked whether to, in panels along near rows, tiny took 1.01 to 1.02 times as
 * long.) */
INLINE void ask_for_rows(const int MR, const int NV, const REAL *c, ptrdiff_t c_row) {
#pragma GCC unroll 12
    for (ptrdiff_t m = 0; m < MR; m++)
#pragma GCC unroll 2
        for (ptrdiff_t j = 0; j < NV * VL; j += 64 / sizeof(REAL))
            __builtin_prefetch(c + m * c_row + j, 1);
}

/* Ask for a tile's share of what is copied next. In the second cache it waits out of the way. */
INLINE void ask_for_next(ahead *next) {
    const ptrdiff_t rows = next->left < next->share ? next->left : next->share;
    const REAL *row = next->at;
    for (ptrdiff_t r = 0; r < rows; r++, row += next->row)
        for (ptrdiff_t k = 0; k < next->lines; k++)
            __builtin_prefetch(row + k * (64 / sizeof(REAL)), 0, 2);
    next->at = row;
    next->left -= rows;
}

/* All rows of NV vectors of columns. The rows are dealt evenly over the tiles
 * (7 of 8 + 8 + 7, not 8 + 8 + ... + 1): a low tile waits on its own sums. */
#define DEFINE_PANEL(AXIS, NV, PART)                                        \
    static void panel_##AXIS##_##NV##_##PART(const product *t, ptrdiff_t rows,  \
                                             ptrdiff_t j, ptrdiff_t part) {     \
        const ptrdiff_t tiles = (rows + MAX_MR(NV) - 1) / MAX_MR(NV);       \
        const ptrdiff_t low = tiles ? rows / tiles : 0;                     \
        ptrdiff_t higher = rows - low * tiles;                              \
        for (ptrdiff_t i = 0; i < rows; higher--) {                         \
            const ptrdiff_t mr = low + (higher > 0);                        \
            if (VBYTES == 32 && (AXIS == FAR || AXIS == FAR_C))             \
                ask_for_rows(MAX_MR(NV), NV, t->c + (i + mr) * t->c_row + j, t->c_row); \
            if ((AXIS == FAR || AXIS == FAR_C) && t->next && t->next->left > 0) \
                ask_for_next(t->next);                                      \
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
            tile(AXIS, MR, NV, PART, t, i, rows, j, part);      \
        break;

/* DEFINE for either axis, every width and whether the last vector is a part; and the table of what
 * that defines under NAME_axis_width_part. */
#define FOR_WIDTH(DEFINE, NV) \
    DEFINE(ROWS, NV, 0)       \
    DEFINE(ROWS, NV, 1)       \
    DEFINE(COLUMNS, NV, 0)    \
    DEFINE(COLUMNS, NV, 1)
#define OF_WIDTH(NAME, NV)                         \
    {{NAME##_ROWS_##NV##_0, NAME##_ROWS_##NV##_1}, \
     {NAME##_COLUMNS_##NV##_0, NAME##_COLUMNS_##NV##_1}}

FOR_WIDTH(DEFINE_PANEL, 1)
FOR_WIDTH(DEFINE_PANEL, 2)
FOR_WIDTH(DEFINE_PANEL, 3)
FOR_WIDTH(DEFINE_PANEL, 4)
FOR_WIDTH(DEFINE_PANEL, 5)
FOR_WIDTH(DEFINE_PANEL, 6)
FOR_WIDTH(DEFINE_PANEL, 7)
FOR_WIDTH(DEFINE_PANEL, 8)

typedef void (*panel)(const product *, ptrdiff_t, ptrdiff_t, ptrdiff_t);

static const panel panels[WIDEST][2][2] = {
    OF_WIDTH(panel, 1), OF_WIDTH(panel, 2), OF_WIDTH(panel, 3), OF_WIDTH(panel, 4),
    OF_WIDTH(panel, 5), OF_WIDTH(panel, 6), OF_WIDTH(panel, 7), OF_WIDTH(panel, 8)};

/* The same of one axis, for panels of up to MAX_NV vectors. */
#define FAR_WIDTH(AXIS, NV)   \
    DEFINE_PANEL(AXIS, NV, 0) \
    DEFINE_PANEL(AXIS, NV, 1)
#define FAR_OF(AXIS, NV) {panel_##AXIS##_##NV##_0, panel_##AXIS##_##NV##_1}

#if VBYTES == 64
FAR_WIDTH(FAR, 1)
FAR_WIDTH(FAR, 2)
FAR_WIDTH(FAR, 3)
FAR_WIDTH(FAR, 4)
FAR_WIDTH(FAR_C, 1)
FAR_WIDTH(FAR_C, 2)
FAR_WIDTH(FAR_C, 3)
FAR_WIDTH(FAR_C, 4)
static const panel far_panels[MAX_NV][2] = {FAR_OF(FAR, 1), FAR_OF(FAR, 2), FAR_OF(FAR, 3),
                                            FAR_OF(FAR, 4)};
static const panel far_c_panels[MAX_NV][2] = {FAR_OF(FAR_C, 1), FAR_OF(FAR_C, 2),
                                              FAR_OF(FAR_C, 3), FAR_OF(FAR_C, 4)};
#elif VBYTES == 32
FAR_WIDTH(FAR, 1)
FAR_WIDTH(FAR, 2)
FAR_WIDTH(FAR, 3)
FAR_WIDTH(FAR_C, 1)
FAR_WIDTH(FAR_C, 2)
FAR_WIDTH(FAR_C, 3)
static const panel far_panels[MAX_NV][2] = {FAR_OF(FAR, 1), FAR_OF(FAR, 2), FAR_OF(FAR, 3)};
static const panel far_c_panels[MAX_NV][2] = {FAR_OF(FAR_C, 1), FAR_OF(FAR_C, 2),
                                              FAR_OF(FAR_C, 3)};
#endif

#endif
