"""Layers beyond weighted sums and activations: random ones, normalisation, PReLU.

Forward they take z to a; on the way back dC/da in delta becomes dC/dz. Their vectors of
parameters get gradients while the rows pass: those are summed at ``layer.vectors`` of the
workspace, gamma's (or alpha's) first, then beta's, n_out each, from the batch's first row
on. Behind them is scratch for batch normalisation:

    mean, inverse     of the batch or the moving ones: h = (z - mean) inverse
    scale             gamma inverse

Their sums run over the batch in the order of its rows, and batch normalisation needs the
whole batch at once: plans with such layers run on one thread.

Numbers that are no parameters, at ``layer.state``: moving mean and variance for batch
normalisation; shift, scale, offset for a fixed affine map, a = (z - shift) scale + offset.
"""

from libc.math cimport sqrt
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset
from dispatch cimport (
    BP_AFFINE, BP_ALPHA_DROPOUT, BP_BATCH_NORM, BP_DROPOUT, BP_GAUSSIAN_DROPOUT,
    BP_GAUSSIAN_NOISE, BP_LINEAR, BP_PRELU, BP_USER_ACTIVATION,
)
from kernels cimport (
    activate, affine, alpha_dropout, batch_norm_back, bp_isa, column_moments, dropout, gaussian,
    moments, multiply_columns, prelu, prelu_back, row_norm, row_norm_back,
)
from network cimport Draw, Layer, Plan, real


cdef inline bint is_special(const Layer *layer) noexcept nogil:
    return layer.activation >= BP_DROPOUT and layer.activation != BP_USER_ACTIVATION


cdef inline real *vectors_of(const Plan *plan, const Layer *layer, real *work) noexcept nogil:
    return work + plan.row_size * plan.capacity + layer.vectors


cdef inline real *state_of(const Plan *plan, const Layer *layer, real *like) noexcept nogil:
    return <real *>plan.state + layer.state


cdef inline const real *vector_at(const real *theta, Py_ssize_t offset) noexcept nogil:
    return theta + offset if offset >= 0 else NULL


cdef inline void clear_vectors(const Plan *plan, real *work) noexcept nogil:
    """Before a batch: no gradient yet."""
    cdef int l
    for l in range(plan.n_layers):
        if plan.layers[l].vectors >= 0:
            memset(vectors_of(plan, &plan.layers[l], work), 0,
                   2 * plan.layers[l].n_out * sizeof(real))


cdef inline void random_layer(const Layer *layer, const bp_isa *isa, Py_ssize_t rows,
                              uint64_t seed, const uint32_t *words, bint back,
                              const real *src, real *dst) noexcept nogil:
    """Dropout and noise; what is added on the way forward is nothing on the way back."""
    if layer.activation == BP_DROPOUT:
        dropout(isa, rows, layer.n_out, layer.threshold, seed, words, src, dst)
    elif layer.activation == BP_ALPHA_DROPOUT:
        alpha_dropout(isa, rows, layer.n_out, layer.threshold, seed, words, back, src, dst)
    elif layer.activation == BP_GAUSSIAN_DROPOUT:
        gaussian(isa, rows, layer.n_out, layer.epsilon, True, seed, words, src, dst)
    elif not back:
        gaussian(isa, rows, layer.n_out, layer.epsilon, False, seed, words, src, dst)


cdef inline bint is_random(const Layer *layer) noexcept nogil:
    return (layer.activation == BP_DROPOUT or layer.activation == BP_ALPHA_DROPOUT
            or layer.activation == BP_GAUSSIAN_DROPOUT or layer.activation == BP_GAUSSIAN_NOISE)


cdef inline uint64_t seed_of(const Layer *layer, const Draw *draw) noexcept nogil:
    return draw.seed if layer.seed < 0 else <uint64_t>layer.seed


cdef inline void batch_norm(const Plan *plan, const Layer *layer, const bp_isa *isa,
                            Py_ssize_t rows, const real *z, real *a, const real *theta,
                            real *work, bint training) noexcept nogil:
    cdef Py_ssize_t n = layer.group, j
    cdef real *mean = vectors_of(plan, layer, work) + 2 * layer.n_out
    cdef real *inverse = mean + n
    cdef real *scale = inverse + n
    cdef real *moving = state_of(plan, layer, work)
    cdef const real *gamma = vector_at(theta, layer.gamma)
    cdef real keep = <real>layer.momentum
    rows *= layer.n_out // n
    if training:
        moments(isa, rows, n, z, mean, inverse)
        for j in range(n):
            moving[j] = moving[j] * keep + mean[j] * (1 - keep)
            moving[n + j] = moving[n + j] * keep + inverse[j] * (1 - keep)
    for j in range(n):
        if not training:
            mean[j] = moving[j]
            inverse[j] = moving[n + j]
        inverse[j] = 1 / <real>sqrt(inverse[j] + layer.epsilon)
        scale[j] = gamma[j] * inverse[j] if gamma != NULL else inverse[j]
    affine(isa, rows, n, z, mean, scale, vector_at(theta, layer.beta), a)


cdef inline void special_forward(const Plan *plan, const Layer *layer, const bp_isa *isa,
                                 Py_ssize_t rows, const real *z, real *a, const real *theta,
                                 real *work, const Draw *draw,
                                 const uint32_t *words) noexcept nogil:
    """z to a; draw is NULL outside training."""
    cdef const real *state
    cdef Py_ssize_t n = layer.n_out
    if is_random(layer):
        if draw == NULL:
            activate(isa, BP_LINEAR, rows, n, z, a, NULL)
        else:
            random_layer(layer, isa, rows, seed_of(layer, draw), words, False, z, a)
    elif layer.activation == BP_BATCH_NORM:
        batch_norm(plan, layer, isa, rows, z, a, theta, work,
                   draw != NULL and not layer.frozen)
    elif layer.activation == BP_AFFINE:
        state = state_of(plan, layer, work)
        affine(isa, rows, n, z, state, state + n, state + 2 * n, a)
    elif layer.activation == BP_PRELU:
        prelu(isa, rows, n, z, theta + layer.gamma, a)
    else:
        row_norm(isa, layer.activation, rows * (n // layer.group), layer.group, z,
                 vector_at(theta, layer.gamma), vector_at(theta, layer.beta), layer.epsilon, a)


cdef inline void batch_norm_down(const Plan *plan, const Layer *layer, const bp_isa *isa,
                                 Py_ssize_t rows, const real *z, real *delta, real *work,
                                 bint training) noexcept nogil:
    cdef Py_ssize_t n = layer.group
    cdef real *grad_gamma = vectors_of(plan, layer, work)
    cdef real *grad_beta = grad_gamma + layer.n_out
    cdef real *mean = grad_gamma + 2 * layer.n_out
    cdef real *inverse = mean + n
    cdef real *scale = inverse + n
    rows *= layer.n_out // n
    column_moments(isa, rows, n, z, mean, inverse, delta, grad_gamma, grad_beta)
    if training:
        batch_norm_back(isa, rows, n, z, mean, inverse, scale, grad_gamma, grad_beta, delta)
    else:
        multiply_columns(isa, rows, n, scale, delta)


cdef inline void special_down(const Plan *plan, const Layer *layer, const bp_isa *isa,
                              Py_ssize_t rows, const real *z, real *delta, const real *theta,
                              real *work, const Draw *draw,
                              const uint32_t *words) noexcept nogil:
    """delta = dC/da becomes dC/dz, and the layer's vectors get their gradients."""
    cdef Py_ssize_t n = layer.n_out
    cdef real *grad_gamma
    cdef real *grad_beta
    if is_random(layer):
        if draw != NULL:
            random_layer(layer, isa, rows, seed_of(layer, draw), words, True, delta, delta)
    elif layer.activation == BP_BATCH_NORM:
        batch_norm_down(plan, layer, isa, rows, z, delta, work,
                        draw != NULL and not layer.frozen)
    elif layer.activation == BP_AFFINE:
        multiply_columns(isa, rows, n, state_of(plan, layer, work) + n, delta)
    elif layer.activation == BP_PRELU:
        prelu_back(isa, rows, n, z, theta + layer.gamma, delta, vectors_of(plan, layer, work))
    else:
        grad_gamma = grad_beta = NULL
        if layer.gamma >= 0:
            grad_gamma = vectors_of(plan, layer, work)
        if layer.beta >= 0:
            grad_beta = vectors_of(plan, layer, work) + n
        row_norm_back(isa, layer.activation, rows * (n // layer.group), layer.group, z,
                      vector_at(theta, layer.gamma), layer.epsilon, delta, grad_gamma,
                      grad_beta)
