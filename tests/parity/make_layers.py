"""Make layers.json: run ``python make_layers.py`` where Keras and PyTorch are installed."""

import json
from pathlib import Path

import float64  # before Keras
import keras
from cases_layers import CASES, train


def rounded(value):
    """Twelve digits: enough for 1e-9."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.12g}")


results = {}
for dtype in ("float32", "float64"):
    float64.use(dtype)
    results[dtype] = {name: rounded(train(keras, name, dtype)) for name in CASES}
out = {"keras": keras.__version__, "backend": keras.config.backend(), **results}
Path(__file__).with_name("layers.json").write_text(json.dumps(out) + "\n")
