"""Activations g of a layer: a = g(z).

Those of Keras, under its names and with its defaults; each is a function on arrays here,
and a layer takes it by name or as that function (with its default arguments; the layers
`ReLU`, `LeakyReLU`, `ELU` and `Softmax` take others). A layer takes a user's own as a pair
``(g, g_prime)`` of functions on arrays; `numerical` makes one of g alone.

Each function takes an array_like of any shape and returns an ndarray of that shape: float32
for float32, float64 for any other input. At the kinks g′ is what Keras has on JAX. NaN comes
through everywhere, and at ±∞ each function has its limit.
"""

import functools

import numpy as np

from . import _custom
from ._activations import ALIASES, BuiltIn, UserActivation, built_in, numerical
from ._names import look_up

__all__ = [
    "UserActivation",
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "numerical",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


def linear(x):
    """g(z) = z; g′ = 1."""
    return built_in("linear")(x)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """g(z) = max(z, 0), or more generally: z above `threshold`, at most `max_value`;
    ``negative_slope * (z − threshold)`` below it. g′(0) = 0, but 1 with a negative slope.

    Parameters
    ----------
    x : array_like
    negative_slope : float, default 0
    max_value : float, optional
        With it values above the threshold are at least 0 too.
    threshold : float, default 0
    """
    return built_in(
        "relu", negative_slope=negative_slope, max_value=max_value, threshold=threshold
    )(x)


def relu6(x):
    """g(z) = min(max(z, 0), 6); g′ = 1 for 0 < z < 6, else 0."""
    return built_in("relu6")(x)


def leaky_relu(x, negative_slope=0.2):
    """g(z) = z for z ≥ 0, ``negative_slope * z`` below.

    Parameters
    ----------
    x : array_like
    negative_slope : float, default 0.2
    """
    return built_in("leaky_relu", negative_slope=negative_slope)(x)


def elu(x, alpha=1.0):
    """g(z) = z for z > 0, α (exp(z) − 1) up to 0 (Clevert et al. 2016).

    Parameters
    ----------
    x : array_like
    alpha : float, default 1
    """
    return built_in("elu", alpha=alpha)(x)


def celu(x, alpha=1.0):
    """g(z) = z for z > 0, α (exp(z / α) − 1) up to 0 (Barron 2017).

    Parameters
    ----------
    x : array_like
    alpha : float, default 1
        Above 0.
    """
    return built_in("celu", alpha=alpha)(x)


def selu(x):
    """g(z) = λ z for z > 0, λ α (exp(z) − 1) up to 0, λ = 1.0507…, α = 1.6732…
    (Klambauer et al. 2017).
    """
    return built_in("selu")(x)


def exponential(x):
    """g(z) = exp(z); g′ = a."""
    return built_in("exponential")(x)


def gelu(x, approximate=False):
    """g(z) = z Φ(z), Φ the normal distribution function (Hendrycks and Gimpel 2016).

    Parameters
    ----------
    x : array_like
    approximate : bool, default False
        True: ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))).
    """
    return built_in("gelu", approximate=approximate)(x)


def silu(x):
    """g(z) = z sigmoid(z), also called swish (Ramachandran et al. 2017)."""
    return built_in("silu")(x)


swish = silu


def mish(x):
    """g(z) = z tanh(log(1 + exp(z))) (Misra 2019)."""
    return built_in("mish")(x)


def sigmoid(x):
    """g(z) = 1 / (1 + exp(−z)); g′ = a (1 − a)."""
    return built_in("sigmoid")(x)


def log_sigmoid(x):
    """g(z) = −log(1 + exp(−z)); g′ = 1 − exp(a)."""
    return built_in("log_sigmoid")(x)


def hard_sigmoid(x):
    """g(z) = max(0, min(6, z + 3)) / 6; g′ = 0 at ±3."""
    return built_in("hard_sigmoid")(x)


def sparse_sigmoid(x):
    """g(z) = max(0, min(2, z + 1)) / 2; g′ = 1/4 at ±1 (Blondel et al. 2019)."""
    return built_in("sparse_sigmoid")(x)


def hard_silu(x):
    """g(z) = z hard_sigmoid(z), also called hard_swish (Howard et al. 2019)."""
    return built_in("hard_silu")(x)


hard_swish = hard_silu


def tanh(x):
    """g(z) = tanh z; g′ = 1 − a²."""
    return built_in("tanh")(x)


def tanh_shrink(x):
    """g(z) = z − tanh z; g′ = tanh² z."""
    return built_in("tanh_shrink")(x)


def hard_tanh(x):
    """g(z) = max(−1, min(1, z)); g′ = 1 at ±1."""
    return built_in("hard_tanh")(x)


def softplus(x):
    """g(z) = log(1 + exp(z)); g′ = sigmoid(z)."""
    return built_in("softplus")(x)


def sparse_plus(x):
    """g(z) = 0 up to −1, (z + 1)² / 4 up to 1, then z."""
    return built_in("sparse_plus")(x)


def squareplus(x, b=4):
    """g(z) = (z + √(z² + b)) / 2 (Barron 2021).

    Parameters
    ----------
    x : array_like
    b : float, default 4
    """
    return built_in("squareplus", b=b)(x)


def softsign(x):
    """g(z) = z / (1 + |z|); g′ = 1 / (1 + |z|)²."""
    return built_in("softsign")(x)


def soft_shrink(x, threshold=0.5):
    """g(z) = z − θ above θ, z + θ below −θ, 0 between.

    Parameters
    ----------
    x : array_like
    threshold : float, default 0.5
        θ.
    """
    return built_in("soft_shrink", threshold=threshold)(x)


def hard_shrink(x, threshold=0.5):
    """g(z) = z where |z| > θ, else 0.

    Parameters
    ----------
    x : array_like
    threshold : float, default 0.5
        θ.
    """
    return built_in("hard_shrink", threshold=threshold)(x)


def threshold(x, threshold, default_value):
    """g(z) = z above the threshold, else `default_value`.

    Parameters
    ----------
    x : array_like
    threshold : float
    default_value : float
    """
    return built_in("threshold", threshold=threshold, default_value=default_value)(x)


def softmax(x, axis=-1):
    """g(z)ⱼ = exp(zⱼ) / Σₖ exp(zₖ); ∂aₖ/∂zⱼ = aₖ (1{j=k} − aⱼ).

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        The axis of k; a layer has it last.
    """
    return built_in("softmax")(x, axis)


def log_softmax(x, axis=-1):
    """g(z)ⱼ = zⱼ − log Σₖ exp(zₖ); ∂aₖ/∂zⱼ = 1{j=k} − exp(aⱼ).

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        The axis of k; a layer has it last.
    """
    return built_in("log_softmax")(x, axis)


def sparsemax(x, axis=-1):
    """g(z)ⱼ = max(zⱼ − τ, 0), τ such that the outputs add up to 1 (Martins and Astudillo 2016).

    Where more than one output is above 0, Keras 3.15 computes another τ, from sums of
    cumulative sums, and outputs that need not add up to 1; here it is the paper's.

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        The axis of k; a layer has it last.
    """
    return built_in("sparsemax")(x, axis)


def glu(x, axis=-1):
    """a ⊙ sigmoid(b), a and b the halves of x along an axis (Dauphin et al. 2017).

    On arrays only: a layer's activation keeps the number of outputs.

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        Its length must be even.
    """
    x = np.asarray(x)
    if x.ndim == 0 or x.shape[axis] % 2:
        raise ValueError(f"glu splits axis {axis} in two equal halves, got shape {x.shape}")
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


_FUNCTIONS = {
    f.__name__: f
    for f in (
        *(celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh),
        *(leaky_relu, linear, log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu),
        *(soft_shrink, softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax),
        *(squareplus, tanh, tanh_shrink, threshold),
    )
}


def resolve(identifier):
    """Return what a layer keeps of an activation.

    Parameters
    ----------
    identifier : None, str, dict, callable, or pair of callables
        None means "linear".

    Returns
    -------
    str, BuiltIn or UserActivation
        A name for a built-in one with its default arguments.
    """
    if identifier is None:
        return "linear"
    if isinstance(identifier, str) and identifier in (own := _custom.known()):
        identifier = own[identifier]
    if isinstance(identifier, str):
        look_up(identifier, {**_FUNCTIONS, **ALIASES}, "activation")
        return _simplest(built_in(identifier))
    if isinstance(identifier, (BuiltIn, UserActivation)):
        return _simplest(identifier)
    if isinstance(identifier, dict):
        return _simplest(deserialize(identifier))
    arguments = {}
    function = identifier
    if isinstance(identifier, functools.partial) and not identifier.args:
        function, arguments = identifier.func, identifier.keywords
    for name, known in _FUNCTIONS.items():
        if function is known:
            return _simplest(built_in(name, **arguments))
    if isinstance(identifier, (tuple, list)) and len(identifier) in (2, 3):
        g, derivative, *name = identifier
        if callable(g) and callable(derivative):
            name = (name and name[0]) or getattr(g, "__name__", type(g).__name__)
            return UserActivation(g, derivative, name)
    if callable(identifier):
        raise ValueError(
            f"activation {identifier!r} came without its derivative; give the pair (g, g_prime): "
            "two functions of z that return arrays of z's shape; or activations.numerical(g), "
            "which takes the derivative by central differences"
        )
    raise ValueError(
        "activation must be a name, a function of bpcore.activations or a pair of callables "
        f"(g, g_prime), got {identifier!r}"
    )


def _simplest(activation):
    """Return the name alone of a built-in activation whose arguments are the defaults."""
    if isinstance(activation, UserActivation):
        return activation
    try:
        default = built_in(activation.name)
    except TypeError:  # threshold has none
        return activation
    same = (activation.kernel, activation.params) == (default.kernel, default.params)
    return activation.name if same else activation


def get(identifier):
    """Return an activation as a function on arrays.

    Parameters
    ----------
    identifier : None, str, dict, callable, or pair of callables
        None means `linear`; a name; what `serialize` returned; a function of this module, or
        `functools.partial` of one; a user's pair ``(g, g_prime)``.

    Returns
    -------
    callable
        The function of this module, or an object that is called like it.
    """
    if isinstance(identifier, str) and identifier == "glu":
        return glu
    activation = glu if identifier is glu else resolve(identifier)
    return _FUNCTIONS[activation] if isinstance(activation, str) else activation


def serialize(activation):
    """Return an activation as plain data, for `deserialize`.

    Parameters
    ----------
    activation : None, str, callable, or pair of callables
        As `get` takes it.

    Returns
    -------
    str or dict
        A name; with other than the default arguments ``{"name": …, "arguments": {…}}``; for a
        user's own ``{"user": name}``.
    """
    if activation is glu:
        return "glu"
    activation = resolve(activation)
    if isinstance(activation, UserActivation):
        return {"user": activation.name}
    if isinstance(activation, BuiltIn):
        return {"name": activation.name, "arguments": dict(activation.arguments)}
    return activation


def deserialize(config, custom_objects=None):
    """Return the activation that `serialize` described.

    Parameters
    ----------
    config : str or dict
    custom_objects : dict of str to activation, optional
        The user's own, by name.

    Returns
    -------
    callable
        As `get` does.
    """
    if isinstance(config, dict) and "user" in config:
        name = config["user"]
        own = _custom.known(custom_objects)
        if name not in own:
            raise _custom.missing(name, "activation")
        activation = resolve(own[name])
        if not isinstance(activation, UserActivation):
            return activation
        return activation._replace(name=name)
    if isinstance(config, dict):
        if not isinstance(config.get("name"), str):
            raise ValueError(f"expected an activation as serialize gives it, got {config!r}")
        return built_in(config["name"], **config.get("arguments", {}))
    if custom_objects and config in custom_objects:
        return get(custom_objects[config])
    return get(config)
