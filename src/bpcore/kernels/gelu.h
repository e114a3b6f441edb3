/* gelu(x) = x Phi(x), Phi the normal distribution function, and its form with tanh.
 *
 * Within 2 units in the last place everywhere, also where Phi(x) is tiny: there the
 * exponents, of the size of x^2, are carried in two REALs. At -infinity the limit, 0. */
#ifndef BPCORE_GELU_H
#define BPCORE_GELU_H

#include "vecmath.h"

/* Coefficients, highest first, by tests/make_gelu_coefficients.py:
 * GELU_NEAR    (Phi(x) - 1/2) / x in s = x^2, |x| <= 1;
 * GELU_BEYOND  t exp(t^2/2) Phi(-t) in w = (2t - 5) / (2t + 5), 1 <= t <= GELU_END;
 * ..._LOW is what rounding the last one leaves. */
#define GELU_LIMIT 1
#if REAL_BITS == 32
#define GELU_END 15.0f
#define GELU_TANH_END 12.0f
#define GELU_NEAR_LOW -1.1606e-8f
#define GELU_BEYOND_LOW 1.1186e-8f
static const REAL GELU_NEAR[] = {
    -7.660538171e-6f, 0.0001135022962f, -0.001186343989f, 0.009973328481f,
    -0.06649036057f, 0.3989422801f
};
static const REAL GELU_BEYOND[] = {
    -0.0003605553437f, 0.0001764656173f, 0.001678045764f, 0.0004591644301f,
    -0.009011483053f, -0.003575249122f, 0.07061341529f, -0.1508524478f, 0.1364822553f,
    0.3533283286f
};
#else
#define GELU_END 39.5
#define GELU_TANH_END 22.0
#define GELU_NEAR_LOW -2.5005e-17
#define GELU_BEYOND_LOW -2.5477e-17
static const REAL GELU_NEAR[] = {
    4.074326977426627483e-12, -1.106432828275589101e-10, 2.270413758567600009e-9,
    -4.122410751416081365e-8, 6.659679879655231313e-7, -9.44465579310384581e-6,
    0.0001154346875165594159, -0.001187328215468034381, 0.009973557010035022003,
    -0.06649038006690542647, 0.3989422804014326779
};
static const REAL GELU_BEYOND[] = {
    2.966815273903160063e-7, -8.346124665079266446e-7, -1.892772409127807374e-8,
    1.073766743429783284e-6, 7.867723699150284523e-7, 4.298646493627378704e-7,
    -2.03898580607941785e-6, -6.431167369063375831e-6, -4.742827139602411773e-6,
    0.00001430905600188113371, 0.00004295466517704436324, 0.00001908977396292100299,
    -0.0001403916249047211908, -0.0002933834051744709079, 0.0002174891778766256485,
    0.001648680149469541277, 0.0004565742668354058935, -0.009007517700050771201,
    -0.003575425387425269162, 0.07061322655940906805, -0.150852431672248456,
    0.1364822575279465119, 0.353328328451438275
};
#endif
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* The polynomial with these n coefficients as returned + low: the last sum, with a constant
 * larger than the rest, in two parts. */
INLINE vreal poly_parts(const REAL *c, int n, REAL c_low, vreal x, vreal *low) {
    vreal p = vset(c[0]);
#pragma GCC unroll 32
    for (int i = 1; i < n - 1; i++)
        p = p * x + c[i];
    const vreal rest = p * x, sum = rest + c[n - 1];
    *low = (rest - (sum - c[n - 1])) + c_low;
    return sum;
}

/* Phi(x) - 1/2 = returned + low for |x| <= GELU_LIMIT. */
INLINE vreal phi_near(vreal x, vreal *low) {
    vreal r_low;
    const vreal r = poly_parts(GELU_NEAR, COUNT(GELU_NEAR), GELU_NEAR_LOW, x * x, &r_low);
    const vreal product = x * r;
    *low = product_error(x, r, product) + x * r_low;
    return product;
}

/* t Phi(-t) for GELU_LIMIT <= t <= GELU_END. */
INLINE vreal phi_beyond(vreal t) {
    const vreal s = t * t, s_low = product_error(t, t, s);
    vreal e_low, n_low;
    vint k;
    const vreal e = exp_parts((REAL)-0.5 * s, (REAL)-0.5 * s_low, &e_low, &k);
    const vreal w = (t - (REAL)2.5) / (t + (REAL)2.5);
    const vreal n = poly_parts(GELU_BEYOND, COUNT(GELU_BEYOND), GELU_BEYOND_LOW, w, &n_low);
    return scale_by_2(e * n + (e * n_low + e_low * n), k);
}

INLINE vreal gelu(vreal x) {
    vreal near_low;
    const vreal size = vabs(x);
    const vreal beyond = phi_beyond(vmin(vset(GELU_END), size));
    const vreal near = phi_near(x, &near_low), phi = near + (REAL)0.5;
    const vreal small = x * phi + x * ((near - (phi - (REAL)0.5)) + near_low);
    const vreal large = vselect(x < 0, -beyond, x - beyond);
    return vselect(size < GELU_LIMIT, small, large);
}

/* g' = Phi(x) + x phi(x), Phi(x) = a / x, phi(x) = exp(-x^2/2) / sqrt(2 pi). */
INLINE vreal gelu_prime(vreal x, vreal a) {
    const vreal size = vabs(x), t = vmin(vset(GELU_END), size), s = t * t;
    const vreal e = vexp((REAL)-0.5 * s);
    const vreal gauss = e - e * ((REAL)0.5 * product_error(t, t, s));
    const vreal phi = vselect(size < (REAL)1e-30, vset((REAL)0.5), /* a may have gone to 0 */
                              vselect(x > GELU_END, vset(1), a / x));
    return phi + vcopysign(t, x) * gauss * (REAL)0.39894228040143267794;
}

/* c_1 = 2 sqrt(2/pi) and c_3 = 0.044715 c_1, in two parts each: 1/2 (1 + tanh y) is
 * sigmoid(2 y), and 2 y = x (c_1 + c_3 x^2). */
#define GELU_C1 1.595769121605730711760
#define GELU_C3 0.07135481627260024877634
#if REAL_BITS == 32
#define GELU_C1_LOW ((REAL)(GELU_C1 - (REAL)GELU_C1))
#define GELU_C3_LOW ((REAL)(GELU_C3 - (REAL)GELU_C3))
#else
#define GELU_C1_LOW -9.9693088091109203e-17
#define GELU_C3_LOW -6.1751499181553155e-19
#endif

/* sigmoid(2 y) = 2^k (returned + low) for |x| <= GELU_TANH_END; inverse = 1 / (1 + e),
 * e = exp(-|2 y|). */
INLINE vreal gelu_sigmoid(vreal x, vreal *low, vint *k, vreal *inverse) {
    const vint negative = x < 0;
    const vreal s = x * x, m = s * (REAL)GELU_C3;
    const vreal m_low = product_error(s, vset((REAL)GELU_C3), m) +
                        (product_error(x, x, s) * (REAL)GELU_C3 + s * GELU_C3_LOW);
    /* u = c_1 + m, either of which may be the larger one. */
    const vreal u = m + (REAL)GELU_C1, back = u - m;
    const vreal u_low = ((m - (u - back)) + ((REAL)GELU_C1 - back)) + (m_low + GELU_C1_LOW);
    const vreal v = x * u, v_low = product_error(x, u, v) + x * u_low;
    const vreal sign = vcopysign(vset(1), x);
    vreal e_low;
    const vreal e = exp_parts(-vabs(v), -sign * v_low, &e_low, k);
    /* (e or 1) / (1 + e), corrected by what the division leaves. */
    const vreal e_scaled = scale_by_2(e, *k);
    const vreal d = e_scaled + 1, d_low = (e_scaled - (d - 1)) + scale_by_2(e_low, *k);
    const vreal top = vselect(negative, e, vset(1));
    const vreal a = top / d, product = a * d;
    const vreal left = ((top - product) - product_error(a, d, product)) - a * d_low +
                       (vreal)(negative & (vint)e_low);
    *inverse = 1 / d;
    *low = left * *inverse;
    *k &= negative;
    return a;
}

/* x within +-GELU_TANH_END, where sigmoid(2 y) is 0 or 1 already. */
INLINE vreal gelu_tanh_clip(vreal x) {
    return vmax(vset(-GELU_TANH_END), vmin(vset(GELU_TANH_END), x));
}

INLINE vreal gelu_tanh(vreal x) {
    vreal low, inverse;
    vint k;
    const vreal clipped = gelu_tanh_clip(x);
    const vreal high = gelu_sigmoid(clipped, &low, &k, &inverse);
    const vreal factor = vmax(vset(-GELU_TANH_END), x);
    return scale_by_2(factor * high + clipped * low, k);
}

/* With a = sigmoid(2 y): g' = a + x a (1 - a) (2 y)'. */
INLINE vreal gelu_tanh_prime(vreal x) {
    vreal low, inverse;
    vint k;
    x = gelu_tanh_clip(x);
    const vreal unscaled = gelu_sigmoid(x, &low, &k, &inverse), a = scale_by_2(unscaled, k);
    const vreal other = vselect(x < 0, inverse, 1 - a); /* 1 - a */
    const vreal slope = x * x * (REAL)(3 * GELU_C3) + (REAL)GELU_C1;
    return a + x * (a * other) * slope;
}

#endif
