"""Layers that normalise, and PReLU: like them it has vectors of parameters."""

import math

import numpy as np

from .. import constraints, initializers, regularizers
from ._base import Layer, Spec

# What Keras divides by at least.
_EPSILON = 1e-7


def _last_axis(axis, name):
    """Refuse another axis than the last: a batch normalises columns, an example its row."""
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    if axes not in ((-1,), (1,)):
        raise ValueError(f"{name} in bpcore works along the last axis (axis=-1), got axis={axis!r}")
    return axis


class _Normalizer(Layer):
    """What the layers with gamma and beta share."""

    gamma = beta = None
    _serial = True

    def __init__(
        self,
        axis,
        epsilon,
        center,
        scale,
        beta_initializer,
        gamma_initializer,
        beta_regularizer,
        gamma_regularizer,
        beta_constraint,
        gamma_constraint,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = _last_axis(axis, type(self).__name__)
        self.epsilon = float(epsilon)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def _build(self, shape):
        if len(shape) > 1 and self.axis in (1, [1], (1,)):
            raise ValueError(f"layer {self.name!r} works along the last axis: give axis=-1")
        return super()._build(shape)

    def _specs(self):
        specs = []
        n = self.input_shape[-1]
        if self.scale:
            specs.append(
                Spec(
                    "gamma",
                    (n,),
                    self.gamma_initializer,
                    self.gamma_regularizer,
                    self.gamma_constraint,
                )
            )
        if self.center:
            specs.append(
                Spec(
                    "beta", (n,), self.beta_initializer, self.beta_regularizer, self.beta_constraint
                )
            )
        return specs

    def _row(self):
        return {"group": self.input_shape[-1]}

    def _numbers(self):
        return {"epsilon": self.epsilon}

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": self.beta_initializer,
            "gamma_initializer": self.gamma_initializer,
            "beta_regularizer": self.beta_regularizer,
            "gamma_regularizer": self.gamma_regularizer,
            "beta_constraint": self.beta_constraint,
            "gamma_constraint": self.gamma_constraint,
            **super()._arguments(),
        }


class BatchNormalization(_Normalizer):
    """a = γ (z − μ) / √(v + ε) + β, column by column (Ioffe & Szegedy 2015).

    In training μ and v are mean and variance of the mini-batch, and the moving ones follow:
    m ← momentum · m + (1 − momentum) · μ. Outside of training, and where the layer is not
    trainable, the moving ones are used.

    Parameters
    ----------
    axis : int, default -1
        Only the last axis is covered.
    momentum : float, default 0.99
    epsilon : float, default 1e-3
        ε.
    center, scale : bool, default True
        Whether there are β and γ.
    beta_initializer, gamma_initializer : str or Initializer
        Defaults "zeros" and "ones".
    moving_mean_initializer, moving_variance_initializer : str or Initializer
        Defaults "zeros" and "ones".
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    renorm, synchronized : False
        Taken as Keras takes them; True is not covered.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "batch_norm"
    moving_mean = moving_variance = None

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        if renorm or synchronized:
            name = "renorm" if renorm else "synchronized"
            raise ValueError(f"BatchNormalization({name}=True) is not covered by bpcore")
        super().__init__(
            axis,
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.momentum = float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def _state_specs(self):
        n = self.input_shape[-1]
        return [
            Spec("moving_mean", (n,), self.moving_mean_initializer),
            Spec("moving_variance", (n,), self.moving_variance_initializer),
        ]

    def _row(self):
        return {**super()._row(), "frozen": int(not self.trainable)}

    def _numbers(self):
        return {**super()._numbers(), "momentum": self.momentum}

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "momentum": self.momentum,
            "moving_mean_initializer": self.moving_mean_initializer,
            "moving_variance_initializer": self.moving_variance_initializer,
            **super()._arguments(),
        }


class LayerNormalization(_Normalizer):
    """a = γ (z − μ) / √(v + ε) + β, μ and v of each example's own row (Ba et al. 2016).

    Parameters
    ----------
    axis : int, default -1
        Only the last axis is covered.
    epsilon : float, default 1e-3
        ε.
    center, scale : bool, default True
        Whether there are β and γ.
    beta_initializer, gamma_initializer : str or Initializer
        Defaults "zeros" and "ones".
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "layer_norm"

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        if kwargs.pop("rms_scaling", False):
            raise ValueError(
                "LayerNormalization(rms_scaling=True) is deprecated in Keras and not covered by "
                "bpcore; use RMSNormalization"
            )
        super().__init__(
            axis,
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )


class RMSNormalization(Layer):
    """a = scale · z / √(mean(z²) + ε), the mean over each example's row (Zhang & Sennrich 2019).

    Parameters
    ----------
    axis : int, default -1
        Only the last axis is covered.
    epsilon : float, default 1e-6
        ε.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "rms_norm"
    scale = None
    _serial = True

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = _last_axis(axis, "RMSNormalization")
        self.epsilon = float(epsilon)

    def _specs(self):
        return [Spec("scale", self.input_shape[-1:], initializers.Ones())]

    def _row(self):
        return {"group": self.input_shape[-1]}

    def _numbers(self):
        return {"epsilon": self.epsilon}

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"axis": self.axis, "epsilon": self.epsilon, **super()._arguments()}


class UnitNormalization(Layer):
    """a = z / ‖z‖, each example's row divided by its Euclidean length.

    Parameters
    ----------
    axis : int, default -1
        Only the last axis is covered.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "unit_norm"

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = _last_axis(axis, "UnitNormalization")

    def _row(self):
        return {"group": self.input_shape[-1]}

    def _numbers(self):
        return {"epsilon": 1e-12}

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {"axis": self.axis, **super()._arguments()}


class PReLU(Layer):
    """a = max(z, 0) + α min(z, 0), with a learned α for each unit (He et al. 2015).

    Parameters
    ----------
    alpha_initializer : str or Initializer, default "Zeros"
    alpha_regularizer, alpha_constraint : optional
    shared_axes : None
        Taken as Keras takes it; sharing α over axes is not covered.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    activation = "prelu"
    alpha = None
    _serial = True

    def __init__(
        self,
        alpha_initializer="Zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if shared_axes:
            raise ValueError(
                f"PReLU(shared_axes={shared_axes!r}) is not covered by bpcore: every unit has its "
                "own alpha"
            )
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)

    def _specs(self):
        return [
            Spec(
                "alpha",
                self.input_shape,
                self.alpha_initializer,
                self.alpha_regularizer,
                self.alpha_constraint,
            )
        ]

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "alpha_initializer": self.alpha_initializer,
            "alpha_regularizer": self.alpha_regularizer,
            "alpha_constraint": self.alpha_constraint,
            "shared_axes": None,
            **super()._arguments(),
        }


class _Affine(Layer):
    """A fixed map a = (z − shift) · scale + offset of each column."""

    activation = "affine"

    def _state_specs(self):
        return [
            Spec(name, (math.prod(self.input_shape),), initializers.Zeros())
            for name in ("_shift", "_scale", "_offset")
        ]

    def _bind(self, parameters, state):
        self._shift, self._scale, self._offset = state
        self._weights_changed()

    def _set_map(self, shift, scale, offset):
        """Fill the map with arrays that broadcast to an example's shape."""
        if not self.built or getattr(self, "_shift", None) is None:
            return
        for view, values in zip(
            (self._shift, self._scale, self._offset), (shift, scale, offset), strict=True
        ):
            view[...] = np.broadcast_to(values, self.input_shape).ravel()

    def _let_go(self):
        self._shift = self._scale = self._offset = None
        self._owner = None

    def count_params(self):
        return sum(w.size for w in self.weights)


class Rescaling(_Affine):
    """a = z · scale + offset, in training and outside of it.

    Parameters
    ----------
    scale : float or array_like
        E.g. 1/255 for pixels; an array has one number for each column.
    offset : float or array_like, default 0.0
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self._weights_changed()

    def _weights_changed(self):
        self._set_map(0.0, np.asarray(self.scale), np.asarray(self.offset))

    def _named_weights(self):
        return []

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""
        return {
            "scale": np.asarray(self.scale).tolist(),
            "offset": np.asarray(self.offset).tolist(),
            **super()._arguments(),
        }


class Normalization(_Affine):
    """a = (z − mean) / √variance of each column of the data.

    Parameters
    ----------
    axis : int or None, default -1
        -1: mean and variance of each column; None: one for all.
    mean, variance : float or array_like, optional
        Both or neither; without them call `adapt` before the first use.
    invert : bool, default False
        Map back: a = z √variance + mean.
    activity_regularizer, trainable, name
        As for every `Layer`.
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        if axis not in (-1, None, (-1,), [-1], 1, (1,), [1]):
            raise ValueError(
                f"Normalization in bpcore takes axis=-1 (each column) or None, got {axis!r}"
            )
        if (mean is None) != (variance is None):
            raise ValueError(
                f"give both mean and variance or neither, got mean={mean!r}, variance={variance!r}"
            )
        if np.shape(mean) != np.shape(variance):
            raise ValueError(
                "mean and variance must have one shape, got "
                f"{np.shape(mean)} and {np.shape(variance)}"
            )
        self.axis, self.invert = axis, bool(invert)
        self.input_mean, self.input_variance = mean, variance
        self.mean = self.variance = self.count = None
        if mean is not None:
            self.mean, self.variance = (np.asarray(v, np.float64) for v in (mean, variance))

    def _build(self, shape):
        shape = super()._build(shape)
        if self.mean is None:
            size = () if self.axis is None else shape[-1:]
            self.mean, self.variance = np.zeros(size), np.ones(size)
            self.count = np.zeros((), np.int64)
        return shape

    def adapt(self, data):
        """Take mean and variance from data.

        Parameters
        ----------
        data : array_like, shape (N, …), or an iterable of such batches
        """
        batches = [data] if hasattr(data, "shape") or hasattr(data, "__array__") else data
        count, mean, square = 0, 0.0, 0.0
        for batch in batches:
            batch = np.asarray(batch[0] if isinstance(batch, tuple) else batch, np.float64)
            axes = None if self.axis is None else tuple(range(batch.ndim - 1))
            size = batch.size if axes is None else batch.size // batch.shape[-1]
            if not size:
                continue
            own = batch.mean(axis=axes)
            new = mean + (own - mean) * (size / (count + size))
            square = square + ((batch - own) ** 2).sum(axis=axes)
            square = square + size * (own - mean) * (own - new)
            count, mean = count + size, new
            shape = batch.shape[1:]
        if not count:
            raise ValueError("adapt needs data; got none")
        if not np.isfinite(square).all():
            raise ValueError("the data for adapt contain NaN or infinity; expected finite numbers")
        if not self.built:
            self._build(shape)
        elif self.mean.shape != np.shape(mean):
            raise ValueError(
                f"layer {self.name!r} was built for {self.input_shape[-1]} columns, got data with "
                f"{np.shape(mean)[-1]}"
            )
        self.input_mean = self.input_variance = None
        self.mean, self.variance = np.asarray(mean), np.asarray(square / count)
        self.count = np.asarray(count)
        self._weights_changed()

    def _weights_changed(self):
        deviation = np.maximum(np.sqrt(self.variance), _EPSILON)
        if self.invert:
            self._set_map(0.0, deviation, self.mean)
        else:
            self._set_map(self.mean, 1 / deviation, 0.0)

    def _named_weights(self):
        if not self.built or self.count is None:
            return []
        return [("mean", self.mean), ("variance", self.variance), ("count", self.count)]

    def _arguments(self):
        """The arguments that make this layer again, with objects as they are."""

        def plain(value):
            return None if value is None else np.asarray(value).tolist()

        return {
            "axis": self.axis,
            "mean": plain(self.input_mean),
            "variance": plain(self.input_variance),
            "invert": self.invert,
            **super()._arguments(),
        }
