"""Penalties on parameters and constraints of them, a whole variable at a time.

A penalty belongs to the cost: its value at the weights before an update counts as a part of
the batch's cost, its gradient is added to the data's. A constraint is applied to the weights
after an update. Sums are doubles, in one order.
"""

from libc.math cimport INFINITY, fabs, sqrt
from kernels cimport bp_isa, clip, penalty, penalty_gradient, sum_of_squares
from network cimport (
    L1_L2, NO_PENALTY, NON_NEGATIVE, NORM, ORTHOGONAL_ROWS, USER_CONSTRAINT, USER_PENALTY,
    Plan, Variable, real,
)
from user cimport user_constrain, user_penalty, user_penalty_gradient

# What Keras adds to norms before it divides by them.
cdef enum:
    PER_EPSILON = 10000000


cdef inline double orthogonal(const Variable *variable, const real *w, real *grad,
                              double *scratch) noexcept nogil:
    """The mean over all pairs of rows (or columns) of |cos| of the angle between them, times
    variable.l1; grad, unless NULL, gains its gradient. scratch has room for
    rows * columns + rows + columns numbers."""
    cdef bint rows = variable.penalty == ORTHOGONAL_ROWS
    cdef Py_ssize_t n = variable.rows if rows else variable.columns   # vectors
    cdef Py_ssize_t m = variable.columns if rows else variable.rows   # of so many elements
    cdef Py_ssize_t step = variable.columns if rows else 1            # from one to the next
    cdef Py_ssize_t along = 1 if rows else variable.columns
    cdef double *unit = scratch               # the vectors, scaled to length 1
    cdef double *inverse = unit + n * m       # 1 / their lengths
    cdef double *slope = inverse + n          # of the sum, to one unit vector
    cdef double weight = variable.l1 / (0.5 * n * (n - 1))
    cdef double total = 0, dot
    cdef Py_ssize_t i, j, k
    for i in range(n):
        dot = 0
        for k in range(m):
            dot += <double>w[i * step + k * along] * w[i * step + k * along]
        inverse[i] = min(1 / sqrt(dot), <double>PER_EPSILON) if dot > 0 else PER_EPSILON
        for k in range(m):
            unit[i * m + k] = w[i * step + k * along] * inverse[i]
    for i in range(n):
        for k in range(m):
            slope[k] = 0
        for j in range(0 if grad != NULL else i + 1, n):
            if j == i:
                continue
            dot = 0
            for k in range(m):
                dot += unit[i * m + k] * unit[j * m + k]
            if j > i:
                total += fabs(dot)
            if dot != 0 and grad != NULL:
                for k in range(m):
                    slope[k] += unit[j * m + k] if dot > 0 else -unit[j * m + k]
        if grad == NULL:
            continue
        # w = unit / inverse: only what is perpendicular to it turns it.
        dot = 0
        for k in range(m):
            dot += slope[k] * unit[i * m + k]
        for k in range(m):
            grad[i * step + k * along] += <real>(
                weight * inverse[i] * (slope[k] - dot * unit[i * m + k]))
    return weight * total


cdef inline double penalty_of(const Plan *plan, const bp_isa *isa, int which,
                              const real *theta) except? -1 nogil:
    """The penalty on one variable."""
    cdef const Variable *variable = &plan.variables[which]
    cdef const real *w = theta + variable.at
    if variable.penalty == NO_PENALTY or not variable.trainable:
        return 0
    if variable.penalty == L1_L2:
        return penalty(isa, variable.rows * variable.columns, w, variable.l1, variable.l2)
    if variable.penalty == USER_PENALTY:
        return user_penalty(plan.rules, which, variable, w)
    return orthogonal(variable, w, <real *>NULL, plan.variable_scratch)


cdef inline double penalties(const Plan *plan, const bp_isa *isa,
                             const real *theta) except? -1 nogil:
    """The sum of all penalties."""
    cdef double total = 0
    cdef int which
    if plan.penalised:
        for which in range(plan.n_variables):
            total += penalty_of(plan, isa, which, theta)
    return total


cdef inline int add_penalty_gradient(const Plan *plan, const bp_isa *isa, int which,
                                     const real *theta, double share,
                                     real *grad) except -1 nogil:
    """grad, of one variable alone, gains the gradient of the penalty on it; of share times an
    L1_L2 penalty, share being 1 where there are others."""
    cdef const Variable *variable = &plan.variables[which]
    cdef const real *w = theta + variable.at
    if variable.penalty == NO_PENALTY or not variable.trainable:
        return 0
    if variable.penalty == L1_L2:
        penalty_gradient(isa, variable.rows * variable.columns, w, share * variable.l1,
                         share * variable.l2, grad)
    elif variable.penalty == USER_PENALTY:
        user_penalty_gradient(plan.rules, which, variable, w, grad)
    else:
        orthogonal(variable, w, grad, plan.variable_scratch)
    return 0


cdef inline int add_penalty_gradients(const Plan *plan, const bp_isa *isa, const real *theta,
                                      double share, real *grad) except -1 nogil:
    """The same for all variables; grad is the flat gradient."""
    cdef int which
    if plan.penalised:
        for which in range(plan.n_variables):
            add_penalty_gradient(plan, isa, which, theta, share,
                                 grad + plan.variables[which].at)
    return 0


cdef inline double held(const Variable *variable, double squares) noexcept nogil:
    """The factor that brings a norm, given its square, to where the constraint wants it."""
    cdef double norm = sqrt(squares)
    cdef double wanted = min(max(norm, variable.low), variable.high)
    wanted = variable.rate * wanted + (1 - variable.rate) * norm
    return wanted / (1.0 / PER_EPSILON + norm)


cdef inline void constrain_norms(const Variable *variable, const bp_isa *isa, real *w,
                                 double *scratch) noexcept nogil:
    cdef Py_ssize_t i, j, rows = variable.rows, columns = variable.columns
    cdef double factor
    if variable.axis == 2:
        rows, columns = 1, rows * columns
    if variable.axis != 0:
        for i in range(rows):
            factor = held(variable, sum_of_squares(isa, columns, w + i * columns))
            for j in range(columns):
                w[i * columns + j] = <real>(w[i * columns + j] * factor)
        return
    for j in range(columns):
        scratch[j] = 0
    for i in range(rows):
        for j in range(columns):
            scratch[j] += <double>w[i * columns + j] * w[i * columns + j]
    for j in range(columns):
        scratch[j] = held(variable, scratch[j])
    for i in range(rows):
        for j in range(columns):
            w[i * columns + j] = <real>(w[i * columns + j] * scratch[j])


cdef inline int constrain(const Plan *plan, const bp_isa *isa, int which,
                          real *theta) except -1 nogil:
    """Apply one variable's constraint."""
    cdef const Variable *variable = &plan.variables[which]
    cdef real *w = theta + variable.at
    if variable.constraint == NON_NEGATIVE:
        clip(isa, variable.rows * variable.columns, 0, INFINITY, w)
    elif variable.constraint == NORM:
        constrain_norms(variable, isa, w, plan.variable_scratch)
    elif variable.constraint == USER_CONSTRAINT:
        user_constrain(plan.rules, which, variable, w)
    return 0
