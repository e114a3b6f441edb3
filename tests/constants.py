"""What the scripts that make the kernels' constants share."""

import mpmath
import numpy as np


def interpolation(f, low, high, powers):
    """Return the coefficients of these powers that give f at as many Chebyshev points."""
    n = len(powers)
    nodes = [
        (low + high) / 2 + (high - low) / 2 * mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * n))
        for k in range(n)
    ]
    matrix = mpmath.matrix([[x**k for k in powers] for x in nodes])
    return list(mpmath.lu_solve(matrix, mpmath.matrix([f(x) for x in nodes])))


def rounded(value, dtype):
    """Return the number of this type that is nearest to value."""
    return mpmath.mpf(float(dtype(float(value))))


def literal(value, dtype):
    """Return that number as C writes it."""
    text = float(rounded(value, dtype)).hex().replace("000000p", "p")
    return text + ("f" if dtype is np.float32 else "")
