"""The model: a stack of layers, with Keras's methods."""

import math

import numpy as np

from . import _step, _summary, _training, losses, metrics, optimizers, saving, utils
from . import layers as layers_module
from ._data import aligned_empty, as_count, as_inputs, as_sample_weight
from ._names import unique_name
from ._plan import make_plan
from ._threads import threads_for
from ._training import Data, Trainer

# Rows that predict and evaluate take through the network at a time: enough to fill
# the vector units, few enough for the workspace to stay in cache.
BLOCK_ROWS = 256


class Sequential:
    """A plain stack of layers.

    Parameters
    ----------
    layers : list of Layer, optional
        May start with an `Input`; without one the number of inputs is that of the first
        data seen.
    dtype : {"float32", "float64"}, optional
        Element type of parameters and arithmetic; default: the `Input`'s, or "float32".
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
        self.history = None
        self.optimizer = self.loss = None
        self._input = None
        self._dtype = None if dtype is None else _as_dtype(dtype)
        self._parameters = None
        self._seed = utils.new_seed()
        self._epochs = 0  # trained so far; names the random numbers of the next
        self._metric_names, self._metrics = [], []
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
        if layer._owner is not None:
            raise ValueError(
                f"layer {layer.name!r} is already part of a model; make a new layer for each use"
            )
        if layer.name in [other.name for other in self.layers]:
            raise ValueError(f"a layer named {layer.name!r} is already in this model")
        layer._owner = self
        self._layers.append(layer)

    def pop(self):
        """Remove the top layer and return it."""
        if not self.layers:
            raise ValueError("the model has no layers to pop")
        layer = self._layers.pop()
        for name in ("kernel", "bias"):
            if getattr(layer, name) is not None:
                setattr(layer, name, getattr(layer, name).copy())
        layer._owner = None
        if not self._layers:
            self._parameters = None
            self._forget_networks()
        self._build_if_possible()
        return layer

    def build(self, input_shape):
        """Settle all sizes and make the weights.

        Parameters
        ----------
        input_shape : tuple
            ``(n_0,)`` or ``(None, n_0)``.
        """
        if self._input is not None and self._input.shape != (input_shape[-1],):
            raise ValueError(
                f"the model has an Input of shape {self._input.shape}, got input_shape "
                f"{tuple(input_shape)}"
            )
        if self._input is None:
            self._input = layers_module.Input((input_shape[-1],))
        if not self.layers:
            raise ValueError("the model has no layers; add at least one")
        self._build_if_possible()

    def _build_if_possible(self):
        """Lay the parameters of all layers out in one flat array, keeping their values."""
        if self._input is None or not self.layers:
            return
        width = self._input.shape[0]
        for layer in self.layers:
            width = layer._build(width)
        self._dtype = self._dtype or np.dtype(np.float32)
        size = sum(layer.count_params() for layer in self.layers)
        parameters = aligned_empty(size, self._dtype)
        at = 0
        for layer in self.layers:
            arrays = []
            for shape in layer._weight_shapes():
                size = math.prod(shape)
                arrays.append(parameters[at : at + size].reshape(shape))
                at += size
            if arrays:
                layer._bind(arrays)
        self._parameters = parameters
        self._forget_networks()
        if self.optimizer is not None:  # its moments are those of other parameters
            self.optimizer._forget()
        if self.loss is not None:
            self._resolve_metrics()

    def __getstate__(self):
        """Everything but the compiled networks, which point into this model's arrays."""
        state = dict(self.__dict__)
        state["_networks"], state["_trainers"] = {}, {}
        return state

    def __setstate__(self, state):
        """Lay the parameters out anew: a copy's layers must be views of its own."""
        self.__dict__.update(state)
        optimizer, loss = self.optimizer, self.loss
        self.optimizer = self.loss = None  # keep their state and the metrics as they are
        self._build_if_possible()
        self.optimizer, self.loss = optimizer, loss

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

    # ---- what it is ----------------------------------------------------------

    @property
    def dtype(self):
        """Element type of the parameters, "float32" or "float64"."""
        return (self._dtype or np.dtype(np.float32)).name

    @property
    def input_shape(self):
        """(None, n_0)"""
        self._need_built()
        return (None, self._input.shape[0])

    @property
    def output_shape(self):
        """(None, n_L)"""
        self._need_built()
        return (None, self.layers[-1].n_out)

    def count_params(self):
        """Return the number of parameters."""
        self._need_built()
        return self._parameters.size

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

    def summary(self, print_fn=None):
        """Print a table of the layers, their output shapes and parameters."""
        self._need_built()
        (print_fn or print)(_summary.text(self))

    @property
    def weights(self):
        """All parameters as views: kernel and bias of each layer in turn."""
        return [w for layer in self.layers for w in layer.weights]

    def get_weights(self):
        """Return copies of all parameters: kernel and bias of each layer in turn."""
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

    # ---- compiling -----------------------------------------------------------

    def compile(self, optimizer, loss, metrics=None):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
            "sgd", "adam", or an object of `bpcore.optimizers`, which belongs to this model
            from its first training on.
        loss : str, Loss, function (y, a) → (C, ∂C/∂a), or pair of functions
            See `bpcore.losses.get`.
        metrics : list of str or Metric, optional
            What else to report of the outputs; see `bpcore.metrics`.
        """
        optimizer, loss = optimizers.get(optimizer), losses.get(loss)
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise TypeError(f"metrics must be a list, got {metrics!r}")
        names = list(metrics or [])
        resolved = self._metrics_for(names, loss) if self.built else []
        self.optimizer, self.loss = optimizer, loss
        self._metric_names, self._metrics = names, resolved
        self._forget_networks()

    def _metrics_for(self, names, loss):
        n_out = self._layers[-1].n_out
        resolved = [metrics.get(m, loss.name, n_out) for m in names]
        names = ["loss"] + [m.name for m in resolved]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must have different names, got {names[1:]}")
        return resolved

    def _resolve_metrics(self):
        self._metrics = self._metrics_for(self._metric_names, self.loss)

    def _forget_networks(self):
        self._networks = {}
        self._trainers = {}

    def _need_compiled(self, method):
        if self.loss is None:
            raise RuntimeError(f"call model.compile(optimizer=…, loss=…) before model.{method}(…)")

    def _plan_for(self, data, keep_all=False):
        return make_plan(self.layers, self.loss, data.y.shape[1], keep_all)

    def _network(self, n_y, rows, threads=1):
        """Return the network for this many target columns, with room for `rows` rows."""
        known = self._networks.get(n_y)
        if known is None or known[0] < rows or known[1].threads < threads:
            plan = make_plan(self.layers, self.loss, n_y)
            known = (rows, plan.network(self._parameters, rows, threads))
            self._networks[n_y] = known
        return known[1]

    def _trainer(self, data, batch_size):
        """Return the trainer for these data; the last one is kept."""
        threads = 1
        if not self._has_user_functions():
            steps = -(-len(data) // batch_size)
            threads = threads_for(6.0 * batch_size * self.count_params(), steps)
        key = (data.y.shape[1], batch_size, threads)
        trainer = self._trainers.get(key)
        if trainer is None:
            trainer = Trainer(self, self._network(*key), threads)
            self._trainers = {key: trainer}
        # A setting such as momentum may have changed, and with it what is kept.
        trainer.slots = self.optimizer._slots_for(self._parameters, self)
        return trainer

    def _has_user_functions(self):
        return self.loss.name == "user" or any(
            not isinstance(layer.activation, str) for layer in self.layers
        )

    # ---- data ----------------------------------------------------------------

    def _inputs(self, x, name="x", small=True):
        dtype = self._dtype or np.dtype(np.float32)
        x = as_inputs(x, self._input.shape[0] if self._input else None, dtype, name, small)
        if not self.built:
            self.build((x.shape[1],))
        return x

    def _data(self, x, y, sample_weight=None, prefix="", small=True):
        """Check x, y and sample_weight, and return them in the model's element type.

        With `small`, x may stay int8, uint8 or float16.
        """
        x = self._inputs(x, f"{prefix}x", small)
        if self._metric_names and not self._metrics:
            self._resolve_metrics()
        if y is None:
            raise ValueError(f"{prefix}y is None; expected one target for each example in x")
        y = self.loss.targets(y, len(x), self.layers[-1].n_out, self._dtype)
        return Data(x, y, as_sample_weight(sample_weight, len(x), self._dtype))

    # ---- training ------------------------------------------------------------

    def fit(
        self,
        x,
        y,
        batch_size=None,
        epochs=1,
        verbose="auto",
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        sample_weight=None,
    ):
        """Train on shuffled mini-batches.

        Parameters
        ----------
        x : array_like, shape (N, n_0)
            Copied only if it is not a C-contiguous array of the model's dtype, or of int8,
            uint8 or float16, which are converted a mini-batch at a time.
        y : array_like, shape (N, n_L), or (N,) for one output or integer labels
        batch_size : int, optional
            Default 32. The last batch of an epoch may be smaller.
        epochs : int, default 1
        verbose : {"auto", 0, 1, 2}
            0: nothing; 1 and "auto": a progress bar with loss, metrics and the time left;
            2: a line an epoch.
        validation_split : float, default 0.0
            This part of the rows, taken from the end, is not trained on but evaluated
            after each epoch.
        validation_data : tuple (x, y) or (x, y, sample_weight), optional
            Used instead of `validation_split`.
        shuffle : bool, default True
            Visit the rows in a new random order each epoch.
        sample_weight : array_like, shape (N,), optional
            The cost of a batch is Σᵢ wᵢ C(xᵢ) / B.

        Returns
        -------
        History
            ``.history["loss"]`` and one list for each metric, and "val_…" for validation. The
            values of an epoch are means over its mini-batches as they were trained.
        """
        self._need_compiled("fit")
        batch_size = 32 if batch_size is None else as_count(batch_size, "batch_size")
        epochs = as_count(epochs, "epochs", 0)
        data = self._data(x, y, sample_weight)
        validation = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
                raise ValueError(
                    "validation_data must be a tuple (x, y) or (x, y, sample_weight), got "
                    f"{type(validation_data).__name__}"
                )
            validation = self._data(*validation_data, prefix="validation ")
            if validation.y.shape[1] != data.y.shape[1]:
                raise ValueError(
                    f"validation y has {validation.y.shape[1]} columns, y has {data.y.shape[1]}; "
                    "expected as many"
                )
        elif validation_split:
            data, validation = self._split(data, validation_split)
        batch_size = min(batch_size, len(data))
        trainer = self._trainer(data, batch_size)
        return _training.fit(
            self, trainer, data, validation, batch_size, epochs, bool(shuffle), verbose
        )

    @staticmethod
    def _split(data, fraction):
        if not isinstance(fraction, (int, float, np.number)) or not 0 < fraction < 1:
            raise ValueError(f"validation_split must be at least 0 and below 1, got {fraction!r}")
        at = int(len(data) * (1 - fraction))
        if at in (0, len(data)):
            raise ValueError(
                f"validation_split={fraction} of {len(data)} examples leaves none to "
                f"{'validate with' if at else 'train on'}"
            )
        return data.split(at)

    def train_on_batch(self, x, y, sample_weight=None, return_dict=False):
        """Make one update on one batch.

        Returns
        -------
        float, list or dict
            The loss of the batch before the update; with metrics ``[loss, metric, …]``, and
            with `return_dict` a dict by name.
        """
        self._need_compiled("train_on_batch")
        data = self._data(x, y, sample_weight)
        rows = len(data)
        trainer = self._trainer(data, rows)
        outputs = np.empty((rows, self.layers[-1].n_out), self._dtype) if self._metrics else None
        # Every call draws new random numbers for dropout, as an epoch of one step does.
        total = trainer.steps(data, None, rows, 0, 1, self._epochs, outputs)
        self._epochs += 1
        logs = {"loss": total / rows}
        for metric in self._metrics:
            metric.reset_state()
            metric.update_state(data.y, outputs)
            logs[metric.name] = metric.result()
        return self._as_result(logs, return_dict)

    def evaluate(
        self, x, y, batch_size=None, verbose="auto", sample_weight=None, return_dict=False
    ):
        """Return the loss and the metrics over these data.

        Parameters
        ----------
        x, y, sample_weight
            As for `fit`.
        batch_size, verbose
            Taken as Keras takes them; they change nothing in the result.
        return_dict : bool, default False

        Returns
        -------
        float, list or dict
            The loss; with metrics ``[loss, metric, …]``, with `return_dict` a dict by name.
        """
        self._need_compiled("evaluate")
        data = self._data(x, y, sample_weight)
        network = self._network(data.y.shape[1], min(BLOCK_ROWS, len(data)))
        return self._as_result(_training.evaluate(self, network, data, self._metrics), return_dict)

    @staticmethod
    def _as_result(logs, return_dict):
        if return_dict:
            return logs
        values = list(logs.values())
        return values if len(values) > 1 else values[0]

    def predict(self, x, batch_size=None, verbose="auto"):
        """Return the outputs a⁽ᴸ⁾, without dropout.

        Parameters
        ----------
        x : array_like, shape (N, n_0)
        batch_size, verbose
            Taken as Keras takes them; they change nothing in the result.

        Returns
        -------
        ndarray, shape (N, n_L), of the model's dtype
        """
        x = self._inputs(x)
        out = np.empty((len(x), self.layers[-1].n_out), self._dtype)
        self._network(0, min(BLOCK_ROWS, len(x))).predict(x, out)
        return out

    def predict_one(self, x, out):
        """Write the outputs for one example to `out`: `predict` for loops in real time.

        Nothing is allocated.

        Parameters
        ----------
        x : ndarray, shape (n_0,), C-contiguous, of the model's dtype
        out : ndarray, shape (n_L,), likewise

        Returns
        -------
        ndarray
            `out`.
        """
        try:
            network = self._networks[0][1]
        except KeyError:
            self._need_built()
            network = self._network(0, 1)
        return network.predict_one(x, out)

    # ---- backpropagation, laid open -------------------------------------------

    def backprop(self, x, y, sample_weight=None):
        """Run backpropagation on one batch and show every array of it.

        Nothing is updated, and dropout is off.

        Returns
        -------
        Step
            ``.z[l] .a[l] .delta[l] .grad_w[l] .grad_b[l]`` for l = 1 … L (``model.layers[l-1]``),
            ``.a[0]`` = x, and ``.cost``.
        """
        self._need_compiled("backprop")
        data = self._data(x, y, sample_weight, small=False)
        return _step.run(self, self._plan_for(data, keep_all=True), data)

    def cost_and_grad(self, theta, x, y, sample_weight=None):
        """Return the cost over all of x and its gradient, at these parameters.

        Ready for ``scipy.optimize.minimize(model.cost_and_grad, model.theta, (x, y),
        jac=True)``. The model's own parameters are left alone, and dropout is off.

        Parameters
        ----------
        theta : array_like, shape (count_params(),)
            All parameters, in the order of `get_weights`.
        x, y, sample_weight
            As for `fit`.

        Returns
        -------
        cost : float
        grad : ndarray, shape (count_params(),), of the model's dtype
        """
        self._need_compiled("cost_and_grad")
        data = self._data(x, y, sample_weight, small=False)
        plan = self._plan_for(data)
        network = plan.network(self._as_theta(theta), min(BLOCK_ROWS, len(data)))
        grad = np.empty_like(network.parameters)
        scratch = np.empty_like(grad)
        total = network.cost_and_grad(data.x, data.y, data.weight, grad, scratch)
        return total / len(data), grad

    # ---- files ---------------------------------------------------------------

    def save(self, filepath):
        """Write the model to one safetensors file; see `bpcore.saving.save_model`."""
        saving.save_model(self, filepath)


def _as_dtype(dtype):
    try:
        resolved = np.dtype(dtype)
    except TypeError:
        resolved = None
    if resolved not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
    return resolved


load_model = saving.load_model
