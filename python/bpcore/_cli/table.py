"""Reading a CSV file: text with a header into columns of cells, or a reason why not."""

import csv
import io
import math
import os
import re
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from .errors import UserError, at_lines, listing

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# Cells that mean "no value", in lower case; `Table` holds them as "".
MISSING = frozenset({"", "na", "n/a", "nan", "null", "?"})
# Records read with each delimiter to find out which one it is.
_SNIFFED = 200
# 1,5 or 1,234 or 1,234.5
_COMMA_NUMBER = re.compile(r"[+-]?(\d*,\d+|\d{1,3}(,\d{3})+(\.\d+)?)")


@dataclass
class Table:
    """A table of text.

    Attributes
    ----------
    path : str
    columns : dict of str to list of str
        For each column its N cells, stripped; "" where the value is missing.
    lines : list of int
        For each row the line of the file it starts in, from 1.
    notes : list of str
        What the reader left out.
    """

    path: str
    columns: dict
    lines: list
    notes: list = field(default_factory=list)
    _numbers: dict = field(default_factory=dict, repr=False)

    def __len__(self):
        return len(self.lines)

    def numbers(self, name):
        """Return a column as float64 (N,), NaN where missing; None if it holds any text."""
        if name not in self._numbers:
            cells = self.columns[name]
            values = [parse_number(cell) if cell else math.nan for cell in cells]
            self._numbers[name] = None if None in values else np.array(values, np.float64)
        return self._numbers[name]

    def check_no_comma_numbers(self, name):
        """Raise if a column of text is really one of numbers like 1,5 or 1,234."""
        cells = self.columns[name]
        odd = [i for i, cell in enumerate(cells) if cell and parse_number(cell) is None]
        if odd and all(_COMMA_NUMBER.fullmatch(cells[i]) for i in odd):
            raise UserError(
                f"{self.path}, line {self.lines[odd[0]]}: column {name!r} holds numbers with a "
                f"comma, such as {cells[odd[0]]!r}; expected a decimal point and nothing between "
                "thousands (1234.5). Write the column that way"
            )


def parse_number(cell):
    """Return the finite float a cell spells, or None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    # Python's float takes 1_000; in a table that is an identifier.
    return value if math.isfinite(value) and "_" not in cell else None


def read_table(path, min_columns=2):
    """Read a CSV file.

    UTF-8 with or without a byte-order mark; the first line names the columns; the delimiter
    is found among comma, semicolon, tab and bar; fields may be quoted with ``"``.

    Parameters
    ----------
    path : str
    min_columns : int, default 2

    Returns
    -------
    Table
        At least one row.

    Raises
    ------
    UserError
        Saying what is wrong with the file, and where.
    """
    text = _read_text(path)
    delimiter = _sniff(text)
    rows, lines = _records(text, delimiter, path)
    if not rows:
        raise UserError(f"{path} is empty; expected a line of column names and rows below it")
    names = [name.strip() for name in rows.pop(0)]
    lines.pop(0)
    _check_header(names, min_columns, path)
    if not rows:
        raise UserError(
            f"{path} has only the header line ({listing(names)}); expected rows of data below it"
        )
    _check_widths(names, rows, lines, delimiter, path)
    columns, notes = {}, []
    for at, name in enumerate(names):
        if not name:
            # What pandas writes for the index, or a delimiter at the end of each line.
            notes.append(f"column {at + 1} has no name: left out")
            continue
        columns[name] = [_clean(row[at]) for row in rows]
    return Table(path, columns, lines, notes)


def _clean(cell):
    cell = cell.strip()
    return "" if cell.lower() in MISSING else cell


def _read_text(path):
    if os.path.isdir(path):
        raise UserError(f"{path} is a directory; expected a CSV file")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8 text; expected a "
            "CSV file in UTF-8. Save it as UTF-8 (a spreadsheet as 'CSV UTF-8')"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(
            f"{path}, line {line}: a zero byte, so this is not text in UTF-8; expected a CSV "
            "file. Save the table as CSV in UTF-8"
        )
    return text


def _sniff(text):
    """Return the delimiter under which most records have as many fields as the header.

    `csv.Sniffer` is not used: it guesses letters as delimiters in small tables.
    """
    best, best_score = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
        )
        try:
            widths = [len(row) for row in islice((row for row in reader if row), _SNIFFED)]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(text, delimiter, path):
    """Return the records that are not blank, and the line each starts in."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    rows, lines = [], []
    start = 1
    try:
        for row in reader:
            # In a single column a quoted nothing is a missing value, elsewhere spaces are none.
            single = rows and len(rows[0]) == 1
            if len(row) > 1 or (row and (row[0].strip() or single)):
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{path}, line {start}: not readable as CSV ({error}); check the quotes in that line"
        ) from None
    return rows, lines


def _check_header(names, min_columns, path):
    if len(names) < min_columns:
        raise UserError(
            f"{path} has one column ({names[0]!r}); expected at least two, separated by comma, "
            "semicolon, tab or bar, the first line naming them"
        )
    filled = [name for name in names if name]
    numbers = [name for name in filled if parse_number(name) is not None]
    # Years make good names (2019, 2020), 5.1 does not.
    if len(numbers) == len(filled) or any(not name.isdigit() for name in numbers):
        raise UserError(
            f"the first line of {path} does not look like column names: {listing(names)}. Add a "
            "header line that names the columns"
        )
    twice = sorted({name for name in filled if filled.count(name) > 1})
    if twice:
        raise UserError(
            f"{path} names more than one column {listing(map(repr, twice))} in its header; "
            "give every column a name of its own"
        )


def _check_widths(names, rows, lines, delimiter, path):
    wrong = [i for i, row in enumerate(rows) if len(row) != len(names)]
    if not wrong:
        return
    found = listing([f"line {lines[i]} has {len(rows[i])}" for i in wrong])
    where = at_lines([lines[i] for i in wrong])
    raise UserError(
        f"{path}: {len(wrong)} of {len(rows)} rows do not have the {len(names)} fields of the "
        f"header (separated by {DELIMITERS[delimiter]}): {found}. Correct {where}"
    )
