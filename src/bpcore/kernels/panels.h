/* Products cut into panels of tiles, which are columns of c, and into parts of their depth. */
#ifndef BPCORE_PANELS_H
#define BPCORE_PANELS_H

#include "shallow.h"
#include "simd.h"
#include "tile.h"

/* Terms of rows that lie anywhere, from which on the next rows are asked for. */
enum { FAR_TERMS = 256 / sizeof(REAL) };

/* The panels of columns from .. n-1: up to `widest` vectors each, evenly wide, the last vector of
 * the last one holding `part` elements if it is not whole (part > 0). */
typedef struct {
    ptrdiff_t from, j, nv, part, vectors, count;
} columns;

INLINE columns first_columns(ptrdiff_t from, ptrdiff_t n, ptrdiff_t widest) {
    /* (Tried, here and for rows of tiles: divisions of 32 bits. tiny 0.99 to 1.03 of the time.) */
    const ptrdiff_t vectors = (n - from + VL - 1) / VL;
    return (columns){.from = from, .j = from, .vectors = vectors,
                     .count = (vectors + widest - 1) / widest};
}

INLINE int next_columns(columns *at, ptrdiff_t n) {
    at->j += at->nv * VL;
    at->vectors -= at->nv;
    if (at->vectors == 0)
        return 0;
    at->nv = (at->vectors + at->count - 1) / at->count;
    at->count--;
    const ptrdiff_t left = n - at->j - (at->nv - 1) * VL;
    at->part = left < VL ? left : 0;
    return 1;
}

/* The part of a product whose p start at `first` and are at most `most`. */
INLINE product slice_of(const product *t, const int AXIS, ptrdiff_t first, ptrdiff_t most) {
    product slice = *t;
    const int last = t->depth - first <= most;
    slice.depth = last ? t->depth - first : most;
    if (t->b)
        slice.b = t->b + first * t->b_row;
    if (AXIS == ROWS)
        slice.a = t->a + first;
    else if (t->index)
        slice.index = t->index + first;
    else
        slice.a = t->a + first * t->a_row;
    slice.resume = t->resume || first > 0;
    slice.relu = last && t->relu;
    slice.gate = last ? t->gate : NULL;
    return slice;
}

/* One panel of columns. The first to read rows that lie anywhere is the one that waits for them,
 * where a row is long. (With 512-bit vectors wide's first sum takes 0.9 to 0.94 of the time so,
 * a step of mnist 0.92 to 0.98; with AVX2 mnist's sum 0.96 to 0.98, wide's 0.99.) */
INLINE void multiply_panel(const product *t, int axis, ptrdiff_t rows, const columns *at) {
#if VBYTES >= 32
    if (axis != COLUMNS && t->index && at->j == at->from && !t->near && at->nv <= MAX_NV &&
        t->depth >= FAR_TERMS) {
        far_panels[at->nv - 1][at->part > 0](t, rows, at->j, at->part);
        return;
    }
    if (axis == FAR_C) {
        far_c_panels[at->nv - 1][at->part > 0](t, rows, at->j, at->part);
        return;
    }
#endif
    panels[at->nv - 1][axis == COLUMNS][at->part > 0](t, rows, at->j, at->part);
}

/* Columns from .. n-1 of a product. */
INLINE void multiply_from(const product *t, int axis, ptrdiff_t rows, ptrdiff_t from,
                          ptrdiff_t n) {
    for (columns at = first_columns(from, n, NV_FOR(rows)); next_columns(&at, n);)
        multiply_panel(t, axis, rows, &at);
}

static void multiply(const product *t, int axis, ptrdiff_t rows, ptrdiff_t n) {
    if (axis == ROWS && !t->resume && is_shallow(t->depth, n))
        shallow[t->depth - 1][end_of(t)](t, rows, n);
    else
        multiply_from(t, axis, rows, 0, n);
}

#endif
