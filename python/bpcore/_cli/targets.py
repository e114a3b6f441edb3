"""What a network is to predict: a class or a quantity; how it is encoded and scored."""

from dataclasses import dataclass

import numpy as np

from .._data import argmax
from .columns import mean_and_std
from .plain import field, numbers, texts


@dataclass
class Classes:
    """One of n classes: softmax outputs, cross-entropy.

    Attributes
    ----------
    name : str
        Of the column.
    classes : list of str
        The labels, in the order of the outputs.
    """

    name: str
    classes: list

    task = "classification"
    activation = "softmax"
    loss = "sparse_categorical_crossentropy"
    baseline_name = "majority class"

    @property
    def n_outputs(self):
        """Number of outputs of the network."""
        return len(self.classes)

    def encode(self, labels):
        """Return the numbers of the classes, int64 (N,)."""
        index = {label: i for i, label in enumerate(self.classes)}
        return np.array([index[label] for label in labels], np.int64)

    def decode(self, outputs):
        """Return the label of the largest output in each row (N, n), as a list of str."""
        return [self.classes[k] for k in argmax(outputs)]

    def score(self, outputs, y):
        """Return {"accuracy", "log-loss"} of outputs (N, n) for classes y (N,)."""
        p = outputs[np.arange(len(y)), y].astype(np.float64)
        p = np.maximum(p, np.finfo(np.float32).tiny)
        return {
            "accuracy": float((argmax(outputs) == y).mean()),
            "log-loss": float(-np.log(p).mean()),
        }

    def baseline(self, y, y_test):
        """Score of the shares of the classes in training, given for every row."""
        shares = np.bincount(y, minlength=self.n_outputs) / len(y)
        return self.score(np.tile(shares, (len(y_test), 1)), y_test)

    def to_dict(self):
        """Return the target as plain data."""
        return {"kind": "classes", "name": self.name, "classes": self.classes}


@dataclass
class Quantity:
    """A number: one linear output, mean squared error of the standardised value.

    Attributes
    ----------
    name : str
        Of the column.
    mean, std : float
        Of the training rows; std > 0.
    """

    name: str
    mean: float
    std: float

    task = "regression"
    activation = "linear"
    loss = "mean_squared_error"
    baseline_name = "mean"
    n_outputs = 1

    @classmethod
    def learn(cls, name, values):
        """Take mean and deviation of the training values (N,)."""
        return cls(name, *mean_and_std(values, f"the target {name!r}"))

    def encode(self, values):
        """Return (x − mean) / std, float32 (N, 1)."""
        return ((values - self.mean) / self.std).astype(np.float32)[:, None]

    def decode(self, outputs):
        """Return the values in their own units as a list of str, from outputs (N, 1)."""
        # Nine digits: as many as a float32 carries.
        return [f"{value:.9g}" for value in self._values(outputs)]

    def _values(self, outputs):
        return outputs[:, 0].astype(np.float64) * self.std + self.mean

    def score(self, outputs, y):
        """Return {"R²", "RMSE", "MAE"} of outputs (N, 1) for targets y (N, 1).

        RMSE and MAE are in the target's own units; R² is NaN where all targets are equal.
        """
        true = self._values(y)
        error = self._values(outputs) - true
        spread = float(np.square(true - true.mean()).sum())
        return {
            "R²": 1 - float(np.square(error).sum()) / spread if spread else float("nan"),
            "RMSE": float(np.sqrt(np.square(error).mean())),
            "MAE": float(np.abs(error).mean()),
        }

    def baseline(self, y, y_test):
        """Score of the training mean, given for every row."""
        return self.score(np.full_like(y_test, y.mean()), y_test)

    def to_dict(self):
        """Return the target as plain data."""
        return {"kind": "quantity", "name": self.name, "mean": self.mean, "std": self.std}


def target_from_dict(data):
    """Make a target again; ValueError if the data is not what `to_dict` makes."""
    kind, name = field(data, "kind", str), field(data, "name", str)
    if kind == "classes":
        return Classes(name, texts(data, "classes"))
    if kind == "quantity":
        mean, std = numbers(data, "mean", "std")
        if std <= 0:
            raise ValueError(f"target {name!r} has std {std!r}, expected more than 0")
        return Quantity(name, mean, std)
    raise ValueError(f"target {name!r} is of unknown kind {kind!r}")
