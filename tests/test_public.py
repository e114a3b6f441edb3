"""The public face: what a Keras script for a dense network imports is there, and what is not
covered says so.
"""

import importlib
import os
import subprocess
import sys

import numpy as np
import pytest

import bpcore
from bpcore import config, layers, utils

MODULES = [
    *("activations", "callbacks", "config", "constraints", "initializers", "layers", "losses"),
    *("metrics", "models", "optimizers", "optimizers.schedules", "regularizers", "saving", "utils"),
]


@pytest.mark.parametrize("name", MODULES)
def test_all_names_are_there(name):
    module = importlib.import_module(f"bpcore.{name}")
    for public in getattr(module, "__all__", []):
        assert getattr(module, public) is not None


def test_a_keras_script_finds_what_it_imports():
    from bpcore.layers import Dense, Dropout
    from bpcore.models import Sequential, load_model, save_model
    from bpcore.optimizers.schedules import CosineDecay
    from bpcore.utils import register_keras_serializable, set_random_seed, to_categorical

    assert Sequential is bpcore.Sequential
    assert load_model is bpcore.saving.load_model is bpcore.load_model
    assert save_model is bpcore.saving.save_model
    assert Dense is bpcore.layers.Dense
    assert issubclass(Dropout, bpcore.Layer)
    assert issubclass(bpcore.losses.Huber, bpcore.Loss)
    assert issubclass(bpcore.metrics.AUC, bpcore.Metric)
    assert issubclass(bpcore.optimizers.Adam, bpcore.Optimizer)
    assert issubclass(bpcore.regularizers.L1, bpcore.Regularizer)
    assert issubclass(bpcore.initializers.Zeros, bpcore.Initializer)
    assert bpcore.version() == bpcore.__version__
    assert callable(CosineDecay)
    assert callable(set_random_seed)
    assert to_categorical is utils.to_categorical
    assert register_keras_serializable is bpcore.saving.register_keras_serializable


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *[("bpcore", n) for n in ("Model", "Function", "ops", "backend", "datasets", "random")],
        *[("bpcore.layers", n) for n in ("Conv2D", "LSTM", "Embedding", "Concatenate", "Lambda")],
        *[("bpcore.models", "Model"), ("bpcore.optimizers", "Lamb"), ("bpcore.config", "backend")],
        *[("bpcore.utils", "image_dataset_from_directory"), ("bpcore.utils", "pad_sequences")],
        *[("bpcore.saving", "KerasFileEditor"), ("bpcore.initializers", "STFT")],
    ],
)
def test_what_is_not_covered_is_named(module, name):
    found = importlib.import_module(module)
    assert not hasattr(found, name)
    keras = module.replace("bpcore", "keras")
    with pytest.raises(AttributeError, match=rf"{keras}\.{name} is not covered: .*There are: \w"):
        getattr(found, name)


def test_a_misspelt_name():
    with pytest.raises(AttributeError, match="no attribute 'Dence'; did you mean 'Dense'"):
        layers.Dence  # noqa: B018
    with pytest.raises(AttributeError, match=r"module 'bpcore' has no attribute 'qqq'$"):
        bpcore.qqq  # noqa: B018


@pytest.fixture
def floatx():
    yield
    config.set_floatx("float32")


def test_config(floatx):
    assert config.floatx() == "float32"
    before = bpcore.Sequential([layers.Dense(2)])
    config.set_floatx("float64")
    assert config.floatx() == "float64"
    assert bpcore.Sequential([bpcore.Input((3,)), layers.Dense(2)]).dtype == "float64"
    assert bpcore.Sequential([bpcore.Input((3,)), layers.Dense(2)], dtype="float32").dtype == (
        "float32"
    )
    assert layers.Dense(2)(np.ones((1, 3))).dtype == np.float64
    before.build((3,))
    assert before.dtype == "float32"
    with pytest.raises(ValueError, match="floatx must be"):
        config.set_floatx("float16")
    assert config.epsilon() == 1e-7
    config.set_epsilon(1e-7)
    with pytest.raises(ValueError, match="set_epsilon"):
        config.set_epsilon(1e-5)
    assert config.image_data_format() == "channels_last"


def test_import_loads_nothing_heavy():
    code = (
        "import sys, bpcore; print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'safetensors', 'tqdm', 'scipy', 'matplotlib', 'pandas', 'sklearn'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert result.stdout.strip() == "[]"


# ---- plot_model -----------------------------------------------------------------------


def small():
    return bpcore.Sequential(
        [
            bpcore.Input((8,)),
            layers.Dense(16, "relu", name="hidden"),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax", name="out", trainable=False),
        ]
    )


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def test_plot_model(tmp_path):
    pytest.importorskip("matplotlib")
    model, path = small(), tmp_path / "model.png"
    figure = utils.plot_model(
        model,
        path,
        show_shapes=True,
        show_dtype=True,
        show_layer_names=True,
        show_layer_activations=True,
        show_trainable=True,
        dpi=50,
    )
    assert path.read_bytes().startswith(b"\x89PNG")
    boxes = texts(figure)
    assert len(boxes) == 4
    assert "(None, 8)" in boxes[0]
    for part in ("hidden", "Dense", "relu", "(None, 8) → (None, 16)", "float32", "trainable"):
        assert part in boxes[1]
    assert "activation" not in boxes[2]
    assert "not trainable" in boxes[3]
    # Nothing that is drawn lies outside of the picture, and boxes hold their texts.
    renderer = figure.canvas.get_renderer()
    for text, box in zip(
        [t for t in figure.axes[0].texts if t.get_text()], figure.axes[0].lines, strict=True
    ):
        inner, outer = text.get_window_extent(renderer), box.get_window_extent(renderer)
        assert outer.x0 < inner.x0
        assert inner.x1 < outer.x1
        assert outer.y0 < inner.y0
        assert inner.y1 < outer.y1
        assert 0 < outer.x0 < outer.x1 < figure.bbox.x1
    plain = utils.plot_model(model, None)
    assert "shape" not in "".join(texts(plain))
    wide = utils.plot_model(model, tmp_path / "m.svg", rankdir="LR", show_shapes=True)
    assert wide.get_figwidth() > wide.get_figheight()
    assert "<svg" in (tmp_path / "m.svg").read_text()


def test_plot_model_errors(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="rankdir must be"):
        utils.plot_model(small(), None, rankdir="up")
    with pytest.raises(ValueError, match="is not built"):
        utils.plot_model(bpcore.Sequential([layers.Dense(2)]), None, show_shapes=True)
    with pytest.raises(TypeError, match="unexpected arguments"):
        utils.plot_model(small(), None, colour="red")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install bpcore\[plot\]"):
        utils.plot_model(small(), tmp_path / "m.png")


def test_what_there_is_are_names_to_use():
    """The list in the error has no module that the file imports, nor its tables."""
    assert bpcore.initializers.IdentityInitializer is bpcore.initializers.Identity
    with pytest.raises(AttributeError, match=r"There are: Constant, GlorotNormal") as error:
        _ = bpcore.initializers.STFT
    for name in ("BUILT_IN", "inspect", "math", "np", "utils"):
        assert f" {name}," not in str(error.value)
