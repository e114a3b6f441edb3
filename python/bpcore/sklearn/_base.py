"""What the two estimators share: parameters, fit, the state between fits."""

import copy
import pickle
import warnings
import zlib
from abc import ABC, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import Sequential
from ..losses import Loss
from ..optimizers import Optimizer
from . import _lbfgs
from ._network import Epochs, Network, make_model, make_optimizer
from ._parameters import Parameters
from ._scaling import Scaling
from ._stopping import HeldOut, Watch, run

# The first seeds of integers as random_state: NumPy needs long to show a RandomState's state.
_first_seeds: dict[int, int] = {}
_MOST_SEEDS = 1024


class BaseMLP(Parameters, ABC):
    """The estimators' common part; see `MLPClassifier` and `MLPRegressor`."""

    _parameter_constraints: dict = {  # noqa: RUF012
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, list, tuple, callable],
        "solver": [str, Optimizer],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose", StrOptions({"bar"})],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "loss": [str, Loss, callable, tuple],
        "out_activation": [str, callable, tuple, None],
        "dropout": [Interval(Real, 0, 1, closed="left"), list],
        "monitor": [StrOptions({"auto", "loss", "val_loss", "val_score"})],
        "callbacks": [list, tuple, None],
        "scale": ["boolean"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "dtype": [StrOptions({"float32", "float64"}), None],
        "model": [Sequential, None],
    }

    _scaling = None  # before the first fit

    # ---- constructors and copies -------------------------------------------------

    @classmethod
    def from_model(cls, model, **parameters):
        """Return an estimator whose network has the layers of a model of your own.

        Parameters
        ----------
        model : Sequential
            Every fit starts from a copy of it, with the weights it has: where they come from
            an earlier training, that is fine-tuning. `hidden_layer_sizes`, `activation`,
            `out_activation`, `dropout`, `alpha` and `dtype` are then the model's own; what it
            was compiled with does not matter.
        **parameters
            The other parameters of the estimator.

        Returns
        -------
        MLPClassifier or MLPRegressor
            Not fitted.
        """
        return cls(model=model, **parameters)

    def __getstate__(self):
        """Without the arrays that are views of the model's."""
        state = super().__getstate__().copy()
        network = state.get("_network")
        if network is not None and self._views_are_current():
            del state["coefs_"], state["intercepts_"]
        state.pop("_views", None)
        return state

    def __setstate__(self, state):
        """Make the views again."""
        super().__setstate__(state)
        if "_network" in state:
            coefs, intercepts = self._network.kernels()
            self._views = coefs + intercepts
            if "coefs_" not in state:
                self.coefs_, self.intercepts_ = coefs, intercepts

    def __sklearn_tags__(self):
        """Say that sparse inputs are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # ---- weights -------------------------------------------------------------------

    def _views_are_current(self):
        known = self.coefs_ + self.intercepts_
        return len(known) == len(self._views) and all(
            array is view for array, view in zip(known, self._views, strict=True)
        )

    def _take_weights(self):
        """Where the user has replaced `coefs_` or `intercepts_`, go on with those."""
        if self._views_are_current():
            return
        given = list(self.coefs_) + list(self.intercepts_)
        shapes = [np.shape(array) for array in given]
        if shapes != [view.shape for view in self._views]:
            raise ValueError(
                f"coefs_ and intercepts_ have shapes {shapes}; the network has "
                f"{[view.shape for view in self._views]}"
            )
        for view, array in zip(self._views, given, strict=True):
            view[...] = array

    def _show_weights(self):
        coefs, intercepts = self._network.kernels()
        self._views = coefs + intercepts
        self.coefs_, self.intercepts_ = coefs, intercepts

    # ---- fitting --------------------------------------------------------------------

    @abstractmethod
    def _validate_input(self, X, y, incremental=False, reset=False, validation=False):
        """Return X, y (as `_targets` takes it) and a weight for each row or None, checked; set
        `n_outputs_`.
        """

    @abstractmethod
    def _objective(self):
        """Return the Objective, and set `out_activation_`."""

    @abstractmethod
    def _targets(self, y, dtype):
        """Return y as the core reads it."""

    @abstractmethod
    def _score_outputs(self, y, out, weight):
        """Return the score of outputs for targets as the core reads them."""

    def _stratify(self, y):
        return None

    def _hidden_sizes(self):
        sizes = self.hidden_layer_sizes
        sizes = [int(n) for n in (sizes if hasattr(sizes, "__iter__") else [sizes])]
        if any(n <= 0 for n in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return sizes

    def _fit(self, X, y, sample_weight=None, incremental=False, validation_data=None):
        hidden = self._hidden_sizes()
        if self.early_stopping and incremental and validation_data is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without data to validate with: "
                "call partial_fit(X, y, validation_data=(X_val, y_val))"
            )
        first_pass = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y, factors = self._validate_input(X, y, incremental, first_pass)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        if factors is not None:
            weight = factors if weight is None else weight * factors
        sizes = [X.shape[1], *hidden, self.n_outputs_]
        self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._initialise(sizes, X.dtype)
        elif not hasattr(self, "_network"):  # the weights were set by hand
            self._build(sizes, X.dtype)
        elif self._built_with != self._settings():
            self._rebuild(sizes)
        if not self._views_are_current():
            self._take_weights()
            self._show_weights()
        train, held_out = self._split(X, y, weight, incremental, validation_data)
        if first_pass:
            of_y = not is_classifier(self)
            self._scaling = Scaling(train[0], train[1] if of_y else None) if self.scale else None
        X, y, weight = self._prepared(*train)
        if self.solver == "lbfgs":
            _lbfgs.minimise(self, self._network, X, y, weight)
        else:
            if held_out is not None:
                held_out = HeldOut(self, *self._prepared(*held_out))
            self._fit_epochs(X, y, weight, incremental, first_pass, held_out)
        if not np.isfinite(self._network.parameters).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )
        return self

    def _prepared(self, X, y, weight):
        """Return data as the core reads them, standardised if asked for."""
        network = self._network
        if self._scaling is not None:
            X, y = self._scaling.inputs(X, network.dtype), self._scaling.targets(y)
        return network.inputs(X), self._targets(y, network.dtype), weight

    def _initialise(self, sizes, dtype):
        """Make the network and its first weights, drawn as scikit-learn draws them."""
        self.n_iter_ = self.t_ = 0
        self._scaling = None
        for name in ("coefs_", "intercepts_", "_optimizer", "_best"):
            self.__dict__.pop(name, None)
        self._build(sizes, dtype)
        self._show_weights()
        if self.model is None:
            factor = 2.0 if self.activation == "logistic" else 6.0
            for w, b in zip(self.coefs_, self.intercepts_, strict=True):
                bound = np.sqrt(factor / sum(w.shape))
                w[...] = self._random_state.uniform(-bound, bound, w.shape)
                b[...] = self._random_state.uniform(-bound, bound, b.shape)
        if self.solver != "lbfgs":
            self._start_curves()

    def _start_curves(self):
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.best_loss_, self.validation_scores_, self.best_validation_score_ = np.inf, None, None
        if self.early_stopping:
            self.validation_scores_, self.best_validation_score_ = [], -np.inf
            if self.monitor in ("auto", "val_score"):
                self.best_loss_ = None

    def _build(self, sizes, dtype):
        """Make the model of these sizes, and the network that trains it."""
        objective = self._objective()
        if self.model is not None:
            model = copy.deepcopy(self.model)
            model.build((sizes[0],))
            if model.layers[-1].n_out != sizes[-1]:
                raise ValueError(
                    f"the model has {model.layers[-1].n_out} outputs, the targets need {sizes[-1]}"
                )
        else:
            model = make_model(
                sizes,
                self.activation,
                self.out_activation_,
                self.dropout,
                self.alpha,
                np.dtype(self.dtype or dtype),
            )
        optimizer = make_optimizer(self)
        model.compile(optimizer=optimizer, loss=objective.loss)
        model._seed = self._first_seed()
        self.model_ = model
        n_y = 1 if objective.indices else sizes[-1]
        self._network = Network(model, objective, n_y, self.model is None and self.alpha > 0)
        coefs, intercepts = self._network.kernels()
        self._views = coefs + intercepts
        self.n_layers_ = len(coefs) + 1
        self._built_with = self._settings()

    def _settings(self):
        """What the network is made with; a change between two fits makes another."""
        names = ("alpha", "activation", "out_activation", "dropout", "loss")
        return repr([getattr(self, name) for name in names if self.model is None])

    def _rebuild(self, sizes):
        """Make the network anew, with the weights, the moments and the epochs of the last."""
        old = self.model_
        self._build(sizes, old._dtype)
        self.model_._seed, self.model_._epochs = old._seed, old._epochs
        if hasattr(self, "_optimizer"):
            self._optimizer._model = None  # its moments are of parameters of the same sizes
            self.model_.optimizer = self._optimizer

    def _new_seed(self):
        """Return a seed of shuffling and dropout, leaving `_random_state` as it is: from that
        scikit-learn draws the weights, and what is held out.
        """
        return zlib.crc32(pickle.dumps(self._random_state.get_state(legacy=False)))

    def _first_seed(self):
        """Return `_new_seed` of a `_random_state` that nothing was drawn from yet."""
        given = self.random_state
        if type(given) is not int:
            return self._new_seed()
        if given not in _first_seeds:
            if len(_first_seeds) >= _MOST_SEEDS:
                _first_seeds.clear()
            _first_seeds[given] = self._new_seed()
        return _first_seeds[given]

    def _split(self, X, y, weight, incremental, validation_data):
        """Return what to train on and what is held out, each (X, y, weight)."""
        if validation_data is not None:
            return (X, y, weight), self._checked_validation(validation_data)
        if not self.early_stopping or self.solver == "lbfgs":
            return (X, y, weight), None
        train, val = train_test_split(
            np.arange(X.shape[0]),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=self._stratify(y),
        )
        if len(val) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        return tuple(
            (X[rows], y[rows], None if weight is None else weight[rows]) for rows in (train, val)
        )

    def _checked_validation(self, given):
        """Return validation_data as `_validate_input` returns the training's."""
        if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
            raise ValueError(
                "validation_data must be a tuple (X, y) or (X, y, sample_weight), got "
                f"{type(given).__name__}"
            )
        X, y, weight = given if len(given) == 3 else (*given, None)
        X, y, _ = self._validate_input(X, y, validation=True)
        if weight is not None:
            weight = _check_sample_weight(weight, X)
        return X, y, weight

    def _fit_epochs(self, X, y, weight, incremental, first_pass, held_out):
        rows = len(y)
        if not hasattr(self, "loss_curve_"):  # after a fit by "lbfgs"
            self._start_curves()
        if self.batch_size == "auto":
            batch_size = min(200, rows)
        else:
            if self.batch_size > rows:
                warnings.warn(
                    "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                    "clipped",
                    stacklevel=3,
                )
            batch_size = min(int(self.batch_size), rows)
        model = self.model_
        if first_pass:
            self._optimizer = model.optimizer  # made with the model
        elif not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = model.optimizer = make_optimizer(self)
        if not incremental and not first_pass:
            model._seed = self._new_seed()
        epochs = Epochs(
            self._network,
            self._optimizer,
            X,
            y,
            weight,
            batch_size,
            self.shuffle,
            self.n_threads,
        )
        watch = Watch(self, held_out)
        count = 1 if incremental else self.max_iter
        stopped = run(self, epochs, watch, count, rows, warn=not incremental)
        if watch.best is None:
            if self._optimizer.use_ema and not incremental:
                self._optimizer.finalize_variable_values(model.trainable_weights)
        elif incremental and not stopped:
            self._best = watch.best
        else:
            watch.best.restore()
            self.__dict__.pop("_best", None)
        if incremental:
            self.stopped_ = stopped
            if stopped:
                self._no_improvement_count = 0

    # ---- predicting -------------------------------------------------------------------

    def _outputs(self, X):
        """Return the network's outputs for X, shape (N, n_L)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        self._take_weights()
        if self._scaling is not None:
            X = self._scaling.inputs(X, self._network.dtype)
        return self._network.predict(X)

    def _check_solver(self):
        if self.solver == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return True
