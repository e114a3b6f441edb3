"""The command line: ``python -m bpcore info | train | predict | bench``.

Exit codes: 0 done, 2 the user's mistake (said on stderr), 130 interrupted.
"""

import argparse
import io
import os
import sys

from ._cli.errors import UserError
from ._cli.rule import RULE

PROG = "python -m bpcore"


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UserError(f"{message}; see {self.prog} --help")


def main(argv=None):
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        Arguments after ``python -m bpcore``; default: those of the process.

    Returns
    -------
    int
        The exit code.
    """
    try:
        options = _parser().parse_args(argv)
        return options.run(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has closed it. Python must not try to flush it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # A disk that is full, a file that is not to be written to.
        print(f"error: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"error: not enough memory ({error}); try smaller --layers", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _info(options):
    from ._cli import info

    return info.run(options)


def _train(options):
    if options.data == "digits":
        from ._cli import digits as command
    else:
        from ._cli import csvtrain as command
    return command.run(options)


def _predict(options):
    from ._cli import predict

    return predict.run(options)


def _bench(options):
    from ._cli import bench

    return bench.run(options)


def _parser():
    parser = _Parser(prog=PROG, description="Train small dense neural networks on the CPU.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    info = commands.add_parser(
        "info", help="print version, processor, instruction sets, BLAS and threads"
    )
    info.set_defaults(run=_info)
    _add_train(commands)
    predict = commands.add_parser(
        "predict",
        help="apply a model that train wrote to a new table",
        description="Write one prediction for each row of a CSV file, as CSV: the class, or the "
        "value in the target's own units. The file needs the columns the model was trained on, "
        "in any order; the target may be absent.",
    )
    predict.add_argument("model", metavar="MODEL", help="file that train --out wrote")
    predict.add_argument("data", metavar="FILE.csv", help="table to predict for")
    predict.add_argument("--out", metavar="OUT.csv", help="write there instead of to stdout")
    predict.set_defaults(run=_predict)
    _add_bench(commands)
    return parser


def _add_bench(commands):
    bench = commands.add_parser(
        "bench",
        help="time the standing workloads on this machine",
        description="Time a training step of the seven standing workloads beside the NumPy version "
        "and, with --peers, beside the other libraries that are installed. The answers are "
        "compared before anything is timed. Takes one to five minutes.",
    )
    bench.add_argument(
        "--peers", action="store_true", help="scikit-learn, PyTorch, JAX, Keras where installed"
    )
    bench.add_argument(
        "--workload",
        action="append",
        choices=["online1", "tiny", "tab", "tab256", "digits", "mnist", "wide"],
        help="only this one; may be given several times",
    )
    bench.add_argument("--isa", action="append", metavar="NAME", help="instruction set; likewise")
    bench.add_argument("--dtype", action="append", choices=["float32", "float64"], help="likewise")
    bench.add_argument("--threads", type=_positive, metavar="N", help="default 1")
    bench.add_argument("--rounds", type=_positive, default=7, metavar="N", help="default 7")
    bench.add_argument("--json", metavar="FILE", help="write the figures there too")
    bench.set_defaults(run=_bench)


def _add_train(commands):
    train = commands.add_parser(
        "train",
        help="train on the digits or on a CSV file",
        description="Train a network with ReLU layers and Adam on mini-batches of 32, score it on "
        "rows held out, and compare with the same training in NumPy. A CSV file is UTF-8, its "
        "first line names the columns; columns of numbers are standardised, columns of text "
        "one-hot encoded; empty cells, NA, NaN, null and ? are missing values. Which task it is: "
        f"{RULE}.",
    )
    train.add_argument(
        "data", metavar="digits|FILE.csv", help="the digits of scikit-learn, or a table"
    )
    train.add_argument("--target", metavar="COLUMN", help="the column to predict (of a table)")
    train.add_argument(
        "--task",
        choices=["regression", "classification"],
        help="what to make of the target; default: as described above",
    )
    train.add_argument(
        "--layers",
        type=_widths,
        metavar="N,N,...",
        help="widths of the hidden layers; default 64,64, for the digits 128",
    )
    train.add_argument(
        "--epochs", type=_positive, metavar="N", help="default 100, for the digits 30"
    )
    train.add_argument(
        "--holdout",
        type=_fraction,
        default=0.2,
        metavar="PART",
        help="part of the rows to score on instead of training; default 0.2",
    )
    train.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of everything random; default 0"
    )
    train.add_argument("--out", metavar="MODEL", help="write the model to this file")
    train.add_argument("--no-numpy", action="store_true", help="do not train the same in NumPy")
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    train.set_defaults(run=_train)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _widths(text):
    try:
        return [_positive(width.strip()) for width in text.split(",")]
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"expected whole numbers from 1 with commas between, such as 64,64, got {text!r}"
        ) from None


def _seed(text):
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"expected a whole number below 2**32, got {text!r}")
    return int(text)


def _fraction(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return value


if __name__ == "__main__":
    # A terminal that cannot show a letter must not end the command.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
