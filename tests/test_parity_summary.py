"""`summary` prints what Keras prints."""

import sys
from pathlib import Path

import bpcore

PARITY = Path(__file__).parent / "parity"
sys.path.insert(0, str(PARITY))
import make_summary  # noqa: E402


def test_summary(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    make_summary.print_all(bpcore)
    assert capsys.readouterr().out == (PARITY / "summary.txt").read_text()
