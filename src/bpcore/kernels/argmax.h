/* Where rows are largest: the first of equals, or the first NaN, as NumPy has it. */
#ifndef BPCORE_ARGMAX_H
#define BPCORE_ARGMAX_H

#include "simd.h"

static void argmax(ptrdiff_t rows, ptrdiff_t n, const REAL *a, int64_t *index) {
    /* A row's last vector overlaps the one before; of a row that fills none, what is behind its
     * end reads as its first number. */
    const ptrdiff_t last = n < VL ? 0 : n - VL;
    vint behind = {0};
    for (ptrdiff_t i = n; i < VL; i++)
        behind[i] = -1;
    for (ptrdiff_t r = 0; r < rows; r++, a += n) {
        const vreal end = n < VL ? vselect(behind, vset(a[0]), vload_part(a, n)) : vload(a + last);
        vreal top = end;
        vint nan = end != end;
        for (ptrdiff_t i = 0; i < last; i += VL) {
            const vreal v = vload(a + i);
            top = vmax(v, top);
            nan |= v != v;
        }
        const int any_nan = vbits(nan) != 0;
        const vreal max = vset(vmaximum(top));
        ptrdiff_t i = 0;
        unsigned found = 0;
        while (i < last) {
            const vreal v = vload(a + i);
            found = vbits(any_nan ? v != v : v == max);
            if (found)
                break;
            i += VL;
        }
        if (!found) {
            i = last;
            found = vbits(any_nan ? end != end : end == max);
        }
        index[r] = i + __builtin_ctz(found);
    }
}

#endif
