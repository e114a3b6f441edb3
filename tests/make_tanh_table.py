"""Write src/bpcore/kernels/tanh_table.h: tanh by 32 polynomials of degree 5.

    python tests/make_tanh_table.py > src/bpcore/kernels/tanh_table.h

Four intervals an octave from 1/16 to 16. Each polynomial interpolates at the Chebyshev points
of its interval, in powers of the distance from a centre at which tanh is almost a float, so
that its first coefficient is almost exact (Gal & Bachelis 1991). The first interval reaches
down to 0 and has odd powers only; from 10 on tanh is 1.
"""

import mpmath
import numpy as np

DEGREE = 5
ONE_FROM = 10


def edges(i):
    """Return where interval i begins and ends."""
    octave, quarter = divmod(i, 4)
    low = mpmath.mpf(2) ** (octave - 4) * (4 + quarter) / 4
    return low, low + mpmath.mpf(2) ** (octave - 6)


def centre_of(low, high):
    """Return the float near the middle whose tanh is nearest to a float."""
    start = np.float32((low + high) / 2)
    best, smallest = None, None
    x = start
    for _ in range(2000):
        value = mpmath.tanh(mpmath.mpf(float(x)))
        error = abs(value - mpmath.mpf(float(np.float32(float(value)))))
        if smallest is None or error < smallest:
            best, smallest = x, error
        x = np.nextafter(x, np.float32(100))
    return mpmath.mpf(float(best))


def polynomial(i):
    """Return the centre of interval i and its coefficients, lowest first."""
    low, high = edges(i)
    if low >= ONE_FROM:
        return mpmath.mpf(ONE_FROM), [mpmath.mpf(1)] + [mpmath.mpf(0)] * DEGREE
    if i == 0:  # x + x^3 (c3 + c5 x^2), exact at two points
        nodes = [high * mpmath.cos(mpmath.pi * (2 * k + 1) / 10) for k in range(2)]
        matrix = mpmath.matrix([[x**3, x**5] for x in nodes])
        c3, c5 = mpmath.lu_solve(matrix, mpmath.matrix([mpmath.tanh(x) - x for x in nodes]))
        return mpmath.mpf(0), [mpmath.mpf(v) for v in (0, 1, 0, c3, 0, c5)]
    centre = centre_of(low, high)
    half = (high - low) / 2
    nodes = [
        (low + high) / 2 + half * mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * DEGREE))
        for k in range(DEGREE)
    ]
    # tanh(x) = first + d q(d) for d = x - centre; it is q that the nodes are for.
    first = mpmath.tanh(centre)

    def q(d):
        return (mpmath.tanh(centre + d) - first) / d if d else 1 - first**2

    matrix = mpmath.matrix([[(x - centre) ** n for n in range(DEGREE)] for x in nodes])
    rest = mpmath.lu_solve(matrix, mpmath.matrix([q(x - centre) for x in nodes]))
    return centre, [first, *rest]


def main():
    """Print the header."""
    mpmath.mp.dps = 40
    rows = [polynomial(i) for i in range(32)]
    print("/* Written by tests/make_tanh_table.py, which says what this is. */")
    columns = [("tanh_centres", [c for c, _ in rows])]
    columns += [(f"tanh_c{n}", [p[n] for _, p in rows]) for n in range(DEGREE + 1)]
    for name, values in columns:
        print(f"static const float {name}[32] __attribute__((aligned(64))) = {{")
        for k in range(0, 32, 4):
            words = [float(np.float32(float(v))).hex() for v in values[k : k + 4]]
            print("    " + ", ".join(w.replace("000000p", "p") + "f" for w in words) + ",")
        print("};")


if __name__ == "__main__":
    main()
