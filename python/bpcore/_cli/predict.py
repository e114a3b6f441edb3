"""``python -m bpcore predict MODEL FILE.csv``: apply a model that was trained on a table."""

import csv
import sys

from bpcore import saving

from .encoder import Encoder
from .errors import UserError
from .output import check_out
from .table import read_table


def run(options):
    """Write one prediction for each row, as CSV under the name of the target."""
    check_out(options.out, options.model, options.data)
    model, encoder = load(options.model)
    table = read_table(options.data, min_columns=1)
    x, notes = encoder.encode(table)
    for note in table.notes + notes:
        # Not to stdout: the predictions may go there.
        print(f"Note: {note}", file=sys.stderr)
    values = encoder.target.decode(model.predict(x))
    rows = [[encoder.target.name], *([value] for value in values)]
    if options.out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        sys.stdout.flush()
    else:
        with open(options.out, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return 0


def load(path):
    """Return model and encoder from a file that ``train … --out`` wrote.

    Nothing in the file is executed, and everything in it is checked.

    Raises
    ------
    UserError
        If it is no such file.
    """
    try:
        extra = saving.read_extra(path)
        model = saving.load_model(path)
    except FileNotFoundError:
        raise UserError(f"there is no model file {path}") from None
    except Exception as error:
        # The file may hold anything, and so fail anywhere in the reading.
        raise UserError(
            f"{path} cannot be read as a model ({type(error).__name__}: {error}); expected a file "
            "that bpcore wrote"
        ) from None
    if not isinstance(extra, dict) or "table" not in extra:
        raise UserError(
            f"{path} is a model, but was not trained on a table, so how to encode one is not "
            "known; expected a model from: python -m bpcore train FILE.csv --target COLUMN --out "
            "MODEL"
        )
    try:
        encoder = Encoder.from_dict(extra["table"])
    except ValueError as error:
        raise UserError(f"{path} has a damaged description of its table: {error}") from None
    shape = (encoder.n_inputs, encoder.target.n_outputs)
    if (model.input_shape[1], model.output_shape[1]) != shape:
        raise UserError(
            f"{path} is damaged: the network has {model.input_shape[1]} inputs and "
            f"{model.output_shape[1]} outputs, its table makes {shape[0]} and {shape[1]}"
        )
    return model, encoder
