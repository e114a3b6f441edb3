"""Write src/bpcore/kernels/tanh_steps.h: tanh at multiples of a step, and between them.

    python tests/make_tanh_steps.py > src/bpcore/kernels/tanh_steps.h

tanh(x) for x = k h + d, -h/4 <= d <= 3h/4, is made of T = tanh(k h), from a table, and
t = tanh(d) = d + d s P(s), s = d^2. (Not -h/2 <= d: in h/2 <= x < 3h/4 the sum of T and a negative
step would lose bits that T has not.) h is a number of few bits, so that k h is exact, at whose
first multiples tanh is almost a floating-point number (Gal & Bachelis 1991): an error of T weighs
most there. P interpolates at Chebyshev points, of the lowest degree whose error is far below an
ulp.
"""

import mpmath
import numpy as np

# Name, type, suffix; bits of a mantissa; entries of the table, of which the last ones are 1; where
# to look for h, and its bits behind the point; terms of P.
FLOAT = ("float", np.float32, "f", 24, 16, 0.61, 12, 5)
DOUBLE = ("double", np.float64, "", 53, 512, 0.0413, 24, 4)


def error_of(x, dtype, bits):
    """Return how far tanh(x) is from a number of this type, in units of its last place."""
    value = mpmath.tanh(x)
    return abs(value - mpmath.mpf(float(dtype(float(value))))) / mpmath.ldexp(
        1, mpmath.frexp(value)[1] - bits
    )


def step_near(start, places, dtype, bits):
    """Return the h at or soon above `start` whose multiples' errors are least, the first's most."""
    first = int(start * 2**places)
    steps = [mpmath.mpf(first + i) / 2**places for i in range(2000 if bits == 53 else 80)]
    return min(steps, key=lambda h: max(error_of(k * h, dtype, bits) / k for k in (1, 2, 3, 4)))


def polynomial(limit, terms):
    """Return the coefficients of P for |d| <= limit, lowest first."""
    top = limit**2
    nodes = [
        top / 2 * (1 + mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * terms))) for k in range(terms)
    ]
    matrix = mpmath.matrix([[s**power for power in range(terms)] for s in nodes])
    values = [(mpmath.tanh(mpmath.sqrt(s)) / mpmath.sqrt(s) - 1) / s for s in nodes]
    return list(mpmath.lu_solve(matrix, mpmath.matrix(values)))


def write(name, dtype, suffix, bits, entries, start, places, terms):
    """Print h, P and the table."""

    def text(value):
        return float(dtype(float(value))).hex().replace("000000p", "p") + suffix

    h = step_near(start, places, dtype, bits)
    print(f"#define TANH_STEP {text(h)}")
    print(f"#define TANH_PER_STEP {text(1 / h)}")
    for power, value in enumerate(polynomial(h * 3 / 4, terms)):
        print(f"#define TANH_P{power} {text(value)}")
    values = [text(mpmath.tanh(k * h)) for k in range(entries)]
    last = next(k for k in range(entries) if float.fromhex(values[k].rstrip("f")) == 1)
    print(f"static const {name} tanh_of_steps[{entries}] __attribute__((aligned(64))) = {{")
    for k in range(0, last, 3):
        print("    " + ", ".join(values[k : min(k + 3, last)]) + ",")
    print(f"    [{last} ... {entries - 1}] = 1,")
    print("};")


def main():
    """Print the header."""
    mpmath.mp.dps = 60
    print("/* Written by tests/make_tanh_steps.py, which says what this is. */")
    print("#if REAL_BITS == 32")
    write(*FLOAT)
    print("#else")
    write(*DOUBLE)
    print("#endif")


if __name__ == "__main__":
    main()
