"""Print the coefficients of the two polynomials of gelu.h.

    python tests/make_gelu_coefficients.py

* Near 0: (Φ(x) − 1/2) / x as a polynomial R in s = x², for |x| ≤ 1.
* Beyond: t exp(t²/2) Φ(−t) as a polynomial N in w = (2t − 5) / (2t + 5), for 1 ≤ t ≤ 15
  (float) or 39.5 (double), past which Φ(−t) is 0.

Both interpolate at the Chebyshev points; the degrees are the lowest whose error is far
below an ulp.
"""

import mpmath
import numpy as np
from constants import interpolation, rounded

LIMIT = mpmath.mpf(1)
CENTRE = mpmath.mpf("2.5")


def near(s):
    """R(s)."""
    if s == 0:
        return 1 / mpmath.sqrt(2 * mpmath.pi)
    x = mpmath.sqrt(s)
    return mpmath.erf(x / mpmath.sqrt(2)) / 2 / x


def beyond(w):
    """N(w)."""
    t = CENTRE * (1 + w) / (1 - w)
    return t * mpmath.erfc(t / mpmath.sqrt(2)) / 2 * mpmath.exp(t * t / 2)


def coefficients(f, low, high, degree):
    """Return the coefficients, lowest first, and the largest relative error."""
    solution = interpolation(f, low, high, range(degree + 1))
    points = (low + (high - low) * k / 500 for k in range(501))
    error = max(abs(mpmath.polyval(solution[::-1], x) / f(x) - 1) for x in points)
    return solution, error


if __name__ == "__main__":
    mpmath.mp.dps = 60
    for name, kind, digits, degree_near, degree_beyond, top in [
        ("float", np.float32, 10, 5, 9, mpmath.mpf(15)),
        ("double", np.float64, 19, 10, 22, mpmath.mpf("39.5")),
    ]:
        for what, f, low, high, degree in [
            ("R", near, mpmath.mpf(0), LIMIT**2, degree_near),
            (
                "N",
                beyond,
                (LIMIT - CENTRE) / (LIMIT + CENTRE),
                (top - CENTRE) / (top + CENTRE),
                degree_beyond,
            ),
        ]:
            solution, error = coefficients(f, low, high, degree)
            print(f"/* {what}, {name}: relative error {mpmath.nstr(error, 2)} */")
            print(",\n".join(mpmath.nstr(c, digits) for c in reversed(solution)))
            # What rounding the constant term to the element type leaves.
            print("low:", mpmath.nstr(solution[0] - rounded(solution[0], kind), 5))
