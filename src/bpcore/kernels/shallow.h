/* Products of few terms, along the rows of a: the first layer's weighted sum of few inputs, and
 * the delta product below few outputs.
 *
 * A tile of tile.h would spend its time on starting and ending. Here the elements of a few rows
 * of A stay in registers, each spread over a vector, while one vector of columns follows another:
 * c is written as it lies. Each c(i, j) adds up its terms in the tiles' order, to the same bits. */
#ifndef BPCORE_SHALLOW_H
#define BPCORE_SHALLOW_H

#include "simd.h"
#include "slopes.h"
#include "tile.h"

enum {
    SHALLOW = 6, /* terms at most, as measured: of 8, a tile is as fast */
    SHALLOW_ROWS = VREGISTERS == 32 ? 4 : 3,
};

/* What becomes of a sum before it is stored. */
enum { AS_IS, RELU, TIMES_RELU, TIMES_SIGMOID, TIMES_TANH, N_ENDS };

INLINE vreal ended(const int END, vreal sum, vreal gate) {
    return END == RELU            ? vmax(vzero(), sum)
           : END == TIMES_RELU    ? relu_delta(gate, sum)
           : END == TIMES_SIGMOID ? sigmoid_delta(gate, sum)
           : END == TIMES_TANH    ? tanh_delta(gate, sum)
                                  : sum;
}

/* COUNT rows from row i on. */
INLINE void shallow_rows(const int COUNT, const int TERMS, const int END, const product *t,
                         ptrdiff_t i, ptrdiff_t n) {
    vreal x[SHALLOW_ROWS][SHALLOW];
    const REAL *b[SHALLOW], *start = t->start, *gate = t->gate ? t->gate + i * t->c_row : NULL;
    REAL *c = t->c + i * t->c_row; /* which the gate may be */
    const ptrdiff_t c_row = t->c_row;
#pragma GCC unroll 6
    for (int p = 0; p < TERMS; p++)
        b[p] = t->b + p * t->b_row;
#pragma GCC unroll 4
    for (int m = 0; m < COUNT; m++)
#pragma GCC unroll 6
        for (int p = 0; p < TERMS; p++)
            x[m][p] = vset(row_of(t, i + m)[p]);
#define COLUMNS_OF(LOAD, STORE)                                                \
    {                                                                          \
        const vreal first = start ? LOAD(start + j) : vzero();                 \
        vreal sum[SHALLOW_ROWS];                                               \
        _Pragma("GCC unroll 4") for (int m = 0; m < COUNT; m++)                \
            sum[m] = first;                                                    \
        _Pragma("GCC unroll 6") for (int p = 0; p < TERMS; p++) {              \
            vreal bp = LOAD(b[p] + j);                                         \
            IN_REGISTER(bp);                                                   \
            _Pragma("GCC unroll 4") for (int m = 0; m < COUNT; m++)            \
                sum[m] = vfma(x[m][p], bp, sum[m]);                            \
        }                                                                      \
        _Pragma("GCC unroll 4") for (int m = 0; m < COUNT; m++) {              \
            const ptrdiff_t at = m * c_row + j;                                \
            STORE(c + at, ended(END, sum[m], END >= TIMES_RELU ? LOAD(gate + at) : vzero())); \
        }                                                                      \
    }
#define LOAD_PART(from) vload_part(from, n - j)
#define STORE_PART(to, v) vstore_part(to, v, n - j)
    ptrdiff_t j = 0;
    for (; j + VL <= n; j += VL)
        COLUMNS_OF(vload, vstore)
    if (j < n)
        COLUMNS_OF(LOAD_PART, STORE_PART)
#undef COLUMNS_OF
#undef LOAD_PART
#undef STORE_PART
}

#define DEFINE_SHALLOW(TERMS, END)                                                   \
    static void shallow_##TERMS##_##END(const product *t, ptrdiff_t rows, ptrdiff_t n) { \
        ptrdiff_t i = 0;                                                             \
        for (; i + SHALLOW_ROWS <= rows; i += SHALLOW_ROWS)                          \
            shallow_rows(SHALLOW_ROWS, TERMS, END, t, i, n);                         \
        for (; i < rows; i++)                                                        \
            shallow_rows(1, TERMS, END, t, i, n);                                    \
    }
#define FOR_ENDS(DEFINE, TERMS)  \
    DEFINE(TERMS, AS_IS)         \
    DEFINE(TERMS, RELU)          \
    DEFINE(TERMS, TIMES_RELU)    \
    DEFINE(TERMS, TIMES_SIGMOID) \
    DEFINE(TERMS, TIMES_TANH)
FOR_ENDS(DEFINE_SHALLOW, 1)
FOR_ENDS(DEFINE_SHALLOW, 2)
FOR_ENDS(DEFINE_SHALLOW, 3)
FOR_ENDS(DEFINE_SHALLOW, 4)
FOR_ENDS(DEFINE_SHALLOW, 5)
FOR_ENDS(DEFINE_SHALLOW, 6)

#define SHALLOW_OF(TERMS, END) [END] = shallow_##TERMS##_##END,
static void (*const shallow[SHALLOW][N_ENDS])(const product *, ptrdiff_t, ptrdiff_t) = {
    {FOR_ENDS(SHALLOW_OF, 1)}, {FOR_ENDS(SHALLOW_OF, 2)}, {FOR_ENDS(SHALLOW_OF, 3)},
    {FOR_ENDS(SHALLOW_OF, 4)}, {FOR_ENDS(SHALLOW_OF, 5)}, {FOR_ENDS(SHALLOW_OF, 6)},
};

/* Whether a product is. Of few columns a tile has less to end with. */
INLINE int is_shallow(ptrdiff_t terms, ptrdiff_t n) {
    return 0 < terms && terms <= SHALLOW && (n >= 8 * VL || terms <= 2);
}

INLINE int end_of(const product *t) {
    if (!t->gate)
        return t->relu ? RELU : AS_IS;
    return t->g == BP_RELU ? TIMES_RELU : t->g == BP_SIGMOID ? TIMES_SIGMOID : TIMES_TANH;
}

#endif
