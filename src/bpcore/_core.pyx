"""The boundary between Python and the loops: every argument is checked here, the element
type chosen, and the GIL dropped once."""

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.pycapsule cimport PyCapsule_GetContext, PyCapsule_GetName, PyCapsule_GetPointer
from cpython.pythread cimport PyThread_get_thread_ident
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
cimport dispatch
cimport kernels
from evaluate cimport cost_and_grad, evaluate
from dispatch cimport bp_half_of_outputs, bp_is_quartered, bp_rows
from kernels cimport bp_isa, bp_isa_available, bp_isa_find, bp_philox
from lbfgs cimport (
    MEMORY, MOST_TRIES, Memory, Search, add, dot, find_direction, largest, length, remember,
    search, start_search,
)
from network cimport (
    BY_ROWS, BY_WEIGHTS, L1_L2, NO_CONSTRAINT, NO_PENALTY, NON_NEGATIVE, NORM,
    ORTHOGONAL_COLUMNS, ORTHOGONAL_ROWS, TOTAL, USER_CONSTRAINT, USER_PENALTY, Layer, Plan,
    Variable, native_cost, real,
)
from segments cimport SEGMENTS as SEGMENTS_, is_segmented, segment_size
from replicas cimport SLOTS as SLOTS_, replica_size, train_replicas
from deal cimport PARAMETERS, Deal, deal_anew, part, start_deal
from job cimport SMALL as SMALL_, Job
from train cimport train_epochs, train_steps
from update cimport Update
from quarters cimport Piece, pieces_of
from zeros cimport choose_skips

import os
import re
from _thread import allocate_lock

import numpy as np

cdef extern from *:
    const char *BPCORE_VERSION

cnp.import_array()

__version__ = BPCORE_VERSION.decode()

MAX_THREADS = kernels.BP_MAX_THREADS

cdef long forks = 0  # that this process is the outcome of, since the import
cdef unsigned long forker = 0  # the thread that goes on after the last of them, perhaps in a call


def _forked():
    global forks, forker
    forks += 1
    forker = PyThread_get_thread_ident()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

# What Python calls each enum of dispatch.h.
ACTIVATIONS = {
    "linear": dispatch.BP_LINEAR,
    "relu": dispatch.BP_RELU,
    "sigmoid": dispatch.BP_SIGMOID,
    "tanh": dispatch.BP_TANH,
    "softmax": dispatch.BP_SOFTMAX,
    "leaky_relu": dispatch.BP_LEAKY_RELU,
    "relu_general": dispatch.BP_RELU_GENERAL,
    "elu": dispatch.BP_ELU,
    "exponential": dispatch.BP_EXPONENTIAL,
    "gelu": dispatch.BP_GELU,
    "gelu_tanh": dispatch.BP_GELU_TANH,
    "hard_shrink": dispatch.BP_HARD_SHRINK,
    "hard_sigmoid": dispatch.BP_HARD_SIGMOID,
    "hard_silu": dispatch.BP_HARD_SILU,
    "hard_tanh": dispatch.BP_HARD_TANH,
    "log_sigmoid": dispatch.BP_LOG_SIGMOID,
    "mish": dispatch.BP_MISH,
    "silu": dispatch.BP_SILU,
    "soft_shrink": dispatch.BP_SOFT_SHRINK,
    "softplus": dispatch.BP_SOFTPLUS,
    "softsign": dispatch.BP_SOFTSIGN,
    "sparse_plus": dispatch.BP_SPARSE_PLUS,
    "sparse_sigmoid": dispatch.BP_SPARSE_SIGMOID,
    "squareplus": dispatch.BP_SQUAREPLUS,
    "tanh_shrink": dispatch.BP_TANH_SHRINK,
    "threshold": dispatch.BP_THRESHOLD,
    "log_softmax": dispatch.BP_LOG_SOFTMAX,
    "sparsemax": dispatch.BP_SPARSEMAX,
    "dropout": dispatch.BP_DROPOUT,
    "user": dispatch.BP_USER_ACTIVATION,
    "alpha_dropout": dispatch.BP_ALPHA_DROPOUT,
    "gaussian_noise": dispatch.BP_GAUSSIAN_NOISE,
    "gaussian_dropout": dispatch.BP_GAUSSIAN_DROPOUT,
    "affine": dispatch.BP_AFFINE,
    "batch_norm": dispatch.BP_BATCH_NORM,
    "layer_norm": dispatch.BP_LAYER_NORM,
    "rms_norm": dispatch.BP_RMS_NORM,
    "unit_norm": dispatch.BP_UNIT_NORM,
    "prelu": dispatch.BP_PRELU,
}
LOSSES = {
    "mean_squared_error": dispatch.BP_MEAN_SQUARED_ERROR,
    "binary_crossentropy": dispatch.BP_BINARY_CROSSENTROPY,
    "categorical_crossentropy": dispatch.BP_CATEGORICAL_CROSSENTROPY,
    "sparse_categorical_crossentropy": dispatch.BP_SPARSE_CATEGORICAL_CROSSENTROPY,
    "mean_absolute_error": dispatch.BP_MEAN_ABSOLUTE_ERROR,
    "mean_absolute_percentage_error": dispatch.BP_MEAN_ABSOLUTE_PERCENTAGE_ERROR,
    "mean_squared_logarithmic_error": dispatch.BP_MEAN_SQUARED_LOGARITHMIC_ERROR,
    "cosine_similarity": dispatch.BP_COSINE_SIMILARITY,
    "huber": dispatch.BP_HUBER,
    "log_cosh": dispatch.BP_LOG_COSH,
    "poisson": dispatch.BP_POISSON,
    "kl_divergence": dispatch.BP_KL_DIVERGENCE,
    "hinge": dispatch.BP_HINGE,
    "squared_hinge": dispatch.BP_SQUARED_HINGE,
    "categorical_hinge": dispatch.BP_CATEGORICAL_HINGE,
    "quantile": dispatch.BP_QUANTILE,
    "gaussian_negative_log_likelihood": dispatch.BP_GAUSSIAN_NEGATIVE_LOG_LIKELIHOOD,
    "binary_focal_crossentropy": dispatch.BP_BINARY_FOCAL_CROSSENTROPY,
    "categorical_focal_crossentropy": dispatch.BP_CATEGORICAL_FOCAL_CROSSENTROPY,
    "categorical_generalized_cross_entropy":
        dispatch.BP_CATEGORICAL_GENERALIZED_CROSS_ENTROPY,
    "dice": dispatch.BP_DICE,
    "tversky": dispatch.BP_TVERSKY,
    "binary_crossentropy_from_logits": dispatch.BP_BINARY_CROSSENTROPY_FROM_LOGITS,
    "categorical_crossentropy_from_logits":
        dispatch.BP_CATEGORICAL_CROSSENTROPY_FROM_LOGITS,
    "sparse_categorical_crossentropy_from_logits":
        dispatch.BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_LOGITS,
    "user": dispatch.BP_USER_LOSS,
    "native": dispatch.BP_NATIVE_LOSS,
}
# (output activation, loss): the two as one function of z.
LOSSES_FROM_Z = {
    ("sigmoid", "binary_crossentropy"): dispatch.BP_BINARY_CROSSENTROPY_FROM_Z,
    ("softmax", "categorical_crossentropy"): dispatch.BP_CATEGORICAL_CROSSENTROPY_FROM_Z,
    ("softmax", "sparse_categorical_crossentropy"):
        dispatch.BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z,
}
REDUCTIONS = {
    "sum_over_batch_size": BY_ROWS,
    "mean": BY_ROWS,
    "sum": TOTAL,
    "mean_with_sample_weight": BY_WEIGHTS,
}

include "isa.pxi"
include "updates.pxi"
include "kernel_calls.pxi"
include "native.pxi"

# A network of at most so many parameters has scratch for all their gradients.
SMALL = SMALL_
# And over large batches for those of so many segments.
SEGMENTS = SEGMENTS_
# Where two threads train a replica each, the second has slots for so many of an optimizer's.
REPLICA_SLOTS = SLOTS_

# One row of the plan's matrix for each layer; the fields of network.pxd's Layer.
PLAN_COLUMNS = ("activation", "user", "threshold", "n_in", "n_out", "w", "b", "w_t", "chunk",
                "z", "a", "delta", "gamma", "beta", "state", "vectors", "group", "seed",
                "frozen", "variable", "row")
# And its real numbers, likewise.
PLAN_NUMBERS = ("epsilon", "momentum", "l1", "l2", "p_0", "p_1", "p_2")


cdef void *data_of(object array, int typenum, Py_ssize_t size, str name) except NULL:
    """The address of a C-contiguous array's elements, after checking what it is."""
    if not (isinstance(array, np.ndarray) and cnp.PyArray_TYPE(array) == typenum
            and cnp.PyArray_ISCARRAY_RO(array)):
        raise TypeError(
            f"{name} must be a C-contiguous array of {np.dtype(cnp.PyArray_DescrFromType(typenum))}"
            f", got {type(array).__name__} of {getattr(array, 'dtype', 'no dtype')}")
    if cnp.PyArray_SIZE(array) < size:
        raise ValueError(f"{name} has {array.size} elements, needs {size}")
    return cnp.PyArray_DATA(array)


include "inputs.pxi"
include "argmax.pxi"


@cython.final
cdef class Network:
    """A plan bound to its parameters and workspace, ready to run.

    See ``_core.pyi`` for the arguments and methods, network.pxd for the plan.
    """
    cdef Plan plan
    cdef readonly object dtype, parameters, workspace, state
    cdef readonly int threads
    # Of the last call to train, also one that raised: what it got done.
    cdef readonly int64_t steps_done, epochs_done
    cdef readonly double penalties_done
    cdef int typenum
    cdef list users, rules
    cdef object loss_p
    cdef object lock      # one call at a time has the workspace
    cdef long forks       # as of when the lock was made
    cdef unsigned long owner

    def __cinit__(self, layers, numbers, *, int loss, bint from_z, loss_p, int reduction,
                  bint ignores, Py_ssize_t native_scratch, int first_delta, Py_ssize_t n_x,
                  Py_ssize_t n_y, Py_ssize_t x, Py_ssize_t y, Py_ssize_t weight,
                  Py_ssize_t nonzeros, Py_ssize_t row_size, Py_ssize_t segments,
                  Py_ssize_t shared_size, Py_ssize_t scratch_size, Py_ssize_t block,
                  Py_ssize_t capacity, int threads, list users, variables, variable_numbers,
                  list rules, parameters, state, workspace):
        cdef int64_t[:, ::1] rows = layers
        cdef double[:, ::1] reals = numbers
        cdef Layer *layer
        cdef Py_ssize_t l
        if rows.shape[0] == 0 or rows.shape[1] != len(PLAN_COLUMNS):
            raise ValueError(f"a plan has rows of {len(PLAN_COLUMNS)} integers, got an array of "
                             f"shape {layers.shape}")
        if reals.shape[0] != rows.shape[0] or reals.shape[1] != len(PLAN_NUMBERS):
            raise ValueError(f"a plan of {len(layers)} layers has {len(PLAN_NUMBERS)} numbers for "
                             f"each, got an array of shape {numbers.shape}")
        self.plan.layers = <Layer *>PyMem_Calloc(rows.shape[0], sizeof(Layer))
        if self.plan.layers == NULL:
            raise MemoryError()
        self.dtype = parameters.dtype
        if self.dtype != np.float32 and self.dtype != np.float64:
            raise TypeError(f"parameters must be float32 or float64, got {self.dtype}")
        self.typenum = cnp.NPY_FLOAT if self.dtype == np.float32 else cnp.NPY_DOUBLE
        self.lock = allocate_lock()
        self.forks = forks
        data_of(parameters, self.typenum, 0, "parameters")
        if parameters.size <= SMALL and scratch_size < parameters.size:
            raise ValueError(f"the scratch of {scratch_size} numbers has no room for the gradients "
                             f"of {parameters.size} parameters")
        if segments >= 0 and segments + SEGMENTS_ * segment_size(parameters.size) > shared_size:
            raise ValueError(f"{shared_size} numbers have no room for the gradients of segments")
        data_of(workspace, self.typenum,
                row_size * capacity + shared_size + threads * scratch_size, "workspace")
        self.parameters = parameters
        self.state = state
        self.plan.state = data_of(state, self.typenum, 0, "state")
        self.workspace = workspace
        self.users = users
        self.rules = rules
        self.plan.n_layers = <int>rows.shape[0]
        self.plan.loss = loss
        self.plan.from_z = from_z
        self.loss_p = loss_p
        self.plan.loss_p = <const double *>data_of(loss_p, cnp.NPY_DOUBLE, 1, "loss_p")
        self.plan.reduction = reduction
        self.plan.ignores = ignores
        self.plan.native_scratch = native_scratch
        if loss == dispatch.BP_NATIVE_LOSS:
            self.plan.native = (<NativeCost?>users[-1]).function
            self.plan.native_data = (<NativeCost>users[-1]).data
        self.plan.first_delta = first_delta
        self.plan.n_x = n_x
        self.plan.n_y = n_y
        self.plan.x = x
        self.plan.y = y
        self.plan.weight = weight
        self.plan.nonzeros = nonzeros
        self.plan.row_size = row_size
        self.plan.segments = segments
        self.plan.shared_size = shared_size
        self.plan.scratch_size = scratch_size
        self.plan.block = block
        self.plan.threads = self.threads = threads
        self.plan.n_parameters = parameters.size
        self.plan.capacity = capacity
        self.plan.users = <PyObject *>users
        if threads > 1 and segments >= 0:
            data_of(workspace, self.typenum,
                    row_size * capacity + shared_size + threads * scratch_size
                    + replica_size(&self.plan), "workspace")
        read_variables(&self.plan, variables, variable_numbers, rules)
        for l in range(rows.shape[0]):
            layer = &self.plan.layers[l]
            layer.activation = <int>rows[l, 0]
            layer.user = rows[l, 1]
            layer.threshold = <uint64_t>rows[l, 2]
            layer.n_in = rows[l, 3]
            layer.n_out = rows[l, 4]
            layer.w = rows[l, 5]
            layer.b = rows[l, 6]
            layer.w_t = rows[l, 7]
            layer.chunk = rows[l, 8]
            layer.z = rows[l, 9]
            layer.a = rows[l, 10]
            layer.delta = rows[l, 11]
            layer.gamma = rows[l, 12]
            layer.beta = rows[l, 13]
            layer.state = rows[l, 14]
            layer.vectors = rows[l, 15]
            layer.group = rows[l, 16]
            layer.seed = rows[l, 17]
            layer.frozen = rows[l, 18] > 0
            layer.epsilon = reals[l, 0]
            layer.momentum = reals[l, 1]
            layer.l1 = reals[l, 2]
            layer.l2 = reals[l, 3]
            layer.p[0], layer.p[1], layer.p[2] = reals[l, 4], reals[l, 5], reals[l, 6]
            layer.variable = rows[l, 19]
            layer.row = rows[l, 20]
            layer.in_row = n_x if l == 0 else self.plan.layers[l - 1].row
            self.plan.has_vectors |= layer.vectors >= 0
            self.plan.has_penalty |= layer.l1 != 0 or layer.l2 != 0
            self.check(layer, shared_size)

    cdef int check(self, const Layer *layer, Py_ssize_t shared_size) except -1:
        """Raise unless all of a layer's arrays lie within the buffers."""
        cdef Py_ssize_t size = layer.n_in * layer.n_out
        if not ((layer.w < 0 or layer.w + size <= self.plan.n_parameters)
                and (layer.w < 0 or layer.chunk * layer.n_out <= self.plan.scratch_size)
                and (layer.b < 0 or layer.b + layer.n_out <= self.plan.n_parameters)
                and (layer.w_t < 0 or layer.w_t + size <= shared_size)
                and (max(layer.gamma, layer.beta) < 0
                     or max(layer.gamma, layer.beta) + layer.group <= self.plan.n_parameters)
                and (layer.vectors < 0
                     or layer.vectors + 2 * layer.n_out + 3 * layer.group <= shared_size)
                and (layer.state < 0 or layer.state + layer.group
                     * (3 if layer.activation == dispatch.BP_AFFINE else 2) <= self.state.size)
                and 0 < layer.group <= layer.n_out and layer.n_out % layer.group == 0
                and (layer.w < 0 or 0 <= layer.variable < self.plan.n_variables)
                and (layer.b < 0 or layer.variable + 1 < self.plan.n_variables)
                and max(layer.z, layer.a, layer.delta) + layer.row <= self.plan.row_size
                and layer.row >= layer.n_out):
            raise ValueError("the plan does not fit the parameters: the layers were changed "
                             "behind the model's back")
        return 0

    def __dealloc__(self):
        PyMem_Free(self.plan.layers)
        PyMem_Free(self.plan.variables)
        PyMem_Free(self.plan.penalties)
        PyMem_Free(self.plan.variable_scratch)

    cdef int enter(self) except -1:
        """Take the workspace, waiting for another thread's call to end."""
        cdef unsigned long me = PyThread_get_thread_ident()
        if self.forks != forks and self.owner != forker:  # who held the lock is in the parent
            self.lock, self.owner, self.forks = allocate_lock(), 0, forks
        if self.owner == me:
            raise RuntimeError("a function that this model is calling called the model; its "
                               "workspace serves one call at a time")
        self.lock.acquire()
        self.owner = me
        return 0

    cdef int leave(self) except -1:
        self.owner = 0
        self.lock.release()
        return 0

    def predict_one(self, x, out):
        cdef void *x_ = data_of(x, self.typenum, self.plan.n_x, "x")
        cdef void *out_ = data_of(out, self.typenum, self.n_out(), "out")
        cdef bp_rows row = in_place(x_, self.typenum)
        cdef bint finite
        if cnp.PyArray_SIZE(x) != self.plan.n_x or cnp.PyArray_SIZE(out) != self.n_out():
            raise ValueError(f"x and out have {x.size} and {out.size} elements; the model has "
                             f"{self.plan.n_x} inputs and {self.n_out()} outputs")
        if not cnp.PyArray_ISWRITEABLE(out):
            raise ValueError("out is read-only")
        if self.typenum == cnp.NPY_FLOAT:
            finite = kernels.all_finite(current_isa, 1, self.plan.n_x, &row, <float *>NULL)
        else:
            finite = kernels.all_finite(current_isa, 1, self.plan.n_x, &row, <double *>NULL)
        if not finite:
            raise ValueError("x contains NaN or infinity; expected finite numbers")
        self.enter()
        try:
            if self.typenum == cnp.NPY_FLOAT:
                self._one(<float *>x_, <float *>out_)
            else:
                self._one(<double *>x_, <double *>out_)
        finally:
            self.leave()
        return out

    def predict(self, x, out):
        cdef Py_ssize_t n = len(x)
        cdef bp_rows source
        cdef void *x_ = inputs_of(x, self.typenum, n, self.plan.n_x, &source)
        cdef void *out_ = data_of(out, self.typenum, n * self.n_out(), "out")
        if self.typenum == cnp.NPY_FLOAT:
            self._evaluate(n, <float *>x_, &source, <float *>NULL, <float *>NULL, 1, <float *>out_)
        else:
            self._evaluate(n, <double *>x_, &source, <double *>NULL, <double *>NULL, 1,
                           <double *>out_)

    def evaluate(self, x, y, weight, out=None, double row_share=1.0):
        cdef Py_ssize_t n = len(x)
        cdef bp_rows source
        cdef void *x_ = inputs_of(x, self.typenum, n, self.plan.n_x, &source)
        cdef void *y_ = data_of(y, self.typenum, n * self.plan.n_y, "y")
        cdef void *weight_ = NULL
        cdef void *out_ = NULL
        if weight is not None:
            weight_ = data_of(weight, self.typenum, n, "sample_weight")
        if out is not None:
            out_ = data_of(out, self.typenum, n * self.n_out(), "out")
        if self.typenum == cnp.NPY_FLOAT:
            return self._evaluate(n, <float *>x_, &source, <float *>y_, <float *>weight_,
                                  row_share, <float *>out_)
        return self._evaluate(n, <double *>x_, &source, <double *>y_, <double *>weight_,
                              row_share, <double *>out_)

    cdef int check_share(self) except -1:
        """Raise unless every penalty is one that can be multiplied by a factor."""
        cdef int which
        for which in range(self.plan.n_variables):
            if self.plan.variables[which].penalty not in (NO_PENALTY, L1_L2):
                raise ValueError("only penalties L1 and L2 can be divided as the costs are")
        return 0

    def cost_and_grad(self, x, y, weight, double scale, grad, grad_block, double share=1.0):
        cdef Py_ssize_t n = len(x)
        cdef bp_rows source
        cdef void *x_ = inputs_of(x, self.typenum, n, self.plan.n_x, &source)
        cdef void *y_ = data_of(y, self.typenum, n * self.plan.n_y, "y")
        cdef void *weight_ = NULL
        cdef void *grad_ = data_of(grad, self.typenum, self.plan.n_parameters, "grad")
        cdef void *block_ = data_of(grad_block, self.typenum, self.plan.n_parameters, "grad_block")
        if share != 1:
            self.check_share()
        if weight is not None:
            weight_ = data_of(weight, self.typenum, n, "sample_weight")
        if self.typenum == cnp.NPY_FLOAT:
            return self._cost_and_grad(n, <float *>x_, &source, <float *>y_, <float *>weight_,
                                       scale, share, <float *>grad_, <float *>block_)
        return self._cost_and_grad(n, <double *>x_, &source, <double *>y_, <double *>weight_,
                                   scale, share, <double *>grad_, <double *>block_)

    def train(self, x, y, weight, order, Py_ssize_t batch_size, Py_ssize_t first,
              Py_ssize_t last, slots, Settings settings not None, learning_rate,
              int64_t iterations, uint64_t seed, uint32_t epoch, outputs=None, int threads=1,
              double total=0.0, totals=None, grad=None, double factor=1.0, bint shared=False):
        cdef Py_ssize_t n = len(x)
        cdef Job job
        self.steps_done = self.epochs_done = 0  # should anything below be refused
        job.plan = &self.plan
        job.isa = current_isa
        job.x = inputs_of(x, self.typenum, n, self.plan.n_x, &job.source)
        job.y = data_of(y, self.typenum, n * self.plan.n_y, "y")
        job.weight = job.outputs = NULL
        job.order = NULL
        job.update = settings.update
        job.update.steps = iterations
        job.factor = factor
        job.shared = shared
        if shared:
            self.check_share()
        job.plain = self.plan.simple and settings.update.plain
        job.slots = data_of(slots, self.typenum, self.plan.n_parameters * settings.n_slots,
                            "slots")
        job.grad = NULL
        if self.plan.whole or settings.whole:
            job.grad = data_of(grad, self.typenum, self.plan.n_parameters, "grad")
        if settings.undecayed and len(settings.undecayed) != self.plan.n_variables:
            raise ValueError(f"the settings tell of {len(settings.undecayed)} variables whether "
                             f"they decay, the plan has {self.plan.n_variables}")
        job.rates = NULL
        job.rate = 0
        if isinstance(learning_rate, float):
            job.rate = learning_rate
        else:
            job.rates = <double *>data_of(
                learning_rate, cnp.NPY_DOUBLE,
                (last - first) * (len(totals) if totals is not None else 1), "learning_rate")
        job.draw.seed = seed
        job.draw.epoch = epoch
        if not (1 <= batch_size <= self.plan.capacity and 0 <= first <= last
                and (last == 0 or (last - 1) * batch_size < n)):
            raise ValueError(f"steps {first}..{last} of {batch_size} rows do not fit {n} rows and "
                             f"a workspace for {self.plan.capacity}")
        if not 1 <= threads <= self.plan.threads:
            raise ValueError(f"{threads} threads do not fit a workspace for {self.plan.threads}")
        job.n = n
        job.batch = batch_size
        job.first = first
        job.last = last
        job.threads = threads
        start_deal(&job.deal, threads)
        job.replica = 0
        job.other = NULL
        job.total = total
        job.theta = cnp.PyArray_DATA(self.parameters)
        job.work = cnp.PyArray_DATA(self.workspace)
        if weight is not None:
            job.weight = data_of(weight, self.typenum, n, "sample_weight")
        if order is not None:
            job.order = <int64_t *>data_of(order, cnp.NPY_INT64, n, "order")
        if outputs is not None:
            job.outputs = data_of(outputs, self.typenum,
                                  (min(last * batch_size, n) - first * batch_size) * self.n_out(),
                                  "outputs")
        cdef Py_ssize_t epochs = 0
        cdef double *totals_ = NULL
        if totals is not None:
            epochs = len(totals)
            totals_ = <double *>data_of(totals, cnp.NPY_DOUBLE, epochs, "totals")
        self.enter()
        try:
            if self.typenum == cnp.NPY_FLOAT:
                return run_job(&self.plan, &job, settings.n_slots, epochs, totals_, <float *>NULL)
            return run_job(&self.plan, &job, settings.n_slots, epochs, totals_, <double *>NULL)
        finally:
            self.plan.skips = False
            self.steps_done = job.steps_done
            self.epochs_done = job.epochs_done
            self.penalties_done = job.penalties
            self.leave()

    @property
    def whole(self):
        return bool(self.plan.whole)

    cdef Py_ssize_t n_out(self):
        return self.plan.layers[self.plan.n_layers - 1].n_out

    cdef int _one(self, const real *x, real *out) except -1:
        # Too short for dropping the GIL to pay.
        evaluate(&self.plan, current_isa, 1, x, NULL, <real *>NULL, <real *>NULL, 1,
                 <real *>cnp.PyArray_DATA(self.parameters),
                 <real *>cnp.PyArray_DATA(self.workspace), out)
        return 0

    cdef _evaluate(self, Py_ssize_t n, const real *x, const bp_rows *source, const real *y,
                   const real *weight, double row_share, real *out):
        cdef real *theta = <real *>cnp.PyArray_DATA(self.parameters)
        cdef real *work = <real *>cnp.PyArray_DATA(self.workspace)
        cdef double total
        self.enter()
        try:
            with nogil:
                total = evaluate(&self.plan, current_isa, n, x, source, y, weight, row_share,
                                 theta, work, out)
        finally:
            self.leave()
        return total

    cdef _cost_and_grad(self, Py_ssize_t n, const real *x, const bp_rows *source, const real *y,
                        const real *weight, double scale, double share, real *grad,
                        real *block):
        cdef real *theta = <real *>cnp.PyArray_DATA(self.parameters)
        cdef real *work = <real *>cnp.PyArray_DATA(self.workspace)
        cdef double total
        self.enter()
        try:
            with nogil:
                choose_skips(&self.plan, current_isa, self.plan.capacity, n, x, source, work)
                total = cost_and_grad(&self.plan, current_isa, n, x, source, y, weight, scale,
                                      share, theta, work, grad, block)
        finally:
            self.plan.skips = False
            self.leave()
        return total


cdef run_job(Plan *plan, Job *job, Py_ssize_t slots, Py_ssize_t epochs, double *totals,
             real *like):
    cdef bint done = False
    job.steps_done = job.epochs_done = 0
    job.penalties = 0
    with nogil:
        choose_skips(plan, job.isa, job.batch, job.n, <const real *>job.x, &job.source,
                     <real *>job.work)
        if job.threads > 1 and job.plain and is_segmented(plan, job.batch):
            done = train_replicas(job, slots, epochs, totals, like)
        if not done and totals != NULL:
            train_epochs(job, epochs, totals, like)
        elif not done:
            train_steps(job, like)
    return job.total


include "lbfgs.pxi"
include "random.pxi"
