"""The network of an estimator: a `Sequential` and its compiled plan, bound once.

The cost is scikit-learn's. For a batch b of the rows i with weights w_i, and W the kernels,

    C_b = s Σ w_i C(x_i) / Σ w_i  +  α/2 Σ W² / Σ w_i,

s being 1 but where scikit-learn and Keras define a loss differently (see `Objective`): a loss
with the reduction "mean_with_sample_weight", and its factor s and the shared penalty, which
`_core.Network.train` takes.
"""

import copy
import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from .. import _core, initializers, layers, losses, optimizers, regularizers
from .._data import aligned_empty, as_inputs
from .._plan import make_plan
from .._threads import threads_for
from .._training import _NOT_DONE
from .._trials import Trials, is_open
from ..models import Sequential

# Rows that predictions take through the network at a time.
BLOCK_ROWS = 256
# Operations between two looks at signals.
_CHUNK_FLOPS = 4e9
# What a step counts at least: it takes a fraction of a microsecond however small the network is.
_LEAST_FLOPS = 4e5

# scikit-learn's names of activations, in Keras's.
ACTIVATIONS = {
    "identity": "linear",
    "logistic": "sigmoid",
    "exp": "exponential",
}


class SGD(optimizers.SGD):
    """Gradient descent whose momentum may be 1, as scikit-learn allows."""

    _ranges = {**optimizers.SGD._ranges, "momentum": (0, 1 + 1e-15)}  # noqa: RUF012


@dataclass
class Objective:
    """What is minimised.

    Attributes
    ----------
    loss : str or Loss
        bpcore's.
    factor : float
        s: what the loss is multiplied by to be scikit-learn's, as it is differentiated.
    shown : float
        The part of s in `loss_curve_`: scikit-learn differentiates the sum of squares over
        the outputs, and reports their mean.
    indices : bool
        The targets are the numbers of the classes, shape (N, 1).
    constants : function of y, or None
        What scikit-learn's loss of each row has that does not depend on the outputs.
    """

    loss: object
    factor: float = 1.0
    shown: float = 1.0
    indices: bool = False
    constants: object = None

    def constant(self, y, weight=None):
        """Return the weighted mean of `constants`."""
        if self.constants is None:
            return 0.0
        return float(np.average(self.constants(y), weights=weight))


def name_of(activation):
    """Return an activation as bpcore knows it, given scikit-learn's name or bpcore's."""
    return ACTIVATIONS.get(activation, activation) if isinstance(activation, str) else activation


def per_layer(value, count, name):
    """Return the list of one value for each of `count` hidden layers."""
    if not isinstance(value, (list, np.ndarray)):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{name} has {len(value)} entries for {count} hidden layers; expected one for each, "
            "or a single one for all"
        )
    return list(value)


def make_model(sizes, activation, out_activation, dropout, alpha, dtype):
    """Return the Sequential of these sizes, all weights 0."""
    zeros = initializers.Zeros()  # an object: a name is looked up for each layer

    def dense(units, activation, name):
        return layers.Dense(
            units,
            activation=name_of(activation),
            kernel_initializer=zeros,
            bias_initializer=zeros,
            kernel_regularizer=regularizers.L2(0.5 * alpha) if alpha else None,
            name=name,
        )

    n_in, *hidden, n_out = sizes
    stack = [layers.Input((n_in,))]
    of_layer = per_layer(activation, len(hidden), "activation")
    rates = per_layer(dropout, len(hidden), "dropout")
    for i, (units, g, rate) in enumerate(zip(hidden, of_layer, rates, strict=True), 1):
        stack.append(dense(units, g, f"hidden_{i}"))
        if rate:
            stack.append(layers.Dropout(rate, name=f"dropout_{i}"))
    stack.append(dense(n_out, out_activation, "output"))
    return Sequential(stack, dtype=dtype, name="mlp")


def make_optimizer(estimator):
    """Return a new optimizer for the estimator's solver."""
    solver, rate = estimator.solver, float(estimator.learning_rate_init)
    if solver == "sgd":
        return SGD(rate, momentum=estimator.momentum, nesterov=estimator.nesterovs_momentum)
    if solver in ("adam", "lbfgs"):
        return optimizers.Adam(
            rate,
            beta_1=estimator.beta_1,
            beta_2=estimator.beta_2,
            epsilon=estimator.epsilon,
        )
    if isinstance(solver, str):
        made = optimizers.get(solver)
        made.learning_rate = rate
        return made
    made = copy.deepcopy(solver)
    made._forget()
    return made


class Network:
    """A model with its loss, its optimizer, and the compiled network they run on.

    Parameters
    ----------
    model : Sequential
        Built.
    objective : Objective
    n_y : int
        Columns of the targets.
    scaled : bool
        Penalties are divided by the weight of each batch.
    """

    def __init__(self, model, objective, n_y, scaled):
        self.model, self.objective, self.n_y, self.scaled = model, objective, n_y, scaled
        # Of what scikit-learn divides by; a reduction of the user's own choice stays.
        self.loss = losses.get(objective.loss)
        if self.loss is objective.loss:
            self.loss = copy.deepcopy(self.loss)
        if self.loss.reduction == "sum_over_batch_size":
            self.loss.reduction = "mean_with_sample_weight"
        self._core, self._rows, self._threads = None, 0, 1

    def __getstate__(self):
        return {**self.__dict__, "_core": None, "_rows": 0}

    @property
    def dtype(self):
        return self.model._dtype

    @property
    def parameters(self):
        return self.model._parameters

    def kernels(self):
        """Return the weights and the biases of the dense layers, as views."""
        dense = [layer for layer in self.model.layers if isinstance(layer, layers.Dense)]
        return [la.kernel for la in dense], [la.bias for la in dense if la.use_bias]

    def core(self, rows=1, threads=1):
        """Return the compiled network with room for so many rows and threads."""
        if self._core is None or self._rows < rows or self._threads < threads:
            itemsize = self.parameters.itemsize
            plan = make_plan(self.model.layers, self.loss, self.n_y, itemsize=itemsize)
            rows = max(rows, BLOCK_ROWS)
            self._core = plan.network(self.parameters, self.model._state, rows, threads)
            self._rows, self._threads = rows, threads
        return self._core

    def inputs(self, x):
        """Return x as the core reads it."""
        if scipy.sparse.issparse(x) and x.format != "csr":
            x = x.tocsr()
        return as_inputs(x, self.model._input.shape[0], self.dtype, "X", small=True)

    def predict(self, x):
        """Return the outputs for x, shape (N, n_L)."""
        x = self.inputs(x)
        out = np.empty((len(x), self.model.layers[-1].n_out), self.dtype)
        self.core().predict(x, out)
        return out

    def cost(self, x, y, weight):
        """Return the loss over these data as scikit-learn reports it, without the penalty."""
        total, objective = len(y), self.objective
        if weight is not None:
            weight = np.ascontiguousarray(weight, self.dtype)
            total = float(weight.sum())
        cost = self.core().evaluate(x, y, weight, None, 0.0) / total
        return objective.factor * objective.shown * cost + objective.constant(y, weight)


class Epochs:
    """Runs epochs of mini-batches on a network.

    Parameters
    ----------
    network : Network
    optimizer : Optimizer
    x, y : as the core reads them
    weight : ndarray, shape (N,), or None
    batch_size : int
    shuffle : bool
    n_threads : int or None
    """

    def __init__(self, network, optimizer, x, y, weight, batch_size, shuffle, n_threads):
        self.network, self.optimizer = network, optimizer
        self.x, self.y, self.batch_size = x, y, batch_size
        self.weight = None if weight is None else np.ascontiguousarray(weight, network.dtype)
        rows = len(y)
        self.steps = -(-rows // batch_size)
        self.order = np.empty(rows, np.int64) if shuffle else None
        flops = 6.0 * batch_size * network.parameters.size
        threads = n_threads or threads_for(flops, self.steps)
        if network.model._is_serial():
            threads = 1
        self.threads = threads
        self.trials = Trials(threads) if not n_threads and is_open(threads) else None
        # (No shorter on trial: penalties are summed by chunks, and must not depend on the clock.)
        self.chunk = max(1, int(_CHUNK_FLOPS / max(_LEAST_FLOPS, flops)))
        self.core = network.core(min(batch_size, rows), threads)
        self.slots = optimizer._slots_for(network.parameters, network.model)
        self.losses = []
        self.constants = network.objective.constants
        if self.constants is not None:
            self.constants = self.constants(y)
        self.grad = None

    def together(self, wanted):
        """Return how many of the epochs wanted `run` can train in one call: as many as take
        little time, where each's loss is the sum that the core returns.
        """
        if self.order is None or self.network.objective.shown != 1:
            return 1
        if self.constants is not None and self.weight is not None:
            return 1
        return max(1, min(wanted, self.chunk // self.steps))

    def run(self, count=1):
        """Train `count` epochs, as `together` allows; return their losses as scikit-learn reports
        them.

        After Ctrl-C, `losses` has those of the epochs done.
        """
        self.losses = []
        model, optimizer, objective = self.network.model, self.optimizer, self.network.objective
        settings = optimizer._settings(model)
        if self.grad is None and (settings.whole or self.core.whole):
            self.grad = aligned_empty(self.network.parameters.size, self.network.dtype)
        if self.order is not None and self.chunk >= self.steps:
            totals = np.full(count, _NOT_DONE)
            try:
                self._train(settings, 0, self.steps, totals=totals)
            finally:
                costs = totals[totals != _NOT_DONE]
                if objective.shown != 1:
                    penalties = self.core.penalties_done
                    costs = objective.shown * (costs - penalties) + penalties
                self._record(costs)
            return self.losses
        if self.order is not None:
            _core.epoch_order(len(self.y), model._seed, model._epochs & 0xFFFFFFFF, self.order)
        total = penalties = 0.0
        for first in range(0, self.steps, self.chunk):
            last = min(first + self.chunk, self.steps)
            total = self._train(settings, first, last, total)
            penalties += self.core.penalties_done
        self._record([objective.shown * (total - penalties) + penalties])
        return self.losses

    def _train(self, settings, first, last, total=0.0, totals=None):
        model, optimizer = self.network.model, self.optimizer
        rates = optimizer._rates((last - first) * (1 if totals is None else len(totals)))
        threads = self.trials.threads if self.trials else self.threads
        start = time.perf_counter()
        try:
            return self.core.train(
                self.x,
                self.y,
                self.weight,
                self.order,
                self.batch_size,
                first,
                last,
                self.slots,
                settings,
                rates,
                optimizer._iterations,
                model._seed,
                model._epochs & 0xFFFFFFFF,
                None,
                threads,
                total,
                totals,
                self.grad,
                self.network.objective.factor,
                self.network.scaled,
            )
        finally:
            optimizer._iterations += self.core.steps_done
            if self.trials:
                seconds, short = time.perf_counter() - start, last * self.batch_size > len(self.y)
                self.trials.took(threads, self.core.steps_done, seconds, short)

    def _record(self, costs):
        constant = 0.0 if self.constants is None else self._constant()
        self.losses = [float(cost + constant) / len(self.y) for cost in costs]
        self.network.model._epochs += len(self.losses)

    def _constant(self):
        """The sum over the batches of the mean of `constants`, times their rows."""
        if self.weight is None:
            return float(self.constants.sum())
        order = slice(None) if self.order is None else self.order
        weight, starts = self.weight[order].astype(np.float64), np.arange(self.steps)
        starts *= self.batch_size
        sums = np.add.reduceat(weight, starts)
        means = np.add.reduceat(weight * self.constants[order], starts)
        np.divide(means, sums, out=means, where=sums != 0)
        return float(means @ np.diff(starts, append=len(weight)))
