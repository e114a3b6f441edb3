"""Which column is the target, and which task it makes."""

import difflib

import numpy as np

from .columns import check_deviations
from .errors import UserError, at_lines, listing
from .rule import MAX_NUMBER_CLASSES, MIN_ROWS_A_CLASS
from .table import parse_number
from .targets import Classes, Quantity


def check_target(table, name):
    """Raise unless the table has this column, and a value in every row of it."""
    if name not in table.columns:
        near = difflib.get_close_matches(name, table.columns, n=1, cutoff=0.5)
        near = near or [c for c in table.columns if c.lower() == name.lower()]
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UserError(
            f"{table.path} has no column {name!r} for --target{hint} Its columns are "
            f"{listing(map(repr, table.columns), 20)}"
        )
    missing = [table.lines[i] for i, cell in enumerate(table.columns[name]) if not cell]
    if missing:
        raise UserError(
            f"{table.path}: the target {name!r} has no value in {len(missing)} of {len(table)} "
            f"rows: {at_lines(missing)}. Remove those rows"
        )
    if len(set(table.columns[name])) == 1:
        raise UserError(
            f"{table.path}: the target {name!r} is {table.columns[name][0]!r} in every row; "
            "expected at least two classes or different numbers"
        )


def choose_task(table, name, task):
    """Return "classification" or "regression": the user's `task`, or what `rule.RULE` says.

    Raises
    ------
    UserError
        If the target cannot be that.
    """
    values = table.numbers(name)
    if values is None:
        table.check_no_comma_numbers(name)
        if task == "regression":
            cell = next(c for c in table.columns[name] if parse_number(c) is None)
            raise UserError(
                f"{table.path}: --task regression needs numbers, but the target {name!r} holds "
                f"text, such as {cell!r}. Use --task classification, or correct the column"
            )
    elif task is None:
        task = "classification" if _few_whole_numbers(values) else "regression"
    if task == "regression":
        return task
    labels = set(labels_of(table, name))
    if len(labels) == 1:
        raise UserError(
            f"{table.path}: the target {name!r} has a single class, {labels.pop()!r}; expected "
            "at least two"
        )
    if 2 * len(labels) > len(table):
        advice = "leave out --task classification" if values is not None else "choose another"
        raise UserError(
            f"{table.path}: the target {name!r} has {len(labels)} different values in "
            f"{len(table)} rows, too many to be classes; {advice}"
        )
    return "classification"


def labels_of(table, name):
    """Return the class label of every row: the text, numbers in their shortest form."""
    values = table.numbers(name)
    if values is None:
        return table.columns[name]
    return [str(int(value)) if value == int(value) else repr(float(value)) for value in values]


def make_classes(table, name):
    """Return the `Classes` of a column, sorted as numbers or as text."""
    labels = set(labels_of(table, name))
    as_numbers = table.numbers(name) is not None
    return Classes(name, sorted(labels, key=float if as_numbers else None))


def make_quantity(table, name, train):
    """Return the `Quantity` of a column, standardised by its training rows."""
    values = table.numbers(name)[train]
    if values.min() == values.max():
        raise UserError(
            f"{table.path}: the target {name!r} is {values[0]:g} in all training rows; expected "
            "different values. Try another --seed, or more rows"
        )
    target = Quantity.learn(name, values)
    check_deviations(table, name, target.mean, target.std)
    return target


def _few_whole_numbers(values):
    distinct = np.unique(values)
    whole = bool((distinct == np.floor(distinct)).all())
    few = len(distinct) <= min(MAX_NUMBER_CLASSES, len(values) / MIN_ROWS_A_CLASS)
    return whole and few
