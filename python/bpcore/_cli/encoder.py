"""From a table of text to the arrays a network takes, and what it takes to do so again."""

import numpy as np

from .columns import NumberColumn, TextColumn, first_text
from .errors import UserError, listing
from .plain import field, numbers, texts
from .table import parse_number
from .targets import target_from_dict


class Encoder:
    """The columns a model was trained on, and its target.

    Parameters
    ----------
    columns : list of NumberColumn or TextColumn
        In the order of the network's inputs.
    target : Classes or Quantity
    """

    def __init__(self, columns, target):
        self.columns = columns
        self.target = target

    @classmethod
    def learn(cls, table, target, train):
        """Learn the columns; means, deviations and categories from the training rows only.

        A column is one of numbers if every cell of the table is a number or missing, else
        text. Left out are columns that tell nothing (one value) or too much (a text of its
        own in every row, more than `MAX_CATEGORIES` texts).

        Parameters
        ----------
        table : Table
        target : Classes or Quantity
            Its column is not an input.
        train : int array
            The training rows.

        Returns
        -------
        Encoder
        notes : list of str
            On what was left out or is doubtful.
        """
        columns, notes = [], []
        for name in table.columns:
            if name == target.name:
                continue
            is_text = table.numbers(name) is None
            column, why_not = (TextColumn if is_text else NumberColumn).learn(table, name, train)
            doubt = _nearly_numbers(table, name) if is_text else ""
            if column is None:
                notes.append(f"column {name!r} left out: {why_not}{doubt}")
            else:
                columns.append(column)
                if doubt:
                    notes.append(f"column {name!r} is taken as text{doubt}")
        if not columns:
            raise UserError(
                f"{table.path} has no column left to predict {target.name!r} from "
                f"({'; '.join(notes)})"
            )
        return cls(columns, target), notes

    @property
    def n_inputs(self):
        """Number of inputs of the network."""
        return sum(column.width for column in self.columns)

    def encode(self, table):
        """Return the inputs, float32 (N, n_inputs), and notes on filled or unknown cells.

        The table may have its columns in any order, and others besides.
        """
        lacking = [c.name for c in self.columns if c.name not in table.columns]
        if lacking:
            raise UserError(
                f"{table.path} lacks the columns {listing(map(repr, lacking))} that the model "
                f"was trained on; it has {listing(map(repr, table.columns), 20)}"
            )
        x = np.empty((len(table), self.n_inputs), np.float32)
        at, notes = 0, []
        for column in self.columns:
            notes += column.encode(table, x[:, at : at + column.width])
            at += column.width
        return x, notes

    def to_dict(self):
        """Return everything as plain data, for JSON."""
        return {
            "columns": [column.to_dict() for column in self.columns],
            "target": self.target.to_dict(),
        }

    @classmethod
    def from_dict(cls, data):
        """Make the encoder again.

        Raises
        ------
        ValueError
            If the data is not what `to_dict` makes, in any part.
        """
        columns = [_column_from_dict(entry) for entry in field(data, "columns", list)]
        target = target_from_dict(field(data, "target", dict))
        names = [column.name for column in columns] + [target.name]
        if not columns or len(set(names)) < len(names):
            raise ValueError(f"expected columns with different names, got {names}")
        return cls(columns, target)


def _column_from_dict(entry):
    kind, name = field(entry, "kind", str), field(entry, "name", str)
    if kind == "number":
        mean, std = numbers(entry, "mean", "std")
        if std <= 0:
            raise ValueError(f"column {name!r} has std {std!r}, expected more than 0")
        return NumberColumn(name, mean, std)
    if kind == "text":
        return TextColumn(name, texts(entry, "categories"))
    raise ValueError(f"column {name!r} is of unknown kind {kind!r}")


def _nearly_numbers(table, name):
    """Say why a column is text if at least half of its cells are numbers, else ""."""
    cells = [cell for cell in table.columns[name] if cell]
    if 2 * sum(parse_number(cell) is not None for cell in cells) < len(cells):
        return ""
    line, cell = first_text(table, name)
    return f" (most cells are numbers, but line {line} holds {cell!r})"
