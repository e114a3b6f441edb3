/* Transposition by squares that fit the vector registers. (With AVX2, float, by halves of squares that
 * lie over each other at the ends, against whole ones and parts of some: 64 x 64 takes 0.54 of the time,
 * 128 x 10 0.59, 10 x 128 0.31; on Zen 3 a step of tab 0.97, of digits 0.98, tiny 0.99. In double 0.98,
 * 0.81, 0.76, the steps 0.99 to 1.01. Vectors that reach into the next row, against parts: 128 x 3 0.36,
 * 128 x 7 0.5, 5 x 128 0.46.) */
#ifndef BPCORE_TRANSPOSE_H
#define BPCORE_TRANSPOSE_H

#include "simd.h"

/* dst = src^T for VL rows of VL elements, of which row i starts at row[i] + j; the first n <= VL
 * rows of dst, what else is read being of no use. */
INLINE void transpose_square(const REAL *const *row, ptrdiff_t j, ptrdiff_t n, REAL *dst,
                             ptrdiff_t dst_row) {
#if VBYTES == 32
    /* By halves of the rows, whose lanes need not change places: half the registers. */
    enum { HALF = VBYTES * 4 / REAL_BITS };
#pragma GCC unroll 2
    for (int half = 0; half < VL; half += HALF) {
        vreal v[HALF];
        if (half >= n)
            return;
#pragma GCC unroll 4
        for (int i = 0; i < HALF; i++)
            v[i] = vload_halves(row[i] + j + half, row[i + HALF] + j + half);
        PERFECT_SHUFFLES(HALF, v, LANES_LOW, LANES_HIGH)
#pragma GCC unroll 4
        for (int i = 0; i < HALF; i++)
            if (half + i < n)
                vstore(dst + (half + i) * dst_row, v[i]);
    }
#else
    vreal v[VBYTES * 8 / REAL_BITS];
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        v[i] = vload(row[i] + j);
    vtranspose(v);
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        if (i < n)
            vstore(dst + i * dst_row, v[i]);
#endif
}

/* Less than a square: rows <= VL by n <= VL. `width` elements of each row of dst are written: rows
 * of them, or VL, the rest being 0. */
INLINE void transpose_part(ptrdiff_t rows, ptrdiff_t n, const REAL *const *row, ptrdiff_t j,
                           REAL *dst, ptrdiff_t dst_row, ptrdiff_t width) {
    vreal v[VBYTES * 8 / REAL_BITS];
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        v[i] = i < rows ? vload_part(row[i] + j, n) : vzero();
    vtranspose(v);
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        if (i < n)
            vstore_part(dst + i * dst_row, v[i], width);
}

/* Rows too few, or too short, for squares: rows <= VL by n, from column j on, by parts. */
INLINE void transpose_parts(ptrdiff_t rows, ptrdiff_t n, const REAL *const *row, ptrdiff_t j,
                            REAL *dst, ptrdiff_t dst_row, ptrdiff_t width) {
    for (; j < n; j += VL)
        transpose_part(rows, n - j < VL ? n - j : VL, row, j, dst + j * dst_row, dst_row, width);
}

/* row[r] = where row i + r of src is, or row i if r >= count. */
INLINE void find_rows(ptrdiff_t count, const REAL *src, const int64_t *index, ptrdiff_t i,
                      ptrdiff_t src_row, const REAL **row) {
#pragma GCC unroll 16
    for (ptrdiff_t r = 0; r < VL; r++) {
        const ptrdiff_t at = i + (r < count ? r : 0);
        row[r] = src + (index ? (ptrdiff_t)index[at] : at) * src_row;
    }
}

/* dst = src^T, row i of src being the index[i]-th, or the i-th where index is NULL. */
static void transpose_indexed(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                              const int64_t *index, ptrdiff_t src_row, REAL *restrict dst,
                              ptrdiff_t dst_row) {
    const REAL *row[VBYTES * 8 / REAL_BITS];
    if (rows < VL || n < VL) {
        ptrdiff_t i = 0, j = 0;
        /* Vectors that reach into the next row, which is read for nothing, or written over by itself,
         * while that is in the array. (AVX-512 has one instruction for a part.) */
        if (n < VL && !index && VBYTES < 64) {
            for (; (i + VL - rows) * src_row + VL <= n; i += VL) {
                find_rows(VL, src, NULL, i, src_row, row);
                transpose_square(row, 0, n, dst + i, dst_row);
            }
        } else if (0 < rows && rows < VL && dst_row == rows && VBYTES < 64) {
            find_rows(rows, src, index, 0, src_row, row);
            for (; (j + VL - 1 - n) * rows + VL <= 0; j += VL)
                transpose_square(row, j, VL, dst + j * rows, rows);
        }
        for (; i < rows; i += VL) {
            const ptrdiff_t height = rows - i < VL ? rows - i : VL;
            find_rows(height, src, index, i, src_row, row);
            transpose_parts(height, n, row, j, dst + i, dst_row, height);
        }
        return;
    }
    /* The last squares lie over those before: a part of one would take several times as long. */
    for (ptrdiff_t k = 0; k < rows; k += VL) {
        const ptrdiff_t i = k <= rows - VL ? k : rows - VL;
        find_rows(VL, src, index, i, src_row, row);
        for (ptrdiff_t p = 0; p < n; p += VL) {
            const ptrdiff_t j = p <= n - VL ? p : n - VL;
            transpose_square(row, j, VL, dst + j * dst_row + i, dst_row);
        }
    }
}

static void transpose(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src, ptrdiff_t src_row,
                      REAL *restrict dst, ptrdiff_t dst_row) {
    transpose_indexed(rows, n, src, NULL, src_row, dst, dst_row);
}

/* dst = src^T for rows <= VL that follow each other, dst's rows being of VL: rows of them, then 0. */
INLINE void transpose_padded(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                             REAL *restrict dst) {
    if (rows == VL) {
        transpose(rows, n, src, n, dst, VL);
        return;
    }
    const REAL *row[VBYTES * 8 / REAL_BITS];
    find_rows(rows, src, NULL, 0, n, row);
    transpose_parts(rows, n, row, 0, dst, VL, VL);
}

#endif
