"""Print the coefficients of tanh(x) = x + x s P(s), s = x², that tanh.h has.

    python tests/make_tanh_coefficients.py

P interpolates at the Chebyshev points of 0 ≤ s ≤ 0.5494², just beyond the x at which
tanh is 1/2; the degree is the lowest whose error is far below an ulp.
"""

import mpmath
from constants import interpolation

LIMIT = mpmath.mpf("0.5494")


def excess(s):
    """P(s)."""
    x = mpmath.sqrt(s)
    return (mpmath.tanh(x) / x - 1) / s


def coefficients(degree):
    """Return the coefficients of P, lowest first, and the largest error relative to tanh."""
    top = LIMIT**2
    solution = interpolation(excess, 0, top, range(degree + 1))
    error = max(
        abs((1 + s * mpmath.polyval(solution[::-1], s)) / (1 + s * excess(s)) - 1)
        for s in (top * k / 500 for k in range(1, 501))
    )
    return solution, error


if __name__ == "__main__":
    mpmath.mp.dps = 50
    for name, degree, digits in [("float", 5, 10), ("double", 10, 19)]:
        solution, error = coefficients(degree)
        print(f"/* {name}: relative error {mpmath.nstr(error, 2)} */")
        print(", ".join(mpmath.nstr(c, digits) for c in solution))
