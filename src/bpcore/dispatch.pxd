"""What dispatch.h declares beside the tables of kernels: enums and structs of no element type."""


cdef extern from "kernels/dispatch.h" nogil:
    enum:
        BP_WHOLE_DEPTH
    enum:
        BP_LINEAR
        BP_RELU
        BP_SIGMOID
        BP_TANH
        BP_SOFTMAX
        BP_LEAKY_RELU
        BP_RELU_GENERAL
        BP_ELU
        BP_EXPONENTIAL
        BP_GELU
        BP_GELU_TANH
        BP_HARD_SHRINK
        BP_HARD_SIGMOID
        BP_HARD_SILU
        BP_HARD_TANH
        BP_LOG_SIGMOID
        BP_MISH
        BP_SILU
        BP_SOFT_SHRINK
        BP_SOFTPLUS
        BP_SOFTSIGN
        BP_SPARSE_PLUS
        BP_SPARSE_SIGMOID
        BP_SQUAREPLUS
        BP_TANH_SHRINK
        BP_THRESHOLD
        BP_LOG_SOFTMAX
        BP_SPARSEMAX
        BP_N_ACTIVATIONS
        BP_DROPOUT
        BP_USER_ACTIVATION
        BP_ALPHA_DROPOUT
        BP_GAUSSIAN_NOISE
        BP_GAUSSIAN_DROPOUT
        BP_AFFINE
        BP_BATCH_NORM
        BP_LAYER_NORM
        BP_RMS_NORM
        BP_UNIT_NORM
        BP_PRELU
    enum:
        BP_MEAN_SQUARED_ERROR
        BP_BINARY_CROSSENTROPY
        BP_CATEGORICAL_CROSSENTROPY
        BP_SPARSE_CATEGORICAL_CROSSENTROPY
        BP_BINARY_CROSSENTROPY_FROM_Z
        BP_CATEGORICAL_CROSSENTROPY_FROM_Z
        BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z
        BP_MEAN_ABSOLUTE_ERROR
        BP_MEAN_ABSOLUTE_PERCENTAGE_ERROR
        BP_MEAN_SQUARED_LOGARITHMIC_ERROR
        BP_COSINE_SIMILARITY
        BP_HUBER
        BP_LOG_COSH
        BP_POISSON
        BP_KL_DIVERGENCE
        BP_HINGE
        BP_SQUARED_HINGE
        BP_CATEGORICAL_HINGE
        BP_QUANTILE
        BP_GAUSSIAN_NEGATIVE_LOG_LIKELIHOOD
        BP_BINARY_FOCAL_CROSSENTROPY
        BP_CATEGORICAL_FOCAL_CROSSENTROPY
        BP_CATEGORICAL_GENERALIZED_CROSS_ENTROPY
        BP_DICE
        BP_TVERSKY
        BP_BINARY_CROSSENTROPY_FROM_LOGITS
        BP_CATEGORICAL_CROSSENTROPY_FROM_LOGITS
        BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_LOGITS
        BP_N_LOSSES
        BP_USER_LOSS
        BP_NATIVE_LOSS

    enum:
        BP_SGD
        BP_ADAM
        BP_AMSGRAD
        BP_RMSPROP
        BP_ADAGRAD
        BP_ADADELTA
        BP_ADAMAX
        BP_NADAM
        BP_FTRL
        BP_LION
        BP_N_OPTIMIZERS
        BP_ADAFACTOR
    ctypedef struct bp_coefficients:
        double rate
        double beta_1, beta_2
        double epsilon
        double of_m, of_g, of_v
        double power, l1, l2, shrinkage
        double l2_per_rate
        int nesterov
        bint divides, far

    enum:
        BP_INT8
        BP_INT16
        BP_INT32
        BP_INT64
        BP_UINT8
        BP_UINT16
        BP_UINT32
        BP_UINT64
        BP_FLOAT16
        BP_FLOAT32
        BP_FLOAT64

    ctypedef struct bp_rows:
        const void *values
        int element
        Py_ssize_t stride
        const void *columns
        const void *starts
        int wide

    int bp_rides(int g) noexcept
    int bp_is_quartered(Py_ssize_t n_in, Py_ssize_t n_out) noexcept
    Py_ssize_t bp_half_of_outputs(Py_ssize_t n_out) noexcept

    enum:
        BP_CHAIN
    ctypedef struct bp_link:
        Py_ssize_t n_in, n_out
        Py_ssize_t w, b
        Py_ssize_t w_t
        Py_ssize_t z, a, delta
        int g
        const double *p
    ctypedef struct bp_chain:
        int n
        int loss
        bint from_z
        const double *loss_p
        bp_link links[8]   # BP_CHAIN
