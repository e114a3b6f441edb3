"""The metrics a model was compiled with: what `fit` and `evaluate` feed and report."""

import math

import numpy as np

from . import metrics


def _checked(identifiers, argument):
    if identifiers is not None and not isinstance(identifiers, (list, tuple)):
        raise TypeError(f"{argument} must be a list, got {identifiers!r}")
    return list(identifiers or [])


class CompiledMetrics:
    """Metrics of a model, by the names they have in a history.

    Names are Keras's: the string or the metric's own name; a second metric of the same name
    is "name_1" and so on, or "weighted_name" among the weighted ones.

    Parameters
    ----------
    identifiers, weighted_identifiers : list, optional
        What `compile` was given as metrics and weighted_metrics; see `bpcore.metrics.get`.
    loss : str, optional
        The name of the loss.

    Attributes
    ----------
    identifiers, weighted_identifiers : list
    metrics : list of Metric
        All, the weighted ones last; empty until `build`.
    names : list of str
        Their names in a history.
    uses_weights : bool
        Whether sample weights matter to any of them.
    """

    def __init__(self, identifiers=None, weighted_identifiers=None, loss=None):
        self.identifiers = _checked(identifiers, "metrics")
        self.weighted_identifiers = _checked(weighted_identifiers, "weighted_metrics")
        self.uses_weights = bool(self.weighted_identifiers)
        self.metrics, self.names = [], []
        self._weighted_from = len(self.identifiers)
        self._loss = loss
        self._built_for = None
        # Here, not at the first fit, is where a misspelt name is said.
        self._chosen = [
            None if metrics.by_targets(identifier) else metrics.get(identifier)
            for identifier in self.identifiers + self.weighted_identifiers
        ]

    def __bool__(self):
        return bool(self.identifiers or self.weighted_identifiers)

    def build(self, shape, n_y):
        """Choose the metrics for outputs of this shape, without B, and n_y targets a row.

        Nothing is done if they are there already for the same.
        """
        if self._built_for == (shape, n_y):
            return
        n_out = shape[-1]
        columns = n_out if len(shape) > 1 and n_y == math.prod(shape) else n_y
        self.metrics = [
            metrics.get(identifier, self._loss, n_out, columns) if chosen is None else chosen
            for identifier, chosen in zip(
                self.identifiers + self.weighted_identifiers, self._chosen, strict=True
            )
        ]
        self.names = self._make_names()
        self._built_for = shape, n_y

    def _make_names(self):
        names, counts = [], {"loss": 1}
        for index, metric in enumerate(self.metrics):
            name = metric.name
            if name in counts and index >= self._weighted_from:
                name = f"weighted_{name}"
            count = counts.get(name, 0)
            counts[name] = count + 1
            names.append(f"{name}_{count}" if count else name)
        return names

    def reset(self):
        """Forget everything seen."""
        for metric in self.metrics:
            metric.reset_state()

    def update(self, y, a, weight=None, batch_size=None, flat=False):
        """Take in the outputs of one or many mini-batches.

        Parameters
        ----------
        y : ndarray, shape (N, n_y)
        a : ndarray, shape (N, n_out)
            The metrics get outputs, and targets of as many, in the shape of the model's.
        weight : ndarray, shape (N,), optional
            Sample weights, for the weighted metrics alone.
        batch_size : int, optional
            The rows of a mini-batch, the last one maybe less: a user's own metrics are called
            once for each, as a value of the batch (not of its rows) must be averaged so.
            Default: all rows are one.
        flat : bool, default False
            The user gave targets as (N,): their own metrics get them so.
        """
        shape, n_y = self._built_for
        if len(shape) > 1:
            a = a.reshape(-1, *shape)
            if n_y == math.prod(shape):
                y = y.reshape(a.shape)
        for index, metric in enumerate(self.metrics):
            own = weight if index >= self._weighted_from else None
            if metric._takes_many_batches():
                metric.update_state(y, a, own)
                continue
            targets = y[:, 0] if flat else y
            rows = len(a)
            for start in range(0, rows, batch_size or rows):
                batch = slice(start, start + (batch_size or rows))
                arguments = () if own is None else (own[batch],)
                metric.update_state(targets[batch], a[batch], *arguments)

    def result(self):
        """Return the values over all seen by name: a float, or an array of several, each."""
        values = {}
        for name, metric in zip(self.names, self.metrics, strict=True):
            value = metric.result()
            if isinstance(value, dict):
                values.update({key: _plain(v) for key, v in value.items()})
            else:
                values[name] = _plain(value)
        return values

    def serialized(self):
        """Return both lists of identifiers as plain data: names and dicts."""
        return [
            [i if isinstance(i, str) else metrics.serialize(self._object(i)) for i in identifiers]
            for identifiers in (self.identifiers, self.weighted_identifiers)
        ]

    @staticmethod
    def _object(identifier):
        if isinstance(identifier, (type, dict)):
            return metrics.get(identifier)
        return identifier


def _plain(value):
    """Return a scalar as a float, anything else as an array."""
    value = np.asarray(value)
    return float(value) if value.ndim == 0 else np.array(value)
