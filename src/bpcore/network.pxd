"""The network as the loops see it: sizes, offsets and enums, no element type.

A plan is a list of layers in topological order. Layer l computes

    z = a[l-1] W + b   (or z = a[l-1] where it has no weights),   a = g(z),

and every array it touches is an offset into one of two flat buffers:

* parameters (and, at the same offsets, their gradient): W at ``w``, shape
  (n_in, n_out), then b at ``b``; -1 where the layer has none;
* the workspace, laid out for ``capacity`` rows: an array of n columns that the
  plan puts at ``offset`` starts at ``offset * capacity`` and holds ``rows * n``
  elements (of a layer whose rows are padded, ``rows * row``). Offsets may
  coincide: that is how a and z, or two deltas, share memory where nothing needs
  both.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from cpython.ref cimport PyObject

ctypedef fused real:
    float
    double

# A user's cost of one example: (n_y, y, n, a, grad, user_data) -> C, and dC/da into grad.
ctypedef double (*native_cost)(Py_ssize_t, const double *, Py_ssize_t, const double *, double *,
                               void *) noexcept nogil

cdef enum Reduction:
    # What the sum of a batch's costs is divided by; see reduction.pxd.
    BY_ROWS
    TOTAL                 # nothing
    BY_WEIGHTS            # the sum of the sample weights

cdef struct Layer:
    int activation        # enum bp_activation
    double p[3]           # its parameters
    Py_ssize_t user       # index of a user's activation, or -1
    uint64_t threshold    # dropout: rate * 2^32
    Py_ssize_t n_in, n_out
    Py_ssize_t row        # elements from one row of z, a and delta to the next, >= n_out
    Py_ssize_t in_row     # and of the input
    Py_ssize_t w, b       # offsets into the parameters, or -1
    Py_ssize_t w_t        # offset of W^T behind the rows' arrays, or -1: none is kept
    Py_ssize_t chunk      # rows of W whose gradient is taken and used up at a time
    Py_ssize_t z          # offset into the workspace; -1: z is the input x itself
    Py_ssize_t a, delta   # offsets into the workspace
    Py_ssize_t variable   # W's number among the variables, b's is the next; -1: no weights
    # Layers with vectors of parameters, or of other numbers; see special.pxd.
    Py_ssize_t gamma, beta    # offsets into the parameters, or -1
    Py_ssize_t state      # offset into the model's numbers that are no parameters, or -1
    Py_ssize_t vectors    # offset of their gradients and of scratch, as for w_t, or -1
    Py_ssize_t group      # columns that are normalised together; n_out is a multiple
    int64_t seed          # of a random layer's own numbers, or -1
    bint frozen           # normalise as outside of training
    double epsilon        # or a noise's deviation
    double momentum       # of moving averages
    double l1, l2         # penalty on a: l1 sum |a| + l2 sum a^2, averaged over the batch

cdef enum Penalty:
    NO_PENALTY
    L1_L2                 # l1 sum |w| + l2 sum w^2
    ORTHOGONAL_ROWS       # l1 times the mean |cosine| of the angles between two rows
    ORTHOGONAL_COLUMNS
    USER_PENALTY

cdef enum Constraint:
    NO_CONSTRAINT
    NON_NEGATIVE
    NORM                  # norms are moved towards [low, high], by a share `rate` of the way
    USER_CONSTRAINT

cdef struct Variable:
    # One array of parameters: what its updates are about beside its gradient.
    Py_ssize_t at         # offset into the parameters
    Py_ssize_t rows, columns   # a vector of n elements: n rows of one column
    bint vector
    bint trainable        # False: it stays as it is, and is not penalised
    int penalty           # enum Penalty
    double l1, l2
    int constraint        # enum Constraint
    int axis              # NORM: of each column (0), of each row (1), of all elements (2)
    double low, high, rate

cdef struct Plan:
    int n_layers
    Layer *layers
    int loss              # enum bp_loss
    bint from_z           # the loss gives delta[L] = dC/dz itself
    const double *loss_p  # the loss's own parameters
    int reduction         # enum Reduction
    bint ignores          # rows with the label loss_p[1] do not count
    native_cost native    # the user's, where loss is BP_NATIVE_LOSS, and its data
    void *native_data
    Py_ssize_t native_scratch   # workspace offset of the doubles it is given
    int first_delta       # delta is wanted for layers first_delta .. n_layers - 1
    Py_ssize_t n_x, n_y   # columns of x and of y
    Py_ssize_t x, y, weight   # workspace offsets of a gathered batch
    Py_ssize_t nonzeros   # and of the bits that tell which elements of x are not 0
    Py_ssize_t row_size   # elements of workspace a row takes
    Py_ssize_t segments   # offset of the gradients of segments.pxd, as for w_t, or -1
    Py_ssize_t shared_size    # elements of all W^T and other arrays of the whole batch
    Py_ssize_t scratch_size   # elements of each thread's own, behind them
    Py_ssize_t block      # rows that walk through the layers together; 0: all of a thread's
    bint skips            # the first layer's products skip zeros of x: see zeros.pxd
    Py_ssize_t n_parameters
    Py_ssize_t capacity   # rows the workspace has room for
    int threads           # threads it has scratch for
    bint has_vectors      # some layer has gamma, beta or alpha
    bint has_penalty      # some layer has l1 or l2
    void *state           # numbers that are no parameters: moving averages, fixed scales
    PyObject *users       # list of (g, g') pairs, and the user's loss at its end
    int n_variables
    Variable *variables   # in the order of the parameters
    bint has_frozen       # some variable is not trainable
    bint simple           # every variable is trainable, free and without a penalty
    bint penalised        # some trainable variable has a penalty
    bint whole            # some variable's update needs its gradient as a whole
    double *penalties     # a place for each variable's penalty in a step
    double *variable_scratch   # for penalties and constraints with norms
    PyObject *rules       # list of (the user's regularizer, constraint), one a variable

cdef struct Draw:
    # What names the random numbers of one step; see kernels.h, dropout.
    uint64_t seed
    uint32_t epoch, step
