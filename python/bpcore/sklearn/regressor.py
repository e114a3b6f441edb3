"""The regressor."""

import numpy as np
from scipy.special import xlogy
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from ._base import BaseMLP
from ._network import Objective


def _poisson_constants(y):
    """What half the deviance has beyond a − y log a, for each row."""
    y = y.astype(np.float64)
    return (xlogy(y, y) - y).sum(axis=1)


class MLPRegressor(RegressorMixin, BaseMLP):
    """Regressor: a multi-layer perceptron, trained as scikit-learn's of this name.

    A network of dense layers under bpcore's compiled loop, with the parameters, the objective,
    the attributes and the warnings of `sklearn.neural_network.MLPRegressor`.

    Parameters
    ----------
    loss : {"squared_error", "poisson"} or any loss of bpcore, default "squared_error"
        "squared_error" is ½ (y − a)², "poisson" half the deviance, with the exponential as
        output's activation, for y ≥ 0; as in scikit-learn. Others: `bpcore.losses.get`.
    hidden_layer_sizes : array_like of int, default (100,)
        Units of each hidden layer.
    activation : str, callable, pair (g, g′), or list of them, default "relu"
        Of the hidden layers: "identity", "logistic", "tanh", "relu", or any that
        `bpcore.activations.get` takes. A list has one for each layer.
    solver : {"adam", "sgd", "lbfgs"}, name of an optimizer, or Optimizer, default "adam"
        "lbfgs": L-BFGS, as in scikit-learn, on all rows at once. Others
        than these three: see `bpcore.optimizers`; an object is copied for each fit, and has
        its own learning rate.
    alpha : float, default 0.0001
        α of the penalty α/2 Σ W² / Σ w over all weights W (no biases), Σ w being the number of
        rows of the batch, or their summed weight.
    batch_size : int or "auto", default "auto"
        Rows of a mini-batch; "auto" is min(200, N). Not for "lbfgs".
    learning_rate : {"constant", "invscaling", "adaptive"}, default "constant"
        Only for "sgd". "invscaling": learning_rate_init / (t + 1) ** power_t, t being the rows
        seen. "adaptive": divided by 5 whenever training would stop, until it is 1e-6.
    learning_rate_init : float, default 0.001
        Not for "lbfgs".
    power_t : float, default 0.5
        Of "invscaling".
    max_iter : int, default 200
        Most epochs; most iterations of "lbfgs".
    shuffle : bool, default True
        Visit the rows in a new random order each epoch.
    random_state : int, RandomState or None, default None
        Source of the first weights and of what `early_stopping` holds out, both as
        scikit-learn draws them, and of the order of the rows, in which it differs.
    tol : float, default 1e-4
        What counts as improvement, of the loss or the score; the largest gradient at which
        "lbfgs" ends.
    verbose : bool, int or "bar", default False
        Print each epoch's loss; "bar" shows a progress bar instead.
    warm_start : bool, default False
        Let `fit` go on from the weights of the last one.
    momentum : float, default 0.9
        From 0 to 1, for "sgd".
    nesterovs_momentum : bool, default True
        For "sgd".
    early_stopping : bool, default False
        Hold out a part of the rows, stop when their score no longer improves, and keep the
        weights with the best score. With `validation_data` those are used instead.
    validation_fraction : float, default 0.1
        The part held out.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        For "adam".
    n_iter_no_change : int or inf, default 10
        Epochs without improvement that end the training.
    max_fun : int, default 15000
        Most evaluations of the cost by "lbfgs".
    out_activation : str, callable, pair (g, g′), or None, default None
        Of the output layer; None leaves it to the loss, as in scikit-learn.
    dropout : float or list of float, default 0.0
        Rate of dropout behind each hidden layer. Not with "lbfgs".
    monitor : {"auto", "loss", "val_loss", "val_score"}, default "auto"
        What must improve: the training loss, or loss or score of the data held out or given
        as `validation_data`, for which the best weights are kept. "auto" is "val_score" with
        `early_stopping`, else "loss".
    callbacks : list of Callback, or None, default None
        See `bpcore.callbacks`; ``on_epoch_end`` gets "loss", "val_loss" and "val_score".
    scale : bool, default False
        Standardise the inputs and the targets, by the rows of the first fit. `coefs_` are then
        those of the standardised network.
    n_threads : int or None, default 1
        Threads of a fit; None lets bpcore choose by size. It is one by default so that searches
        with ``n_jobs`` do not ask for more threads than there are cores. The bits do not
        depend on it.
    dtype : {"float32", "float64"} or None, default None
        Of the network; None: float32 for float32 inputs, else float64.
    model : Sequential or None, default None
        See `from_model`.

    Attributes
    ----------
    coefs_ : list of ndarray
        W of each layer, shape (n_in, n_out). May be replaced by arrays of the same shapes.
    intercepts_ : list of ndarray
        b of each layer, shape (n_out,).
    loss_ : float
        The loss of the last epoch, with its penalty.
    best_loss_ : float or None
        The least loss of all epochs; None with `early_stopping`.
    loss_curve_ : list of float
        The loss of each epoch; not with "lbfgs".
    validation_scores_ : list of float or None
        R² on the data held out, of each epoch; None without such data.
    best_validation_score_ : float or None
        The best of them.
    n_iter_ : int
        Epochs of the last fit, or iterations of "lbfgs".
    t_ : int
        Rows seen in all epochs.
    n_layers_ : int
        Layers of weights, and one for the inputs.
    n_outputs_ : int
    out_activation_ : str
        Activation of the output layer.
    model_ : Sequential
        The network itself.
    stopped_ : bool
        Of `partial_fit` with `early_stopping`: whether this call ended the training.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X had names of columns that are all strings.

    Examples
    --------
    >>> from bpcore.sklearn import MLPRegressor
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = MLPRegressor(solver="lbfgs", scale=True, max_iter=999, random_state=0)
    >>> bool(net.fit(X, y).score(X, y) > 0.5)
    True
    """

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        out_activation=None,
        dropout=0.0,
        monitor="auto",
        callbacks=None,
        scale=False,
        n_threads=1,
        dtype=None,
        model=None,
    ):
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.out_activation = out_activation
        self.dropout = dropout
        self.monitor = monitor
        self.callbacks = callbacks
        self.scale = scale
        self.n_threads = n_threads
        self.dtype = dtype
        self.model = model

    # ---- targets ---------------------------------------------------------------------

    def _validate_input(self, X, y, incremental=False, reset=False, validation=False):
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        return X, y, None

    def _objective(self):
        poisson, n = self.loss == "poisson", self.n_outputs_
        self.out_activation_ = self.out_activation
        if self.model is not None:
            self.out_activation_ = self.model.layers[-1].activation
        elif self.out_activation is None:
            self.out_activation_ = "exp" if poisson else "identity"
        if self.loss == "squared_error":
            return Objective("mean_squared_error", factor=0.5 * n, shown=1.0 / n)
        if poisson:  # Keras has the mean over the outputs, scikit-learn the sum
            return Objective("poisson", factor=float(n), constants=_poisson_constants)
        return Objective(self.loss)

    def _targets(self, y, dtype):
        return np.ascontiguousarray(y.reshape(len(y), -1), dtype)

    def _score_outputs(self, y, out, weight):
        """R², the mean over the outputs, as `sklearn.metrics.r2_score` has it."""
        if len(y) < 2:
            return float("nan")
        y, out = y.astype(np.float64), out.astype(np.float64)
        w = np.ones(len(y)) if weight is None else weight
        residual = w @ np.square(y - out)
        total = w @ np.square(y - np.average(y, axis=0, weights=w))
        perfect = np.where(residual == 0, 1.0, 0.0)  # of targets that are all the same
        score = 1 - np.divide(residual, total, out=1 - perfect, where=total != 0)
        return float(score.mean())

    # ---- fitting ---------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, validation_data=None):
        """Train the network.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)
            Sparse rows go to the compiled core as they are.
        y : array_like, shape (N,) or (N, n_outputs)
        sample_weight : array_like, shape (N,), optional
            The loss of a batch is Σᵢ wᵢ C(xᵢ) / Σᵢ wᵢ.
        validation_data : tuple (X, y) or (X, y, sample_weight), optional
            Scored after each epoch; with `early_stopping` it takes the place of a part of X.
            Not used by "lbfgs".

        Returns
        -------
        MLPRegressor
            The estimator itself.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    @available_if(lambda est: est._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, validation_data=None):
        """Train one epoch.

        With `early_stopping` and `validation_data`, each call counts as an epoch: once the
        score has not improved for `n_iter_no_change` of them, the best weights are given back
        and `stopped_` is True.

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As for `fit`.

        Returns
        -------
        MLPRegressor
            The estimator itself.
        """
        return self._fit(X, y, sample_weight, True, validation_data)

    # ---- predicting ------------------------------------------------------------------

    def predict(self, X):
        """Return the predicted values.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)

        Returns
        -------
        ndarray, shape (N,), or (N, n_outputs) for several outputs
            Of the network's dtype.
        """
        out = self._outputs(X)
        if self._scaling is not None:
            out = self._scaling.predictions(out)
        return out.ravel() if out.shape[1] == 1 else out
