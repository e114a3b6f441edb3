"""``python -m bpcore train FILE.csv --target COLUMN``: a network for a user's own table."""

import numpy as np

from bpcore import saving

from . import compare
from .encoder import Encoder
from .errors import UserError, listing
from .output import check_out
from .split import hold_out
from .table import read_table
from .task import check_target, choose_task, labels_of, make_classes, make_quantity
from .training import Data, make_model

HIDDEN = [64, 64]
EPOCHS = 100
MIN_ROWS = 10


def run(options):
    """Read the table, train, save and print the table of scores."""
    if options.target is None:
        raise UserError(
            f"train {options.data} needs --target COLUMN, the column to predict (or train digits)"
        )
    check_out(options.out, options.data)
    table = read_table(options.data)
    check_target(table, options.target)
    if len(table) < MIN_ROWS:
        raise UserError(
            f"{table.path} has {len(table)} rows; expected at least {MIN_ROWS}, to train on some "
            "and score on others"
        )
    task = choose_task(table, options.target, options.task)
    target, y, train, test = _split(table, options.target, task, options)
    encoder, notes = Encoder.learn(table, target, train)
    x, more_notes = encoder.encode(table)
    _introduce(table, encoder, y, options.task is None, table.notes + notes + more_notes)

    def save(model):
        if options.out:
            saving.save_model(model, options.out, extra={"table": encoder.to_dict()})
            print(f"Model written to {options.out}")

    data = Data(x[train], y[train], x[test], y[test])
    model = make_model(encoder.n_inputs, options.layers or HIDDEN, target, options.seed)
    compare.run(data, target, options, model, options.epochs or EPOCHS, save)
    return 0


def _split(table, name, task, options):
    """Return the target, its encoded values y for all rows, and the rows to train and score on."""
    if task == "classification":
        target = make_classes(table, name)
        y = target.encode(labels_of(table, name))
        train, test = hold_out(len(table), options.holdout, options.seed, y)
    else:
        train, test = hold_out(len(table), options.holdout, options.seed)
    if not len(train) or not len(test):
        raise UserError(
            f"--holdout {options.holdout} of the {len(table)} rows of {table.path} leaves "
            f"{len(train)} to train on and {len(test)} to score on; expected at least one each"
        )
    if task == "regression":
        target = make_quantity(table, name, train)
        y = target.encode(table.numbers(name))
    return target, y, train, test


def _introduce(table, encoder, y, inferred, notes):
    target = encoder.target
    print(
        f"Table: {table.path}, {len(table)} rows, {len(encoder.columns)} columns used as "
        f"{encoder.n_inputs} inputs"
    )
    if target.task == "classification":
        counts = np.bincount(y, minlength=target.n_outputs)
        what = f"{target.n_outputs} classes: " + listing(
            f"{label} ({count})" for label, count in zip(target.classes, counts, strict=True)
        )
    else:
        what = f"mean {target.mean:.4g}, standard deviation {target.std:.4g} in training"
    print(f"Task{' (inferred)' if inferred else ''}: {target.task} of {target.name!r}, {what}")
    for note in notes:
        print(f"Note: {note}")
