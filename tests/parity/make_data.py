"""Golden values of Keras for tests/test_parity_data.py: which batches an epoch takes, one-hot
rows, norms.

Run with Keras 3.15 and any back end: KERAS_BACKEND=jax python tests/parity/make_data.py
"""

import json
import random
import warnings
from pathlib import Path

import keras
import numpy as np
from keras.src.trainers.epoch_iterator import EpochIterator


class Numbered(keras.utils.PyDataset):
    """Five batches; batch i holds the number i."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return np.full((2, 1), index, "float32"), np.zeros((2, 1), "float32")


def numbered(count):
    for i in range(count):
        yield np.full((2, 1), i, "float32"), np.zeros((2, 1), "float32")


def epochs(data, steps, shuffle=False, count=4):
    """The numbers of the batches of each epoch, and whether Keras warned in it."""
    iterator = EpochIterator(data, steps_per_epoch=steps, shuffle=shuffle)
    seen = []
    for _ in range(count):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            numbers = [
                int(np.asarray(batch[0])[0, 0]) for _, _, batches in iterator for batch in batches
            ]
        seen.append([numbers, bool(caught)])
    return seen


def main():
    golden = {"indexed": {}, "generator": {}, "to_categorical": [], "normalize": []}
    for steps in (None, 1, 2, 3, 5, 7):
        golden["indexed"][str(steps)] = epochs(Numbered(), steps)
    random.seed(11)
    golden["shuffled"] = epochs(Numbered(), None, shuffle=True)
    for steps in (1, 2, 3):
        golden["generator"][str(steps)] = epochs(numbered(7), steps)
    for shape in ((4,), (4, 1), (2, 3), (2, 3, 1)):
        labels = np.random.default_rng(5).integers(0, 4, shape)
        one_hot = keras.utils.to_categorical(labels, 5)
        golden["to_categorical"].append(
            [shape, one_hot.shape, str(one_hot.dtype), one_hot.tolist()]
        )
    for shape, axis, order in (
        ((4,), -1, 2),
        ((3, 4), -1, 2),
        ((3, 4), 1, 1),
        ((2, 3, 4), 1, 2),
        ((2, 3, 4), -1, float("inf")),
    ):
        x = np.random.default_rng(6).normal(size=shape)
        golden["normalize"].append(
            [shape, axis, str(order), keras.utils.normalize(x, axis, order).tolist()]
        )
    path = Path(__file__).with_name("data.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
