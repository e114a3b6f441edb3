"""Writes callbacks.json: what Keras's callbacks are called with, and what they decide.

Runs in an environment with Keras: ``KERAS_BACKEND=jax python tests/parity/make_callbacks.py``.
The scenarios are in callback_scenarios.py, which the test runs with bpcore.
"""

import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import callback_scenarios as scenarios
import keras


def make_model(w, b):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.set_weights([w, b])
    return model


def main():
    golden = {
        "keras": keras.__version__,
        "hooks": scenarios.run_hooks(keras, make_model),
        "decisions": scenarios.run_decisions(keras.callbacks),
    }
    with tempfile.TemporaryDirectory() as directory:
        golden["checkpoints"] = scenarios.run_checkpoints(
            keras.callbacks, directory, ".keras", ".weights.h5"
        )
        golden["csv"] = scenarios.run_csv(keras.callbacks, directory)
    path = Path(__file__).with_name("callbacks.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
