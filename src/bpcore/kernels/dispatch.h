/* The enums of the plan, the two tables of kernels, and the choice among the
 * instruction sets they are compiled for. */
#ifndef BPCORE_DISPATCH_H
#define BPCORE_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

enum bp_activation {
    BP_LINEAR,
    BP_RELU,
    BP_SIGMOID,
    BP_TANH,
    BP_SOFTMAX,
    BP_LEAKY_RELU,
    BP_RELU_GENERAL,
    BP_ELU,
    BP_EXPONENTIAL,
    BP_GELU,
    BP_GELU_TANH,
    BP_HARD_SHRINK,
    BP_HARD_SIGMOID,
    BP_HARD_SILU,
    BP_HARD_TANH,
    BP_LOG_SIGMOID,
    BP_MISH,
    BP_SILU,
    BP_SOFT_SHRINK,
    BP_SOFTPLUS,
    BP_SOFTSIGN,
    BP_SPARSE_PLUS,
    BP_SPARSE_SIGMOID,
    BP_SQUAREPLUS,
    BP_TANH_SHRINK,
    BP_THRESHOLD,
    BP_LOG_SOFTMAX,
    BP_SPARSEMAX,
    BP_N_ACTIVATIONS,
    /* Carried out above the kernels: */
    BP_DROPOUT = BP_N_ACTIVATIONS,
    BP_USER_ACTIVATION,
    BP_ALPHA_DROPOUT,
    BP_GAUSSIAN_NOISE,
    BP_GAUSSIAN_DROPOUT,
    BP_AFFINE,
    BP_BATCH_NORM,
    BP_LAYER_NORM,
    BP_RMS_NORM,
    BP_UNIT_NORM,
    BP_PRELU
};

enum bp_loss {
    BP_MEAN_SQUARED_ERROR,
    BP_BINARY_CROSSENTROPY,
    BP_CATEGORICAL_CROSSENTROPY,
    BP_SPARSE_CATEGORICAL_CROSSENTROPY,
    /* The output activation and the cost as one function of z: no logarithm
     * of a rounded 0, and delta = a - y. */
    BP_BINARY_CROSSENTROPY_FROM_Z,             /* after sigmoid */
    BP_CATEGORICAL_CROSSENTROPY_FROM_Z,        /* after softmax */
    BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z, /* after softmax */
    BP_MEAN_ABSOLUTE_ERROR,
    BP_MEAN_ABSOLUTE_PERCENTAGE_ERROR,
    BP_MEAN_SQUARED_LOGARITHMIC_ERROR,
    BP_COSINE_SIMILARITY,
    BP_HUBER,
    BP_LOG_COSH,
    BP_POISSON,
    BP_KL_DIVERGENCE,
    BP_HINGE,
    BP_SQUARED_HINGE,
    BP_CATEGORICAL_HINGE,
    BP_QUANTILE,
    BP_GAUSSIAN_NEGATIVE_LOG_LIKELIHOOD,
    BP_BINARY_FOCAL_CROSSENTROPY,
    BP_CATEGORICAL_FOCAL_CROSSENTROPY,
    BP_CATEGORICAL_GENERALIZED_CROSS_ENTROPY,
    BP_DICE,
    BP_TVERSKY,
    BP_BINARY_CROSSENTROPY_FROM_LOGITS,
    BP_CATEGORICAL_CROSSENTROPY_FROM_LOGITS,
    BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_LOGITS,
    BP_N_LOSSES,
    /* Carried out above the kernels: */
    BP_USER_LOSS = BP_N_LOSSES, /* in Python */
    BP_NATIVE_LOSS              /* a function pointer of the user's */
};

/* Whether g', a function of g's value, can be part of the delta product that makes what it is
 * multiplied by. */
static inline int bp_rides(int g) { return g == BP_RELU || g == BP_SIGMOID || g == BP_TANH; }

/* 64-bit words that hold a bit for each of n elements. */
static inline ptrdiff_t bp_words_of_bits(ptrdiff_t n) { return (n + 63) / 64; }

/* The weighted sums of a large W come in four quarters: half of the inputs into half of the outputs.
 * The first outputs add up the first half of the inputs, then the other; the last outputs begin with
 * the other half. So two threads can have half of the inputs each, and with them half of W, and both
 * begin at once. The order is the same for any number of threads, and for rows alone; sums that skip
 * zeros have another. */
enum { BP_QUARTERED_IN = 256, BP_QUARTERED_OUT = 96 };
static inline int bp_is_quartered(ptrdiff_t n_in, ptrdiff_t n_out) {
    return n_in >= BP_QUARTERED_IN && n_out >= BP_QUARTERED_OUT;
}
/* Where the second half begins: with a line of the cache. */
static inline ptrdiff_t bp_half_of_inputs(ptrdiff_t n_in) { return (n_in + 64) / 128 * 64; }
static inline ptrdiff_t bp_half_of_outputs(ptrdiff_t n_out) { return (n_out + 16) / 32 * 16; }

/* Products over at most so many terms are stored once; over more perhaps several times, with a part
 * of the terms each. */
enum { BP_WHOLE_DEPTH = 128 };

/* Element types that inputs may have: converted row by row, never copied whole. */
enum bp_element {
    BP_INT8,
    BP_INT16,
    BP_INT32,
    BP_INT64,
    BP_UINT8, /* and bool */
    BP_UINT16,
    BP_UINT32,
    BP_UINT64,
    BP_FLOAT16,
    BP_FLOAT32,
    BP_FLOAT64
};

/* Rows of inputs as the user has them. Dense: n contiguous elements each. Sparse: compressed
 * rows (CSR), columns in any order, and any of them more than once: their values are summed. */
typedef struct bp_rows {
    const void *values;  /* the first row; sparse: all stored values */
    int element;         /* enum bp_element */
    ptrdiff_t stride;    /* dense: elements from a row to the next, may be negative or 0 */
    const void *columns; /* sparse: the column of each value; NULL: dense */
    const void *starts;  /* sparse: row i has values starts[i] .. starts[i + 1] - 1 */
    int wide;            /* sparse: columns and starts are int64_t, else int32_t */
} bp_rows;

/* Optimizers whose update of a parameter needs nothing but that parameter's own numbers. */
enum bp_optimizer {
    BP_SGD,
    BP_ADAM,
    BP_AMSGRAD,
    BP_RMSPROP,
    BP_ADAGRAD,
    BP_ADADELTA,
    BP_ADAMAX,
    BP_NADAM,
    BP_FTRL,
    BP_LION,
    BP_N_OPTIMIZERS,
    /* Carried out above the kernels, a whole variable at a time: */
    BP_ADAFACTOR = BP_N_OPTIMIZERS
};

/* The numbers of one step of an optimizer: its settings and, folded in, what depends on how
 * many steps were made. optimizers.h says which an optimizer reads. */
typedef struct bp_coefficients {
    double rate;             /* the learning rate, with the corrections of the moments */
    double beta_1, beta_2;   /* decay of the first and second moment; momentum, rho */
    double epsilon;
    double of_m, of_g, of_v; /* Nadam: factors of both moments and of the gradient */
    double power, l1, l2, shrinkage; /* FTRL */
    double l2_per_rate;      /* FTRL: beta/2, what l2 grows by for each 1/learning_rate */
    int nesterov;
    int divides; /* the processor divides doubles as fast as it would estimate: see adam.h */
    int far;     /* the parameters are more than near caches hold */
} bp_coefficients;

/* Dense layers in a row, for training by one example at a time. Places are numbers of elements: of
 * w, b in the parameters and in their gradient, of the others in a workspace. */
enum { BP_CHAIN = 8 }; /* layers at most */

typedef struct bp_link {
    ptrdiff_t n_in, n_out;
    ptrdiff_t w, b;        /* b: -1 without a bias */
    ptrdiff_t w_t;         /* W^T, which the first layer, and one of one output, do without */
    ptrdiff_t z, a, delta; /* one row each; a may be z where g allows it */
    int g;                 /* enum bp_activation */
    const double *p;       /* its parameters */
} bp_link;

typedef struct bp_chain {
    int n;
    int loss;              /* enum bp_loss */
    int from_z;            /* the cost gives dC/dz of the last layer, not dC/da */
    const double *loss_p;
    bp_link links[BP_CHAIN];
} bp_chain;

#define REAL float
#define BP_KERNELS bp_kernels_f32
#include "kernels.h"
#undef REAL
#undef BP_KERNELS

#define REAL double
#define BP_KERNELS bp_kernels_f64
#include "kernels.h"
#undef REAL
#undef BP_KERNELS

/* One instruction set: the kernels of both element types. */
typedef struct bp_isa {
    const char *name;
    const bp_kernels_f32 *f32;
    const bp_kernels_f64 *f64;
} bp_isa;

/* Whether this processor's divider takes two doubles or more in three cycles. */
int bp_divides_fast(void);

/* The i-th instruction set this processor and its operating system run,
 * plainest first, or NULL past the end. */
const bp_isa *bp_isa_available(int i);

/* The one of that name, or NULL if this machine has none such. */
const bp_isa *bp_isa_find(const char *name);

/* Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): out = four random words for this counter under this key. */
void bp_philox(const uint32_t counter[4], uint64_t key, uint32_t out[4]);

#endif
