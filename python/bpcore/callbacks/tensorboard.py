"""Logs for TensorBoard, through whichever writer is installed."""

import importlib
import os
import time

from .callback import Callback, needed_if


def _writer_class():
    """Return a class whose objects have add_scalar, add_histogram, flush and close."""
    for module in ("tensorboardX", "torch.utils.tensorboard"):  # the quickest to import first
        try:
            return importlib.import_module(module).SummaryWriter
        except ImportError:
            continue
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        raise ImportError(
            "callbacks.TensorBoard writes through an installed writer, and found none: pip "
            "install tensorboardX, or tensorboard beside torch, or tensorflow"
        ) from None
    return _TensorFlowWriter


class _TensorFlowWriter:
    """TensorFlow's writer, with the methods of the others."""

    def __init__(self, log_dir):
        import tensorflow

        self._summary = tensorflow.summary
        self._writer = self._summary.create_file_writer(log_dir)

    def add_scalar(self, tag, value, step):
        with self._writer.as_default():
            self._summary.scalar(tag, value, step=step)

    def add_histogram(self, tag, values, step):
        with self._writer.as_default():
            self._summary.histogram(tag, values, step=step)

    def flush(self):
        self._writer.flush()

    def close(self):
        self._writer.close()


class TensorBoard(Callback):
    """Writes loss and metrics where TensorBoard reads them.

    Uses the writer of PyTorch, tensorboardX or TensorFlow, whichever is installed. In
    ``log_dir/train`` are "epoch_loss", one scalar for each metric and
    "epoch_learning_rate"; in ``log_dir/validation`` the values of validation by the same
    names, and of every evaluation "evaluation_…_vs_iterations".

    Parameters
    ----------
    log_dir : path-like, default "logs"
    histogram_freq : int, default 0
        Every so many epochs also histograms of all weights; 0: none.
    write_graph : bool, default True
        Taken as Keras takes it; no graph is written.
    write_images : bool, default False
        Not covered.
    write_steps_per_second : bool, default False
        Also "epoch_steps_per_second".
    update_freq : "epoch", "batch" or int, default "epoch"
        Every so many mini-batches ("batch": 1) also "batch_loss" and so on; the fit then
        returns to Python after each mini-batch.
    profile_batch, embeddings_freq, embeddings_metadata
        Not covered.
    """

    def __init__(
        self,
        log_dir="logs",
        histogram_freq=0,
        write_graph=True,
        write_images=False,
        write_steps_per_second=False,
        update_freq="epoch",
        profile_batch=0,
        embeddings_freq=0,
        embeddings_metadata=None,
    ):
        super().__init__()
        for name, value in [
            ("write_images", write_images),
            ("profile_batch", profile_batch),
            ("embeddings_freq", embeddings_freq),
            ("embeddings_metadata", embeddings_metadata),
        ]:
            if value:
                raise ValueError(f"TensorBoard does not cover {name}={value!r}; leave it out")
        self._make_writer = _writer_class()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers = {}
        self._batches = 0

    def _writer(self, name):
        # Made at first use: no empty files.
        if name not in self._writers:
            self._writers[name] = self._make_writer(os.path.join(self.log_dir, name))
        return self._writers[name]

    def on_train_begin(self, logs=None):
        """Start counting mini-batches."""
        self._batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        """Start the epoch's clock."""
        self._start = time.perf_counter(), self.model.optimizer.iterations

    @needed_if(lambda self: self.update_freq != "epoch")
    def on_train_batch_end(self, batch, logs=None):
        """Write the running values, if it is time."""
        self._batches += 1
        if self.update_freq != "epoch" and self._batches % self.update_freq == 0:
            self._write("train", "batch_{}", logs or {}, self._batches)

    def on_epoch_end(self, epoch, logs=None):
        """Write the values of the epoch."""
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            start, steps = self._start
            steps = self.model.optimizer.iterations - steps
            train["steps_per_second"] = steps / max(time.perf_counter() - start, 1e-9)
        self._write("train", "epoch_{}", train, epoch)
        validation = {name[4:]: logs[name] for name in logs if name.startswith("val_")}
        self._write("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for layer in self.model.layers:
                for i, weight in enumerate(layer.get_weights()):
                    name = f"{layer.name}/{('kernel', 'bias')[i] if i < 2 else i}/histogram"
                    self._writer("train").add_histogram(name, weight, epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs=None):
        """Write the values of an evaluation."""
        iterations = self.model.optimizer.iterations
        self._write("validation", "evaluation_{}_vs_iterations", logs or {}, iterations)

    def on_train_end(self, logs=None):
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write(self, where, tag, values, step):
        for name, value in values.items():
            self._writer(where).add_scalar(tag.format(name), value, step)
