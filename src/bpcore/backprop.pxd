"""Backpropagation for one batch.

========  ================  ===================================================
in code   shape             definition
========  ================  ===================================================
a[0]      (rows, n_0)       the input batch x
z[l]      (rows, n_l)       a[l-1] W[l] + b[l]
a[l]      (rows, n_l)       g_l(z[l])
cost      scalar            sum over the rows of weight_i C(x_i); the caller divides
delta[L]  (rows, n_L)       dC/da[L] . g_L'(z[L]), C averaged over the batch
delta[l]  (rows, n_l)       (delta[l+1] W[l+1]^T) . g_l'(z[l])
grad_w    (n_{l-1}, n_l)    a[l-1]^T delta[l]
grad_b    (n_l,)            column sums of delta[l]
========  ================  ===================================================

Layers are numbered from 0 in code, so ``layers[l - 1]`` is layer l of the table.
A layer without weights (Activation, Dropout) has z[l] = a[l-1].

A batch may be worked through in blocks of rows: `first` is the row of the batch where a
block starts, and y and weight point to its first row. So does x, or, where index is not NULL,
the block's rows are rows index[0], index[1], … of x (only plans whose first layer has weights
may be given an index). W^T of the layers that hand a delta
down (w_t) lies in the workspace; whoever changes the parameters keeps it up to date.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from dispatch cimport (
    BP_NATIVE_LOSS, BP_RELU, BP_USER_ACTIVATION, BP_USER_LOSS, BP_WHOLE_DEPTH, bp_rides,
)
from kernels cimport (
    activate, bp_isa, bp_words_of_bits, column_sums, cost, delta_product, derive, gradient,
    nonzeros, penalty, penalty_gradient, transpose, weighted_sum,
)
from native cimport native_costs
from network cimport Draw, Layer, Plan, real
from special cimport clear_vectors, is_special, special_down, special_forward, vectors_of
from user cimport user_activate, user_cost, user_derive


cdef inline real *rows_of(const Plan *plan, Py_ssize_t offset, Py_ssize_t n, Py_ssize_t first,
                          real *work) noexcept nogil:
    """Row `first` of the array with n elements a row that the plan puts at `offset`."""
    return work + offset * plan.capacity + first * n


cdef inline const real *input_of(const Plan *plan, int l, const real *x, Py_ssize_t first,
                                 real *work) noexcept nogil:
    """a[l-1] as layer `l` (from 0) reads it."""
    if l == 0:
        return x
    return rows_of(plan, plan.layers[l - 1].a, plan.layers[l - 1].row, first, work)


cdef inline uint64_t *bits_of(const Plan *plan, Py_ssize_t first, real *work) noexcept nogil:
    """Which elements of x are not 0, from row `first` of the batch on."""
    return (<uint64_t *>(work + plan.nonzeros * plan.capacity)
            + first * bp_words_of_bits(plan.n_x))


cdef inline const real *z_of(const Plan *plan, int l, const real *x, Py_ssize_t first,
                             real *work) noexcept nogil:
    if plan.layers[l].z < 0:
        return x
    return rows_of(plan, plan.layers[l].z, plan.layers[l].row, first, work)


cdef inline real *w_t_of(const Plan *plan, const Layer *layer, real *work) noexcept nogil:
    return work + plan.row_size * plan.capacity + layer.w_t


cdef inline void draw_of(int l, const Draw *draw, Py_ssize_t first,
                         uint32_t *words) noexcept nogil:
    if draw == NULL:
        return
    words[0] = <uint32_t>l
    words[1] = draw.step
    words[2] = draw.epoch
    words[3] = <uint32_t>first


cdef inline void transpose_weights(const Plan *plan, const bp_isa *isa, const real *theta,
                                   real *work) noexcept nogil:
    """Bring every W^T up to date."""
    cdef int l
    cdef const Layer *layer
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        if layer.w_t >= 0:
            transpose(isa, layer.n_in, layer.n_out, theta + layer.w, layer.n_out,
                      w_t_of(plan, layer, work), layer.n_in)


cdef inline bint relu_rides(const Layer *layer) noexcept nogil:
    """Whether sums are stored as a, which takes the place of z and is the larger of z and 0."""
    return layer.activation == BP_RELU and layer.a == layer.z


cdef inline int forward(const Plan *plan, const bp_isa *isa, Py_ssize_t first, Py_ssize_t rows,
                        const real *x, const int64_t *index, const real *theta, real *work,
                        const Draw *draw, bint summed=False) except -1 nogil:
    """All weighted sums and activations; the first layer's sums may be there (summed). draw is NULL
    outside training: no dropout. (Tried: sum and tanh by as many rows as the first cache holds.
    tab256 took 1.00 to 1.03 times as long.)"""
    cdef int l
    cdef const Layer *layer
    cdef const real *z
    cdef real *a
    cdef uint32_t words[4]
    if plan.has_vectors and first == 0:
        clear_vectors(plan, work)
    if plan.skips:
        nonzeros(isa, rows, plan.n_x, x, index, bits_of(plan, first, work))
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        z = z_of(plan, l, x, first, work)
        a = rows_of(plan, layer.a, layer.row, first, work)
        if layer.w >= 0 and not (summed and l == 0):
            weighted_sum(isa, rows, layer.n_in, layer.n_out, input_of(plan, l, x, first, work),
                         layer.in_row, index if l == 0 else NULL, theta + layer.w,
                         theta + layer.b if layer.b >= 0 else NULL, relu_rides(layer),
                         <real *>z, layer.row,
                         bits_of(plan, first, work) if l == 0 and plan.skips else NULL)
        if layer.w >= 0 and relu_rides(layer):
            continue
        if is_special(layer):
            draw_of(l, draw, first, words)
            special_forward(plan, layer, isa, rows, z, a, theta, work, draw, words)
        elif layer.activation == BP_USER_ACTIVATION:
            user_activate(plan.users, layer.user, rows, layer.n_out, z, a)
        else:
            # Where rows are padded, g works number by number: what lies between them is as good.
            activate(isa, layer.activation, rows, layer.row, z, a, layer.p)
    return 0


cdef inline double activity_penalty(const Plan *plan, const bp_isa *isa, Py_ssize_t first,
                                    Py_ssize_t rows, real *work) noexcept nogil:
    """What the layers' outputs cost by themselves, summed over these rows."""
    cdef double total = 0
    cdef const Layer *layer
    cdef int l
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        if layer.l1 != 0 or layer.l2 != 0:
            total += penalty(isa, rows * layer.n_out,
                             rows_of(plan, layer.a, layer.n_out, first, work), layer.l1, layer.l2)
    return total


cdef inline double output_cost(const Plan *plan, const bp_isa *isa, Py_ssize_t first,
                               Py_ssize_t rows, const real *x, const real *y,
                               const real *weight, double scale, double row_share,
                               real *work, bint want_delta) except? -1 nogil:
    """Sum of weight_i C(x_i) after `forward`. If wanted, delta[L]'s place receives
    scale . dC/da[L], or dC/dz[L] where the loss is a function of z (plan.from_z). Each row's
    penalty on activations counts row_share in the loss, so row_share / scale in the sum. A scale
    of 0 says that no example counts."""
    cdef int last = plan.n_layers - 1
    cdef const Layer *layer = &plan.layers[last]
    cdef const real *z = z_of(plan, last, x, first, work)
    cdef const real *a = rows_of(plan, layer.a, layer.row, first, work)
    cdef real *delta = NULL
    cdef real *scratch
    cdef double total
    if want_delta:
        delta = rows_of(plan, layer.delta, layer.row, first, work)
    if plan.loss == BP_USER_LOSS:
        total = user_cost(plan.users, rows, plan.n_y, layer.n_out, a, y, weight, scale, delta)
    elif plan.loss == BP_NATIVE_LOSS:
        # The place of the block's first row, which belongs to one thread.
        scratch = rows_of(plan, plan.native_scratch, 2 * (plan.n_y + 2 * layer.n_out), first,
                          work)
        total = native_costs(plan, rows, layer.n_out, a, y, weight, scale, <double *>scratch,
                             delta)
    else:
        total = cost(isa, plan.loss, rows, layer.n_out, z, a, y, weight, scale, plan.loss_p,
                     delta)
    if scale == 0:  # nothing counts but the penalties, and nobody divides
        total, scale = 0, 1
    if plan.has_penalty:
        total += activity_penalty(plan, isa, first, rows, work) * (row_share / scale)
    return total


cdef inline void layer_gradient(const Plan *plan, const bp_isa *isa, int l, Py_ssize_t first,
                                Py_ssize_t rows, const real *x, const int64_t *index,
                                const real *delta, real *work, real *grad) noexcept nogil:
    """One layer's part of the flat gradient, from its input and delta of these rows."""
    cdef const Layer *layer = &plan.layers[l]
    if layer.gamma >= 0:
        memcpy(grad + layer.gamma, vectors_of(plan, layer, work), layer.group * sizeof(real))
    if layer.beta >= 0:
        memcpy(grad + layer.beta, vectors_of(plan, layer, work) + layer.n_out,
               layer.group * sizeof(real))
    if layer.w < 0:
        return
    gradient(isa, rows, layer.n_in, layer.n_out, input_of(plan, l, x, first, work),
             layer.in_row, 0, index if l == 0 else NULL, delta, layer.row, grad + layer.w,
             bits_of(plan, first, work) if l == 0 and plan.skips else NULL)
    if layer.b >= 0:
        column_sums(isa, rows, layer.n_out, delta, layer.row, grad + layer.b)


cdef inline bint is_overwritten(const Plan *plan, int l) noexcept nogil:
    """Whether delta[l] may take the place of a[l], given that it is finished by the product that
    makes it and that nothing else reads a[l] any more."""
    cdef const Layer *layer = &plan.layers[l]
    return (layer.w >= 0 and layer.a == layer.z
            and plan.layers[l + 1].n_out <= BP_WHOLE_DEPTH)


cdef inline int deltas(const Plan *plan, const bp_isa *isa, Py_ssize_t first, Py_ssize_t rows,
                       const real *x, const int64_t *index, const real *theta, real *work,
                       const Draw *draw, double row_share, real *grad) except -1 nogil:
    """The delta recursion, from what `output_cost` left at the output down to
    layer plan.first_delta. row_share is 1 / the rows of the batch.

    grad, unless NULL, receives the gradient of these rows: each layer's on the way, so that the
    delta below may take the place of the layer's input, which no one reads afterwards. What these
    rows touch is then half as much, and lies in the caches."""
    cdef int l
    cdef const Layer *layer
    cdef const real *z
    cdef const real *a
    cdef const real *w_t
    cdef real *delta
    cdef real *below
    cdef uint32_t words[4]
    cdef int g
    # Whether delta[l] is finished: its product with g' was part of what made it.
    cdef bint finished = plan.from_z
    layer = &plan.layers[plan.n_layers - 1]
    below = rows_of(plan, layer.delta, layer.row, first, work)
    for l in range(plan.n_layers - 1, plan.first_delta - 1, -1):
        layer = &plan.layers[l]
        delta = below
        # Until then delta holds dC/da[l]; times g'(z[l]).
        if not finished:
            z = z_of(plan, l, x, first, work)
            a = rows_of(plan, layer.a, layer.row, first, work)
            if layer.l1 != 0 or layer.l2 != 0:
                penalty_gradient(isa, rows * layer.n_out, a, row_share * layer.l1,
                                 row_share * layer.l2, delta)
            if is_special(layer):
                draw_of(l, draw, first, words)
                special_down(plan, layer, isa, rows, z, delta, theta, work, draw, words)
            elif layer.activation == BP_USER_ACTIVATION:
                user_derive(plan.users, layer.user, rows, layer.n_out, z, delta)
            else:
                derive(isa, layer.activation, rows, layer.n_out, z, a, delta, layer.p)
        if grad != NULL:
            layer_gradient(plan, isa, l, first, rows, x, index, delta, work, grad)
        if l == plan.first_delta:
            break
        # dC/da[l-1] = delta[l] W[l]^T, into the place of delta[l-1].
        below = rows_of(plan, plan.layers[l - 1].delta, plan.layers[l - 1].row, first, work)
        g = plan.layers[l - 1].activation
        finished = (layer.w >= 0 and bp_rides(g)
                    and plan.layers[l - 1].l1 == 0 and plan.layers[l - 1].l2 == 0)
        if layer.w >= 0:
            w_t = NULL
            if layer.w_t >= 0:
                w_t = w_t_of(plan, layer, work)
            elif layer.n_out == 1:  # a single column is its own transpose
                w_t = theta + layer.w
            a = NULL
            if finished:
                a = rows_of(plan, plan.layers[l - 1].a, plan.layers[l - 1].row, first, work)
                if grad != NULL and is_overwritten(plan, l - 1):
                    below = <real *>a
            delta_product(isa, rows, layer.n_in, layer.n_out, delta, layer.row,
                          theta + layer.w, w_t, g, a, below, plan.layers[l - 1].row)
        elif below != delta:
            memcpy(below, delta, rows * layer.n_in * sizeof(real))
    return 0


cdef inline double backprop(const Plan *plan, const bp_isa *isa, Py_ssize_t rows, const real *x,
                            const real *y, const real *weight, double scale, double row_share,
                            const real *theta, real *grad, real *work) except? -1 nogil:
    """One batch, forward and back, without dropout: returns the sum of weight_i C(x_i), and
    writes the gradient of scale times that sum to grad. row_share is 1 / all rows."""
    cdef double total
    forward(plan, isa, 0, rows, x, NULL, theta, work, NULL)
    total = output_cost(plan, isa, 0, rows, x, y, weight, scale, row_share, work, True)
    deltas(plan, isa, 0, rows, x, NULL, theta, work, NULL, row_share, grad)
    return total
