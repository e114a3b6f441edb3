/* Adam and AMSGrad, several vectors abreast.
 *
 * The update of one vector is some twenty instructions, nearly each of which waits for the one
 * before: a processor that has only a few vectors in flight, fewer still beside another thread on
 * its core, spends most of the time waiting. So each step of the formula is taken for several
 * vectors before the next. (Golden Cove, against one after the other: 0.65 to 0.8 of the time with
 * AVX-512, 0.85 to 0.95 with AVX2.) With AVX2's 16 registers reading is no step of its own there, so
 * that operands can come from memory, and vectors are as many as take the least time. (Zen 3, 9610
 * parameters: in float two take 0.91 of the time of three with loads in order, four the same, one 1.0; in
 * double six 0.90, or 0.96 while no other thread is busy. Left to the compiler, in order or not, one after
 * the other: 0.89 to 0.95. With SSE all steps in order: in float else 1.04.)
 *
 * In double, what the third cache has is asked for: the processor by itself does not look far enough
 * ahead in three streams. (Zen 3, AVX2: a step of mnist takes 0.89 to 0.92 of the time, of wide 1.00;
 * in float 1.00 both; where the caches hold all, tab and digits, 1.00 to 1.01. 1024 elements ahead
 * instead of 256: mnist 0.90.)
 *
 * (Tried and lost: where two threads share the parameters, which the other has just read, asking
 * for the lines of w 1 or 4 kB ahead in order to write them, and for those of m and v. Zen 4, two
 * threads: mnist 0.99 to 1.03 of the time, though a thread's updates take twice as long there. And
 * the updates of one chunk between the tiles of the next one's gradient, for a divider that works
 * while the multipliers do: gradient and update together 1.02 to 1.06, as an update's own additions
 * and products take three quarters of its time.) */
#ifndef BPCORE_ADAM_H
#define BPCORE_ADAM_H

#include "simd.h"

/* Vectors taken together. Where the divider takes roots and quotients, every third root is spared it. */
enum {
    ABREAST = VREGISTERS == 32 ? 4 : VBYTES == 32 && REAL_BITS == 32 ? 2 : 3,
    SPARED = 3,
    MOST_ABREAST = 2 * SPARED,
};

/* x = value for each of N vectors u, and not in the order of a compiler's choice. */
#define EACH(u) _Pragma("GCC unroll 6") for (int u = 0; u < N; u++)
#define SET(x, value)    \
    EACH(u) {            \
        x[u] = value;    \
        IN_ORDER(x[u]);  \
    }
/* The same, but with AVX2 when the compiler chooses. */
#if VBYTES == 32
#define SET_FREELY(x, value) EACH(u) { x[u] = value; }
#else
#define SET_FREELY(x, value) SET(x, value)
#endif

#if defined(__AVX2__) && !defined(__AVX512F__) && REAL_BITS == 64
/* sqrt(x) without the divider, and to the same bits: r is 1 / sqrt(x) to 12 bits, e = 1 - x r^2, and
 * the terms of (1 - e)^-1/2 up to e^4 bring s to sqrt(x) and h to half of 1 / sqrt(x), both within
 * a unit or two in the last place. Then x - s^2 is exact, and s + (x - s^2) h, which is rounded once,
 * within 2^-102 of the root: on its side of the middle between two numbers. (But for the few roots
 * that are as near to one, all of which the tests try. Markstein, "Computation of elementary functions
 * on the IBM RISC System/6000 processor", 1990.) */
INLINE vreal root_by_estimate(vreal x) {
    const vint fits = (x > 0x1p-120) & (x < 0x1p120); /* a float */
    if (__builtin_expect(vbits(fits) != 15, 0))
        return vsqrt(x);
    const vreal r = _mm256_cvtps_pd(_mm_rsqrt_ps(_mm256_cvtpd_ps(x)));
    const vreal t = x * r, e = vfma(-t, r, vset(1));
    const vreal series = 0.5 + e * (0.375 + e * (0.3125 + e * 0.2734375));
    const vreal s = t + t * e * series, h = 0.5 * r + 0.5 * r * e * series;
    return vfma(vfma(-s, s, x), h, s);
}
#else
INLINE vreal root_by_estimate(vreal x) { return vsqrt(x); }
#endif

/* What adam_scales divides by is so many times the root, and so is the eps it is given. */
enum { ROOTS = VBYTES == 64 && REAL_BITS == 32 ? 2 : 1 };

/* q = 1 / (ROOTS sqrt(v) + eps), v >= 0.
 *
 * The divider takes 11 to 14 cycles a vector for the exact square root and quotient, a fifth
 * of a small network's step. Where the processor has estimates good to 14 bits, Newton's
 * iteration for float, and four terms of the series for double, bring both within 2 units in
 * the last place for a third of that. With AVX2's 12 bits the quotient alone is estimated,
 * while the divider takes the root: both at once, in half the time. In double that is a long
 * chain of instructions, of which an AMD core has too few in flight: where the divider is fast
 * (`divides`), it takes both. (Zen 3, cycles for four doubles of adam, one vector after the other:
 * 14, where the estimate takes 14 to 20, the more the busier the core's other thread is. Zen 4: 13.5
 * to 14, what the divider takes, whatever the other thread does. Tried there: the root by an estimate
 * too or alone, in one pass or in two, the quotient's after the root's: 13 to 16, and 16 to 21 beside
 * a busy thread. Of some 100 cycles for a vector, whose 28 results each take a register, too few
 * vectors are under way at once. With every third root by an estimate, to the divider's bits, both
 * have work: 0.82 to 0.86 of the time. With every second, 0.85 to 0.96; every third in float, a step of
 * digits 1.04.) */
INLINE void adam_scales(const int N, const vreal *v, vreal eps, int divides, vreal *q) {
    vreal d[MOST_ABREAST];
    (void)divides;
#if defined(__AVX512F__)
    /* The estimate of 0 is infinite, that of infinity 0: stay within the normal numbers. (NaN
     * stays: the second operand is what they give for it.) */
    vreal x[MOST_ABREAST], r[MOST_ABREAST], t[MOST_ABREAST];
#if REAL_BITS == 32
    SET(x, vmax(vset(1e-37f), v[u]))
    SET(x, vmin(vset(3e38f), x[u]))
    SET(r, _mm512_rsqrt14_ps(x[u]))
    SET(t, x[u] * r[u])
    SET(d, 3 - t[u] * r[u])
    SET(d, t[u] * d[u] + eps)
    SET(q, _mm512_rcp14_ps(d[u]))
    SET(d, 2 - d[u] * q[u])
    SET(q, q[u] * d[u])
#else
    /* sqrt(x) = t / sqrt(1 - e) for t = x r, e = 1 - x r^2 <= 2^-13, and likewise 1 / d: the
     * first terms of both series. */
    vreal e[MOST_ABREAST], series[MOST_ABREAST];
    SET(x, vmax(vset(1e-300), v[u]))
    SET(x, vmin(vset(1e308), x[u]))
    SET(r, _mm512_rsqrt14_pd(x[u]))
    SET(t, x[u] * r[u])
    SET(e, 1 - t[u] * r[u])
    SET(series, 0.375 + e[u] * 0.3125)
    SET(series, 0.5 + e[u] * series[u])
    SET(e, t[u] * e[u])
    SET(t, t[u] + eps)
    SET(d, t[u] + e[u] * series[u])
    SET(q, _mm512_rcp14_pd(d[u]))
    SET(e, 1 - d[u] * q[u])
    SET(series, e[u] + e[u] * e[u])
    SET(series, e[u] + e[u] * series[u])
    SET(q, q[u] + q[u] * series[u])
#endif
#else
    /* One of three not by the divider, if that is to take the quotients too. */
    SET(d, (divides && u % SPARED == SPARED - 1 ? root_by_estimate(v[u]) : vsqrt(v[u])) + eps)
#if defined(__AVX2__) && REAL_BITS == 32
    /* The estimate of what is above 2^126 is 0, that of infinity too. */
    SET(d, vmin(vset(0x1p125f), d[u]))
    SET(q, _mm256_rcp_ps(d[u]))
    SET(d, 2 - d[u] * q[u])
    SET(q, q[u] * d[u])
#elif defined(__AVX2__)
    if (!divides) {
        vreal e[MOST_ABREAST];
        SET(q, _mm256_cvtps_pd(_mm_rcp_ps(_mm256_cvtpd_ps(d[u]))))
        SET(e, 1 - d[u] * q[u]) /* a step of third order, then one of second */
        SET(e, e[u] + e[u] * e[u])
        SET(q, q[u] + q[u] * e[u])
        SET(e, 2 - d[u] * q[u])
        SET(q, q[u] * e[u])
        EACH(u) {
            const vint fits = (d[u] > 1e-37) & (d[u] < 1e37);
            if (vbits(fits) != 15) /* element by element: not by their company */
                q[u] = vselect(fits, q[u], 1 / d[u]);
        }
        return;
    }
    SET(q, 1 / d[u])
#else
    SET(q, 1 / d[u])
#endif
#endif
}

/* What an update reads and writes. */
typedef struct {
    REAL *w, *m, *v, *v_hat; /* v_hat: the largest v so far; NULL for Adam */
    const REAL *grad;
    vreal rate, eps, c1, c2;
} adam_state;

/* N vectors from element i on, or `part` elements of one. One body, so that an element gets the
 * same bits wherever the parameters are cut. */
INLINE void adam_vectors(const int N, const int PART, const int AMSGRAD, const adam_state *s,
                         int divides, ptrdiff_t i, ptrdiff_t part) {
    vreal g[MOST_ABREAST], m[MOST_ABREAST], v[MOST_ABREAST], q[MOST_ABREAST];
#define AT(p) ((p) + i + u * VL)
#define LOAD(p) (PART ? vload_part(AT(p), part) : vload(AT(p)))
#define STORE(p, x) EACH(u) { PART ? vstore_part(AT(p), x, part) : vstore(AT(p), x); }
    REAL *restrict w = s->w, *restrict to_m = s->m, *restrict to_v = s->v;
    const REAL *restrict grad = s->grad;
    SET_FREELY(g, LOAD(grad))
    SET_FREELY(m, LOAD(to_m))
    SET_FREELY(v, LOAD(to_v))
    SET(q, g[u] - m[u])
    SET(g, g[u] * g[u] - v[u])
    SET(m, m[u] + q[u] * s->c1)
    SET(v, v[u] + g[u] * s->c2)
    STORE(to_m, m[u])
    STORE(to_v, v[u])
    SET_FREELY(m, m[u] * s->rate)
    if (AMSGRAD) {
        SET(v, vmax(LOAD(s->v_hat), v[u]))
        STORE(s->v_hat, v[u])
    }
    adam_scales(N, v, s->eps, divides, q);
    SET(q, LOAD(w) - m[u] * q[u])
    STORE(w, q[u])
#undef AT
#undef LOAD
#undef STORE
}

/* Ask for what will be read and written `AHEAD` elements on. */
INLINE void ask_for_state(const adam_state *s, ptrdiff_t i) {
    enum { AHEAD = 256, LINE = 64 / sizeof(REAL) };
#pragma GCC unroll 4
    for (ptrdiff_t k = i + AHEAD; k < i + AHEAD + MOST_ABREAST * VL; k += LINE) {
        __builtin_prefetch(s->w + k, 1);
        __builtin_prefetch(s->m + k, 1);
        __builtin_prefetch(s->v + k, 1);
    }
}

INLINE void adam_all(ptrdiff_t n, const int AMSGRAD, const int FAR_STATE, const adam_state *s,
                     int divides) {
    const int N = divides ? MOST_ABREAST : ABREAST;
    ptrdiff_t i = 0;
    for (; i + N * VL <= n; i += N * VL) {
        if (FAR_STATE)
            ask_for_state(s, i);
        adam_vectors(N, 0, AMSGRAD, s, divides, i, VL);
    }
    for (; i + VL <= n; i += VL)
        adam_vectors(1, 0, AMSGRAD, s, divides, i, VL);
    if (i < n)
        adam_vectors(1, 1, AMSGRAD, s, divides, i, n - i);
}

INLINE void adam_of(ptrdiff_t n, const int AMSGRAD, REAL *w, const REAL *grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    const adam_state s = {.w = w, .m = slots[0], .v = slots[1],
                          .v_hat = AMSGRAD ? slots[2] : NULL, .grad = grad,
                          .rate = vset((REAL)(ROOTS * c->rate)),
                          .eps = vset((REAL)(ROOTS * c->epsilon)),
                          .c1 = vset((REAL)(1 - c->beta_1)), .c2 = vset((REAL)(1 - c->beta_2))};
    const int divides = VBYTES == 32 && REAL_BITS == 64 && c->divides;
    if (divides && c->far)
        adam_all(n, AMSGRAD, 1, &s, 1);
    else if (divides)
        adam_all(n, AMSGRAD, 0, &s, 1);
    else
        adam_all(n, AMSGRAD, 0, &s, 0);
}

/* slots: the moments m, v. rate = learning_rate sqrt(1-beta_2^t)/(1-beta_1^t). */
static void adam(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                 REAL *const slots[4], const bp_coefficients *c) {
    adam_of(n, 0, w, grad, slots, c);
}

/* slots: m, v, and the largest v so far. */
static void amsgrad(ptrdiff_t n, REAL *restrict w, const REAL *restrict grad,
                    REAL *const slots[4], const bp_coefficients *c) {
    adam_of(n, 1, w, grad, slots, c);
}

#undef EACH
#undef SET
#undef SET_FREELY

#endif
