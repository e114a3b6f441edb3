"""Files and checks for the tests of the command line."""

import csv

import numpy as np

from bpcore.__main__ import main
from bpcore._cli.table import read_table


def write(path, names, rows):
    """Write a CSV file; return its path as a str."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    return str(path)


def write_flowers(path):
    """Write three kinds told apart by two sizes, 90 rows; return the path."""
    rng = np.random.default_rng(0)
    kinds = ["rose", "tulip", "zinnia"]
    rows = [
        [kinds[i % 3], f"{rng.normal(i % 3, 0.2):.4f}", f"{rng.normal(-(i % 3), 0.2):.4f}"]
        for i in range(90)
    ]
    return write(path, ["kind", "length", "width"], rows)


def table_of(directory, text, **options):
    """Read text, or bytes, as a table."""
    path = directory / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(str(path), **options)


def rows_of(n, **columns):
    """Return CSV text of functions i → cell."""
    lines = [",".join(columns)] + [
        ",".join(str(cell(i)) for cell in columns.values()) for i in range(n)
    ]
    return "\n".join(lines) + "\n"


def fails(capsys, *argv):
    """Run a command that must end in a mistake; return what it said."""
    assert main([str(arg) for arg in argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err
