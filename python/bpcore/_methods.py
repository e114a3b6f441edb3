"""What a model can be asked to do with data: compile, fit, evaluate, predict."""

import math

import numpy as np

from . import _training, losses, optimizers
from ._activations import UserActivation
from ._arrays import as_array
from ._compiled_metrics import CompiledMetrics
from ._data import as_count, as_inputs, as_sample_weight
from ._plan import make_plan
from ._threads import threads_for
from ._training import Data, Trainer

# Rows that predict and evaluate take through the network at a time: enough to fill
# the vector units, few enough for the workspace to stay in cache.
BLOCK_ROWS = 256


class TrainingMethods:
    """The part of a model that is about data; see `bpcore.Sequential`, the only one."""

    # ---- compiling -----------------------------------------------------------

    def compile(self, optimizer, loss, metrics=None, weighted_metrics=None):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
            "sgd", "adam", or an object of `bpcore.optimizers`, which belongs to this model
            from its first training on.
        loss : str, Loss, function (y, a) → (C, ∂C/∂a), or pair of functions
            See `bpcore.losses.get`.
        metrics : list of str, Metric or function, optional
            What else to report of the outputs, sample weights left aside; see
            `bpcore.metrics.get`.
        weighted_metrics : list, optional
            Likewise, with sample weights.
        """
        optimizer, loss = optimizers.get(optimizer), losses.get(loss)
        compiled_metrics = CompiledMetrics(metrics, weighted_metrics, loss.name)
        self.optimizer, self.loss = optimizer, loss
        self._compiled_metrics = compiled_metrics
        self._forget_networks()

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
            known = (rows, plan.network(self._parameters, self._state, rows, threads))
            self._networks[n_y] = known
        return known[1]

    def _trainer(self, data, batch_size):
        """Return the trainer for these data; the last one is kept."""
        threads = 1
        if not self._is_serial():
            steps = -(-len(data) // batch_size)
            threads = threads_for(6.0 * batch_size * self._parameters.size, steps)
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
            isinstance(layer.activation, UserActivation) for layer in self.layers
        )

    def _is_serial(self):
        """Whether a batch's rows have to go one after the other, on one thread."""
        return self._has_user_functions() or any(layer._serial for layer in self.layers)

    # ---- data ----------------------------------------------------------------

    def _inputs(self, x, name="x", small=True):
        dtype = self._dtype or np.dtype(np.float32)
        shape = self._input.shape if self._input else np.shape(x)[1:]
        if len(shape) > 1:
            x = as_array(x, name, dtype)
            if x.shape[1:] != shape:
                raise ValueError(
                    f"{name} has shape {x.shape}; expected (N, {', '.join(map(str, shape))}), as "
                    "the model takes them"
                )
            x = x.reshape(len(x), -1)
        x = as_inputs(x, math.prod(shape) if self._input else None, dtype, name, small)
        if not self.built:
            self.build(shape if len(shape) > 1 else x.shape[1:])
        return x

    def _data(self, x, y, sample_weight=None, prefix="", small=True):
        """Check x, y and sample_weight, and return them in the model's element type.

        With `small`, x may stay what the core converts by the mini-batch; see `as_inputs`.
        """
        x = self._inputs(x, f"{prefix}x", small)
        if y is None:
            raise ValueError(f"{prefix}y is None; expected one target for each example in x")
        y = as_array(y, f"{prefix}y")
        flat = np.ndim(y) == 1
        if len(self.output_shape) > 2 and y.shape[1:] == self.output_shape[1:]:
            y = np.reshape(y, (len(y), -1))
        y = self.loss.targets(y, len(x), self.layers[-1].n_out, self._dtype)
        self._compiled_metrics.build(self.output_shape[1:], y.shape[1])
        return Data(x, y, as_sample_weight(sample_weight, len(x), self._dtype), flat)

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
        x : array_like, table or sparse matrix, shape (N, n_0)
            Numbers of any real type: an array, a pandas or polars DataFrame, a tensor in main
            memory, a matrix of scipy.sparse. A C-contiguous array of the model's dtype is read
            in place (a memory-mapped file, too); one of another type, or whose rows lie
            apart, and CSR matrices a mini-batch at a time. What is copied whole, and should
            not be large: arrays whose rows are not contiguous (Fortran order; many
            DataFrames), other sparse formats, lists.
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
        outputs = (
            np.empty((rows, self.layers[-1].n_out), self._dtype) if self._compiled_metrics else None
        )
        # Every call draws new random numbers for dropout, as an epoch of one step does.
        total = trainer.steps(data, None, rows, 0, 1, self._epochs, outputs)
        self._epochs += 1
        logs = {"loss": total / rows}
        self._compiled_metrics.reset()
        self._compiled_metrics.update(data.y, outputs, data.weight, flat=data.flat)
        logs.update(self._compiled_metrics.result())
        return self._as_result(logs, return_dict)

    def evaluate(
        self, x, y, batch_size=None, verbose="auto", sample_weight=None, return_dict=False
    ):
        """Return the loss and the metrics over these data.

        Parameters
        ----------
        x, y, sample_weight
            As for `fit`.
        batch_size : int, default 32
            The rows a metric of one's own is called with at a time; changes nothing else.
        verbose
            Taken as Keras takes it; changes nothing in the result.
        return_dict : bool, default False

        Returns
        -------
        float, list or dict
            The loss; with metrics ``[loss, metric, …]``, with `return_dict` a dict by name.
        """
        self._need_compiled("evaluate")
        data = self._data(x, y, sample_weight)
        network = self._network(data.y.shape[1], min(BLOCK_ROWS, len(data)))
        batch_size = 32 if batch_size is None else as_count(batch_size, "batch_size")
        logs = _training.evaluate(self, network, data, self._compiled_metrics, batch_size)
        return self._as_result(logs, return_dict)

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
        return (
            out if out.ndim == len(self.output_shape) else out.reshape(-1, *self.output_shape[1:])
        )

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
