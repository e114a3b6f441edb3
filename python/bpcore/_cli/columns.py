"""The two kinds of input column: numbers, standardised; text, one-hot."""

import math
from dataclasses import dataclass

import numpy as np

from .errors import UserError, at_lines
from .table import parse_number

MAX_CATEGORIES = 50
# Values further from the mean than this many standard deviations are refused: float32 loses
# everything else beside them, and they are typing errors.
MAX_DEVIATIONS = 1e6


@dataclass
class NumberColumn:
    """z = (x − mean) / std, a missing x counting as the mean.

    Attributes
    ----------
    name : str
    mean, std : float
        Of the training rows; std > 0.
    """

    name: str
    mean: float
    std: float
    width = 1

    @classmethod
    def learn(cls, table, name, train):
        """Return the column as the rows `train` have it, or (None, why it is left out)."""
        values = table.numbers(name)[train]
        values = values[~np.isnan(values)]
        if not len(values):
            return None, "no values"
        if values.min() == values.max():
            return None, f"the same value ({values[0]:g}) in all training rows"
        mean, std = mean_and_std(values, f"{table.path}: column {name!r}")
        return cls(name, mean, std), None

    def encode(self, table, out):
        """Write the column to out (N, 1); return notes on what was not straightforward."""
        values = table.numbers(self.name)
        if values is None:
            line, cell = first_text(table, self.name)
            raise UserError(
                f"{table.path}, line {line}: column {self.name!r} holds {cell!r}, but the model "
                "was trained on numbers there; expected a number, or nothing where it is missing"
            )
        missing = np.isnan(values)
        check_deviations(table, self.name, self.mean, self.std)
        z = (np.where(missing, self.mean, values) - self.mean) / self.std
        out[:, 0] = z
        count = int(missing.sum())
        if not count:
            return []
        return [f"column {self.name!r}: {count} missing cells filled with the mean {self.mean:.4g}"]

    def to_dict(self):
        """Return the column as plain data."""
        return {"kind": "number", "name": self.name, "mean": self.mean, "std": self.std}


@dataclass
class TextColumn:
    """One input for each category: 1 where the cell is that category, else 0.

    Attributes
    ----------
    name : str
    categories : list of str
        Those of the training rows, sorted; "" stands for a missing cell. Any other text gives
        zeros throughout.
    """

    name: str
    categories: list

    @property
    def width(self):
        """Number of inputs."""
        return len(self.categories)

    @classmethod
    def learn(cls, table, name, train):
        """Return the column as the rows `train` have it, or (None, why it is left out)."""
        table.check_no_comma_numbers(name)
        cells = [table.columns[name][i] for i in train]
        filled = [cell for cell in cells if cell]
        categories = sorted(set(cells))
        if len(categories) == 1:
            return None, f"the same text ({categories[0]!r}) in all training rows"
        if len(set(filled)) == len(filled):
            return None, f"a different text in every row, like an identifier ({filled[0]!r})"
        if len(categories) > MAX_CATEGORIES:
            return None, f"{len(categories)} different texts, more than {MAX_CATEGORIES}"
        return cls(name, categories), None

    def encode(self, table, out):
        """Write the column to out (N, width); return notes on what was not straightforward."""
        index = {category: i for i, category in enumerate(self.categories)}
        at = np.array([index.get(cell, -1) for cell in table.columns[self.name]])
        known = np.flatnonzero(at >= 0)
        out[...] = 0
        out[known, at[known]] = 1
        unknown = len(at) - len(known)
        if not unknown:
            return []
        return [f"column {self.name!r}: {unknown} cells of unknown text encoded as zeros"]

    def to_dict(self):
        """Return the column as plain data."""
        return {"kind": "text", "name": self.name, "categories": self.categories}


def mean_and_std(values, what):
    """Return mean and standard deviation of numbers that are not all equal."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(values.mean()), float(values.std())
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise UserError(
            f"{what} runs from {values.min():g} to {values.max():g}, which double precision "
            "cannot standardise; scale it"
        )
    return mean, std


def check_deviations(table, name, mean, std):
    """Raise if a number of the column is more than `MAX_DEVIATIONS` · std from the mean."""
    values = table.numbers(name)
    with np.errstate(over="ignore"):  # infinitely far is far
        far = np.flatnonzero(np.abs(values - mean) / std > MAX_DEVIATIONS)
    if len(far):
        raise UserError(
            f"{table.path}: column {name!r} holds {values[far[0]]:g} in "
            f"{at_lines([table.lines[i] for i in far])}, more than a million standard deviations "
            f"({std:.4g}) from the mean of the training rows ({mean:.4g}). Correct or remove it"
        )


def first_text(table, name):
    """Return line and text of the first cell of a column that is no number."""
    cells = table.columns[name]
    i = next(i for i, cell in enumerate(cells) if cell and parse_number(cell) is None)
    return table.lines[i], cells[i]
