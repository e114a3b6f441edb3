"""Run the examples with bpcore and with Keras: are the scores the same, and how long does it take?

    python examples/compare.py --keras-python PATH [--write]

PATH is the Python of an environment with Keras, its back end and scikit-learn (the back end is
chosen by KERAS_BACKEND, as always). The table goes to stdout; `--write` keeps what Keras
printed in `examples/expected/`, which `tests/test_examples.py` compares bpcore with. Times are
those of all fits of a script, Keras's compilation included: one run, no average.
"""

import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SCRIPTS = ["digits", "imbalanced", "regression", "oscillator", "forecast"]


def run(python, script, library):
    """Return what a script printed, and the seconds its fits took."""
    done = subprocess.run(
        [python, HERE / f"{script}.py", library],
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        sys.exit(f"{script}.py {library} failed:\n{done.stderr}")
    return done.stdout, sum(map(float, re.findall(r": ([\d.]+) s$", done.stderr, re.MULTILINE)))


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras-python", required=True, metavar="PATH")
    parser.add_argument("--write", action="store_true", help="keep what Keras prints")
    options = parser.parse_args()
    print("| script | score in bpcore | score in Keras | same output | s | s in Keras | ratio |")
    print("|---|---|---|---|---|---|---|")
    for script in SCRIPTS:
        ours, seconds = run(sys.executable, script, "bpcore")
        theirs, keras_seconds = run(options.keras_python, script, "keras")
        scores = [re.search(r"^score: (.*)$", text, re.MULTILINE)[1] for text in (ours, theirs)]
        same = "yes" if ours == theirs else "no"
        print(
            f"| `{script}.py` | {scores[0]} | {scores[1]} | {same} | {seconds:.2f} "
            f"| {keras_seconds:.2f} | {keras_seconds / seconds:.0f} |"
        )
        if options.write:
            (HERE / "expected" / f"{script}.txt").write_text(theirs, encoding="utf-8")


if __name__ == "__main__":
    main()
