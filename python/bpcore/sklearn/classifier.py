"""The classifier."""

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import validate_data

from .._data import argmax
from ..losses import get as get_loss
from ._base import BaseMLP
from ._network import Objective, name_of

# Losses whose outputs are on both sides of 0, not probabilities.
_HINGES = ("hinge", "squared_hinge", "categorical_hinge")


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Classifier: a multi-layer perceptron, trained as scikit-learn's of this name.

    A network of dense layers under bpcore's compiled loop, with the parameters, the objective,
    the attributes and the warnings of `sklearn.neural_network.MLPClassifier`.

    Parameters
    ----------
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
    loss : "log_loss" or any loss of bpcore, default "log_loss"
        "log_loss" is scikit-learn's: cross-entropy of softmax outputs for several classes, of
        sigmoid outputs, summed over them, otherwise. Others: `bpcore.losses.get`.
    out_activation : str, callable, pair (g, g′), or None, default None
        Of the output layer; None leaves it to the loss, as in scikit-learn.
    dropout : float or list of float, default 0.0
        Rate of dropout behind each hidden layer. Not with "lbfgs".
    class_weight : dict, "balanced", list of dict, or None, default None
        Factors of `sample_weight`, by class; "balanced": N / (classes · rows of the class).
    monitor : {"auto", "loss", "val_loss", "val_score"}, default "auto"
        What must improve: the training loss, or loss or score of the data held out or given
        as `validation_data`, for which the best weights are kept. "auto" is "val_score" with
        `early_stopping`, else "loss".
    callbacks : list of Callback, or None, default None
        See `bpcore.callbacks`; ``on_epoch_end`` gets "loss", "val_loss" and "val_score".
    scale : bool, default False
        Standardise the inputs by the rows of the first fit. `coefs_` are then those of the
        standardised network.
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
    classes_ : ndarray, or list of ndarray
        The classes, in the order of the outputs.
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
        Accuracy on the data held out, of each epoch; None without such data.
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
    >>> from bpcore.sklearn import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier(solver="lbfgs", activation="tanh", scale=True, random_state=0)
    >>> bool(net.fit(X, y).score(X, y) > 0.95)
    True
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseMLP._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
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
        loss="log_loss",
        out_activation=None,
        dropout=0.0,
        class_weight=None,
        monitor="auto",
        callbacks=None,
        scale=False,
        n_threads=1,
        dtype=None,
        model=None,
    ):
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
        self.loss = loss
        self.out_activation = out_activation
        self.dropout = dropout
        self.class_weight = class_weight
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
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        fresh = not hasattr(self, "classes_") or not (self.warm_start or incremental)
        if fresh and not validation:
            indices = self._learn_classes(y)
        else:
            self._check_classes(unique_labels(y), validation)
            indices = None
        factors = None
        if self.class_weight is not None and not validation:
            if incremental and not isinstance(self.class_weight, dict):
                raise ValueError(
                    f"class_weight={self.class_weight!r} is not for partial_fit, which sees a part "
                    "of the examples: give a dict with a weight for each class"
                )
            factors = compute_sample_weight(self.class_weight, y)
        if self._kind == "multilabel":
            y = np.asarray(self._label_binarizer.transform(y))
            self.n_outputs_ = y.shape[1]
        else:
            y = np.searchsorted(self.classes_, y) if indices is None else indices
            self.n_outputs_ = len(self.classes_) if self._kind == "multiclass" else 1
        return X, y, factors

    def _learn_classes(self, y):
        """Set `classes_` and what kind of labels these are; return their numbers, or None."""
        self._label_binarizer = None
        if y.ndim == 1 and y.dtype.kind in "biu":
            self.classes_, indices = np.unique(y, return_inverse=True)
            self._kind = "multiclass" if len(self.classes_) > 2 else "binary"
            return indices
        # Everything else scikit-learn looks at: strings, floats, several labels at once.
        self._label_binarizer = LabelBinarizer().fit(y)
        self.classes_ = self._label_binarizer.classes_
        kind = self._label_binarizer.y_type_
        self._kind = "multilabel" if kind.startswith("multilabel") else kind
        return None

    def _check_classes(self, classes, validation):
        if self.warm_start and not validation:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _objective(self):
        multiclass = self._kind == "multiclass"
        self.out_activation_ = self.out_activation
        if self.model is not None:
            self.out_activation_ = self.model.layers[-1].activation
        elif self.out_activation is None:
            self.out_activation_ = "softmax" if multiclass else "logistic"
        if self.loss == "log_loss":
            if multiclass:
                return Objective("sparse_categorical_crossentropy", indices=True)
            # Keras has the mean over the outputs, scikit-learn the sum.
            return Objective("binary_crossentropy", factor=float(self.n_outputs_))
        name = get_loss(self.loss).name
        return Objective(self.loss, indices=multiclass and name.startswith("sparse_"))

    def _targets(self, y, dtype):
        if y.ndim == 1 and self.n_outputs_ > 1 and not self._network.objective.indices:
            one_hot = np.zeros((len(y), self.n_outputs_), dtype)
            one_hot[np.arange(len(y)), y] = 1
            return one_hot
        return np.ascontiguousarray(y.reshape(len(y), -1), dtype)

    def _stratify(self, y):
        # As scikit-learn: classes keep their shares only where a single output tells them.
        return y.astype(bool)[:, None] if self.n_outputs_ == 1 else None

    def _threshold(self):
        name = self._network.loss.name
        return 0.0 if name in _HINGES and name_of(self.out_activation_) != "sigmoid" else 0.5

    def _score_outputs(self, y, out, weight):
        if self._kind == "multiclass":
            known = y[:, 0] if self._network.objective.indices else argmax(y)
            right = argmax(out) == known
        else:
            right = ((out > self._threshold()) == (y > 0.5)).all(axis=1)
        return float(np.average(right, weights=weight))

    # ---- fitting ---------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, validation_data=None):
        """Train the network.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)
            Sparse rows go to the compiled core as they are.
        y : array_like, shape (N,), or (N, n_outputs) of 0 and 1 for several labels at once
            Classes: numbers, strings, ….
        sample_weight : array_like, shape (N,), optional
            The loss of a batch is Σᵢ wᵢ C(xᵢ) / Σᵢ wᵢ.
        validation_data : tuple (X, y) or (X, y, sample_weight), optional
            Scored after each epoch; with `early_stopping` it takes the place of a part of X.
            Not used by "lbfgs".

        Returns
        -------
        MLPClassifier
            The estimator itself.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    @available_if(lambda est: est._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None, validation_data=None):
        """Train one epoch.

        With `early_stopping` and `validation_data`, each call counts as an epoch: once the
        score has not improved for `n_iter_no_change` of them, the best weights are given back
        and `stopped_` is True.

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As for `fit`.
        classes : array_like, shape (n_classes,), optional
            All classes there will be; needed in the first call.

        Returns
        -------
        MLPClassifier
            The estimator itself.
        """
        if _check_partial_fit_first_call(self, classes):
            labels = y if type_of_target(y).startswith("multilabel") else classes
            self._learn_classes(np.asarray(labels) if labels is classes else labels)
        return self._fit(X, y, sample_weight, True, validation_data)

    # ---- predicting ------------------------------------------------------------------

    def predict(self, X):
        """Return the most probable classes.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)

        Returns
        -------
        ndarray, shape (N,), or (N, n_outputs) of 0 and 1 for several labels at once
        """
        out = self._outputs(X)
        if self._kind == "multiclass":
            return self.classes_[argmax(out)]
        if self._kind == "multilabel":
            return self._label_binarizer.inverse_transform(out, threshold=self._threshold())
        right = (out[:, 0] > self._threshold()) & (len(self.classes_) > 1)
        return self.classes_[right.astype(np.intp)]

    def _has_probabilities(self):
        given = self.out_activation if self.model is None else None
        if given is not None and name_of(given) not in ("sigmoid", "softmax"):
            raise AttributeError(
                f"out_activation={given!r} gives no probabilities; expected 'softmax' or 'logistic'"
            )
        return True

    @available_if(lambda est: est._has_probabilities())
    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)

        Returns
        -------
        ndarray, shape (N, n_classes)
            In the order of `classes_`, of the network's dtype.
        """
        out = self._outputs(X)
        return np.hstack([1 - out, out]) if out.shape[1] == 1 else out

    @available_if(lambda est: est._has_probabilities())
    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, n_features)

        Returns
        -------
        ndarray, shape (N, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self):
        """Say that several labels at once are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
