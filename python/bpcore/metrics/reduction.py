"""Sums and means of values, and the mean of a function of targets and outputs."""

import numpy as np

from ._arrays import same_rank
from .base import Metric


def _of_examples(values, sample_weight, reduce):
    """Reduce values (B, …) to one an example, weighted; return them and the weights (B,).

    Where there are more weights than examples, each axis but the first is reduced.
    """
    values = np.asarray(values, np.float64)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, np.float64)
        shapes = values.shape, sample_weight.shape
        values, sample_weight = same_rank(values, sample_weight)
        axes = sample_weight.ndim
        if values.ndim > axes:
            values = reduce(values, axis=tuple(range(axes, values.ndim)))
        try:
            sample_weight = np.broadcast_to(sample_weight, values.shape)
        except ValueError:
            raise ValueError(
                f"sample_weight has shape {shapes[1]}; expected one for each of the values of "
                f"shape {shapes[0]}"
            ) from None
        values = values * sample_weight
        if axes > 1:
            sample_weight = reduce(sample_weight, axis=tuple(range(1, axes)))
    if values.ndim > 1:
        values = reduce(values, axis=tuple(range(1, values.ndim)))
    return values, sample_weight


class Sum(Metric):
    """The weighted sum of the values given.

    Parameters
    ----------
    name : str, default "sum"
    dtype : str, optional
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")

    def update_state(self, values, sample_weight=None):
        """Add these values, a scalar or (B, …), times their weights."""
        values, _ = _of_examples(values, sample_weight, np.sum)
        self.total.assign_add(values.sum())

    def result(self):
        """Return the sum."""
        return float(self.total)


class Mean(Metric):
    """The weighted mean of the values given: Σ wᵢ vᵢ / Σ wᵢ, and 0 of none.

    Parameters
    ----------
    name : str, default "mean"
    dtype : str, optional
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values, sample_weight=None):
        """Take in these values: a scalar counts as one, (B, …) as B means."""
        values, weight = _of_examples(values, sample_weight, np.mean)
        self.total.assign_add(values.sum())
        if weight is not None:
            self.count.assign_add(weight.sum())
        else:
            self.count.assign_add(len(values) if values.ndim else 1)

    def result(self):
        """Return the mean."""
        count = float(self.count)
        return float(self.total) / count if count else 0.0


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and outputs.

    Parameters
    ----------
    fn : function (y_true, y_pred, **kwargs) -> array_like
        Returns a value for each example, shape (B,) or (B, …), or one for the batch.
    name : str, optional
        Default: the class's name.
    dtype : str, optional
    **kwargs
        Further arguments of `fn`.
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        if not callable(fn):
            raise TypeError(f"fn must be a function (y_true, y_pred) -> values, got {fn!r}")
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in these targets and outputs, one row an example."""
        super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def _takes_many_batches(self):
        own = getattr(self._fn, "__module__", "") or ""
        return super()._takes_many_batches() and own.startswith(f"{__package__}.")

    def get_config(self):
        """Return the arguments that make this metric again; `fn` as `serialize` gives it."""
        from . import serialize

        return {**super().get_config(), "fn": serialize(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config):
        """Make a metric from what `get_config` returned."""
        from . import deserialize

        config = dict(config)
        if isinstance(config.get("fn"), (dict, str)):
            config["fn"] = deserialize(config["fn"])
        return cls(**config)


class FunctionMean(MeanMetricWrapper):
    """Base class of the means of bpcore's own functions.

    A class names its function and direction; `_arguments` are the attributes that its
    configuration holds beside name and dtype.
    """

    _arguments: tuple[str, ...] = ()

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {
            "name": self.name,
            "dtype": self.dtype,
            **{argument: getattr(self, argument) for argument in self._arguments},
        }

    @classmethod
    def from_config(cls, config):
        """Make a metric from what `get_config` returned."""
        return cls(**config)
