"""The examples print with bpcore what they printed with Keras.

`python examples/compare.py --keras-python … --write` made `examples/expected/`, with Keras
3.15 on JAX. The same words are expected, and the same numbers but for a unit of the last
digit printed: another instruction set rounds otherwise.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"
EXPECTED = sorted((EXAMPLES / "expected").glob("*.txt"))
NUMBER = re.compile(r"-?\d+\.\d+")


def test_there_is_an_output_of_every_script():
    scripts = {p.stem for p in EXAMPLES.glob("*.py")} - {"compare", "same_start"}
    assert scripts == {p.stem for p in EXPECTED}
    assert len(scripts) == 5


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_the_scores_are_those_of_keras(expected, tmp_path):
    got = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{expected.stem}.py"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ).stdout
    want = expected.read_text(encoding="utf-8")
    assert NUMBER.sub("#", got) == NUMBER.sub("#", want)
    for ours, theirs in zip(NUMBER.findall(got), NUMBER.findall(want), strict=True):
        unit = 10.0 ** -len(theirs.partition(".")[2])
        assert abs(float(ours) - float(theirs)) < 1.01 * unit, (ours, theirs)
