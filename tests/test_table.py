"""Reading CSV files, and encoding their columns."""

import json
from functools import partial

import numpy as np
import pytest
from cli_helpers import rows_of, table_of

from bpcore._cli.encoder import Encoder
from bpcore._cli.errors import UserError
from bpcore._cli.table import read_table
from bpcore._cli.targets import Quantity


@pytest.fixture
def table(tmp_path):
    """Return a function that reads text (or bytes) as a table."""
    return partial(table_of, tmp_path)


# ---- reading -------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_delimiters_line_ends_and_byte_order_mark(table, delimiter, end, mark):
    lines = [delimiter.join(row) for row in (["a", "b c"], ["1", "x"], ["2", "y"])]
    read = table(mark + end.join([*lines, ""]).encode())
    assert read.columns == {"a": ["1", "2"], "b c": ["x", "y"]}
    assert read.lines == [2, 3]


def test_decimal_points_and_other_delimiters_in_cells(table):
    read = table('name;size\n"a, b";1.5\n"c, d";2.5\n')
    assert read.columns["name"] == ["a, b", "c, d"]
    assert read.numbers("size").tolist() == [1.5, 2.5]


def test_quoted_fields_and_line_numbers(table):
    read = table('a,b\n"x, ""y""\nz",1\n\n  \nw, 2\n')
    assert read.columns == {"a": ['x, "y"\nz', "w"], "b": ["1", "2"]}
    assert read.lines == [2, 6]


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NaN", "null", "?", " n/a "])
def test_missing(table, cell):
    read = table(f"a,b\n1,x\n{cell},{cell}\n")
    assert read.columns["b"] == ["x", ""]
    np.testing.assert_array_equal(read.numbers("a"), [1, np.nan])


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", "1_000", "x", "1 2"])
def test_what_is_not_a_number(table, cell):
    assert table(f"a,b\n1,x\n{cell},y\n").numbers("a") is None


def test_nameless_columns_are_left_out(table):
    read = table(",a,b,\n0,1,2,\n1,3,4,\n")
    assert list(read.columns) == ["a", "b"]
    assert read.notes == [
        "column 1 has no name: left out",
        "column 4 has no name: left out",
    ]


def test_single_column(table):
    assert table('a\n1\n\n""\n3\n', min_columns=1).columns == {"a": ["1", "", "3"]}


def test_years_may_be_names(table):
    assert list(table("country,2019,2020\nCH,1,2\n").columns) == ["country", "2019", "2020"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "only the header line"),
        (b"a\n1\n2\n", "has one column"),
        (b"1,2,3\n4,5,6\n", "does not look like column names: 1, 2, 3"),
        (b"5.1,3.5,setosa\n4.9,3.0,setosa\n", "does not look like column names: 5.1"),
        (b"a,b,a\n1,2,3\n", "more than one column 'a'"),
        (b"a,b\n1,2\n1\n1,2\n1,2,3\n", "line 3 has 1, line 5 has 3. Correct lines 3, 5"),
        (b"a,b\n1,2\n\xe9t\xe9,3\n", "line 3: byte 0xe9 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "a zero byte"),
        (b'a,b\n1,2\n"x"y,2\n', "line 3: not readable as CSV"),
        (b'a,b\n1,2\n"x,2\n3,4\n', "line 3: not readable as CSV"),
    ],
)
def test_bad_files(table, text, said):
    with pytest.raises(UserError) as caught:
        table(text)
    assert said in str(caught.value)


def test_no_file_and_directory(tmp_path):
    with pytest.raises(UserError, match="there is no file"):
        read_table(str(tmp_path / "nothing.csv"))
    with pytest.raises(UserError, match="is a directory"):
        read_table(str(tmp_path))


# ---- encoding ------------------------------------------------------------------


def learn(table, target="y", train=None):
    train = np.arange(len(table)) if train is None else train
    return Encoder.learn(table, Quantity(target, 0.0, 1.0), train)


def test_numbers_are_standardised_by_the_training_rows(table):
    read = table(rows_of(12, x=lambda i: i**2, y=lambda i: i))
    encoder, notes = learn(read, train=np.arange(6))
    x, more = encoder.encode(read)
    assert (x.shape, x.dtype, notes, more) == ((12, 1), np.float32, [], [])
    squares = np.arange(12.0) ** 2
    expected = (squares - squares[:6].mean()) / squares[:6].std()
    np.testing.assert_allclose(x[:, 0], expected, rtol=1e-6)


def test_text_is_one_hot_and_missing_a_category(table):
    read = table("c,y\n" + "b,1\na,2\n,3\nb,4\na,5\nnew,6\n")
    encoder, notes = learn(read, train=np.arange(5))
    x, more = encoder.encode(read)
    assert encoder.columns[0].categories == ["", "a", "b"]
    expected = [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert x.tolist() == expected
    assert notes == []
    assert more == ["column 'c': 1 cells of unknown text encoded as zeros"]


def test_missing_numbers_become_the_mean(table):
    read = table("x,y\n1,1\n,2\n3,3\n?,4\n")
    encoder, _ = learn(read)
    x, notes = encoder.encode(read)
    assert x[:, 0].tolist() == [-1, 0, 1, 0]
    assert notes == ["column 'x': 2 missing cells filled with the mean 2"]


def test_columns_left_out(table):
    read = table(
        rows_of(
            120,
            good=lambda i: i % 7,
            key=lambda i: f"k{i}",
            many=lambda i: f"m{i % 60}",
            seven=lambda i: 7,
            word=lambda i: "w",
            nothing=lambda i: "",
            spoilt=lambda i: "oops" if i == 5 else i // 2,
            flag=lambda i: ["true", "false"][i % 2],
            y=lambda i: i,
        )
    )
    encoder, notes = learn(read)
    assert [column.name for column in encoder.columns] == ["good", "flag"]
    assert notes == [
        "column 'key' left out: a different text in every row, like an identifier ('k0')",
        "column 'many' left out: 60 different texts, more than 50",
        "column 'seven' left out: the same value (7) in all training rows",
        "column 'word' left out: the same text ('w') in all training rows",
        "column 'nothing' left out: no values",
        "column 'spoilt' left out: 61 different texts, more than 50 (most cells are numbers, but "
        "line 7 holds 'oops')",
    ]


def test_nothing_left(table):
    with pytest.raises(UserError, match=r"no column left to predict 'y' from .*'x' left out"):
        learn(table(rows_of(12, x=lambda i: 1, y=lambda i: i)))


@pytest.mark.parametrize("cell", ["1,5", '"1,234"', '"-1,234.5"'])
def test_numbers_with_a_comma(table, cell):
    text = "x;y\n" + "".join(f"{cell};{i}\n2;{i}\n" for i in range(6))
    with pytest.raises(UserError, match=r"line 2: column 'x' holds numbers with a comma"):
        learn(table(text))


def test_far_values_are_refused(table):
    text = rows_of(12, x=lambda i: "1e30" if i == 11 else i, y=lambda i: i)
    read = table(text)
    encoder, _ = learn(read, train=np.arange(10))
    with pytest.raises(UserError, match=r"column 'x' holds 1e\+30 in line 13, more than a million"):
        encoder.encode(read)
    with pytest.raises(UserError, match="column 'x' runs from 1e\\+300"):
        learn(table("x,y\n1e300,1\n1e301,2\n"))


def test_another_table(table):
    encoder, _ = learn(table("x,c,y\n1,a,1\n2,b,2\n3,a,3\n"))
    x, _ = encoder.encode(table("z,c,x\n9,b,2\n"))
    assert x.tolist() == [[0, 0, 1]]
    with pytest.raises(UserError, match="lacks the columns 'x' that the model was trained on"):
        encoder.encode(table("c,z\na,1\n"))
    with pytest.raises(UserError, match=r"line 3: column 'x' holds 'many', but the model"):
        encoder.encode(table("c,x\na,1\na,many\n"))


def test_encoder_survives_json(table):
    read = table("x,c,y\n1,a,1\n2,b,2\n4,a,3\n")
    encoder, _ = learn(read)
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again.to_dict() == encoder.to_dict()
    np.testing.assert_array_equal(again.encode(read)[0], encoder.encode(read)[0])


def damaged():
    """Return descriptions that must not be accepted."""
    target = {"kind": "quantity", "name": "y", "mean": 0.0, "std": 1.0}
    number = {"kind": "number", "name": "x", "mean": 0.0, "std": 1.0}
    text = {"kind": "text", "name": "x", "categories": ["a", "b"]}
    columns = [
        {**number, "mean": float("nan")},
        {**number, "mean": True},
        {**number, "std": 0.0},
        {**number, "std": "1"},
        {**number, "name": 3},
        {**number, "name": "y"},
        {**number, "kind": "picture"},
        {**text, "categories": ["a"]},
        {**text, "categories": ["a", "a"]},
        {**text, "categories": ["a", 1]},
        {**text, "categories": "ab"},
        [],
        None,
    ]
    targets = [
        {**target, "std": -1.0},
        {**target, "kind": "classes"},
        {**target, "kind": "other"},
        {"kind": "classes", "name": "y", "classes": ["a"]},
        None,
    ]
    return [
        None,
        [],
        {},
        {"columns": [], "target": target},
        {"columns": [number, number], "target": target},
        *({"columns": [column], "target": target} for column in columns),
        *({"columns": [number], "target": bad} for bad in targets),
    ]


@pytest.mark.parametrize("data", damaged())
def test_damaged_descriptions(data):
    with pytest.raises(ValueError, match=r"expected|unknown kind"):
        Encoder.from_dict(data)
