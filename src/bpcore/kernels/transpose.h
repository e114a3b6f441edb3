/* Transposition by blocks that fit the vector registers. */
#ifndef BPCORE_TRANSPOSE_H
#define BPCORE_TRANSPOSE_H

#include "simd.h"

/* dst = src^T for a block of rows <= VL by n <= VL, whose row i starts at row[i] + j.
 * `width` elements of each row of dst are written: rows of them, or VL, the rest being 0. */
INLINE void transpose_rows(ptrdiff_t rows, ptrdiff_t n, const REAL *const *row, ptrdiff_t j,
                           REAL *dst, ptrdiff_t dst_row, ptrdiff_t width) {
    vreal v[VBYTES * 8 / REAL_BITS];
    if (rows == VL && n == VL) {
#pragma GCC unroll 16
        for (int i = 0; i < VL; i++)
            v[i] = vload(row[i] + j);
        vtranspose(v);
#pragma GCC unroll 16
        for (int i = 0; i < VL; i++)
            vstore(dst + i * dst_row, v[i]);
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        v[i] = i < rows ? vload_part(row[i] + j, n) : vzero();
    vtranspose(v);
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        if (i < n)
            vstore_part(dst + i * dst_row, v[i], width);
}

/* The same of rows that lie src_row apart. */
INLINE void transpose_block(ptrdiff_t rows, ptrdiff_t n, const REAL *src, ptrdiff_t src_row,
                            REAL *dst, ptrdiff_t dst_row, ptrdiff_t width) {
    const REAL *row[VBYTES * 8 / REAL_BITS];
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++)
        row[i] = src + (i < rows ? i : 0) * src_row;
    transpose_rows(rows, n, row, 0, dst, dst_row, width);
}

/* dst = src^T, row i of src being the index[i]-th, or the i-th where index is NULL. */
static void transpose_indexed(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                              const int64_t *index, ptrdiff_t src_stride, REAL *restrict dst,
                              ptrdiff_t stride) {
    for (ptrdiff_t i = 0; i < rows; i += VL) {
        const ptrdiff_t height = rows - i < VL ? rows - i : VL;
        const REAL *row[VBYTES * 8 / REAL_BITS];
        for (ptrdiff_t r = 0; r < VL; r++) {
            const ptrdiff_t at = i + (r < height ? r : 0);
            row[r] = src + (index ? (ptrdiff_t)index[at] : at) * src_stride;
        }
        for (ptrdiff_t j = 0; j < n; j += VL)
            transpose_rows(height, n - j < VL ? n - j : VL, row, j, dst + j * stride + i, stride,
                           height);
    }
}

static void transpose(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                      ptrdiff_t src_stride, REAL *restrict dst, ptrdiff_t stride) {
    transpose_indexed(rows, n, src, NULL, src_stride, dst, stride);
}

#endif
