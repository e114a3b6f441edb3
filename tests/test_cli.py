"""``python -m bpcore``: its commands."""

import csv
import io
import os
import subprocess
import sys
import types

import numpy as np
import pytest
from cli_helpers import fails, write, write_flowers

import bpcore
from bpcore.__main__ import main
from bpcore._cli import compare, digits, report
from bpcore._cli.training import Run


@pytest.fixture
def flowers(tmp_path):
    return write_flowers(tmp_path / "flowers.csv")


@pytest.fixture
def prices(tmp_path):
    """A price from a size and a town, 200 rows, with ids and a missing size."""
    rng = np.random.default_rng(1)
    size, town = rng.uniform(20, 200, 200), rng.choice(["Bern", "Zürich"], 200)
    price = 1000 * size + 50000 * (town == "Zürich") + rng.normal(0, 1000, 200)
    rows = [
        [f"id{i}", "" if i == 7 else f"{s:.1f}", t, f"{p:.0f}"]
        for i, (s, t, p) in enumerate(zip(size, town, price, strict=True))
    ]
    return write(tmp_path / "prices.csv", ["id", "size", "town", "price"], rows)


def score_of(out, row, column):
    """Return a number of the closing table."""
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.rstrip().endswith("ratio"))
    names = lines[at].split()
    cells = next(line for line in lines[at:] if line.startswith(row)).replace(" %", "").split()
    return float(cells[1 + names.index(column)].replace(",", ""))


# ---- info ----------------------------------------------------------------------


def test_info(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["bpcore", bpcore.__version__]
    for text in (np.__version__, bpcore._core.isa(), *bpcore._core.isas(), "CPUs available"):
        assert text in out
    assert "used by the NumPy version" in out


def test_info_as_a_process():
    done = subprocess.run(
        [sys.executable, "-m", "bpcore", "info"], capture_output=True, text=True, check=True
    )
    assert bpcore.__version__ in done.stdout


# ---- digits --------------------------------------------------------------------


def test_digits_as_a_process():
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [sys.executable, "-m", "bpcore", "train", "digits"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert "Epoch 30/30" in done.stderr
    assert score_of(done.stdout, "bpcore", "accuracy") >= 97
    assert score_of(done.stdout, "NumPy", "seconds") > 0
    assert "The two trainings agree" in done.stdout


def test_digits_options(capsys, tmp_path):
    pytest.importorskip("sklearn")
    out = tmp_path / "digits.safetensors"
    argv = ["train", "digits", "--epochs", "2", "--layers", "32,16", "--quiet", "--no-numpy"]
    assert main([*argv, "--out", str(out)]) == 0
    said, err = capsys.readouterr()
    assert err == ""
    assert "Network 64-32-16-10" in said
    assert "NumPy" not in said
    assert bpcore.load_model(out).output_shape == (None, 10)
    assert "was not trained on a table" in fails(capsys, "predict", out, "x.csv")


def test_digits_repeat_with_the_seed(capsys):
    pytest.importorskip("sklearn")
    argv = ["train", "digits", "--epochs", "2", "--quiet", "--no-numpy", "--seed"]

    def losses(seed):
        main([*argv, seed])
        return score_of(capsys.readouterr().out, "bpcore", "log-loss")

    assert losses("5") == losses("5") != losses("6")


def test_digits_without_scikit_learn(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert 'pip install "bpcore[sklearn]"' in fails(capsys, "train", "digits")


def test_digits_have_a_target(capsys):
    assert "--target and --task are for a table" in fails(
        capsys, "train", "digits", "--target", "a"
    )


def test_digits_data():
    pytest.importorskip("sklearn")
    x, y = digits.load()
    assert (x.shape, x.dtype, x.min(), x.max()) == ((1797, 64), np.float32, 0, 1)
    assert set(y) == set(range(10))


# ---- a table -------------------------------------------------------------------


def test_classification_and_prediction(capsys, flowers, tmp_path):
    model, out = tmp_path / "m.safetensors", tmp_path / "out.csv"
    assert main(["train", flowers, "--target", "kind", "--epochs", "30", "--out", str(model)]) == 0
    said, err = capsys.readouterr()
    assert "Task (inferred): classification of 'kind', 3 classes: rose (30), tulip (30)" in said
    assert "Network 2-64-64-3" in said
    assert "trained on 72 rows for 30 epochs, scored on 18 held-out rows" in said
    assert score_of(said, "bpcore", "accuracy") > 90
    assert score_of(said, "NumPy", "accuracy") == score_of(said, "bpcore", "accuracy")
    assert 33 < float(said.split("(majority class)")[1].split()[0]) < 34
    assert "The two trainings agree" in said
    assert "Epoch 30/30" in err
    assert "The same in NumPy 100%" in err

    assert main(["predict", str(model), flowers, "--out", str(out)]) == 0
    assert capsys.readouterr() == ("", "")
    predicted = out.read_text().split()
    with open(flowers) as file:
        true = [row["kind"] for row in csv.DictReader(file)]
    assert predicted[0] == "kind"
    assert np.mean([a == b for a, b in zip(predicted[1:], true, strict=True)]) > 0.9


def test_regression_and_prediction(capsys, prices, tmp_path):
    model = str(tmp_path / "m.safetensors")
    argv = ["train", prices, "--target", "price", "--layers", "32", "--quiet", "--out", model]
    assert main(argv) == 0
    said, err = capsys.readouterr()
    assert err == ""
    assert "Task (inferred): regression of 'price'" in said
    assert "Note: column 'id' left out: a different text in every row" in said
    assert "Note: column 'size': 1 missing cells filled with the mean" in said
    assert "Network 3-32-1" in said
    assert score_of(said, "bpcore", "R²") > 0.95
    assert score_of(said, "(mean)", "R²") < 0.05
    assert score_of(said, "bpcore", "RMSE") < 15000 < score_of(said, "(mean)", "RMSE")
    assert f"Model written to {model}" in said

    # Columns in another order, no target, a town that was not in the training.
    new = write(tmp_path / "new.csv", ["town", "size"], [["Zürich", 100], ["Genf", 100]])
    assert main(["predict", model, new]) == 0
    said, err = capsys.readouterr()
    assert "Note: column 'town': 1 cells of unknown text encoded as zeros" in err
    name, value, _ = said.split()
    assert name == "price"
    assert float(value) == pytest.approx(150000, rel=0.1)


def test_task_and_holdout_are_taken(capsys, tmp_path):
    rows = [[i, i % 3] for i in range(60)]
    path = write(tmp_path / "t.csv", ["x", "y"], rows)
    argv = ["train", path, "--target", "y", "--epochs", "1", "--quiet", "--no-numpy"]
    assert main([*argv, "--task", "regression", "--holdout", "0.5"]) == 0
    said = capsys.readouterr().out
    assert "Task: regression of 'y'" in said
    assert "scored on 30 held-out rows" in said


def test_one_input_column(capsys, tmp_path):
    path = write(tmp_path / "t.csv", ["x", "y"], [[i, i / 7] for i in range(40)])
    model = tmp_path / "m"
    argv = ["train", path, "--target", "y", "--epochs", "1", "--quiet", "--no-numpy"]
    assert main([*argv, "--out", str(model)]) == 0
    new = tmp_path / "new.csv"
    new.write_text("x\n1\n2\n")
    capsys.readouterr()
    assert main(["predict", str(model), str(new)]) == 0
    assert len(capsys.readouterr().out.split()) == 3


def test_numpy_may_be_interrupted(capsys, flowers, monkeypatch, tmp_path):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "train_in_numpy", interrupted)
    model = tmp_path / "m"
    argv = ["train", flowers, "--target", "kind", "--epochs", "1", "--quiet", "--out", str(model)]
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "The NumPy training was stopped" in said
    assert "bpcore" in said
    assert model.exists()


def test_interruption(capsys, flowers, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "train", interrupted)
    assert main(["train", flowers, "--target", "kind", "--quiet"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_divergence_is_said(capsys, flowers, monkeypatch):
    def diverged(self, x, y, **options):
        return types.SimpleNamespace(history={"loss": [float("nan")]})

    monkeypatch.setattr(bpcore.Sequential, "fit", diverged)
    assert main(["train", flowers, "--target", "kind", "--quiet"]) == 2
    assert "the training diverged (loss nan)" in capsys.readouterr().err


# ---- the closing table ---------------------------------------------------------


def test_closing_table():
    text = report.closing_table(
        Run({"accuracy": 0.975, "log-loss": 0.123456}, 0.5, 0.1),
        Run({"accuracy": 0.97, "log-loss": 0.2}, 5.0, 0.1),
        {"accuracy": 0.1, "log-loss": 2.3},
        "majority class",
    )
    assert text.splitlines() == [
        "                  accuracy  log-loss  seconds  ratio",
        "bpcore              97.5 %    0.1235      0.5      1",
        "NumPy               97.0 %       0.2        5   10.0",
        "(majority class)    10.0 %       2.3        -      -",
    ]


@pytest.mark.parametrize(
    ("score", "loss", "agree"),
    [(0.97, 0.1, True), (0.961, 0.1009, True), (0.95, 0.1, False), (0.97, 0.102, False)],
)
def test_agreement_is_told_as_it_is(score, loss, agree):
    text = report.agreement(Run({"accuracy": 0.97}, 1, 0.1), Run({"accuracy": score}, 1, loss))
    assert text.startswith("The two trainings agree") == agree
    assert ("do not agree within 1 %" in text) != agree


def test_predictions_are_csv(capsys, tmp_path):
    rows = [[i, 'a, "b"' if i < 20 else "c\nd"] for i in range(40)]
    path = write(tmp_path / "t.csv", ["x", "which, then"], rows)
    model = str(tmp_path / "m")
    argv = ["train", path, "--target", "which, then", "--quiet", "--no-numpy", "--out", model]
    assert main(argv) == 0
    capsys.readouterr()
    assert main(["predict", model, path]) == 0
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read[0] == ["which, then"]
    assert read[1] == ['a, "b"']
    assert read[-1] == ["c\nd"]
