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
from constants import interpolation, literal, rounded
from make_tanh_coefficients import excess

# C's type; entries of the table, of which the last ones are 1; where to look for h, its bits behind
# the point, and how many to look at; terms of P.
FLOAT = ("float", np.float32, 16, 0.61, 12, 80, 5)
DOUBLE = ("double", np.float64, 512, 0.0413, 24, 2000, 4)


def error_of(x, dtype):
    """Return how far tanh(x) is from a number of this type, in units of its last place."""
    value = mpmath.tanh(x)
    ulp = mpmath.ldexp(1, mpmath.frexp(value)[1] - np.finfo(dtype).nmant - 1)
    return abs(value - rounded(value, dtype)) / ulp


def step_near(start, places, count, dtype):
    """Return the h at or soon above `start` whose multiples' errors are least, the first's most."""
    first = int(start * 2**places)
    steps = [mpmath.mpf(first + i) / 2**places for i in range(count)]
    return min(steps, key=lambda h: max(error_of(k * h, dtype) / k for k in (1, 2, 3, 4)))


def write(name, dtype, entries, start, places, count, terms):
    """Print h, P and the table."""
    h = step_near(start, places, count, dtype)
    print(f"#define TANH_STEP {literal(h, dtype)}")
    print(f"#define TANH_PER_STEP {literal(1 / h, dtype)}")
    for power, value in enumerate(interpolation(excess, 0, (h * 3 / 4) ** 2, range(terms))):
        print(f"#define TANH_P{power} {literal(value, dtype)}")
    values = [mpmath.tanh(k * h) for k in range(entries)]
    last = next(k for k in range(entries) if rounded(values[k], dtype) == 1)
    print(f"static const {name} tanh_of_steps[{entries}] __attribute__((aligned(64))) = {{")
    for k in range(0, last, 3):
        print("    " + ", ".join(literal(v, dtype) for v in values[k : min(k + 3, last)]) + ",")
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
