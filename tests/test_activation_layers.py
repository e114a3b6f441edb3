"""Layers that are an activation: configuration, training, files."""

import functools

import numpy as np
import pytest
from helpers import dense_model, relative_error

import bpcore
from bpcore import activations, layers


def test_configurations():
    """As Keras gives them: the arguments, and names in snake case."""
    for layer, config in [
        (layers.ReLU(), {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
        (layers.ReLU(6, 0.1, 0.2), {"max_value": 6, "negative_slope": 0.1, "threshold": 0.2}),
        (layers.LeakyReLU(), {"negative_slope": 0.3}),
        (layers.LeakyReLU(0.1), {"negative_slope": 0.1}),
        (layers.ELU(), {"alpha": 1.0}),
        (layers.ELU(alpha=0.5), {"alpha": 0.5}),
        (layers.Softmax(), {"axis": -1}),
        (layers.Softmax(axis=[1]), {"axis": [1]}),
        (layers.Activation("gelu"), {"activation": "gelu"}),
        (layers.Activation(activations.swish), {"activation": "silu"}),
    ]:
        got = layer.get_config()
        assert {key: got[key] for key in config} == config
        assert type(layer)(**got).activation == layer.activation
    for layer, start in [
        (layers.ReLU(), "re_lu"),
        (layers.LeakyReLU(), "leaky_re_lu"),
        (layers.ELU(), "elu"),
        (layers.Softmax(), "softmax"),
        (layers.Activation("relu"), "activation"),
    ]:
        assert layer.name.startswith(start)
    assert layers.ReLU(name="mine").name == "mine"
    with pytest.warns(UserWarning, match="use negative_slope"):
        assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1


LAYERS = [
    (lambda: layers.ReLU(), "relu"),
    (
        lambda: layers.ReLU(2.0, 0.1, 0.2),
        functools.partial(activations.relu, max_value=2, negative_slope=0.1, threshold=0.2),
    ),
    (lambda: layers.LeakyReLU(), functools.partial(activations.leaky_relu, negative_slope=0.3)),
    (lambda: layers.ELU(0.7), functools.partial(activations.elu, alpha=0.7)),
    (lambda: layers.Softmax(), "softmax"),
]


@pytest.mark.parametrize(("make", "activation"), LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_of_its_own_or_of_dense(isa, dtype, rng, make, activation):
    """Dense and the layer, and Dense with the activation, train alike."""
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 3))
    joint = dense_model((5, 9, 3), [activation, "linear"], "mse", dtype, "adam")
    apart = bpcore.Sequential(
        [bpcore.Input((5,)), layers.Dense(9), make(), layers.Dense(3)], dtype=dtype
    )
    apart.compile("adam", "mse")
    apart.set_weights(joint.get_weights())
    for model in (joint, apart):
        model.fit(x, y, batch_size=7, epochs=2, shuffle=False, verbose=0)
    assert relative_error(apart.theta, joint.theta) < (1e-5 if dtype == "float32" else 1e-12)
    a = make().activation
    step = apart.backprop(x[:6], y[:6])
    np.testing.assert_allclose(step.a[2], activations.get(a)(step.z[2]), rtol=1e-6)


def test_files(tmp_path, rng):
    model = bpcore.Sequential([bpcore.Input((4,))])
    for make, activation in LAYERS:
        model.add(layers.Dense(5, activation))
        model.add(make())
    model.add(
        layers.Activation(
            functools.partial(activations.threshold, threshold=-0.5, default_value=-1)
        )
    )
    model.compile("sgd", "mse")
    model.save(tmp_path / "model.safetensors")
    again = bpcore.load_model(tmp_path / "model.safetensors")
    x = rng.normal(size=(9, 4))
    assert (again.predict(x) == model.predict(x)).all()
    assert [la.activation for la in again.layers] == [la.activation for la in model.layers]


def test_threads_change_no_bit(rng):
    """Built-in activations with arguments need no GIL: they train on several threads."""
    x, y = rng.normal(size=(300, 20)), rng.normal(size=300)
    ends = []
    for threads in (1, 2):
        with bpcore.num_threads(threads):
            bpcore.utils.set_random_seed(5)
            model = bpcore.Sequential(
                [
                    bpcore.Input((20,)),
                    layers.Dense(64, functools.partial(activations.gelu, approximate=True)),
                    layers.Dense(64),
                    layers.LeakyReLU(),
                    layers.Dense(1, "softplus"),
                ]
            )
            model.compile("adam", "mse")
            model.fit(x, y, batch_size=64, epochs=2, verbose=0)
            ends.append(model.theta)
    assert not model._has_user_functions()
    assert (ends[0] == ends[1]).all()


def test_errors():
    for make, message in [
        (lambda: layers.ReLU(max_value=-1), "ReLU's max_value must be .* at least 0, got -1"),
        (lambda: layers.ReLU(negative_slope=None), "negative_slope .* got None"),
        (lambda: layers.ReLU(threshold=np.nan), "threshold .* got nan"),
        (lambda: layers.LeakyReLU(negative_slope=-0.1), "LeakyReLU's negative_slope .* -0.1"),
        (lambda: layers.ELU(alpha="x"), "elu's alpha must be a finite number, got 'x'"),
        (lambda: layers.Softmax(axis=0), "Softmax takes axis -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
