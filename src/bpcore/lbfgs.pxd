"""L-BFGS: the parts of one iteration, on plain arrays of doubles.

The direction is -H grad, H the limited-memory inverse Hessian of the last MEMORY steps, by the
two loops of Nocedal (1980). The line search is Moré & Thuente's (1994), as MINPACK-2's dcsrch
has it. Settings and restarts are those of L-BFGS-B (Zhu, Byrd, Lu & Nocedal 1997) where nothing
is bounded, so that its iterates and ours differ by rounding; SciPy's driver of that takes
longer for each evaluation than a small network for its cost and gradient.
"""

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy

cdef enum:
    MEMORY = 10
    MOST_TRIES = 20       # evaluations in one line search

cdef struct Search:
    # phi(t) = f(x + t d): where the search is. `low` is the best step so far, `high` the other
    # end of the interval, once there is one.
    bint bracketed, second_stage
    double f_0, g_0, g_test, width, width_before
    double low, f_low, g_low, high, f_high, g_high
    double least, most

cdef struct Memory:
    # The last `count` steps s = x' - x and changes y of the gradient, row `newest` the last.
    Py_ssize_t n
    int count, newest
    double *s
    double *y
    double rho[MEMORY]    # 1 / (s . y)
    double scale          # s . y / y . y of the last


cdef inline double dot(Py_ssize_t n, const double *a, const double *b) noexcept nogil:
    cdef double sums[8]
    cdef double total = 0
    cdef Py_ssize_t i = 0
    cdef int j
    for j in range(8):
        sums[j] = 0
    while i + 8 <= n:
        for j in range(8):
            sums[j] += a[i + j] * b[i + j]
        i += 8
    while i < n:
        total += a[i] * b[i]
        i += 1
    for j in range(8):
        total += sums[j]
    return total


cdef inline void add(Py_ssize_t n, double factor, const double *a, double *b) noexcept nogil:
    """b += factor a."""
    cdef Py_ssize_t i
    for i in range(n):
        b[i] += factor * a[i]


cdef inline double largest(Py_ssize_t n, const double *a) noexcept nogil:
    """The largest |a|; NaN where there is one."""
    cdef double most = 0
    cdef Py_ssize_t i
    for i in range(n):
        if a[i] != a[i]:
            return a[i]
        most = max(most, fabs(a[i]))
    return most


cdef inline double length(Py_ssize_t n, const double *a) noexcept nogil:
    """sqrt(a . a), also where the squares are too large or too small for a double."""
    cdef double unit = largest(n, a), total = 0
    cdef Py_ssize_t i
    if 1e-140 < unit < 1e140:
        return sqrt(dot(n, a, a))
    if unit == 0 or unit != unit:
        return unit
    for i in range(n):
        total += (a[i] / unit) * (a[i] / unit)
    return unit * sqrt(total)


cdef inline void find_direction(const Memory *memory, const double *grad,
                                double *d) noexcept nogil:
    """d = -H grad."""
    cdef double alpha[MEMORY]
    cdef Py_ssize_t n = memory.n, i
    cdef int k, row
    cdef double beta
    for i in range(n):
        d[i] = -grad[i]
    for k in range(memory.count):
        row = (memory.newest - k + MEMORY) % MEMORY
        alpha[row] = memory.rho[row] * dot(n, memory.s + row * n, d)
        add(n, -alpha[row], memory.y + row * n, d)
    if memory.count > 0:
        for i in range(n):
            d[i] *= memory.scale
    for k in range(memory.count - 1, -1, -1):
        row = (memory.newest - k + MEMORY) % MEMORY
        beta = memory.rho[row] * dot(n, memory.y + row * n, d)
        add(n, alpha[row] - beta, memory.s + row * n, d)


cdef inline void remember(Memory *memory, double step, const double *d, const double *grad,
                          const double *grad_before, double g_0, double g) noexcept nogil:
    """Take in the step of d times `step`, on which the slope went from g_0 to g; unless the
    curvature along it is nothing but rounding."""
    cdef Py_ssize_t n = memory.n, i
    cdef int row = (memory.newest + 1) % MEMORY
    cdef double curvature = (g - g_0) * step
    cdef double *s = memory.s + row * n
    cdef double *y = memory.y + row * n
    if not curvature > 2.220446049250313e-16 * -g_0 * step:
        return
    for i in range(n):
        s[i] = step * d[i]
        y[i] = grad[i] - grad_before[i]
    memory.rho[row] = 1 / curvature
    memory.scale = curvature / dot(n, y, y)
    memory.newest = row
    memory.count = min(memory.count + 1, <int>MEMORY)


cdef inline void start_search(Search *at, double f, double g, double step) noexcept nogil:
    at.bracketed = at.second_stage = False
    at.f_0, at.g_0, at.g_test = f, g, 1e-3 * g
    at.width, at.width_before = 1e10, 2e10
    at.low = at.high = 0
    at.f_low = at.f_high = f
    at.g_low = at.g_high = g
    at.least, at.most = 0, 5 * step


cdef inline double cubic(double f_a, double g_a, double f, double g, double a, double step,
                         double *theta, bint may_lack) noexcept nogil:
    """The gamma of the cubic through two points, and its theta."""
    cdef double s, root
    theta[0] = 3 * (f_a - f) / (step - a) + g_a + g
    s = max(fabs(theta[0]), fabs(g_a), fabs(g))
    root = (theta[0] / s) * (theta[0] / s) - (g_a / s) * (g / s)
    return s * sqrt(max(0.0, root) if may_lack else root)


cdef inline double better_step(Search *at, double step, double f, double g) noexcept nogil:
    """MINPACK-2's dcstep: take in phi(step) = f, phi'(step) = g, and return a better step."""
    cdef double gamma, theta, p, q, r, by_cubic, by_secant, better
    cdef double sign = g * (at.g_low / fabs(at.g_low))
    if f > at.f_low:  # a higher value: the minimum lies between
        gamma = cubic(at.f_low, at.g_low, f, g, at.low, step, &theta, False)
        if step < at.low:
            gamma = -gamma
        p = (gamma - at.g_low) + theta
        q = ((gamma - at.g_low) + gamma) + g
        by_cubic = at.low + p / q * (step - at.low)
        by_secant = at.low + ((at.g_low / ((at.f_low - f) / (step - at.low) + at.g_low)) / 2
                              * (step - at.low))
        if fabs(by_cubic - at.low) < fabs(by_secant - at.low):
            better = by_cubic
        else:
            better = by_cubic + (by_secant - by_cubic) / 2
        at.bracketed = True
    elif sign < 0:  # the slope has turned: the minimum lies between
        gamma = cubic(at.f_low, at.g_low, f, g, at.low, step, &theta, False)
        if step > at.low:
            gamma = -gamma
        p = (gamma - g) + theta
        q = ((gamma - g) + gamma) + at.g_low
        by_cubic = step + p / q * (at.low - step)
        by_secant = step + g / (g - at.g_low) * (at.low - step)
        better = by_cubic if fabs(by_cubic - step) > fabs(by_secant - step) else by_secant
        at.bracketed = True
    elif fabs(g) < fabs(at.g_low):  # the slope is flatter
        gamma = cubic(at.f_low, at.g_low, f, g, at.low, step, &theta, True)
        if step > at.low:
            gamma = -gamma
        p = (gamma - g) + theta
        q = (gamma + (at.g_low - g)) + gamma
        r = p / q
        if r < 0 and gamma != 0:
            by_cubic = step + r * (at.low - step)
        else:
            by_cubic = at.most if step > at.low else at.least
        by_secant = step + g / (g - at.g_low) * (at.low - step)
        if at.bracketed:
            better = by_cubic if fabs(by_cubic - step) < fabs(by_secant - step) else by_secant
            if step > at.low:
                better = min(step + 0.66 * (at.high - step), better)
            else:
                better = max(step + 0.66 * (at.high - step), better)
        else:
            better = by_cubic if fabs(by_cubic - step) > fabs(by_secant - step) else by_secant
            better = max(at.least, min(at.most, better))
    elif at.bracketed:
        gamma = cubic(at.f_high, at.g_high, f, g, at.high, step, &theta, False)
        if step > at.high:
            gamma = -gamma
        p = (gamma - g) + theta
        q = ((gamma - g) + gamma) + at.g_high
        better = step + p / q * (at.high - step)
    else:
        better = at.most if step > at.low else at.least
    if f > at.f_low:
        at.high, at.f_high, at.g_high = step, f, g
    else:
        if sign < 0:
            at.high, at.f_high, at.g_high = at.low, at.f_low, at.g_low
        at.low, at.f_low, at.g_low = step, f, g
    return better


cdef inline bint search(Search *at, double f, double g, double *step) noexcept nogil:
    """Take in phi and phi' at the step; True where it will do, else the step to try next."""
    cdef double f_test = at.f_0 + step[0] * at.g_test, shift
    if f <= f_test and g >= 0:
        at.second_stage = True
    if at.bracketed and (step[0] <= at.least or step[0] >= at.most
                         or at.most - at.least <= 0.1 * at.most):
        return True  # no better one can be told from it
    if step[0] == 1e10 and f <= f_test and g <= at.g_test:
        return True
    if step[0] == 0 and (f > f_test or g >= at.g_test):
        return True
    if f <= f_test and fabs(g) <= 0.9 * -at.g_0:
        return True
    if not at.second_stage and f <= at.f_low and f > f_test:
        # On psi(t) = phi(t) - t g_test until some step is good enough for phi.
        shift = at.g_test
        at.f_low -= at.low * shift
        at.f_high -= at.high * shift
        at.g_low -= shift
        at.g_high -= shift
        step[0] = better_step(at, step[0], f - step[0] * shift, g - shift)
        at.f_low += at.low * shift
        at.f_high += at.high * shift
        at.g_low += shift
        at.g_high += shift
    else:
        step[0] = better_step(at, step[0], f, g)
    if at.bracketed:
        if fabs(at.high - at.low) >= 0.66 * at.width_before:
            step[0] = at.low + 0.5 * (at.high - at.low)
        at.width_before = at.width
        at.width = fabs(at.high - at.low)
        at.least = min(at.low, at.high)
        at.most = max(at.low, at.high)
    else:
        at.least = step[0] + 1.1 * (step[0] - at.low)
        at.most = step[0] + 4 * (step[0] - at.low)
    step[0] = max(0.0, min(1e10, step[0]))
    if at.bracketed and (step[0] <= at.least or step[0] >= at.most
                         or at.most - at.least <= 0.1 * at.most):
        step[0] = at.low
    return False
