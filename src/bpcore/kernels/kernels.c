/* The one body of every kernel. CMake compiles this file once for each element
 * type and instruction set, with
 *   REAL_BITS  32 or 64
 *   BP_TABLE   the name of the table it exports, e.g. bp_avx2_f32
 * and everything in it static but that table. */
#include "dispatch.h"

#if REAL_BITS == 32
#define REAL float
#define BP_KERNELS bp_kernels_f32
#else
#define REAL double
#define BP_KERNELS bp_kernels_f64
#endif

#include "activations.h"
#include "argmax.h"
#include "costs.h"
#include "costs_probability.h"
#include "costs_regression.h"
#include "gather.h"
#include "matmul.h"
#include "noise.h"
#include "normalisation.h"
#include "optimizers.h"
#include "parameters.h"
#include "shuffle.h"
#include "simd.h"
#include "skip.h"
#include "transpose.h"
#include "vecmath.h"

extern const BP_KERNELS BP_TABLE;

#include "chain.h" /* which calls the table's own */

const BP_KERNELS BP_TABLE = {
    .weighted_sum = weighted_sum,
    .sum_quarter = sum_quarter,
    .delta_product = delta_product,
    .gradient = gradient,
    .weighted_sum_skipping = weighted_sum_skipping,
    .gradient_skipping = gradient_skipping,
    .nonzeros = nonzeros,
    .density = density,
    .column_sums = column_sums,
    .transpose = transpose,
    .activate = {[BP_LINEAR] = activate_linear,
                 [BP_RELU] = activate_relu,
                 [BP_SIGMOID] = activate_sigmoid,
                 [BP_TANH] = activate_tanh,
                 [BP_SOFTMAX] = activate_softmax,
                 [BP_LEAKY_RELU] = activate_leaky_relu,
                 [BP_RELU_GENERAL] = activate_relu_general,
                 [BP_ELU] = activate_elu,
                 [BP_EXPONENTIAL] = activate_exponential,
                 [BP_GELU] = activate_gelu,
                 [BP_GELU_TANH] = activate_gelu_tanh,
                 [BP_HARD_SHRINK] = activate_hard_shrink,
                 [BP_HARD_SIGMOID] = activate_hard_sigmoid,
                 [BP_HARD_SILU] = activate_hard_silu,
                 [BP_HARD_TANH] = activate_hard_tanh,
                 [BP_LOG_SIGMOID] = activate_log_sigmoid,
                 [BP_MISH] = activate_mish,
                 [BP_SILU] = activate_silu,
                 [BP_SOFT_SHRINK] = activate_soft_shrink,
                 [BP_SOFTPLUS] = activate_softplus,
                 [BP_SOFTSIGN] = activate_softsign,
                 [BP_SPARSE_PLUS] = activate_sparse_plus,
                 [BP_SPARSE_SIGMOID] = activate_sparse_sigmoid,
                 [BP_SQUAREPLUS] = activate_squareplus,
                 [BP_TANH_SHRINK] = activate_tanh_shrink,
                 [BP_THRESHOLD] = activate_threshold,
                 [BP_LOG_SOFTMAX] = activate_log_softmax,
                 [BP_SPARSEMAX] = activate_sparsemax},
    .derive = {[BP_LINEAR] = derive_linear,
               [BP_RELU] = derive_relu,
               [BP_SIGMOID] = derive_sigmoid,
               [BP_TANH] = derive_tanh,
               [BP_SOFTMAX] = derive_softmax,
               [BP_LEAKY_RELU] = derive_leaky_relu,
               [BP_RELU_GENERAL] = derive_relu_general,
               [BP_ELU] = derive_elu,
               [BP_EXPONENTIAL] = derive_exponential,
               [BP_GELU] = derive_gelu,
               [BP_GELU_TANH] = derive_gelu_tanh,
               [BP_HARD_SHRINK] = derive_hard_shrink,
               [BP_HARD_SIGMOID] = derive_hard_sigmoid,
               [BP_HARD_SILU] = derive_hard_silu,
               [BP_HARD_TANH] = derive_hard_tanh,
               [BP_LOG_SIGMOID] = derive_log_sigmoid,
               [BP_MISH] = derive_mish,
               [BP_SILU] = derive_silu,
               [BP_SOFT_SHRINK] = derive_soft_shrink,
               [BP_SOFTPLUS] = derive_softplus,
               [BP_SOFTSIGN] = derive_softsign,
               [BP_SPARSE_PLUS] = derive_sparse_plus,
               [BP_SPARSE_SIGMOID] = derive_sparse_sigmoid,
               [BP_SQUAREPLUS] = derive_squareplus,
               [BP_TANH_SHRINK] = derive_tanh_shrink,
               [BP_THRESHOLD] = derive_threshold,
               [BP_LOG_SOFTMAX] = derive_log_softmax,
               [BP_SPARSEMAX] = derive_sparsemax},
    .dropout = dropout,
    .alpha_dropout = alpha_dropout,
    .gaussian = gaussian,
    .moments = moments,
    .affine = affine,
    .multiply_columns = multiply_columns,
    .column_moments = column_moments,
    .batch_norm_back = batch_norm_back,
    .row_norm = row_norm,
    .row_norm_back = row_norm_back,
    .prelu = prelu,
    .prelu_back = prelu_back,
    .cost = {[BP_MEAN_SQUARED_ERROR] = cost_mean_squared_error,
             [BP_BINARY_CROSSENTROPY] = cost_binary_crossentropy,
             [BP_CATEGORICAL_CROSSENTROPY] = cost_categorical_crossentropy,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY] = cost_sparse_categorical_crossentropy,
             [BP_BINARY_CROSSENTROPY_FROM_Z] = cost_binary_crossentropy_from_z,
             [BP_CATEGORICAL_CROSSENTROPY_FROM_Z] = cost_categorical_crossentropy_from_z,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_Z] =
                 cost_sparse_categorical_crossentropy_from_z,
             [BP_MEAN_ABSOLUTE_ERROR] = cost_mean_absolute_error,
             [BP_MEAN_ABSOLUTE_PERCENTAGE_ERROR] =
                 cost_mean_absolute_percentage_error,
             [BP_MEAN_SQUARED_LOGARITHMIC_ERROR] =
                 cost_mean_squared_logarithmic_error,
             [BP_COSINE_SIMILARITY] = cost_cosine_similarity,
             [BP_HUBER] = cost_huber,
             [BP_LOG_COSH] = cost_log_cosh,
             [BP_POISSON] = cost_poisson,
             [BP_KL_DIVERGENCE] = cost_kl_divergence,
             [BP_HINGE] = cost_hinge,
             [BP_SQUARED_HINGE] = cost_squared_hinge,
             [BP_CATEGORICAL_HINGE] = cost_categorical_hinge,
             [BP_QUANTILE] = cost_quantile,
             [BP_GAUSSIAN_NEGATIVE_LOG_LIKELIHOOD] =
                 cost_gaussian_negative_log_likelihood,
             [BP_BINARY_FOCAL_CROSSENTROPY] = cost_binary_focal_crossentropy,
             [BP_CATEGORICAL_FOCAL_CROSSENTROPY] =
                 cost_categorical_focal_crossentropy,
             [BP_CATEGORICAL_GENERALIZED_CROSS_ENTROPY] =
                 cost_categorical_generalized_cross_entropy,
             [BP_DICE] = cost_dice,
             [BP_TVERSKY] = cost_tversky,
             [BP_BINARY_CROSSENTROPY_FROM_LOGITS] =
                 cost_binary_crossentropy_from_logits,
             [BP_CATEGORICAL_CROSSENTROPY_FROM_LOGITS] =
                 cost_categorical_crossentropy_from_logits,
             [BP_SPARSE_CATEGORICAL_CROSSENTROPY_FROM_LOGITS] =
                 cost_sparse_categorical_crossentropy_from_logits},
    .example = example,
    .update = {[BP_SGD] = sgd,
               [BP_ADAM] = adam,
               [BP_AMSGRAD] = amsgrad,
               [BP_RMSPROP] = rmsprop,
               [BP_ADAGRAD] = adagrad,
               [BP_ADADELTA] = adadelta,
               [BP_ADAMAX] = adamax,
               [BP_NADAM] = nadam,
               [BP_FTRL] = ftrl,
               [BP_LION] = lion},
    .penalty = penalty,
    .penalty_gradient = penalty_gradient,
    .accumulate = accumulate,
    .release = release,
    .scale = scale_all,
    .clip = clip_all,
    .moving_average = moving_average,
    .sum_of_squares = sum_of_squares,
    .gather = gather,
    .gather_rows = gather_rows,
    .all_finite = all_finite,
    .argmax = argmax,
    .shuffle = shuffle,
};
