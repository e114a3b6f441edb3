"""One training from start to closing table, as `digits` and `csvtrain` both end."""

from . import report
from .training import train, train_in_numpy


def run(data, target, options, model, epochs, save):
    """Train with bpcore, save, train the same in NumPy, and print the table.

    Parameters
    ----------
    data : Data
    target : Classes or Quantity
    options : argparse.Namespace
        ``quiet`` and ``no_numpy``.
    model : Sequential
        Fresh from `make_model`.
    epochs : int
    save : function of the trained model
        Called before the NumPy training, which may be long and is only for comparison.
    """
    start = model.get_weights()
    widths = "-".join(map(str, [data.x.shape[1], *(layer.n_out for layer in model.layers)]))
    print(
        f"Network {widths}, {model.count_params():,} parameters; trained on {len(data.x)} rows "
        f"for {epochs} epochs, scored on {len(data.x_test)} held-out rows",
        flush=True,
    )
    mine = train(model, data, target, epochs, options.quiet)
    save(model)
    theirs = None
    if not options.no_numpy:
        try:
            theirs = train_in_numpy(start, model, data, target, epochs, options.quiet)
        except KeyboardInterrupt:
            print("\nThe NumPy training was stopped; no comparison")
    baseline = target.baseline(data.y, data.y_test)
    print()
    print(report.closing_table(mine, theirs, baseline, target.baseline_name))
    if theirs is not None:
        print()
        print(report.agreement(mine, theirs))
