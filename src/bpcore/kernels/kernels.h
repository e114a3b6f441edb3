/* The table of kernels: the contract of every inner loop, stated once.
 *
 * This header has no include guard: dispatch.h includes it once for each
 * element type, with REAL (float or double) and BP_KERNELS (the name of the
 * table) defined.
 *
 * Letters, as everywhere in bpcore:
 *   rows   B, the examples of a batch        n_in, n_out   n_{l-1} and n_l
 *   a, z, delta   (rows, n), row-major; their rows follow each other, or lie a_row, z_row,
 *                 delta_row elements apart where a kernel is given that
 *   w      (n_in, n_out)                     b   (n_out,)
 *
 * Arrays never overlap unless a comment says "may be". Every size may be any
 * number >= 0 (n >= 1 for softmax), and no pointer needs an alignment beyond
 * its element's. Kernels allocate nothing, keep no state and never fail.
 * Each output element is summed in one order, whatever part of the array a
 * call is given: splitting the rows (or, in `gradient`, the rows of w) over
 * several calls changes no bit.
 */
typedef struct BP_KERNELS {
    /* ---- the three products ------------------------------------------- */

    /* z = a w + b; b may be NULL (no bias). Row i of a is the index[i]-th from a on, or
     * the i-th where index is NULL: data in a shuffled order need no copy. With relu,
     * max(z, 0) is stored instead of z. */
    void (*weighted_sum)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                         ptrdiff_t a_row, const int64_t *index, const REAL *w, const REAL *b,
                         int relu, REAL *z, ptrdiff_t z_row);

    /* Outputs from .. to-1 of one of the four quarters of a weighted sum that bp_is_quartered: of half
     * `inputs` (0 or 1) of the inputs into one half of the outputs. The quarter of the first inputs
     * and first outputs, and that of the last, come first; the others add to them and end the sums. */
    void (*sum_quarter)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                        ptrdiff_t a_row, const int64_t *index, const REAL *w, const REAL *b,
                        int relu, REAL *z, ptrdiff_t z_row, int inputs, ptrdiff_t from,
                        ptrdiff_t to);

    /* out = delta w^T; delta is (rows, n_out), out (rows, n_in). w_t = w^T of shape (n_out,
     * n_in), or NULL: then w is turned round a panel at a time, which is the better way for
     * weights that two copies of would leave the cache. If a (rows, n_in) is not NULL, out is
     * multiplied by g' there, a being g's value: g is BP_RELU, BP_SIGMOID or BP_TANH. out may be
     * a where n_out <= BP_WHOLE_DEPTH. */
    void (*delta_product)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out,
                          const REAL *delta, ptrdiff_t delta_row, const REAL *w,
                          const REAL *w_t, int g, const REAL *a, REAL *out,
                          ptrdiff_t out_row);

    /* grad_w = a^T delta for the n_in columns of a that start at `a`, its rows in the order of
     * index as for weighted_sum. */
    void (*gradient)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                     ptrdiff_t a_row, const int64_t *index, const REAL *delta,
                     ptrdiff_t delta_row, REAL *grad_w);

    /* The weighted sum and the gradient for an a with many zeros: what those multiply is left
     * out, so that 0 times an infinity or NaN counts as 0. The sum's rows of a follow each other;
     * the gradient's a starts at its first column, and the n_in columns from `first` on are
     * meant. */
    void (*weighted_sum_skipping)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                                  const int64_t *index, const uint64_t *bits, const REAL *w,
                                  const REAL *b, int relu, REAL *z, ptrdiff_t z_row);
    void (*gradient_skipping)(ptrdiff_t rows, ptrdiff_t n_in, ptrdiff_t n_out, const REAL *a,
                              ptrdiff_t a_row, ptrdiff_t first, const int64_t *index,
                              const uint64_t *bits, const REAL *delta, ptrdiff_t delta_row,
                              REAL *grad_w);

    /* What they read as `bits`, one for each element of a (rows, n) in the order of index, set
     * where it is not 0: bp_words_of_bits(n) words a row. */
    void (*nonzeros)(ptrdiff_t rows, ptrdiff_t n, const REAL *a, const int64_t *index,
                     uint64_t *bits);

    /* The part of a's elements that is not 0. */
    double (*density)(ptrdiff_t rows, ptrdiff_t n, const uint64_t *bits);

    /* sums[j] = sum over rows of delta[i, j]: the gradient of the bias. */
    void (*column_sums)(ptrdiff_t rows, ptrdiff_t n, const REAL *delta, ptrdiff_t delta_row,
                        REAL *sums);

    /* dst (n, rows) = src^T, src (rows, n); their rows lie src_stride and stride apart. */
    void (*transpose)(ptrdiff_t rows, ptrdiff_t n, const REAL *src, ptrdiff_t src_stride,
                      REAL *dst, ptrdiff_t stride);

    /* ---- activations, indexed by enum bp_activation --------------------- */

    /* a = g(z). a may be z. p: the three parameters of g, described beside each; NULL is
     * enough for linear, relu, sigmoid, tanh and softmax, which have none. */
    void (*activate[BP_N_ACTIVATIONS])(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *a,
                                       const double *p);

    /* delta = delta . g'(z) in place, given z and a = g(z); for softmax and
     * the other activations of whole rows the product with the full Jacobian of each row.
     * Those that read a alone say so where they are defined: for them z may be a. */
    void (*derive[BP_N_ACTIVATIONS])(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                                     const REAL *a, REAL *delta, const double *p);

    /* dst = src where a random draw keeps the element, times 1/(1-rate), and
     * 0 elsewhere. `threshold` is rate * 2^32; draw[4] names the random
     * numbers: {layer, step, epoch, first row}, keyed by seed. The same draw
     * gives the same mask, so the backward pass is the same call on delta.
     * dst may be src. */
    void (*dropout)(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                    const uint32_t draw[4], const REAL *src, REAL *dst);

    /* dst = src scaled and shifted where the draw keeps the element, and the image of SELU's
     * floor elsewhere, so that mean and variance stay; with `back`, its derivative times src.
     * dst may be src. */
    void (*alpha_dropout)(ptrdiff_t rows, ptrdiff_t n, uint64_t threshold, uint64_t seed,
                          const uint32_t draw[4], int back, const REAL *src, REAL *dst);

    /* dst = src + deviation N, or with `factor` src (1 + deviation N), N standard normal
     * numbers of the draw. dst may be src. */
    void (*gaussian)(ptrdiff_t rows, ptrdiff_t n, double deviation, int factor, uint64_t seed,
                     const uint32_t draw[4], const REAL *src, REAL *dst);

    /* ---- normalisation ---------------------------------------------------
     * gamma, beta, alpha and all statistics are vectors of n, one number a column. */

    /* Mean and variance (of rows, not rows - 1) of the columns of z. */
    void (*moments)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, REAL *mean, REAL *variance);

    /* a = (z - shift) scale + offset, offset NULL meaning 0. */
    void (*affine)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *shift,
                   const REAL *scale, const REAL *offset, REAL *a);

    /* delta = delta scale, column by column. */
    void (*multiply_columns)(ptrdiff_t rows, ptrdiff_t n, const REAL *scale, REAL *delta);

    /* along += sum over rows of delta h, h = (z - mean) inverse; sums += that of delta:
     * the gradients of gamma and beta. */
    void (*column_moments)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *mean,
                           const REAL *inverse, const REAL *delta, REAL *along, REAL *sums);

    /* delta = scale (delta - (sums + h along) / rows): back through a normalisation by the
     * batch's own moments (Ioffe & Szegedy 2015). */
    void (*batch_norm_back)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *mean,
                            const REAL *inverse, const REAL *scale, const REAL *along,
                            const REAL *sums, REAL *delta);

    /* a = h gamma + beta, h each row of z normalised: less its mean and divided by its
     * deviation (kind BP_LAYER_NORM), divided by its root mean square (BP_RMS_NORM) or by
     * its length (BP_UNIT_NORM). gamma and beta may be NULL. */
    void (*row_norm)(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *gamma,
                     const REAL *beta, double epsilon, REAL *a);

    /* delta = dC/da becomes dC/dz; the gradients of gamma and beta are added to grad_gamma
     * and grad_beta, unless NULL. */
    void (*row_norm_back)(int kind, ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                          const REAL *gamma, double epsilon, REAL *delta, REAL *grad_gamma,
                          REAL *grad_beta);

    /* a = max(z, 0) + alpha min(z, 0), and back likewise. */
    void (*prelu)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *alpha, REAL *a);
    void (*prelu_back)(ptrdiff_t rows, ptrdiff_t n, const REAL *z, const REAL *alpha,
                       REAL *delta, REAL *grad_alpha);

    /* ---- costs, indexed by enum bp_loss ---------------------------------
     * Returns sum_i weight_i C(x_i), weight NULL meaning 1. If delta is not
     * NULL it receives scale * weight_i * dC(x_i)/da (for the pairs named
     * ..._FROM_Z: dC(x_i)/dz), so that scale = 1/|D| folds the average in once.
     * y is (rows, n), or (rows, 1) holding the label for the sparse losses (others of
     * another width say so beside their formula). p holds the loss's own parameters,
     * as many as it reads, in the order its formula's comment gives. */
    double (*cost[BP_N_LOSSES])(ptrdiff_t rows, ptrdiff_t n, const REAL *z,
                                const REAL *a, const REAL *y, const REAL *weight,
                                double scale, const double *p, REAL *delta);

    /* ---- all of that for one example ---------------------------------------
     * weight C(x), weight NULL meaning 1, and its gradient; W^T as needed is in work. */
    double (*example)(const bp_chain *chain, const REAL *x, const REAL *y, const REAL *weight,
                      const REAL *theta, REAL *work, REAL *grad);

    /* ---- optimizers, indexed by enum bp_optimizer -------------------------
     * One update of n parameters, in place. slots[k] is the k-th of the up to four arrays of
     * n numbers that the optimizer keeps, NULL where its settings leave one out; see
     * optimizers.h for what each is. */
    void (*update[BP_N_OPTIMIZERS])(ptrdiff_t n, REAL *w, const REAL *grad,
                                    REAL *const slots[4], const bp_coefficients *c);

    /* ---- what may surround an update --------------------------------------- */

    /* l1 sum |w| + l2 sum w^2, summed in double. */
    double (*penalty)(ptrdiff_t n, const REAL *w, double l1, double l2);

    /* grad += l1 sign(w) + 2 l2 w: the gradient of `penalty`. */
    void (*penalty_gradient)(ptrdiff_t n, const REAL *w, double l1, double l2, REAL *grad);

    /* sum += grad. */
    void (*accumulate)(ptrdiff_t n, const REAL *grad, REAL *sum);

    /* grad = (grad + sum) scale, then sum = 0. */
    void (*release)(ptrdiff_t n, double scale, REAL *sum, REAL *grad);

    /* x *= factor. */
    void (*scale)(ptrdiff_t n, double factor, REAL *x);

    /* x = x held within [low, high]; NaN stays. */
    void (*clip)(ptrdiff_t n, double low, double high, REAL *x);

    /* average = momentum average + (1 - momentum) w. */
    void (*moving_average)(ptrdiff_t n, const REAL *w, double momentum, REAL *average);

    /* The sum of x^2, in double. */
    double (*sum_of_squares)(ptrdiff_t n, const REAL *x);

    /* ---- data ----------------------------------------------------------- */

    /* dst[i] = src[index[i]], rows of n elements. index goes on for `more` rows that will be wanted
     * next. */
    void (*gather)(ptrdiff_t rows, ptrdiff_t more, ptrdiff_t n, const REAL *src,
                   const int64_t *index, REAL *dst);

    /* The same from rows of any kind, converted to REAL; index NULL means the rows from
     * `first` on as they lie. */
    void (*gather_rows)(ptrdiff_t rows, ptrdiff_t more, ptrdiff_t n, const bp_rows *src,
                        ptrdiff_t first, const int64_t *index, REAL *dst);

    /* 1 if no element of these rows, not sparse, is NaN or infinite as REAL, else 0. */
    int (*all_finite)(ptrdiff_t rows, ptrdiff_t n, const bp_rows *src);

    /* index[i] = where row i of a is largest: the first of equals, or the first NaN. */
    void (*argmax)(ptrdiff_t rows, ptrdiff_t n, const REAL *a, int64_t *index);

    /* order = a random permutation of 0 .. n-1, n < 2^32, that depends on seed and epoch
     * only. */
    void (*shuffle)(int64_t n, uint64_t seed, uint32_t epoch, int64_t *order);
} BP_KERNELS;
