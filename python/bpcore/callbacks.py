"""What a fit reports to."""


class History:
    """The record of a fit.

    Attributes
    ----------
    history : dict of str to list of float
        For "loss", each metric and their "val_" twins, one value an epoch.
    epoch : list of int
        The epochs, from 0.
    params : dict
        "epochs", "steps" (mini-batches an epoch) and "batch_size".
    model : Sequential
    """

    def __init__(self, model, params):
        self.model = model
        self.params = params
        self.epoch = []
        self.history = {}

    def append(self, epoch, logs):
        """Take in the values of one epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
