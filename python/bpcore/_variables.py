"""From a layer's variables to the tables the core's updates run on (network.pxd, Variable)."""

import math

import numpy as np

from . import _core, constraints, regularizers

# A variable's row of the table and its numbers, before anything is entered.
_NO_ENTRIES = dict.fromkeys(_core.VARIABLE_COLUMNS, 0)
_NO_NUMBERS = dict.fromkeys(_core.VARIABLE_NUMBERS, 0.0)


def make_tables(layers, specs, penalties=True):
    """Describe the variables of all layers, in the order of the flat parameters.

    Parameters
    ----------
    layers : list of Layer
    specs : list of list of Spec
        Their variables.
    penalties : bool
        False: as if there were no regularizers.

    Returns
    -------
    dict
        "variables" (int64, n x len(_core.VARIABLE_COLUMNS)), "variable_numbers" (float64, n x
        len(_core.VARIABLE_NUMBERS)) and "rules", a list of the user's own (regularizer or None,
        constraint or None).
    """
    rows, numbers, rules, at = [], [], [], 0
    for layer, own in zip(layers, specs, strict=True):
        for spec in own:
            shape = spec.shape
            row = {
                **_NO_ENTRIES,
                "at": at,
                "rows": shape[0],
                "columns": math.prod(shape[1:]),
                "vector": len(shape) == 1,
                "trainable": layer.trainable,
            }
            number = dict(_NO_NUMBERS)
            regularizer = spec.regularizer if penalties else None
            user = (
                _add_penalty(regularizer, shape, row, number),
                _add_constraint(spec.constraint, shape, row, number),
            )
            rows.append(list(row.values()))
            numbers.append(list(number.values()))
            rules.append(user)
            at += math.prod(shape)
    return {
        "variables": np.array(rows, np.int64).reshape(-1, len(_core.VARIABLE_COLUMNS)),
        "variable_numbers": np.array(numbers, np.float64).reshape(-1, len(_core.VARIABLE_NUMBERS)),
        "rules": rules,
    }


def _add_penalty(regularizer, shape, row, number):
    """Enter a regularizer into its variable's row; return it if it is the user's own."""
    if regularizer is None:
        return None
    if not regularizers.is_built_in(regularizer):
        row["penalty"] = _core.PENALTIES["user"]
        return regularizer
    if isinstance(regularizer, regularizers.OrthogonalRegularizer):
        regularizer.check(shape)
        row["penalty"] = _core.PENALTIES[f"orthogonal_{regularizer.mode}"]
        number["l1"] = regularizer.factor
    else:
        row["penalty"] = _core.PENALTIES["l1_l2"]
        number["l1"], number["l2"] = regularizer.l1, regularizer.l2
    return None


def _add_constraint(constraint, shape, row, number):
    if constraint is None:
        return None
    if not constraints.is_built_in(constraint):
        row["constraint"] = _core.CONSTRAINTS["user"]
        return constraint
    if isinstance(constraint, constraints.NonNeg):
        row["constraint"] = _core.CONSTRAINTS["non_negative"]
    else:
        row["constraint"] = _core.CONSTRAINTS["norm"]
        row["axis"] = constraints.axis_code(constraint, shape)
        number["low"], number["high"], number["rate"] = constraint._bounds()
    return None


def has_rules(layers):
    """Whether a trainable variable has a regularizer or constraint of the user's own."""
    return any(
        not (
            (spec.regularizer is None or regularizers.is_built_in(spec.regularizer))
            and (spec.constraint is None or constraints.is_built_in(spec.constraint))
        )
        for layer in layers
        if layer.trainable
        for spec in layer._specs()
    )
