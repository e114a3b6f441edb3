/* Products with b copied.
 *
 * The rows of b that a panel of tiles reads lie on many pages and, where they are a power of two
 * apart, in few sets of the first cache: a block of them is copied to where they follow each other,
 * for all rows of A to pass by. */
#ifndef BPCORE_PACKED_H
#define BPCORE_PACKED_H

#include "dispatch.h"
#include "panels.h"
#include "simd.h"
#include "tile.h"
#include "transpose.h"

enum {
    /* Rows of b that are copied at a time: a panel of them takes 32 kB with 512-bit vectors, 24 kB with
     * AVX2, else 16 kB, of a first cache of 32 or 48 kB (twice as many cost a tenth). (Zen 3, AVX2: 160
     * or 208 rows, mnist 0.98 to 1.01 of the time, wide 1.02 to 1.04.) */
    DEPTH_BLOCK = VBYTES == 64 ? 128 : 256,
    /* Where the copies pay, as measured: not for few rows, nor for a b that the caches hold in
     * place, nor for few columns, over which what is copied is shared. With vectors shorter than 512
     * bits, rows that spread over the sets of the first cache are as well read from the second, and
     * others too where few rows of A share what is copied. (64 x 100 doubles copied: the sum takes 1.03 to 1.07
     * times as long, the gradient 1.05 to 1.17 times. Zen 3, 32 or 40 rows of A, copied: 128 x 128 to
     * 128 x 384 floats 1.08 to 1.2 times, with SSE4 1.09 to 1.15; 256 x 256 or 784 x 128 0.94 to 0.97.
     * In place: 128 x 128 or 128 x 256 floats for many rows 1.1 to 1.2 times.) */
    PACK_ROWS = 32,
    PACK_ROWS_SHARED = 48,
    PACK_BYTES = 1 << 15,
    PACK_BYTES_SPREAD = VBYTES == 64 ? PACK_BYTES : 3 << 16,
    SPREAD = 256, /* rows a multiple of so many bytes apart share sets */
    /* Rows an odd multiple apart share a quarter of them. (Zen 3, copied against in place: 64 rows of
     * A, 64 to 98 kB of b 1.05 to 1.17 times as long; 128 rows 0.91 to 1.06; 196 kB 0.83 to 0.91.) */
    PACK_ROWS_ODD = 96,
    PACK_BYTES_ODD = VBYTES == 64 ? PACK_BYTES : 3 << 15,
    PACK_COLUMNS = (VBYTES == 64 ? 32 : VREGISTERS == 32 ? 16 : 8) * VBYTES / sizeof(REAL),
    /* Panels copied together where rows share sets, as far as half a kilobyte of each row: taken
     * panel by panel, each line would wait for the third cache. (Zen 3, wide: the copies of 512 x 512
     * floats 0.13 of a sum's time, so 0.06. Two to sixteen panels: within 2 % of each other. With
     * 512-bit vectors, whose panels are 256 bytes wide, not on that processor: wide 0.99
     * to 1.00, mnist 0.99 to 1.04.) */
    GROUP = VBYTES == 64 ? 1 : 512 / (MAX_NV * VBYTES),
    /* Rows of A that pass by all panels of a group before the next: 196 kB of doubles, of a second
     * cache of 512 kB. (48 to 144: within 2 %. All 256 of wide's: sums 1.03 times as long.) */
    GROUP_ROWS = 96,
    /* Rows of b that are longer than so many bytes are asked for before they are copied: the
     * processor sees shorter ones coming. (Zen 4, wide: 0.98 to 0.99 of the time with 512-bit vectors
     * and floats with AVX2, 0.99 to 1.00 in double with AVX2. mnist, whose rows are as long as this or
     * half: 1.00 to 1.01.) */
    FAR_ROW = 1 << 10,
};
/* (Were W kept as panels, and nothing copied: mnist with AVX2 0.985 to 0.99 of the time, wide with
 * AVX-512 0.97, else 0.99 to 1.005, before what it costs to keep them. Copied by the first tile that
 * reads them, in place of a pass of its own, 12 or 32 rows asked for ahead: on Zen 3 sums of 32 to 128
 * rows by 200 to 784 inputs 0.90 to 1.04 of the time, of wide's sizes 0.99 to 1.13.) */

_Static_assert((int)DEPTH_BLOCK >= (int)BP_WHOLE_DEPTH, "see delta_product");

INLINE int shares_sets(ptrdiff_t b_row) { return b_row * (ptrdiff_t)sizeof(REAL) % SPREAD == 0; }

/* Copy depth rows of `count` panels of nv vectors each, the last vector `part` elements long if
 * part > 0, to where each panel's follow each other. Their lines are far apart, on a page each, and
 * the processor does not see them coming: those of the rows AHEAD are asked for, at the end the
 * next panel's first. Of a single panel the first line is: it sees the second. (Zen 3, AVX2: with both,
 * 20-200-200-1 in double 1.02 of the time; of several panels all lines, against one of each, wide 0.98 to
 * 0.99, mnist 0.99 to 1.00.) */
INLINE void pack_rows(const int AHEAD, ptrdiff_t depth, ptrdiff_t count, const columns *at,
                      const REAL *b, ptrdiff_t b_row, REAL *packed) {
    const ptrdiff_t nv = at->nv, part = at->part, width = nv * VL;
    const ptrdiff_t apart = count > 1 ? 64 / (ptrdiff_t)sizeof(REAL) : width;
    for (ptrdiff_t p = 0; p < depth; p++, b += b_row, packed += width) {
        const ptrdiff_t next = p + AHEAD < depth ? 0 : count * width - depth * b_row;
        for (ptrdiff_t j = 0; j < count * width; j += apart)
            __builtin_prefetch(b + j + AHEAD * b_row + next);
        for (ptrdiff_t k = 0; k < count; k++) {
            const REAL *from = b + k * width, *end = from + width - VL;
            REAL *to = packed + k * depth * width;
            for (ptrdiff_t v = 0; v < nv - 1; v++)
                vstore(to + v * VL, vload(from + v * VL));
            vstore(to + width - VL, part ? vload_part(end, part) : vload(end));
        }
    }
}

static void pack(ptrdiff_t depth, ptrdiff_t count, const columns *at, const REAL *b,
                 ptrdiff_t b_row, REAL *packed) {
    if (count > 1)
        pack_rows(8, depth, count, at, b, b_row, packed);
    else
        pack_rows(VBYTES == 64 ? 16 : 32, depth, 1, at, b, b_row, packed);
}

/* How many panels from this one on are copied together: whole and equally wide, at most `most`.
 * (Of ten vectors, four at most, the panels are 4, 3 and 3.) */
INLINE ptrdiff_t group_of(columns at, ptrdiff_t n, ptrdiff_t most) {
    const ptrdiff_t nv = at.nv;
    ptrdiff_t count = 1;
    if (at.part)
        return 1;
    while (count < most && next_columns(&at, n) && at.nv == nv && !at.part)
        count++;
    return count;
}

/* All rows of A by the panels of a group, `count` of them from `at` on. */
INLINE void multiply_group(const product *t, int axis, const REAL *packed, ptrdiff_t count,
                           ptrdiff_t rows, const columns *at) {
    const ptrdiff_t width = at->nv * VL, most = count > 1 ? GROUP_ROWS : rows;
    for (ptrdiff_t r = 0; r < rows; r += most) {
        product some = *t;
        if (t->index)
            some.index = t->index + r;
        else
            some.a = t->a + r * t->a_row;
        some.gate = t->gate ? t->gate + r * t->c_row : NULL;
        some.c = t->c + r * t->c_row;
        some.b_row = width;
        columns panel = *at;
        for (ptrdiff_t k = 0; k < count; k++, panel.j += width) {
            some.b = packed + k * t->depth * width - panel.j; /* the tiles add j */
            multiply_panel(&some, axis, rows - r < most ? rows - r : most, &panel);
        }
    }
}

/* What is copied after the group of `count` panels from `at` on of the block `first` .. of the depth:
 * the next panels of the block, or the next block's first. Nothing is left where that is not to be asked
 * for. */
INLINE ahead next_copy(const product *t, const REAL *b_t, int axis, ptrdiff_t rows, ptrdiff_t first,
                       ptrdiff_t depth, ptrdiff_t count, const columns *at, ptrdiff_t n) {
    const ptrdiff_t size = sizeof(REAL), width = count * at->nv * VL;
    const ptrdiff_t row = t->b ? t->b_row : t->depth;
    const int more = at->j + width < n;
    const ptrdiff_t j = more ? at->j + width : at->from, p = more ? first : first + depth;
    if (VBYTES < 32 || axis != FAR_C || row * size <= FAR_ROW || p >= t->depth)
        return (ahead){.left = 0};
    const ptrdiff_t high = t->depth - p < depth ? t->depth - p : depth;
    const ptrdiff_t wide = n - j < width ? n - j : width;
    const ptrdiff_t left = t->b ? high : wide, length = t->b ? wide : high;
    const ptrdiff_t most = MAX_MR(at->nv), tiles = (rows + most - 1) / most * count;
    return (ahead){.at = t->b ? t->b + p * row + j : b_t + j * row + p, .row = row, .left = left,
                   .lines = (length * size + 63) / 64, .share = (left + tiles - 1) / tiles};
}

/* Columns from .. n-1 of the product A = a with b copied, a block of its rows and a group of its
 * panels at a time. Where t->b is NULL, it is b_t^T, turned round on the way. axis: ROWS or FAR_C. */
APART void multiply_packed(const product *t, const REAL *b_t, int axis, ptrdiff_t rows,
                           ptrdiff_t from, ptrdiff_t n) {
    enum { PANEL = DEPTH_BLOCK * MAX_NV * (VBYTES / sizeof(REAL)) };
    REAL packed[GROUP * PANEL] __attribute__((aligned(64)));
    const ptrdiff_t blocks = (t->depth + DEPTH_BLOCK - 1) / DEPTH_BLOCK;
    /* Alike, but for multiples of 8: three of 200 and one of 184, not three of 256 and one of 16. */
    const ptrdiff_t depth = ((t->depth + blocks - 1) / blocks + 7) / 8 * 8;
    const ptrdiff_t most = !t->b || shares_sets(t->b_row) ? GROUP : 1;
    for (ptrdiff_t p = 0; p < t->depth; p += depth) {
        product block = slice_of(t, ROWS, p, depth);
        for (columns at = first_columns(from, n, MAX_NV); next_columns(&at, n);) {
            const ptrdiff_t width = at.nv * VL, count = group_of(at, n, most);
            if (t->b)
                pack(block.depth, count, &at, block.b + at.j, t->b_row, packed);
            else
                for (ptrdiff_t k = 0; k < count; k++)
                    transpose(at.part ? width - VL + at.part : width, block.depth,
                              b_t + (at.j + k * width) * t->depth + p, t->depth,
                              packed + k * block.depth * width, width);
            ahead next = next_copy(t, b_t, axis, rows, p, depth, count, &at, n);
            block.next = &next;
            multiply_group(&block, axis, packed, count, rows, &at);
            for (ptrdiff_t k = 1; k < count; k++)
                next_columns(&at, n);
        }
    }
}

/* How large a b is read in place, for so many rows of A. */
INLINE ptrdiff_t most_in_place(const product *t, ptrdiff_t rows) {
    if (!shares_sets(t->b_row) || rows < PACK_ROWS_SHARED)
        return PACK_BYTES_SPREAD;
    const int odd = t->b_row * (ptrdiff_t)sizeof(REAL) / SPREAD % 2;
    return odd && rows < PACK_ROWS_ODD ? PACK_BYTES_ODD : PACK_BYTES;
}

/* Whether b, n columns of it, is copied for so many rows of A. */
INLINE int is_packed(const product *t, ptrdiff_t rows, ptrdiff_t n) {
    const ptrdiff_t size = sizeof(REAL);
    return rows >= PACK_ROWS && n >= PACK_COLUMNS &&
           t->depth * n * size > most_in_place(t, rows);
}

#endif
