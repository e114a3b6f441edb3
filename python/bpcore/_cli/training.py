"""The same training twice: by bpcore, and by `bpcore.reference` in NumPy."""

import math
import time
from dataclasses import dataclass

import numpy as np

import bpcore
from bpcore import _core, layers, reference

from .errors import UserError

BATCH_SIZE = 32


@dataclass
class Data:
    """Inputs x float32 (N, n_0) and encoded targets y, to train on and to score with."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass
class Run:
    """What came of one training.

    Attributes
    ----------
    scores : dict of str to float
        On the held-out rows, by name.
    seconds : float
        Wall-clock time of the whole fit.
    loss : float
        Mean cost of the last epoch, over its mini-batches as they were trained.
    """

    scores: dict
    seconds: float
    loss: float


def make_model(n_inputs, hidden, target, seed, learning_rate=0.001):
    """Return a compiled float32 model: hidden ReLU layers under the target's output layer.

    Parameters
    ----------
    n_inputs : int
    hidden : list of int
        Widths of the hidden layers.
    target : Classes or Quantity
    seed : int
        Seeds everything random in the model and its training.
    learning_rate : float, default 0.001
        Of Adam, as everything else in it at Keras's default.
    """
    bpcore.utils.set_random_seed(seed)
    model = bpcore.Sequential(
        [
            bpcore.Input((n_inputs,)),
            *(layers.Dense(width, activation="relu") for width in hidden),
            layers.Dense(target.n_outputs, activation=target.activation),
        ]
    )
    model.compile(bpcore.optimizers.Adam(learning_rate), target.loss)
    return model


def train(model, data, target, epochs, quiet):
    """Fit the model, with a progress bar unless quiet; return the Run.

    The time is that of ``model.fit`` as any user calls it, its checks and bar included.
    """
    start = time.perf_counter()
    history = model.fit(
        data.x, data.y, batch_size=BATCH_SIZE, epochs=epochs, verbose=0 if quiet else 1
    )
    seconds = time.perf_counter() - start
    outputs, loss = model.predict(data.x_test), history.history["loss"][-1]
    if not (math.isfinite(loss) and np.isfinite(outputs).all()):
        raise UserError(
            f"the training diverged (loss {loss:g}); expected finite numbers. Look for extreme "
            "values in the table, or train for fewer --epochs"
        )
    return Run(target.score(outputs, data.y_test), seconds, loss)


def train_in_numpy(start, model, data, target, epochs, quiet):
    """Do in NumPy what `train` did: same starting weights, rows in the same order, float32.

    Parameters
    ----------
    start : list of ndarray
        The weights the model had before its fit.
    model : Sequential
        For its activations, its learning rate and the seed of its shuffles.
    data, target, epochs, quiet
        As `train` was given them.

    Returns
    -------
    Run
        The time includes the making of the network and of the orders, as the fit's does.
    """
    weights = list(zip(start[::2], start[1::2], strict=True))
    began = time.perf_counter()
    network = reference.Network(weights, [la.activation for la in model.layers], target.loss)
    orders = (_core.epoch_order(len(data.x), model._seed, epoch) for epoch in range(epochs))
    # Far beyond the range of float32 NumPy warns; the scores tell that better.
    with np.errstate(all="ignore"):
        losses = network.fit(
            data.x,
            data.y,
            reference.adam(model.optimizer.learning_rate),
            BATCH_SIZE,
            _with_bar(orders, epochs, quiet),
        )
        seconds = time.perf_counter() - began
        outputs = network.forward(data.x_test)[1][-1]
        return Run(target.score(outputs, data.y_test), seconds, losses[-1])


def _with_bar(orders, epochs, quiet):
    if quiet:
        return orders
    from tqdm import tqdm

    return tqdm(
        orders,
        desc="The same in NumPy",
        total=epochs,
        bar_format="{desc} {percentage:3.0f}%|{bar:20}| {elapsed}<{remaining}",
    )
