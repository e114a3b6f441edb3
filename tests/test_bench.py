"""``python -m bpcore bench``, and the workloads it times."""

import json

import numpy as np
import pytest
from cli_helpers import fails

import bpcore
from bpcore import _core
from bpcore.__main__ import main
from bpcore._bench import runners, table
from bpcore._bench.workloads import WORKLOADS
from bpcore._threads import affine_cpus

CORES = affine_cpus()


def test_table(tmp_path, capsys):
    """One line a workload, the same in the file, with what the figures depend on."""
    path = tmp_path / "bench.json"
    path.write_text("of an earlier run")
    chosen = ["--workload", "online1", "--workload", "tiny", "--isa", "sse4"]
    if "sse4" not in _core.isas():
        chosen[-1] = _core.isas()[0]
    assert main(["bench", *chosen, "--rounds", "1", "--json", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = [line.split() for line in out.splitlines()]
    assert "medians of 1 paired rounds, each process pinned to 1 core" in out
    assert lines[1] == [
        "workload",
        "dtype",
        "ISA",
        "threads",
        "µs/step",
        "efficiency",
        "×",
        "numpy",
    ]
    report = json.loads(path.read_text())
    assert report["bpcore"] == bpcore.__version__
    assert report["numpy"] == np.__version__
    assert report["rounds"] == 1
    assert report["processor"] in out
    for name, printed, result in zip(
        ["online1", "tiny"], lines[2:4], report["results"], strict=True
    ):
        assert result["workload"] == printed[0] == name
        assert printed[1:4] == ["float32", chosen[-1], "1"]
        assert float(printed[4]) == pytest.approx(result["step_us"], abs=0.006)
        assert printed[5] == f"{result['efficiency']:.0%}"
        assert result["efficiency"] > 0
        assert float(printed[6]) == pytest.approx(result["ratios"]["numpy"], abs=0.06)
        assert result["ratios"]["numpy"] > 1
        flops_per_us = WORKLOADS[name].flops / result["step_us"]
        assert result["efficiency"] == pytest.approx(flops_per_us / result["gemm_gflops"] / 1e3)


@pytest.mark.skipif(CORES < 2, reason="needs two cores")
def test_threads(capsys):
    """Beside one thread, which is timed in the same rounds."""
    assert main(["bench", "--workload", "tab256", "--threads", "2", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[5:8] == ["×", "1", "thread"]
    name, _, _, threads, _, speedup, _ = lines[2].split()
    assert (name, threads) == ("tab256", "2")
    assert float(speedup) > 0
    assert "× 1 thread: how many times longer one thread takes" in lines[-1]


def test_a_wrong_answer_is_not_timed(monkeypatch, capsys):
    monkeypatch.setitem(table.TOLERANCE, "numpy", -1.0)
    assert main(["bench", "--workload", "online1", "--rounds", "1"]) == 1
    out, err = capsys.readouterr()
    assert "online1" not in out
    assert "numpy reaches a loss of" in err
    assert "do not compute the same" in err


def test_errors(tmp_path, capsys):
    """Said before anything is measured."""
    assert "this machine runs" in fails(capsys, "bench", "--isa", "mmx")
    text = fails(capsys, "bench", "--threads", CORES + 1)
    assert f"--threads {CORES + 1} is more than the {CORES} core" in text
    assert "nowhere" in fails(capsys, "bench", "--json", tmp_path / "nowhere" / "bench.json")


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_numpy_version_computes_the_same(name):
    """From the same weights, over the same rows in the same orders, two epochs long."""
    losses = [
        [runner.run(1), runner.run(1)]
        for runner in (cls(WORKLOADS[name], "float64") for cls in (runners.Bpcore, runners.NumPy))
    ]
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_efficiency_counts_the_products():
    """Two for the first layer, three for the others."""
    assert WORKLOADS["tab"].flops == 2 * 32 * (2 * 20 * 64 + 3 * (64 * 64 + 64))
