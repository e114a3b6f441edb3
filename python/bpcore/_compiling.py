"""What `compile` settles: the optimizer, the loss and the metrics of a model."""

from . import losses, optimizers
from . import metrics as metrics_module
from ._data import as_count


class CompiledMethods:
    """The part of a model that `compile` is about; see `bpcore.Sequential`.

    Attributes
    ----------
    stop_training, stop_evaluating, stop_predicting : bool
        Callbacks set them to end what is running.
    steps_per_execution : int
        Mini-batches between two calls of a callback's batch hooks.
    """

    stop_training = stop_evaluating = stop_predicting = False
    steps_per_execution = 1
    # Where BackupAndRestore wants the fit to go on.
    _initial_epoch = None
    _weighted_names: list | tuple = ()

    # ---- compiling -----------------------------------------------------------

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer, default "rmsprop"
            "sgd", "adam", …, or an object of `bpcore.optimizers`, which belongs to this model
            from its first training on.
        loss : str, Loss, function (y, a) → (C, ∂C/∂a), or pair of functions
            See `bpcore.losses.get`. Without one the model only predicts.
        loss_weights : None
            Not covered: a model has one loss. Scale it by `sample_weight`.
        metrics : list of str or Metric, optional
            What else to report of the outputs, every example counting alike; see
            `bpcore.metrics`.
        weighted_metrics : list of str or Metric, optional
            The same, with each example weighted by `sample_weight` and `class_weight`. A name
            that is among `metrics` too is reported as "weighted_…".
        run_eagerly : bool, default False
            Only False: the loop is compiled already.
        steps_per_execution : int, default 1
            Callbacks that look between mini-batches do so every so many.
        jit_compile, auto_scale_loss
            Taken as Keras takes them; they change nothing.
        """
        given_metrics, given_weighted = (
            _names(metrics, "metrics"),
            _names(weighted_metrics, "weighted_metrics"),
        )
        if loss_weights is not None:
            raise ValueError(
                f"loss_weights={loss_weights!r} is not covered: a model has one loss; scale it by "
                "sample_weight"
            )
        if run_eagerly:
            raise ValueError(
                "run_eagerly=True is not covered: the training loop is compiled once and for all. "
                "To look inside, use model.backprop(x, y)"
            )
        steps_per_execution = as_count(steps_per_execution, "steps_per_execution")
        optimizer = optimizers.get(optimizer)
        if loss is not None:
            loss = losses.get(loss)
        resolved = (
            self._metrics_for(given_metrics, given_weighted, loss) if self.built and loss else []
        )
        self.optimizer, self.loss = optimizer, loss
        self._metric_names, self._weighted_names = given_metrics, given_weighted
        self._metrics = resolved
        self.steps_per_execution = steps_per_execution
        self.stop_training = False
        self._forget_networks()

    def _need_compiled(self, method):
        if self.loss is None:
            if self.optimizer is not None:
                raise ValueError(f"model.{method}(…) needs a loss: compile(…) was given none")
            raise RuntimeError(f"call model.compile(optimizer=…, loss=…) before model.{method}(…)")

    # ---- metrics -------------------------------------------------------------

    def _metrics_for(self, names, weighted, loss):
        n_out = self._layers[-1].n_out
        resolved = [metrics_module.get(m, loss.name, n_out) for m in names]
        known = {m.name for m in resolved}
        for name in weighted:
            metric = metrics_module.get(name, loss.name, n_out)
            if metric.name in known and isinstance(name, str):
                metric.name = f"weighted_{metric.name}"
            resolved.append(metric)
        names = ["loss"] + [m.name for m in resolved]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must have different names, got {names[1:]}")
        return resolved

    def _resolve_metrics(self):
        self._metrics = self._metrics_for(self._metric_names, self._weighted_names, self.loss)

    def _update_metrics(self, y, outputs, weight):
        """Show the metrics the outputs for some rows; the weighted ones come last."""
        plain = len(self._metrics) - len(self._weighted_names)
        for i, metric in enumerate(self._metrics):
            metric.update_state(y, outputs, None if i < plain else weight)

    def _metric_results(self):
        return {metric.name: metric.result() for metric in self._metrics}

    def reset_metrics(self):
        """Let all metrics forget what they have seen."""
        for metric in self._metrics:
            metric.reset_state()

    @property
    def metrics(self):
        """The metrics given to `compile`, as a new list of `bpcore.metrics.Metric`."""
        return list(self._metrics)

    @property
    def metrics_names(self):
        """What `evaluate` returns, in its order: "loss" and the metrics."""
        return ["loss"] + [metric.name for metric in self._metrics]

    @property
    def compiled(self):
        """Whether `compile` was called."""
        return self.optimizer is not None


def _names(given, name):
    """Return what `compile` was given as metrics as a list."""
    if given is not None and not isinstance(given, (list, tuple)):
        raise TypeError(f"{name} must be a list, got {given!r}")
    given = list(given or [])
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        return list(given[0])  # Keras takes a list for each output, too
    return given
