"""What every metric is, and the numbers it keeps."""

import numpy as np

from .. import initializers
from .._names import snake_case, unique_name


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that a metric adds to; behaves in arithmetic like the array it holds.

    Parameters
    ----------
    value : array_like
        The first value; float32 is kept as float64, so that long sums stay exact.
    dtype : dtype, optional
    name : str, optional
    """

    def __init__(self, value, dtype=None, name=None):
        dtype = np.dtype(dtype or np.asarray(value).dtype)
        self._value = np.array(value, np.float64 if dtype.kind == "f" else dtype)
        self.name = name

    @property
    def value(self):
        """The array."""
        return self._value

    @property
    def shape(self):
        """The array's shape."""
        return self._value.shape

    @property
    def dtype(self):
        """The array's dtype."""
        return self._value.dtype

    @property
    def ndim(self):
        """The number of axes."""
        return self._value.ndim

    def assign(self, value):
        """Take this value, of the same shape, instead."""
        value = np.asarray(value)
        if value.shape not in (self.shape, ()):
            raise ValueError(
                f"variable {self.name!r} has shape {self.shape}, got a value of {value.shape}"
            )
        self._value = (
            value.astype(self.dtype)
            if value.shape == self.shape
            else np.full(self.shape, value, self.dtype)
        )
        return self

    def assign_add(self, value):
        """Add this value."""
        return self.assign(self._value + value)

    def assign_sub(self, value):
        """Subtract this value."""
        return self.assign(self._value - value)

    def numpy(self):
        """Return a copy of the array."""
        return self._value.copy()

    def __array__(self, dtype=None, copy=None):
        return np.array(self._value, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if "out" in kwargs:
            return NotImplemented
        inputs = [i._value if isinstance(i, Variable) else i for i in inputs]
        return getattr(ufunc, method)(*inputs, **kwargs)

    def __getitem__(self, key):
        return self._value[key]

    def __len__(self):
        return len(self._value)

    def __float__(self):
        return float(self._value)

    def __int__(self):
        return int(self._value)

    def __bool__(self):
        return bool(self._value)

    def __repr__(self):
        return f"<Variable {self.name} shape={self.shape} value={self._value}>"


class Metric:
    """Base class: a measure that is fed the outputs of a batch at a time.

    A metric of one's own makes its variables in ``__init__`` with `add_variable`, adds to
    them in `update_state` and tells its value in `result`. Inside a model it is fed every
    mini-batch, with arrays of the model's dtype.

    Parameters
    ----------
    dtype : str, optional
        The element type outputs are compared with thresholds in; default "float32". Sums are
        kept in float64 whatever it is.
    name : str, optional
        The key in the history; default: the class's name in snake case, numbered.
    """

    # "up" or "down": what is better, for callbacks that watch the metric.
    _direction: str | None = None

    def __init__(self, dtype=None, name=None):
        self.name = name or unique_name(snake_case(type(self).__name__))
        dtype = "float32" if dtype is None else dtype
        try:
            self._dtype = np.dtype(getattr(dtype, "compute_dtype", dtype)).name
        except TypeError:
            raise ValueError(f"dtype must be the name of an element type, got {dtype!r}") from None
        self._variables = []

    @property
    def dtype(self):
        """The element type's name."""
        return self._dtype

    @property
    def variables(self):
        """All variables, those of metrics held as attributes included."""
        found = list(self._variables)
        for value in vars(self).values():
            for metric in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(metric, Metric):
                    found.extend(metric.variables)
        return found

    def add_variable(self, shape, initializer="zeros", dtype=None, aggregation="sum", name=None):
        """Return a new variable.

        Parameters
        ----------
        shape : tuple of int
        initializer : {"zeros", "ones"}, Initializer or function (shape, dtype), default "zeros"
        dtype : dtype, optional
            Default float64; floats are always kept in float64.
        aggregation : str
            Taken as Keras takes it; changes nothing.
        name : str, optional
        """
        self._check_super_called()
        shape = tuple(shape)
        dtype = np.dtype(dtype or np.float64)
        if initializer in (None, "zeros"):
            value = np.zeros(shape, dtype)
        elif initializer == "ones":
            value = np.ones(shape, dtype)
        else:
            if not callable(initializer):
                initializer = initializers.get(initializer)
            value = initializer(shape, dtype=dtype)
        variable = Variable(value, dtype, name)
        self._variables.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """Return a new variable: the older name of `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def reset_state(self):
        """Forget everything seen: set all variables to 0."""
        for variable in self.variables:
            variable.assign(0)

    def update_state(self, *args, **kwargs):
        """Take in targets and outputs, one row an example."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state")

    def result(self):
        """Return the value over all seen: a float, an array or a dict of floats."""
        raise NotImplementedError(f"{type(self).__name__} has no result")

    def __call__(self, *args, **kwargs):
        """Update, then return the value over all seen."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        """Return the arguments that make this metric again."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """Make a metric from what `get_config` returned."""
        return cls(**config)

    def _takes_many_batches(self):
        """Whether one update with many mini-batches equals one with each of them.

        So it is for all of bpcore's; a user's own class may do anything.
        """
        return type(self).__module__.startswith(f"{__package__}.")

    def _check_super_called(self):
        if not hasattr(self, "_variables"):
            raise RuntimeError(
                f"{type(self).__name__}.__init__ did not call super().__init__(); expected it "
                "before anything else"
            )

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
