"""``python -m bpcore``: what it says to a mistake, and to a damaged file."""

import json

import pytest
from cli_helpers import fails, write_flowers

from bpcore.__main__ import main
from bpcore._cli import compare


@pytest.fixture
def flowers(tmp_path):
    return write_flowers(tmp_path / "flowers.csv")


def test_no_command(capsys):
    assert "required: COMMAND" in fails(capsys)
    assert "invalid choice: 'trian'" in fails(capsys, "trian")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--layers", "64,x", "whole numbers from 1 with commas between, such as 64,64, got '64,x'"),
        ("--layers", "64,0", "got '64,0'"),
        ("--layers", "6.5", "got '6.5'"),
        ("--layers", "", "got ''"),
        ("--epochs", "0", "expected a whole number from 1, got '0'"),
        ("--epochs", "many", "got 'many'"),
        ("--holdout", "1", "expected a number between 0 and 1, got '1'"),
        ("--holdout", "nan", "got 'nan'"),
        ("--seed", "4294967296", "below 2**32"),
        ("--task", "guess", "invalid choice: 'guess'"),
    ],
)
def test_bad_options(capsys, flowers, option, value, said):
    err = fails(capsys, "train", flowers, "--target", "kind", option, value)
    assert said in err
    assert option in err


def write_rows(tmp_path, rows, names="x,y"):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([names, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "only the header line"),
        ([f"{i},{i % 2}" for i in range(9)], "has 9 rows; expected at least 10"),
        ([f"{i},a" for i in range(20)], "'a' in every row; expected at least two"),
        (
            [f"{i},{'a' if i % 9 else ''}" for i in range(20)],
            "no value in 3 of 20 rows: lines 2, 11, 20. Remove those rows",
        ),
        ([f"{i},u{i}" for i in range(20)], "20 different values in 20 rows, too many"),
        ([f"5,{i}" for i in range(20)], "no column left to predict 'y' from"),
        ([f"{i},{i},{i}" for i in range(20)], "line 2 has 3"),
        ([f'{i},"{i},5"' for i in range(20)], "column 'y' holds numbers with a comma"),
    ],
)
def test_bad_tables(capsys, tmp_path, rows, said):
    assert said in fails(capsys, "train", write_rows(tmp_path, rows), "--target", "y")


def test_bad_tasks(capsys, tmp_path):
    path = write_rows(tmp_path, [f"{i},{'ab'[i % 2]}" for i in range(20)])
    err = fails(capsys, "train", path, "--target", "y", "--task", "regression")
    assert "--task regression needs numbers, but the target 'y' holds text, such as 'a'" in err
    path = write_rows(tmp_path, [f"{i},{i / 7}" for i in range(20)])
    err = fails(capsys, "train", path, "--target", "y", "--task", "classification")
    assert "too many to be classes; leave out --task classification" in err
    path = write_rows(tmp_path, [f"{i},{['1', '1.0'][i % 2]}" for i in range(20)])
    assert "single class, '1'" in fails(
        capsys, "train", path, "--target", "y", "--task", "classification"
    )


def test_unknown_target(capsys, flowers):
    err = fails(capsys, "train", flowers, "--target", "knid")
    assert "no column 'knid'" in err
    assert "did you mean 'kind'? Its columns are 'kind', 'length', 'width'" in err
    assert "for --target. Its columns" in fails(capsys, "train", flowers, "--target", "zzz")
    assert "needs --target COLUMN" in fails(capsys, "train", flowers)


def test_no_such_file(capsys, tmp_path):
    assert "there is no file" in fails(capsys, "train", tmp_path / "no.csv", "--target", "y")
    assert "is a directory" in fails(capsys, "train", tmp_path, "--target", "y")


def test_a_split_that_leaves_nothing(capsys, flowers):
    assert "to score on; expected at least one" in fails(
        capsys, "train", flowers, "--target", "kind", "--holdout", "0.001"
    )


def test_out_is_checked_before_the_training(capsys, flowers, tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "run", lambda *args: pytest.fail("trained"))
    argv = ["train", flowers, "--target", "kind", "--out"]
    assert "there is no directory" in fails(capsys, *argv, tmp_path / "no" / "m")
    assert "is a directory" in fails(capsys, *argv, tmp_path)
    assert "would overwrite" in fails(capsys, *argv, flowers)
    pytest.importorskip("sklearn")
    assert "there is no directory" in fails(
        capsys, "train", "digits", "--out", tmp_path / "no" / "m"
    )


def test_no_memory(capsys, flowers, monkeypatch):
    def full(*args):
        raise MemoryError("2 TB")

    monkeypatch.setattr(compare, "run", full)
    assert main(["train", flowers, "--target", "kind"]) == 2
    assert "not enough memory (2 TB)" in capsys.readouterr().err


# ---- model files that are none -------------------------------------------------


def test_not_a_model(capsys, flowers, tmp_path):
    assert "there is no model file" in fails(capsys, "predict", tmp_path / "no", flowers)
    assert "cannot be read as a model" in fails(capsys, "predict", flowers, flowers)
    assert "cannot be read as a model" in fails(capsys, "predict", tmp_path, flowers)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("model"), "cannot be read as a model (ValueError"),
        (lambda d: d.update(model=3), "cannot be read as a model"),
        (
            lambda d: d["model"]["config"]["layers"][1].update(class_name="os.system"),
            "unknown layer 'os.system'",
        ),
        (lambda d: d.update(extra=None), "was not trained on a table"),
        (lambda d: d.update(extra={"table": 3}), "damaged description of its table"),
        (lambda d: d["extra"]["table"]["columns"].pop(), "2 inputs and 3 outputs, its table"),
        (lambda d: d["extra"]["table"]["columns"][0].update(std=0.0), "expected more than 0"),
    ],
)
def test_damaged_models(capsys, flowers, tmp_path, change, said):
    from safetensors import safe_open
    from safetensors.numpy import save_file

    path = str(tmp_path / "m")
    argv = ["train", flowers, "--target", "kind", "--epochs", "1", "--quiet", "--no-numpy"]
    assert main([*argv, "--out", path]) == 0
    with safe_open(path, framework="np") as file:
        description = json.loads(file.metadata()["bpcore"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(description)
    save_file(tensors, path, metadata={"bpcore": json.dumps(description)})
    capsys.readouterr()
    assert said in fails(capsys, "predict", path, flowers)


def test_predictions_do_not_overwrite_what_is_read(capsys, flowers, tmp_path):
    argv = ["train", flowers, "--target", "kind", "--epochs", "1", "--quiet", "--no-numpy"]
    model = tmp_path / "m"
    assert main([*argv, "--out", str(model)]) == 0
    capsys.readouterr()
    assert "would overwrite" in fails(capsys, "predict", model, flowers, "--out", flowers)
    assert "would overwrite" in fails(capsys, "predict", model, flowers, "--out", model)
