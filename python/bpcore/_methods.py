"""What a model can be asked to do with data: compile, fit, evaluate, predict."""

import numpy as np

from . import _training, losses, metrics, optimizers
from ._data import as_count, as_inputs, as_sample_weight
from ._plan import make_plan
from ._threads import threads_for
from ._training import Data, Trainer
from ._variables import has_rules

# Rows that predict and evaluate take through the network at a time: enough to fill
# the vector units, few enough for the workspace to stay in cache.
BLOCK_ROWS = 256


class TrainingMethods:
    """The part of a model that is about data; see `bpcore.Sequential`, the only one."""

    # ---- compiling -----------------------------------------------------------

    def compile(self, optimizer, loss, metrics=None):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
            A name ("sgd", "adam", …) or an object of `bpcore.optimizers`, which belongs to this
            model from its first training on.
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
        return (
            self.loss.name == "user"
            or any(not isinstance(layer.activation, str) for layer in self.layers)
            or has_rules(self.layers)
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
