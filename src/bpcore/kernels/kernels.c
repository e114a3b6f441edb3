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
#include "costs.h"
#include "gather.h"
#include "matmul.h"
#include "noise.h"
#include "normalisation.h"
#include "optimizers.h"
#include "simd.h"
#include "transpose.h"
#include "vecmath.h"

extern const BP_KERNELS BP_TABLE;

const BP_KERNELS BP_TABLE = {
    .weighted_sum = weighted_sum,
    .delta_product = delta_product,
    .gradient = gradient,
    .column_sums = column_sums,
    .transpose = transpose,
    .activate = {[BP_LINEAR] = activate_linear,
                 [BP_RELU] = activate_relu,
                 [BP_SIGMOID] = activate_sigmoid,
                 [BP_TANH] = activate_tanh,
                 [BP_SOFTMAX] = activate_softmax},
    .derive = {[BP_LINEAR] = derive_linear,
               [BP_RELU] = derive_relu,
               [BP_SIGMOID] = derive_sigmoid,
               [BP_TANH] = derive_tanh,
               [BP_SOFTMAX] = derive_softmax},
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
                 cost_sparse_categorical_crossentropy_from_z},
    .sgd = sgd,
    .adam = adam,
    .gather = gather,
    .gather_rows = gather_rows,
    .all_finite = all_finite,
};
