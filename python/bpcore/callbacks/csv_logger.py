"""The epochs as lines of a file."""

import os

from .callback import Callback


class CSVLogger(Callback):
    """Writes the values of every epoch to a CSV file, a line as each ends.

    The columns are "epoch", then the first epoch's values sorted by name; if there is no
    validation in the first, room for it is kept. A missing value is "NA".

    Parameters
    ----------
    filename : path-like
    separator : str, default ","
    append : bool, default False
        Continue an existing file instead of replacing it.
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.append_header = True
        self.writer = self.keys = self.csv_file = None

    def on_train_begin(self, logs=None):
        """Open the file."""
        self._close()
        if self.append:
            from pathlib import Path  # here: it takes long to import

            path = Path(self.filename)
            self.append_header = not path.exists() or path.stat().st_size == 0
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115
        self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        """Write the epoch's line."""
        import csv

        logs = logs or {}
        if self.writer is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            self.writer = csv.writer(self.csv_file, delimiter=self.sep)
            if self.append_header:
                self.writer.writerow(["epoch", *self.keys])
        self.writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self.csv_file.flush()

    def on_train_end(self, logs=None):
        """Close the file."""
        self._close()

    def _close(self):
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None

    def __del__(self):
        # A fit that raised did not get to on_train_end.
        if getattr(self, "csv_file", None) is not None:
            self.csv_file.close()
