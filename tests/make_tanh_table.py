"""Write src/bpcore/kernels/tanh_table.h: tanh by polynomials, one for each of a few intervals.

    python tests/make_tanh_table.py > src/bpcore/kernels/tanh_table.h

For float, 32 intervals of degree 5, four an octave of x from 1/16 to 16. An element's interval is
the last bits of the exponent and of the two bits behind it. Each polynomial interpolates at the
Chebyshev points of its interval, in powers of the distance from a centre at which tanh is almost a
floating-point number, so that its first coefficient is almost exact (Gal & Bachelis 1991). The
first interval reaches down to 0, with 1 for the coefficient of x; from 10 on tanh is 1 as a float.
"""

import mpmath
import numpy as np
from constants import interpolation, literal, rounded

ONE_FROM = 10


def centre_of(low, high):
    """Return the number near the middle whose tanh is nearest to one."""
    x = np.float32((low + high) / 2)
    best, smallest = None, None
    for _ in range(2000):
        value = mpmath.tanh(mpmath.mpf(float(x)))
        error = abs(value - rounded(value, np.float32))
        if smallest is None or error < smallest:
            best, smallest = x, error
        x = np.nextafter(x, np.float32(100))
    return mpmath.mpf(float(best))


def polynomial(low, high, degree):
    """Return the centre of an interval from `low` > 0 on and its coefficients, lowest first."""
    centre = centre_of(low, high)
    first = mpmath.tanh(centre)

    # tanh(x) = first + d q(d) for d = x - centre; it is q that the points are for.
    def q(d):
        return (mpmath.tanh(centre + d) - first) / d if abs(d) > 1e-25 else 1 - first**2

    return centre, [first, *interpolation(q, low - centre, high - centre, range(degree))]


def of_float(i):
    """Return centre and coefficients of float's interval i."""
    octave, quarter = divmod(i, 4)
    low = mpmath.mpf(2) ** (octave - 4) * (4 + quarter) / 4
    high = low + mpmath.mpf(2) ** (octave - 6)
    if low >= ONE_FROM:
        return mpmath.mpf(ONE_FROM), [mpmath.mpf(1)] + [mpmath.mpf(0)] * 5
    if i > 0:
        return polynomial(low, high, 5)
    # x + x^3 (c3 + c5 x^2), exact at two of the five points between -high and high.
    nodes = [high * mpmath.cos(mpmath.pi * (2 * k + 1) / 10) for k in range(2)]
    matrix = mpmath.matrix([[x**3, x**5] for x in nodes])
    c3, c5 = mpmath.lu_solve(matrix, mpmath.matrix([mpmath.tanh(x) - x for x in nodes]))
    return mpmath.mpf(0), [mpmath.mpf(v) for v in (0, 1, 0, c3, 0, c5)]


def write(rows):
    """Print the arrays of centres and coefficients."""
    tables = [("tanh_centres", [centre for centre, _ in rows])]
    tables += [(f"tanh_c{n}", [p[n] for _, p in rows]) for n in range(len(rows[0][1]))]
    for table, values in tables:
        print(f"static const float {table}[{len(rows)}] __attribute__((aligned(64))) = {{")
        for k in range(0, len(rows), 4):
            print("    " + ", ".join(literal(v, np.float32) for v in values[k : k + 4]) + ",")
        print("};")


def main():
    """Print the header."""
    mpmath.mp.dps = 60
    print("/* Written by tests/make_tanh_table.py, which says what this is. */")
    write([of_float(i) for i in range(32)])


if __name__ == "__main__":
    main()
