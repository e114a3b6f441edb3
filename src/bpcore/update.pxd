"""Updates of the parameters: the numbers of a step, and the two ways of applying it.

In chunks, where every number's update needs that number alone: `update_chunk` works on any
part of a variable, its gradient being in cache. As a whole, where a norm of the gradient or of
the weights enters (clipping by norm, constraints, factored moments, the user's own rules):
`update_whole`, on the flat gradient of all parameters. One step is, as in Keras,

    gradient of data and penalties; accumulated; clipped; weights decayed; the optimizer;
    their moving average; constraints.

The slots are arrays of n_parameters numbers one after the other: the optimizer's own, then
the moving average of the parameters and the accumulated gradient where they are wanted.
"""

from libc.math cimport INFINITY, pow, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy
from dispatch cimport (
    BP_ADAFACTOR, BP_ADAM, BP_ADAMAX, BP_AMSGRAD, BP_FTRL, BP_NADAM, bp_coefficients,
)
from kernels cimport (
    accumulate, bp_isa, clip, moving_average, penalty_gradient, release, scale, sum_of_squares,
    update,
)
from network cimport L1_L2, NON_NEGATIVE, Plan, Variable, real
from penalties cimport add_penalty_gradient, constrain, penalties

cdef enum:
    # Powers of beta are products from the last multiple of this number of updates on, so
    # that they depend on the number alone and cost one multiplication a step.
    POWER_BLOCK = 256
    # 0.96 to this power is 0 beside 1: Nadam's momenta have reached beta_1.
    NADAM_STEPS = 1000
    # Of a matrix whose moments are factored, so many are taken at a time.
    COLUMNS = 32

cdef struct Update:
    # An optimizer's settings, and where it is in its run.
    int kind                  # enum bp_optimizer
    bp_coefficients settings  # rate is not used
    double epsilon_2, clip_threshold, beta_2_decay   # Adafactor
    int place[4]              # which of the slots each of the kernel's is, or -1: left out
    int own                   # how many of the kernel's there are, those left out between included
    int average, sum          # which are the moving average and the accumulated gradient, or -1
    double weight_decay       # 0: none, as in the three below
    double clip_value, clip_norm, global_norm
    double average_momentum
    int64_t overwrite         # every so many updates the average replaces the parameters; 0: never
    int64_t accumulate        # steps to an update
    bint plain                # the optimizer and nothing else
    bint whole                # it needs the whole gradient
    const unsigned char *undecayed   # for each variable, whether it is not to decay; or NULL
    int64_t steps             # made so far
    double power_1, power_2   # beta_1 and beta_2 to the power of the updates made
    double power_96, product  # Nadam: 0.96 to that power; prod over k of (1 - 0.96^k / 2)

cdef struct Step:
    # One step of it.
    bp_coefficients c
    double learning_rate
    int64_t t                 # the update's number, from 1
    bint updates              # False: the gradient is only accumulated
    double momentum           # of the moving average
    bint overwrite
    double share              # what the penalties are multiplied by


cdef inline int64_t updates_of(const Update *settings) noexcept nogil:
    if settings.accumulate == 1:  # a division takes as long as a vector's update
        return settings.steps
    return settings.steps // settings.accumulate


cdef inline void next_power(Update *settings) noexcept nogil:
    settings.power_1 *= settings.settings.beta_1
    settings.power_2 *= settings.settings.beta_2


cdef inline void next_nadam(Update *settings) noexcept nogil:
    settings.power_96 *= 0.96
    settings.product *= 1 - 0.5 * settings.power_96


cdef inline void start_powers(Update *settings, int64_t t) noexcept nogil:
    """Set the powers for t updates made."""
    cdef int64_t first = t - t % POWER_BLOCK
    settings.power_1 = pow(settings.settings.beta_1, <double>first)
    settings.power_2 = pow(settings.settings.beta_2, <double>first)
    for _ in range(<int>(t % POWER_BLOCK)):
        next_power(settings)


cdef inline void start_update(Update *settings, Step *step) noexcept nogil:
    """Get ready for the next step after those made."""
    cdef int64_t t = updates_of(settings)
    step.c = settings.settings
    start_powers(settings, t)
    settings.power_96 = settings.product = 1
    if settings.kind == BP_NADAM:
        for _ in range(<int>min(t, <int64_t>NADAM_STEPS)):
            next_nadam(settings)


cdef inline void set_coefficients(const Update *settings, Step *step) noexcept nogil:
    """What the optimizer's kernel reads for update step.t, the powers being those of t; what
    is the same for all steps is there already."""
    cdef bp_coefficients *c = &step.c
    cdef double u, u_next, product
    c.rate = step.learning_rate
    if settings.kind == BP_ADAM or settings.kind == BP_AMSGRAD:
        c.rate = step.learning_rate * sqrt(1 - settings.power_2) / (1 - settings.power_1)
    elif settings.kind == BP_ADAMAX:
        c.rate = step.learning_rate / (1 - settings.power_1)
    elif settings.kind == BP_NADAM:
        # Dozat 2016: the momentum rises with t, and the moments are corrected by its product.
        u = c.beta_1 * (1 - 0.5 * settings.power_96)
        u_next = c.beta_1 * (1 - 0.5 * 0.96 * settings.power_96)
        product = settings.power_1 * settings.product
        c.of_m = step.learning_rate * u_next / (1 - product * u_next)
        c.of_g = step.learning_rate * (1 - u) / (1 - product)
        c.of_v = 1 / (1 - settings.power_2)
    elif settings.kind == BP_FTRL:
        c.l2 = settings.settings.l2 + c.l2_per_rate / step.learning_rate


cdef inline void next_step(Update *settings, double learning_rate, Step *step) noexcept nogil:
    """Go on by one step, and say what it is."""
    cdef int64_t done = updates_of(settings)
    settings.steps += 1
    step.learning_rate = learning_rate
    step.t = done + 1
    step.updates = settings.accumulate == 1 or settings.steps % settings.accumulate == 0
    if step.updates:
        if step.t % POWER_BLOCK == 0:
            start_powers(settings, step.t)
        else:
            next_power(settings)
        if settings.kind == BP_NADAM:
            next_nadam(settings)
        set_coefficients(settings, step)
    # The average starts from the parameters as they are after the first update.
    step.momentum = settings.average_momentum if done > 0 else 0
    step.overwrite = settings.overwrite > 0 and step.t % settings.overwrite == 0


cdef inline void places_of(const Update *settings, Py_ssize_t n_parameters, Py_ssize_t at,
                           real *slots, real **places) noexcept nogil:
    """Where the slots of the optimizer's kernel are, for parameters from `at` on."""
    cdef int k
    places[0] = places[1] = places[2] = places[3] = NULL
    for k in range(settings.own):
        if settings.place[k] >= 0:
            places[k] = slots + settings.place[k] * n_parameters + at


cdef inline void apply_update(const bp_isa *isa, const Update *settings, const Step *step,
                              Py_ssize_t n_parameters, Py_ssize_t at, Py_ssize_t n, real *theta,
                              const real *grad, real *slots) noexcept nogil:
    """The optimizer alone, for parameters at .. at+n-1, grad being theirs alone."""
    cdef real *places[4]
    places_of(settings, n_parameters, at, slots, places)
    update(isa, settings.kind, n, theta + at, grad, places, &step.c)


cdef inline bint decays(const Update *settings, int which) noexcept nogil:
    return settings.weight_decay != 0 and (settings.undecayed == NULL
                                           or not settings.undecayed[which])


cdef inline bint is_released(const bp_isa *isa, const Update *settings, const Step *step,
                             Py_ssize_t n, real *sum, real *grad) noexcept nogil:
    """Accumulate the gradient; True where grad then holds what the update is to use."""
    if settings.accumulate == 1:
        return True
    if step.updates:
        release(isa, n, 1.0 / settings.accumulate, sum, grad)
    else:
        accumulate(isa, n, grad, sum)
    return step.updates


cdef inline void average(const bp_isa *isa, const Update *settings, const Step *step,
                         Py_ssize_t n, real *w, real *mean) noexcept nogil:
    """Take the parameters w into their moving average, and replace them where it is time."""
    moving_average(isa, n, w, step.momentum, mean)
    if step.overwrite:
        memcpy(w, mean, n * sizeof(real))


cdef inline void update_chunk(const Plan *plan, const bp_isa *isa, const Update *settings,
                              const Step *step, int which, Py_ssize_t at, Py_ssize_t n,
                              real *theta, real *grad, real *slots) noexcept nogil:
    """All of a step that works number by number, for parameters at .. at+n-1 of the variable
    `which`; grad is theirs alone, and is used up."""
    cdef const Variable *variable = &plan.variables[which]
    cdef real *sums = slots + settings.sum * plan.n_parameters + at
    if variable.penalty == L1_L2:
        penalty_gradient(isa, n, theta + at, step.share * variable.l1,
                         step.share * variable.l2, grad)
    if is_released(isa, settings, step, n, sums, grad):
        if settings.clip_value != 0:
            clip(isa, n, -settings.clip_value, settings.clip_value, grad)
        if decays(settings, which):
            scale(isa, n, 1 - settings.weight_decay * step.learning_rate, theta + at)
        apply_update(isa, settings, step, plan.n_parameters, at, n, theta, grad, slots)
    if settings.average >= 0:
        average(isa, settings, step, n, theta + at,
                slots + settings.average * plan.n_parameters + at)
    if variable.constraint == NON_NEGATIVE:
        clip(isa, n, 0, INFINITY, theta + at)


cdef inline void factored_moments(const bp_isa *isa, const Variable *variable, double rest,
                                  double epsilon, real *grad, real *r, real *c) noexcept nogil:
    """Adafactor's mean squares for a matrix, and its gradient divided by their root. A block of
    columns at a time, for sums that a processor keeps beside each other, and so that roots and
    quotients are of rows and columns, not of each element."""
    cdef Py_ssize_t i, j, block, at, width, rows = variable.rows, columns = variable.columns
    cdef double keep = 1 - rest, total = 0, squares, of_row
    cdef double sums[COLUMNS]
    cdef real *row
    for i in range(rows):
        squares = sum_of_squares(isa, columns, grad + i * columns) + columns * epsilon
        r[i] = <real>(keep * r[i] + rest * squares / columns)
        total += r[i]
    for block in range((columns + COLUMNS - 1) // COLUMNS):
        at = block * COLUMNS
        width = min(columns - at, <Py_ssize_t>COLUMNS)
        for j in range(width):
            sums[j] = 0
        for i in range(rows):
            row = grad + i * columns + at
            for j in range(width):
                sums[j] += <double>row[j] * row[j] + epsilon
        for j in range(width):
            c[at + j] = <real>(keep * c[at + j] + rest * sums[j] / rows)
            sums[j] = 1 / sqrt(<double>c[at + j])
        for i in range(rows):
            row = grad + i * columns + at
            of_row = sqrt(total / rows / r[i])
            for j in range(width):
                row[j] = <real>(row[j] * (of_row * sums[j]))


cdef inline void adafactor(const Update *settings, const Step *step, const bp_isa *isa,
                           const Variable *variable, real *w, real *grad, real *r,
                           real *c) noexcept nogil:
    """Adafactor (Shazeer & Stern 2018) for one variable; grad is used up. The mean square of
    element (i, j) is r[i] c[j] / mean(r), of a vector's i-th r[i]."""
    cdef Py_ssize_t i, n = variable.rows * variable.columns
    cdef double rest = pow(<double>step.t, settings.beta_2_decay), keep = 1 - rest
    cdef double epsilon = settings.settings.epsilon, factor, rms
    if variable.vector:
        for i in range(n):
            r[i] = <real>(keep * r[i] + rest * (<double>grad[i] * grad[i] + epsilon))
            grad[i] = <real>(grad[i] / sqrt(<double>r[i]))
    else:
        factored_moments(isa, variable, rest, epsilon, grad, r, c)
    rms = sqrt(sum_of_squares(isa, n, grad) / n)
    factor = max(settings.epsilon_2, sqrt(sum_of_squares(isa, n, w) / n))
    factor *= min(step.learning_rate, 1 / sqrt(<double>step.t))
    factor /= max(1.0, rms / settings.clip_threshold)
    for i in range(n):
        w[i] = <real>(w[i] - factor * grad[i])


cdef inline void clip_norms(const Plan *plan, const bp_isa *isa, const Update *settings,
                            real *grad) noexcept nogil:
    """Scale each variable's gradient, or all together, to at most the norm asked for."""
    cdef const Variable *variable
    cdef int which
    cdef Py_ssize_t n
    cdef double square, total = 0
    for which in range(plan.n_variables):
        variable = &plan.variables[which]
        if not variable.trainable:
            continue
        n = variable.rows * variable.columns
        square = sum_of_squares(isa, n, grad + variable.at)
        total += square
        # Not "if larger": where the norm is NaN, so is the gradient.
        if settings.clip_norm != 0 and not sqrt(square) <= settings.clip_norm:
            scale(isa, n, settings.clip_norm / sqrt(square), grad + variable.at)
    if settings.global_norm != 0 and not sqrt(total) <= settings.global_norm:
        for which in range(plan.n_variables):
            variable = &plan.variables[which]
            if variable.trainable:
                scale(isa, variable.rows * variable.columns,
                      settings.global_norm / sqrt(total), grad + variable.at)


cdef inline double update_whole(const Plan *plan, const bp_isa *isa, const Update *settings,
                                const Step *step, real *theta, real *grad,
                                real *slots) except? -1 nogil:
    """A step for all variables, from the flat gradient of the data's cost, which is used up.
    Returns the penalties on the weights before."""
    cdef const Variable *variable
    cdef Py_ssize_t n, size = plan.n_parameters
    cdef int which
    cdef double total = step.share * penalties(plan, isa, theta)
    cdef real *first
    cdef real *second
    for which in range(plan.n_variables):
        variable = &plan.variables[which]
        if variable.trainable:
            add_penalty_gradient(plan, isa, which, theta, step.share, grad + variable.at)
            is_released(isa, settings, step, variable.rows * variable.columns,
                        slots + settings.sum * size + variable.at, grad + variable.at)
    if step.updates and (settings.clip_norm != 0 or settings.global_norm != 0):
        clip_norms(plan, isa, settings, grad)
    for which in range(plan.n_variables):
        variable = &plan.variables[which]
        if not variable.trainable:
            continue
        n = variable.rows * variable.columns
        if step.updates:
            if settings.clip_value != 0:
                clip(isa, n, -settings.clip_value, settings.clip_value, grad + variable.at)
            if decays(settings, which):
                scale(isa, n, 1 - settings.weight_decay * step.learning_rate,
                      theta + variable.at)
            if settings.kind == BP_ADAFACTOR:
                first = slots + settings.place[0] * size + variable.at
                second = slots + settings.place[1] * size + variable.at
                adafactor(settings, step, isa, variable, theta + variable.at,
                          grad + variable.at, first, second)
            else:
                apply_update(isa, settings, step, size, variable.at, n, theta,
                             grad + variable.at, slots)
        if settings.average >= 0:
            average(isa, settings, step, n, theta + variable.at,
                    slots + settings.average * size + variable.at)
        constrain(plan, isa, which, theta)
    return total
