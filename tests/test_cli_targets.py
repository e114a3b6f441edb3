"""What is predicted from a table: inferring the task, scoring, and holding rows out."""

import json
from functools import partial

import numpy as np
import pytest
from cli_helpers import rows_of, table_of

from bpcore._cli.errors import UserError
from bpcore._cli.split import hold_out
from bpcore._cli.targets import Classes, Quantity, target_from_dict
from bpcore._cli.task import choose_task, labels_of, make_classes, make_quantity


@pytest.fixture
def table(tmp_path):
    """Return a function that reads text (or bytes) as a table."""
    return partial(table_of, tmp_path)


# ---- targets -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "task"),
    [
        (lambda i: "ab"[i % 2], "classification"),
        (lambda i: ["true", "false"][i % 2], "classification"),
        (lambda i: i % 2, "classification"),
        (lambda i: f"{i % 20}.0", "classification"),
        (lambda i: i % 21, "regression"),
        (lambda i: i % 2 + 0.5, "regression"),
        (lambda i: i, "regression"),
    ],
)
def test_task_is_inferred(table, cell, task):
    assert choose_task(table(rows_of(105, x=lambda i: i, y=cell)), "y", None) == task


def test_few_rows_a_class_are_a_quantity(table):
    assert choose_task(table(rows_of(20, x=lambda i: i, y=lambda i: i % 5)), "y", None) == (
        "regression"
    )


def test_task_can_be_said(table):
    read = table(rows_of(40, x=lambda i: i, y=lambda i: i % 3))
    assert choose_task(read, "y", "regression") == "regression"
    read = table(rows_of(40, x=lambda i: i, y=lambda i: i % 3 + 0.5))
    assert choose_task(read, "y", "classification") == "classification"
    assert make_classes(read, "y").classes == ["0.5", "1.5", "2.5"]


def test_labels_of_numbers(table):
    read = table("x,y\n1,10\n2,9.0\n3,10.00\n")
    assert labels_of(read, "y") == ["10", "9", "10"]
    target = make_classes(read, "y")
    assert target.classes == ["9", "10"]
    assert target.encode(labels_of(read, "y")).tolist() == [1, 0, 1]


def test_quantity_in_its_own_units(table):
    read = table("x,y\n1,100\n2,300\n3,500\n")
    target = make_quantity(read, "y", np.array([0, 1]))
    assert (target.mean, target.std) == (200, 100)
    y = target.encode(read.numbers("y"))
    assert (y.dtype, y.tolist()) == (np.float32, [[-1], [1], [3]])
    assert target.decode(y) == ["100", "300", "500"]
    score = target.score(np.zeros((3, 1), np.float32), y)
    assert score["MAE"] == pytest.approx(500 / 3)
    assert score["RMSE"] == pytest.approx(np.sqrt((100**2 + 100**2 + 300**2) / 3))
    assert score["R²"] == pytest.approx(1 - 110000 / 80000)
    assert target.baseline(y[:2], y) == score
    assert np.isnan(target.score(y, np.ones_like(y))["R²"])


def test_constant_in_training(table):
    read = table("x,y\n1,100\n2,100\n3,500\n")
    with pytest.raises(UserError, match="'y' is 100 in all training rows"):
        make_quantity(read, "y", np.array([0, 1]))


def test_score_of_classes():
    target = Classes("y", ["a", "b"])
    outputs = np.array([[0.75, 0.25], [0.5, 0.5], [0, 1]], np.float32)
    score = target.score(outputs, np.array([0, 1, 1]))
    assert score["accuracy"] == pytest.approx(2 / 3)
    assert score["log-loss"] == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 3)
    assert np.isfinite(target.score(outputs, np.array([0, 0, 0]))["log-loss"])
    assert target.decode(outputs) == ["a", "a", "b"]
    assert target.baseline(np.array([0, 0, 0, 1]), np.array([0, 1])) == pytest.approx(
        {"accuracy": 0.5, "log-loss": -(np.log(0.75) + np.log(0.25)) / 2}
    )


@pytest.mark.parametrize("target", [Classes("y", ["a", "b"]), Quantity("y", 1.5, 2.5)])
def test_targets_survive_json(target):
    assert target_from_dict(json.loads(json.dumps(target.to_dict()))) == target


# ---- holding out ---------------------------------------------------------------


@pytest.mark.parametrize(("n", "fraction", "held"), [(15, 0.2, 3), (150, 0.2, 30), (11, 0.5, 5)])
def test_hold_out(n, fraction, held):
    train, test = hold_out(n, fraction, 0)
    assert len(test) == held
    assert sorted([*train, *test]) == list(range(n))
    np.testing.assert_array_equal(test, hold_out(n, fraction, 0)[1])
    assert test.tolist() != hold_out(n, fraction, 1)[1].tolist()


def test_hold_out_keeps_the_shares_of_classes():
    labels = np.repeat([0, 1, 2], [100, 50, 10])[np.random.default_rng(0).permutation(160)]
    train, test = hold_out(160, 0.2, 3, labels)
    assert np.bincount(labels[test]).tolist() == [20, 10, 2]
    assert np.bincount(labels[train]).tolist() == [80, 40, 8]


def test_every_class_keeps_a_row_to_train_on():
    labels = np.arange(40) // 2
    labels[:10] = np.arange(100, 110)
    for seed in range(5):
        train, _ = hold_out(40, 0.4, seed, labels)
        assert set(labels[train]) == set(labels)
