"""The parameters' names and their validation, which scikit-learn works out anew in every fit.

Of a fit of a small network they were a sixth of the time.
"""

from weakref import WeakKeyDictionary

from sklearn.base import BaseEstimator

_PLAIN = frozenset({type(None), bool, int, float, str})
_MOST = 1024

# What was accepted, by class. Not kept in the classes: cloudpickle copies what a class has.
_accepted: WeakKeyDictionary[type, set] = WeakKeyDictionary()


class Parameters(BaseEstimator):
    """An estimator that remembers the names of its parameters, and the values found valid."""

    @classmethod
    def _get_param_names(cls):
        # The class's own: a subclass may have another constructor, or be given one later.
        init, names = cls.__dict__.get("_known_names", (None, ()))
        if init is not cls.__init__:
            names = super()._get_param_names()
            cls._known_names = cls.__init__, tuple(names)
        return list(names)

    def _validate_params(self):
        """Validate as scikit-learn does, but plain values only once: they decide alone."""
        params = self.get_params(deep=False)
        values = _key(params.values())
        if values is None:
            super()._validate_params()
            return
        key, accepted = (*params, *values), _accepted.setdefault(type(self), set())
        if key in accepted:
            return
        super()._validate_params()
        if len(accepted) >= _MOST:
            accepted.clear()
        accepted.add(key)


def _key(values, nested=(list, tuple)):
    """Return values with their types, since 1 == 1.0 == True; None where one may change, is not
    equal to itself, or is none of Python's own.
    """
    key = []
    for value in values:
        kind = type(value)
        if kind in nested:
            value = _key(value, nested=())
            if value is None:
                return None
        elif kind not in _PLAIN or value != value:
            return None
        key.append((kind, value))
    return tuple(key)
