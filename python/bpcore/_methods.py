"""What a model can be asked to do with data: fit, evaluate, predict."""

import math

import numpy as np

from . import _batches, _evaluation, _training
from ._activations import UserActivation
from ._arrays import as_array
from ._class_weight import with_class_weight
from ._compiling import CompiledMethods
from ._data import as_count, as_inputs, as_sample_weight
from ._fit import Run
from ._fit import fit as _run_fit
from ._plan import make_plan
from ._progress import check_verbose
from ._sources import batch_source, is_batch_source
from ._threads import threads_for
from ._training import Data, Trainer
from ._variables import has_rules
from .callbacks import CallbackList

# Rows that predict and evaluate take through the network at a time: enough to fill
# the vector units, few enough for the workspace to stay in cache.
BLOCK_ROWS = 256


class TrainingMethods(CompiledMethods):
    """The part of a model that is about data; see `bpcore.Sequential`, the only one."""

    # ---- networks ------------------------------------------------------------

    def _forget_networks(self):
        """Let go of what was made of the layers, the loss and the optimizer as they were."""
        self._networks = {}
        self._trainers = {}
        self._plans = {}
        self._calls_python = self._one_thread = None

    def _plan(self, n_y, keep_all=False):
        """Return the plan for this many target columns, made once."""
        key = n_y, keep_all
        if key not in self._plans:  # an optimizer of scipy asks thousands of times
            itemsize = self._parameters.itemsize
            self._plans[key] = make_plan(self._layers, self.loss, *key, itemsize=itemsize)
        return self._plans[key]

    def _network(self, n_y, rows, threads=1):
        """Return the network for this many target columns, with room for `rows` rows."""
        known = self._networks.get(n_y)
        if known is None or known[0] < rows or known[1].threads < threads:
            network = self._plan(n_y).network(self._parameters, self._state, rows, threads)
            known = (rows, network)
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
        return trainer

    def _has_user_functions(self):
        """Whether a step calls Python."""
        if self._calls_python is None:  # until the layers or the loss change
            self._calls_python = (
                self.loss.kernel == "user"
                or any(isinstance(layer.activation, UserActivation) for layer in self._layers)
                or has_rules(self._layers)
            )
        return self._calls_python

    def _is_serial(self):
        """Whether a batch's rows have to go one after the other, on one thread."""
        if self._one_thread is None:
            self._one_thread = self._has_user_functions() or any(
                layer._serial for layer in self._layers
            )
        return self._one_thread

    # ---- data ----------------------------------------------------------------

    def _inputs(self, x, name="x", small=True):
        dtype = self._dtype or self._default_dtype
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
        flat = y.ndim == 1
        top = self._layers[-1]
        if len(top.output_shape) > 1 and y.shape[1:] == top.output_shape:
            y = np.reshape(y, (len(y), -1))
        return self._checked(x, y, sample_weight, flat, prefix)

    def _checked(self, x, y, weight, flat, prefix=""):
        """Return what the loss and the metrics are to be given, checked; x is already."""
        top = self._layers[-1]
        try:
            y = self.loss.targets(y, len(x), top.n_out, self._dtype)
            weight = as_sample_weight(weight, len(x), self._dtype)
        except (TypeError, ValueError) as error:
            if not prefix:
                raise
            raise type(error)(f"{prefix}{error}") from error
        if not self._loss_checked:
            self._loss_checked = True
            self._loss_checked = self._check_loss(self.loss, y)
        self._compiled_metrics.build(top.output_shape, y.shape[1])
        return Data(x, y, weight, flat, self._wanted)

    def _current(self, data, prefix=""):
        """Return data as the model wants them now: a callback may have compiled it anew."""
        if data.checked_for is self._wanted:
            return data
        self._need_built()
        self._need_compiled("fit")
        return self._checked(data.x, data.y, data.weight, data.flat, prefix)

    # ---- training ------------------------------------------------------------

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
        *,
        max_seconds=None,
    ):
        """Train on shuffled mini-batches.

        Parameters
        ----------
        x : array_like, table or sparse matrix, shape (N, n_0), or source of batches
            Numbers of any real type: an array, a pandas or polars DataFrame, a tensor in main
            memory, a matrix of scipy.sparse. A C-contiguous array of the model's dtype is read
            in place (a memory-mapped file, too); one of another type, or whose rows lie
            apart, and CSR matrices a mini-batch at a time. What is copied whole, and should
            not be large: arrays whose rows are not contiguous (Fortran order; many
            DataFrames), other sparse formats, lists. A generator, a
            `bpcore.utils.PyDataset` or a DataLoader yields (x, y) or (x, y, sample_weight), a
            mini-batch each; then `y`, `batch_size`, `sample_weight` and `validation_split` are
            not to be given.
        y : array_like, shape (N, n_L), or (N,) for one output or integer labels
        batch_size : int, optional
            Default 32, or N / `steps_per_epoch`. The last batch of an epoch may be smaller.
        epochs : int, default 1
            The number of the last epoch, from 1: so many are trained from `initial_epoch` 0.
        verbose : {"auto", 0, 1, 2}
            0: nothing; 1 and "auto": a progress bar with loss, metrics and the time left;
            2: a line an epoch.
        callbacks : list of Callback, optional
            See `bpcore.callbacks`.
        validation_split : float, default 0.0
            This part of the rows, taken from the end, is not trained on but evaluated
            after each epoch.
        validation_data : tuple (x, y) or (x, y, sample_weight), or iterator of batches, optional
            Used instead of `validation_split`.
        shuffle : bool, default True
            Visit the rows in a new random order each epoch.
        class_weight : dict of int to float, optional
            The weight of each class of y, labels or one-hot rows; 1 for one that is missing.
            It multiplies `sample_weight`, and does not count in validation.
        sample_weight : array_like, shape (N,), optional
            The loss of a batch is Σᵢ wᵢ C(xᵢ) / B, unless it has another reduction.
        initial_epoch : int, default 0
            The number of the first epoch, to go on after an earlier fit.
        steps_per_epoch : int, optional
            Mini-batches in an epoch; the next one goes on where it stopped. Default: all.
        validation_steps : int, optional
            Evaluate only so many batches of the validation data, from its start.
        validation_batch_size : int, optional
            Default: `batch_size`. Only callbacks notice.
        validation_freq : int or list of int, default 1
            Validate every so many epochs, or after the listed ones, counted from 1.
        max_seconds : float, optional
            Stop when the time is up, to within about 0.1 s. The epoch it falls in is not in
            the history; what it trained stays in the weights.

        Returns
        -------
        History
            ``.history["loss"]`` and one list for each metric, and "val_…" for validation. The
            values of an epoch are means over its mini-batches as they were trained.

        Notes
        -----
        Ctrl-C raises KeyboardInterrupt within about 0.1 s. The weights, the optimizer and
        ``model.history`` are then those at the end of the last whole epoch.
        """
        self._need_compiled("fit")
        check_verbose(verbose)
        epochs = as_count(epochs, "epochs", 0)
        initial_epoch = as_count(initial_epoch, "initial_epoch", 0)
        if steps_per_epoch is not None:
            steps_per_epoch = as_count(steps_per_epoch, "steps_per_epoch")
        _check_seconds(max_seconds)
        validation = None
        if type(x) is not np.ndarray and is_batch_source(x):
            _refuse_beside_batches(
                y=y,
                batch_size=batch_size,
                sample_weight=sample_weight,
                validation_split=validation_split or None,
            )
            source = _batches.BatchEpochs(
                self, batch_source(x, shuffle=bool(shuffle)), steps_per_epoch, class_weight
            )
        else:
            split = 0.0 if validation_data is not None else validation_split
            data, validation = self._fit_data(x, y, class_weight, sample_weight, split)
            if batch_size is None:
                batch_size = 32 if steps_per_epoch is None else -(-len(data) // steps_per_epoch)
            batch_size = min(as_count(batch_size, "batch_size"), len(data))
            trainer = self._trainer(data, batch_size)
            source = _training.ArrayEpochs(
                self, trainer, data, batch_size, bool(shuffle), steps_per_epoch
            )
        callbacks = self._callbacks(callbacks, verbose, epochs, source.steps, add_history=True)
        validate = None
        if validation is not None or validation_data is not None:
            validate = self._validation(
                validation if validation_data is None else validation_data,
                batch_size if validation_batch_size is None else validation_batch_size,
                validation_steps,
                callbacks,
                None if isinstance(source, _batches.BatchEpochs) else data.y.shape[1],
            )
        return _run_fit(
            self,
            source,
            Run(self, callbacks, max_seconds),
            epochs,
            initial_epoch,
            validate,
            _when(validation_freq),
        )

    def _fit_data(self, x, y, class_weight, sample_weight, split):
        """Return what to train on and what to validate with (or None), checked."""
        if class_weight is None:
            data = self._data(x, y, sample_weight)
            at = _split_at(split, len(data)) if split else None
        else:
            given = self._data(x, y, sample_weight)
            data = self._data(x, y, with_class_weight(sample_weight, y, class_weight))
            at = _split_at(split, len(data)) if split else None
            if at is not None:  # classes weigh nothing in validation
                return data.rows(slice(at)), given.rows(slice(at, None))
        if at is None:
            return data, None
        return data.rows(slice(at)), data.rows(slice(at, None))

    def _validation(self, given, batch_size, steps, callbacks, n_y):
        """Return a function that evaluates the validation data, of n_y target columns."""
        if steps is not None:
            steps = as_count(steps, "validation_steps")
        if not isinstance(given, (tuple, list, Data)) and is_batch_source(given):
            source = batch_source(given, name="validation_data")
            return lambda: _batches.evaluate(self, source, steps, callbacks)
        if not isinstance(given, Data):
            if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
                raise ValueError(
                    "validation_data must be a tuple (x, y) or (x, y, sample_weight), got "
                    f"{type(given).__name__}"
                )
            given = self._data(*given, prefix="validation ")
            if n_y not in (None, given.y.shape[1]):
                raise ValueError(
                    f"validation y has {given.y.shape[1]} columns, y has {n_y}; expected as many"
                )
        if batch_size is None:
            batch_size = 32 if steps is None else -(-len(given) // steps)
        batch_size = as_count(batch_size, "validation_batch_size")

        def validate():
            nonlocal given
            given = self._current(given, "validation ")
            return _evaluation.evaluate(self, given, batch_size, steps, callbacks)

        return validate

    def _train_batch(self, data):
        """Make one update; feed the metrics; return the cost times the rows."""
        rows = len(data)
        trainer = self._trainer(data, rows)
        metrics, outputs = self._compiled_metrics, None
        if metrics:
            outputs = np.empty((rows, self._layers[-1].n_out), self._dtype)
        # Every call draws new random numbers for dropout, as an epoch of one step does.
        total = trainer.steps(self, data, None, rows, 0, 1, self._epochs, outputs)
        self._epochs += 1
        if outputs is not None:
            metrics.update(data.y, outputs, data.weight, flat=data.flat)
        return total

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """Make one update on one batch.

        Parameters
        ----------
        x, y, sample_weight, class_weight
            As for `fit`.
        return_dict : bool, default False

        Returns
        -------
        float, list or dict
            The loss of the batch before the update; with metrics ``[loss, metric, …]``, and
            with `return_dict` a dict by name.
        """
        self._need_compiled("train_on_batch")
        if class_weight is not None:
            sample_weight = with_class_weight(sample_weight, y, class_weight)
        data = self._data(x, y, sample_weight)
        self._compiled_metrics.reset()
        return self._as_result(self._train_batch(data) / len(data), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Return the loss and the metrics of one batch; see `evaluate`."""
        return self.evaluate(x, y, verbose=0, sample_weight=sample_weight, return_dict=return_dict)

    def predict_on_batch(self, x):
        """Return the outputs for one batch; see `predict`."""
        return self.predict(x)

    # ---- evaluating and predicting -------------------------------------------

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
    ):
        """Return the loss and the metrics over these data.

        Parameters
        ----------
        x, y, sample_weight
            As for `fit`.
        batch_size : int, default 32
            What `steps`, callbacks and metrics of one's own count in, and the batches whose
            losses are averaged where the loss has another reduction than the mean.
        verbose : {"auto", 0, 1, 2}
            0: nothing; "auto" and 2: one line; 1: a progress bar.
        steps : int, optional
            Evaluate only so many batches.
        callbacks : list of Callback, optional
            Their ``on_test_…`` hooks are called.
        return_dict : bool, default False

        Returns
        -------
        float, list or dict
            The loss; with metrics ``[loss, metric, …]``, with `return_dict` a dict by name.
        """
        self._need_compiled("evaluate")
        check_verbose(verbose)
        shown = 2 if verbose == "auto" else verbose
        if steps is not None:
            steps = as_count(steps, "steps")
        if type(x) is not np.ndarray and is_batch_source(x):
            source = batch_source(x)
            callbacks = self._callbacks(callbacks, shown, 1, steps or source.batches_per_epoch)
            logs = _batches.evaluate(self, source, steps, callbacks)
        else:
            data = self._data(x, y, sample_weight)
            batch_size, count = _batches_of(len(data), batch_size, steps)
            if callbacks is not None or shown:
                callbacks = self._callbacks(callbacks, shown, 1, count)
            logs = _evaluation.evaluate(self, data, batch_size, steps, callbacks)
        return self._as_result(logs["loss"], return_dict)

    def _callbacks(self, callbacks, verbose, epochs, steps, add_history=False):
        """Return the callbacks of a run as one; a CallbackList of the user's is taken as it is."""
        if isinstance(callbacks, CallbackList):
            if callbacks.model is not self:
                callbacks.set_model(self)
            return callbacks
        return CallbackList(
            callbacks,
            add_history=add_history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )

    def _evaluate_rows(self, data, batch_size=None):
        """Evaluate some rows; feed the metrics; return the cost times the rows."""
        data = self._current(data)
        network = self._network(data.y.shape[1], min(BLOCK_ROWS, len(data)))
        outputs = None
        if self._compiled_metrics:
            outputs = np.empty((len(data), self._layers[-1].n_out), data.y.dtype)
        if self.loss.is_mean:
            total = network.evaluate(data.x, data.y, data.weight, outputs)
        else:
            total = self._loss_by_batches(network, data, batch_size or len(data), outputs)
        if outputs is None:
            return total
        self._compiled_metrics.update(data.y, outputs, data.weight, batch_size, data.flat)
        return total

    def _loss_by_batches(self, network, data, batch_size, outputs):
        """Return the sum of the batches' losses, each times its rows: where a batch's loss is
        not simply the mean over its rows.
        """
        total = 0.0
        for start in range(0, len(data), batch_size):
            rows = slice(start, start + batch_size)
            part = data.rows(rows)
            weight, divisor = self.loss.counted(part.y, part.weight)
            cost = network.evaluate(
                part.x,
                part.y,
                weight,
                None if outputs is None else outputs[rows],
                divisor / len(part),
            )
            total += cost / divisor * len(part)
        return total

    def _as_result(self, loss, return_dict):
        if not self._compiled_metrics:
            return {"loss": loss} if return_dict else loss
        logs = {"loss": loss, **self._compiled_metrics.result()}
        # Keras sorts a dict by name, and gives a list in the order of compile.
        return dict(sorted(logs.items())) if return_dict else list(logs.values())

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """Return the outputs a⁽ᴸ⁾, without dropout.

        Parameters
        ----------
        x : array_like, shape (N, n_0), or iterator of batches
        batch_size : int, default 32
            Changes nothing in the result; `steps` and callbacks count in it.
        verbose : {"auto", 0, 1, 2}
            1: a progress bar; 2: one line. "auto" shows nothing: a call may take microseconds.
        steps : int, optional
            Predict only so many batches.
        callbacks : list of Callback, optional
            Their ``on_predict_…`` hooks are called.

        Returns
        -------
        ndarray, shape (N, n_L), of the model's dtype
        """
        if (
            (verbose == "auto" or verbose == 0)
            and callbacks is None
            and steps is None
            and (type(x) is np.ndarray or not is_batch_source(x))
        ):
            x = self._inputs(x)
            return self._predict_rows(x) if len(x) <= BLOCK_ROWS else _evaluation.predict(self, x)
        check_verbose(verbose)
        verbose = 0 if verbose == "auto" else verbose
        if steps is not None:
            steps = as_count(steps, "steps")
        if is_batch_source(x):
            source = batch_source(x)
            callbacks = self._callbacks(callbacks, verbose, 1, steps or source.batches_per_epoch)
            return _batches.predict(self, source, steps, callbacks)
        x = self._inputs(x)
        batch_size, count = _batches_of(len(x), batch_size, steps)
        callbacks = self._callbacks(callbacks, verbose, 1, count)
        return _evaluation.predict(self, x, batch_size, steps, callbacks)

    def _predict_rows(self, x, out=None):
        if out is None:
            out = np.empty((len(x), self._layers[-1].n_out), self._dtype)
        self._network(0, min(BLOCK_ROWS, len(x))).predict(x, out)
        return self._shaped(out)

    def _shaped(self, out):
        """Return outputs (N, n_L) in the shape of the last layer's."""
        shape = self._layers[-1].output_shape
        return out if len(shape) == 1 else out.reshape(-1, *shape)

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


def _refuse_beside_batches(**given):
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"{name} cannot be used with an x that supplies batches: they hold their own; "
                "leave it out"
            )


def _check_seconds(max_seconds):
    if max_seconds is None:
        return
    if isinstance(max_seconds, bool) or not isinstance(max_seconds, (int, float, np.number)):
        raise TypeError(f"max_seconds must be a number, got {max_seconds!r}")
    if not max_seconds > 0:
        raise ValueError(f"max_seconds must be above 0, got {max_seconds!r}")


def _split_at(fraction, rows):
    if not isinstance(fraction, (int, float, np.number)) or not 0 < fraction < 1:
        raise ValueError(f"validation_split must be at least 0 and below 1, got {fraction!r}")
    at = int(rows * (1 - fraction))
    if at in (0, rows):
        raise ValueError(
            f"validation_split={fraction} of {rows} examples leaves none to "
            f"{'validate with' if at else 'train on'}"
        )
    return at


def _when(validation_freq):
    """Return a function that tells whether an epoch (from 0) is followed by validation."""
    if isinstance(validation_freq, (list, tuple, set, frozenset, range)):
        return lambda epoch: epoch + 1 in validation_freq
    every = as_count(validation_freq, "validation_freq")
    return lambda epoch: (epoch + 1) % every == 0


def _batches_of(rows, batch_size, steps):
    """Return the batch size, and how many batches there are to do."""
    if batch_size is None:
        batch_size = 32 if steps is None else -(-rows // steps)
    batch_size = as_count(batch_size, "batch_size")
    return batch_size, -(-rows // batch_size) if steps is None else steps
