"""What `compile` settles: the optimizer, the loss and the metrics of a model."""

import math

from . import losses, optimizers
from ._compiled_metrics import CompiledMetrics
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
        loss : str, Loss, function (y, a) → (C, ∂C/∂a), pair of functions or LowLevelCallable
            See `bpcore.losses.get`. A user's own gradient is compared with central differences
            here, or as soon as the model is built. Without a loss the model only predicts.
        loss_weights : None
            Not covered: a model has one loss. Scale it by `sample_weight`.
        metrics : list of str, Metric or function, optional
            What else to report of the outputs, every example counting alike; see
            `bpcore.metrics.get`.
        weighted_metrics : list of str, Metric or function, optional
            The same, with each example weighted by `sample_weight` and `class_weight`. A name
            that is among `metrics` too is reported as "weighted_…".
        run_eagerly : bool, default False
            Only False: the loop is compiled already.
        steps_per_execution : int, default 1
            Callbacks that look between mini-batches do so every so many.
        jit_compile, auto_scale_loss
            Taken as Keras takes them; they change nothing.
        """
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
        loss_checked = True
        if loss is not None:
            loss = losses.get(loss)
            loss._require_trainable()
            loss_checked = self._check_loss(loss) if self.built else False
        compiled_metrics = CompiledMetrics(
            _one_output(metrics), _one_output(weighted_metrics), loss and loss.name
        )
        optimizer._core_settings = None  # an old one may have been made for other layers
        self.optimizer, self.loss, self._loss_checked = optimizer, loss, loss_checked
        self._compiled_metrics = compiled_metrics
        self.steps_per_execution = steps_per_execution
        self.stop_training = False
        self._wanted = object()
        self._forget_networks()

    # Whether the gradient of the user's own loss is known to be the derivative of its cost.
    _loss_checked = True

    def _check_loss(self, loss, y=None):
        """Compare the gradient of a user's loss with central differences, once.

        Returns False where that must wait for targets that the loss can read.
        """
        if loss.kernel not in ("user", "native") or not loss.check_gradient:
            return True
        last = self.layers[-1]
        return losses.check_gradient(loss, last.n_out, last.activation, y)

    def _need_compiled(self, method):
        if self.loss is None:
            if self.optimizer is not None:
                raise ValueError(f"model.{method}(…) needs a loss: compile(…) was given none")
            raise RuntimeError(f"call model.compile(optimizer=…, loss=…) before model.{method}(…)")

    # ---- metrics -------------------------------------------------------------

    def reset_metrics(self):
        """Let all metrics forget what they have seen."""
        self._compiled_metrics.reset()

    @property
    def metrics(self):
        """The metrics given to `compile`, as a new list of `bpcore.metrics.Metric`."""
        return list(self._built_metrics().metrics)

    @property
    def metrics_names(self):
        """What `evaluate` returns, in its order: "loss" and the metrics."""
        return ["loss", *self._built_metrics().names]

    def _built_metrics(self):
        if self.built:  # else the first data tell which there are
            shape = self.output_shape[1:]
            sparse = self.loss is not None and self.loss.name.startswith("sparse")
            self._compiled_metrics.build(shape, 1 if sparse else math.prod(shape))
        return self._compiled_metrics

    @property
    def compiled(self):
        """Whether `compile` was called."""
        return self.optimizer is not None


def _one_output(given):
    """Return a list of metrics; Keras takes a list for each output, too."""
    if isinstance(given, (list, tuple)) and len(given) == 1 and isinstance(given[0], (list, tuple)):
        return given[0]
    return given
