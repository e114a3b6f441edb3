"""What a training prints at its end."""

import math

NONE = "-"


def show(value, name):
    """Return a score as text: accuracy in per cent, others with at least four digits."""
    if math.isnan(value):
        return NONE
    if name == "accuracy":
        return f"{100 * value:.1f} %"
    if name == "R²":
        return f"{value:.4f}"
    return f"{value:,.0f}" if 1e4 <= value < 1e9 else f"{value:.4g}"


def closing_table(run, numpy_run, baseline, baseline_name):
    """Lay out scores and seconds.

    Parameters
    ----------
    run, numpy_run : Run
        numpy_run may be None: not measured.
    baseline : dict of str to float
        The same scores of the trivial prediction.
    baseline_name : str

    Returns
    -------
    str
        One line for bpcore, NumPy and the baseline each, under a line of column names.
    """
    names = list(run.scores)

    def scores(of):
        return [show(of[name], name) for name in names]

    rows = [["", *names, "seconds", "ratio"], ["bpcore", *scores(run.scores), _seconds(run), "1"]]
    if numpy_run is not None:
        ratio = f"{numpy_run.seconds / run.seconds:.1f}"
        rows.append(["NumPy", *scores(numpy_run.scores), _seconds(numpy_run), ratio])
    rows.append([f"({baseline_name})", *scores(baseline), NONE, NONE])
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def agreement(run, numpy_run):
    """Say whether the two trainings came to the same, to within 1 %."""
    name = next(iter(run.scores))
    a, b = run.scores[name], numpy_run.scores[name]
    score = 0.0 if math.isnan(a) and math.isnan(b) else abs(a - b)
    loss = abs(run.loss - numpy_run.loss) / max(abs(run.loss), 1e-30)
    what = (
        f"{name} differs by {100 * score:.1f} points"
        if name == "accuracy"
        else f"{name} differs by {score:.2g}"
    )
    what += f", final training loss ({run.loss:.4g}) by {100 * loss:.3g} %"
    same = "same starting weights, same order of rows, float32"
    if score <= 0.01 and loss <= 0.01:
        return f"The two trainings agree ({same}): {what}."
    return (
        f"The two trainings do not agree within 1 %, though they had the {same}: {what}. "
        "Rounding differs between them, and grows with the number of steps."
    )


def _seconds(run):
    return f"{run.seconds:.3g}" if run.seconds < 100 else f"{run.seconds:.0f}"
