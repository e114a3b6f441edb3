/* Transposition by blocks that fit the vector registers. */
#ifndef BPCORE_TRANSPOSE_H
#define BPCORE_TRANSPOSE_H

#include "simd.h"

/* dst = src^T for a block of rows <= VL by n <= VL. `width` elements of each row of dst
 * are written: rows of them, or VL, the rest being 0. */
INLINE void transpose_block(ptrdiff_t rows, ptrdiff_t n, const REAL *src, ptrdiff_t src_row,
                            REAL *dst, ptrdiff_t dst_row, ptrdiff_t width) {
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
            vstore_part(dst + i * dst_row, v[i], width);
}

static void transpose(ptrdiff_t rows, ptrdiff_t n, const REAL *restrict src,
                      ptrdiff_t src_stride, REAL *restrict dst, ptrdiff_t stride) {
    for (ptrdiff_t i = 0; i < rows; i += VL)
        for (ptrdiff_t j = 0; j < n; j += VL) {
            const ptrdiff_t height = rows - i < VL ? rows - i : VL;
            transpose_block(height, n - j < VL ? n - j : VL, src + i * src_stride + j,
                            src_stride, dst + j * stride + i, stride, height);
        }
}

/* The rows of src as `transpose` has them, in the order of index. */
static void transpose_rows(ptrdiff_t rows, ptrdiff_t n, const REAL *src, const int64_t *index,
                           ptrdiff_t src_stride, REAL *dst, ptrdiff_t stride) {
    for (ptrdiff_t i = 0; i < rows; i += VL) {
        const ptrdiff_t height = rows - i < VL ? rows - i : VL;
        const REAL *row[VBYTES * 8 / REAL_BITS];
        for (ptrdiff_t r = 0; r < VL; r++)
            row[r] = src + index[i + (r < height ? r : 0)] * src_stride;
        for (ptrdiff_t j = 0; j < n; j += VL) {
            const ptrdiff_t width = n - j < VL ? n - j : VL;
            vreal v[VBYTES * 8 / REAL_BITS];
#pragma GCC unroll 16
            for (int r = 0; r < VL; r++)
                v[r] = width == VL ? vload(row[r] + j) : vload_part(row[r] + j, width);
            vtranspose(v);
            for (int c = 0; c < width; c++)
                vstore_part(dst + (j + c) * stride + i, v[c], height);
        }
    }
}

#endif
