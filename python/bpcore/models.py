"""The model: a stack of layers, with Keras's methods."""

import copy
import math

import numpy as np

from . import _step, _summary, config, saving, utils
from . import layers as layers_module
from ._compiled_metrics import CompiledMetrics
from ._configs import ConfigMethods, clone_model, model_from_json
from ._data import aligned_empty
from ._methods import BLOCK_ROWS, TrainingMethods
from ._names import unique_name
from ._not_covered import not_covered
from .callbacks.history import History, Kept

__all__ = ["Sequential", "clone_model", "load_model", "model_from_json", "save_model"]


class Sequential(ConfigMethods, TrainingMethods):
    """A plain stack of layers.

    Parameters
    ----------
    layers : list of Layer, optional
        May start with an `Input`; without one the number of inputs is that of the first
        data seen.
    dtype : {"float32", "float64"}, optional
        Element type of parameters and arithmetic; default: the `Input`'s, or
        `bpcore.config.floatx`, "float32".
    name : str, optional

    Examples
    --------
    >>> import bpcore
    >>> model = bpcore.Sequential([bpcore.Input((4,)), bpcore.layers.Dense(3)])
    >>> model.count_params()
    15
    """

    def __init__(self, layers=None, dtype=None, name=None):
        self.name = name or unique_name("sequential")
        self._layers = []
        self._history = None
        self.optimizer = self.loss = None
        self._input = None
        self._dtype = None if dtype is None else _as_dtype(dtype)
        self._default_dtype = np.dtype(config.floatx())
        self._parameters = self._state = None
        self._seed = utils.new_seed()
        self._epochs = 0  # trained so far; names the random numbers of the next
        self._compiled_metrics = CompiledMetrics()
        self._wanted = object()  # of data; another one where outputs, loss or metrics change
        self._forget_networks()
        for layer in layers or []:
            self._append(layer)
        self._build_if_possible()

    # ---- building ------------------------------------------------------------

    def add(self, layer):
        """Add a layer on top of the stack (or an `Input` under it)."""
        before = (list(self._layers), self._input, self._dtype)
        try:
            self._append(layer)
            self._build_if_possible()
        except BaseException:
            self._layers, self._input, self._dtype = before
            if getattr(layer, "_owner", None) is self and layer not in self._layers:
                layer._owner = None
            raise

    @property
    def layers(self):
        """The layers, from the inputs up, as a new list: change the stack by `add` and `pop`."""
        return list(self._layers)

    def _append(self, layer):
        if isinstance(layer, layers_module.Input):
            if self.layers or self._input:
                raise ValueError("Input must come first, and only once")
            if layer.dtype is not None and self._dtype is None:
                self._dtype = _as_dtype(layer.dtype)
            self._input = layer
            return
        if not isinstance(layer, layers_module.Layer):
            raise TypeError(f"expected a layer of bpcore.layers, got {layer!r}")
        if layer._owner_ref is not None:  # be the model still there or not
            raise ValueError(
                f"layer {layer.name!r} is already part of a model; make a new layer for each use"
            )
        if layer.name in [other.name for other in self.layers]:
            raise ValueError(f"a layer named {layer.name!r} is already in this model")
        if layer._first_shape is not None and not self._layers and self._input is None:
            self._input = layers_module.Input(layer._first_shape)
        layer._owner = self
        self._layers.append(layer)

    def pop(self):
        """Remove the top layer and return it."""
        if not self.layers:
            raise ValueError("the model has no layers to pop")
        layer = self._layers.pop()
        layer._let_go()
        if not self._layers:
            self._parameters = None
            self._wanted = object()
            self._forget_networks()
        self._build_if_possible()
        return layer

    def build(self, input_shape):
        """Settle all sizes and make the weights.

        Parameters
        ----------
        input_shape : tuple
            ``(n_0, …)`` or ``(None, n_0, …)``.
        """
        shape = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
        if len(shape) > 1 and shape[0] is None:
            shape = shape[1:]
        if self._input is not None and self._input.shape != shape:
            raise ValueError(
                f"the model has an Input of shape {self._input.shape}, got input_shape "
                f"{tuple(input_shape)}"
            )
        if self._input is None:
            self._input = layers_module.Input(shape)
        if not self.layers:
            raise ValueError("the model has no layers; add at least one")
        self._build_if_possible()

    def _build_if_possible(self):
        """Lay the parameters of all layers out in one flat array, keeping their values."""
        if self._input is None or not self.layers:
            return
        shape = self._input.shape
        for layer in self.layers:
            shape = layer._build(shape)
        self._dtype = self._dtype or self._default_dtype
        if self.optimizer is not None:  # while the arrays are those it was told of
            self.optimizer._settle_exclusions(self)
        parameters, parts = self._laid_out([layer._specs() for layer in self.layers])
        state, state_parts = self._laid_out([layer._state_specs() for layer in self.layers])
        for layer, own, own_state in zip(self.layers, parts, state_parts, strict=True):
            layer._bind(own, own_state)
            layer._element_type = self._dtype
        self._parameters, self._state = parameters, state
        self._wanted = object()
        self._forget_networks()
        if self.optimizer is not None:  # its moments are those of other parameters
            self.optimizer._forget()
        if self.loss is not None:
            self._loss_checked = self._check_loss(self.loss)

    def _laid_out(self, specs):
        """Return a flat array, and for each layer its parts of it as views."""
        flat = aligned_empty(sum(math.prod(s.shape) for part in specs for s in part), self._dtype)
        parts, at = [], 0
        for part in specs:
            parts.append([])
            for spec in part:
                size = math.prod(spec.shape)
                parts[-1].append(flat[at : at + size].reshape(spec.shape))
                at += size
        return flat, parts

    def __getstate__(self):
        """Everything but the compiled networks, which point into this model's arrays."""
        state = dict(self.__dict__)
        state["_history"] = self.history
        state["_networks"], state["_trainers"], state["_plans"] = {}, {}, {}
        if self.optimizer is not None:  # while the arrays are those it was told of
            self.optimizer._settle_exclusions(self)
        return state

    def __setstate__(self, state):
        """Lay the parameters out anew: a copy's layers must be views of its own."""
        self.__dict__.update(state)
        self.history = state["_history"]
        for layer in self._layers:
            layer._owner = self
        optimizer, loss = self.optimizer, self.loss
        self.optimizer = self.loss = None  # keep their state and the metrics as they are
        self._build_if_possible()
        self.optimizer, self.loss = optimizer, loss

    def __copy__(self):
        """Return a model of its own: layers are views of one model's parameters."""
        return copy.deepcopy(self)

    @property
    def built(self):
        """Whether the weights exist."""
        return self._parameters is not None

    def _need_built(self):
        if not self.built:
            raise ValueError(
                f"model {self.name!r} is not built: start it with bpcore.Input((n,)), or call "
                "build((n,)), or fit or predict on data first"
            )

    def __call__(self, inputs, training=None):
        """Return the outputs for an array of examples, as `predict` does.

        Parameters
        ----------
        inputs : array_like, shape (N, n_0)
        training : None or False
            True, as in a training step of one's own, is not covered.

        Returns
        -------
        ndarray, shape (N, n_L)
        """
        if training:
            raise ValueError(
                "model(x, training=True) is not covered: bpcore trains inside of fit and "
                "train_on_batch, and keeps nothing to differentiate. model.backprop(x, y) shows "
                "the arrays and gradients of a batch"
            )
        return self.predict(inputs)

    # ---- what it is ----------------------------------------------------------

    def __repr__(self):
        return f"<Sequential name={self.name}, built={self.built}>"

    @property
    def dtype(self):
        """Element type of the parameters, "float32" or "float64"."""
        return (self._dtype or self._default_dtype).name

    @property
    def history(self):
        """The `History` of the last fit; None before the first."""
        return self._history.of(self) if type(self._history) is Kept else self._history

    @history.setter
    def history(self, history):
        self._history = Kept(history) if type(history) is History else history

    @property
    def input_shape(self):
        """(None, n_0)"""
        self._need_built()
        return (None, *self._input.shape)

    @property
    def output_shape(self):
        """(None, n_L)"""
        self._need_built()
        return (None, *self.layers[-1].output_shape)

    def count_params(self):
        """Return how many numbers the layers have, trained or not."""
        self._need_built()
        return sum(layer.count_params() for layer in self.layers)

    def get_layer(self, name=None, index=None):
        """Return the layer of this name or index."""
        if (name is None) == (index is None):
            raise ValueError("give either name or index")
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer named {name!r}; there are {[la.name for la in self.layers]}")

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Print a table of the layers, their output shapes and parameters, as Keras does.

        Parameters
        ----------
        line_length : int, optional
            Default: 88, or what the terminal has.
        positions, expand_nested
            Taken as Keras takes them; they change nothing.
        print_fn : function, default print
        show_trainable : bool, default False
            With a column that says which layers are trained.
        layer_range : pair of str, optional
            Names of the first and the last layer to show.
        """
        (print_fn or print)(_summary.text(self, line_length, show_trainable, layer_range))

    @property
    def weights(self):
        """All numbers of the layers as views, in turn: parameters, then moving averages."""
        return [w for layer in self.layers for w in layer.weights]

    variables = weights

    @property
    def trainable_weights(self):
        """The parameters that training changes, as views."""
        return [w for layer in self.layers for w in layer.trainable_weights]

    @property
    def non_trainable_weights(self):
        """All other numbers of the layers, as views."""
        return [w for layer in self.layers for w in layer.non_trainable_weights]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self):
        """Return copies of `weights`."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        """Copy arrays into the parameters.

        Parameters
        ----------
        weights : list of array_like
            As `get_weights` returns them; every number finite.
        """
        self._need_built()
        layers_module.set_weights(self.weights, weights, f"model {self.name!r}")
        for layer in self.layers:
            layer._weights_changed()

    @property
    def theta(self):
        """All parameters as one flat vector (a copy), in the order of `get_weights`.

        May be set, as after ``scipy.optimize.minimize(model.cost_and_grad, model.theta, …)``.
        """
        self._need_built()
        return self._parameters.copy()

    @theta.setter
    def theta(self, value):
        self._parameters[...] = self._as_theta(value)

    def _as_theta(self, theta):
        self._need_built()
        theta = np.asarray(theta)
        if theta.shape != self._parameters.shape or theta.dtype.kind not in "fiub":
            raise ValueError(
                f"theta must be {self._parameters.size} numbers, the parameters of this model, "
                f"got {theta.dtype} of shape {theta.shape}"
            )
        theta = theta.astype(self._dtype)
        if not np.isfinite(theta).all():
            raise ValueError("theta contains NaN or infinity; expected finite numbers")
        return theta

    # ---- backpropagation, laid open -------------------------------------------

    def backprop(self, x, y, sample_weight=None):
        """Run backpropagation on one batch and show every array of it.

        Nothing is updated, and dropout is off; the cost is that of the data, without
        penalties on weights.

        Returns
        -------
        Step
            ``.z[l] .a[l] .delta[l] .grad_w[l] .grad_b[l]`` for l = 1 … L (``model.layers[l-1]``),
            ``.a[0]`` = x, and ``.cost``.
        """
        self._need_compiled("backprop")
        data = self._data(x, y, sample_weight, small=False)
        return _step.run(self, self._plan(data.y.shape[1], keep_all=True), data)

    def cost_and_grad(self, theta, x, y, sample_weight=None):
        """Return the cost over all of x and its gradient, at these parameters.

        Ready for ``scipy.optimize.minimize(model.cost_and_grad, model.theta, (x, y),
        jac=True)``. The model's own parameters are left alone, and dropout is off. Regularizers'
        penalties are part of the cost and of its gradient.

        Parameters
        ----------
        theta : array_like, shape (P,), P = theta.size
            All parameters, in the order of `get_weights`.
        x, y, sample_weight
            As for `fit`.

        Returns
        -------
        cost : float
        grad : ndarray, shape (P,), P = theta.size, of the model's dtype
        """
        self._need_compiled("cost_and_grad")
        data = self._data(x, y, sample_weight, small=False)
        plan = self._plan(data.y.shape[1])
        network = plan.network(self._as_theta(theta), self._state, min(BLOCK_ROWS, len(data)))
        grad = np.empty_like(network.parameters)
        scratch = np.empty_like(grad)
        weight, divisor = self.loss.counted(data.y, data.weight)
        total = network.cost_and_grad(data.x, data.y, weight, 1 / divisor, grad, scratch)
        return total / divisor, grad

    # ---- files ---------------------------------------------------------------

    def save(self, filepath, overwrite=True, zipped=None):
        """Write the model to one safetensors file; see `bpcore.saving.save_model`.

        Parameters
        ----------
        filepath : path-like
            Conventionally ends in ``.safetensors``.
        overwrite : bool, default True
            False: a FileExistsError if there is such a file.
        zipped : None
            Taken as Keras takes it; it changes nothing.
        """
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath, overwrite=True):
        """Write the weights alone to one safetensors file; see `bpcore.saving.save_weights`."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath, skip_mismatch=False):
        """Read weights from a file of `save_weights` or `save`; see `bpcore.saving.load_weights`.

        Parameters
        ----------
        filepath : path-like
        skip_mismatch : bool, default False
            Leave layers whose weights have other shapes as they are, with a warning.
        """
        saving.load_weights(self, filepath, skip_mismatch)


def _as_dtype(dtype):
    try:
        resolved = np.dtype(dtype)
    except TypeError:
        resolved = None
    if resolved not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
    return resolved


load_model, save_model = saving.load_model, saving.save_model

__getattr__ = not_covered(__name__)
