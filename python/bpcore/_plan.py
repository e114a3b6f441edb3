"""From layers to the integers the core runs on; the only importer of `_core.Network`.

A plan lists the layers with their sizes and the places of their arrays: offsets into
the flat parameters, and offsets per row into the workspace. Two arrays share a place
where nothing needs both at once; with ``keep_all`` every array has its own, so that
`Sequential.backprop` can show them.
"""

import math
from typing import NamedTuple

import numpy as np

from . import _core
from ._activations import UserActivation, by_name, is_known
from ._data import aligned_empty
from ._variables import make_tables

# Multiple of the rows a workspace is laid out for: with it every array starts on a
# 64-byte line (16 float32), as the workspace does.
ROW_MULTIPLE = 16

# The fields of the loss where only outputs are wanted.
_NO_LOSS = {
    "loss": _core.LOSSES["mean_squared_error"],
    "from_z": False,
    "loss_p": np.zeros(1),
    "reduction": 0,
    "ignores": False,
}

# Kernels with more elements are turned round in passing instead of kept twice.
_KEEP_TRANSPOSED = 1 << 16

# A layer's row of the plan's matrix and its numbers, before anything is entered.
_NO_PLACES = dict.fromkeys(_core.PLAN_COLUMNS, -1)
_NO_NUMBERS = dict.fromkeys(_core.PLAN_NUMBERS, 0.0)

# Where the plan's matrix holds the place of a layer's parameters of this name.
_PLACE_OF = {
    "kernel": "w",
    "bias": "b",
    "gamma": "gamma",
    "scale": "gamma",
    "alpha": "gamma",
    "beta": "beta",
}


def _lowered(activation):
    """The core's name for an activation, its parameters, and whether a may replace z."""
    if isinstance(activation, UserActivation):
        return "user", (0.0, 0.0, 0.0), False
    if isinstance(activation, str) and not is_known(activation):  # a layer's own
        return activation, (0.0, 0.0, 0.0), False
    known = by_name(activation) if isinstance(activation, str) else activation
    return known.kernel, known.params, known.in_place


class Plan(NamedTuple):
    """What `_core.Network` is made of, but for the data.

    Attributes
    ----------
    matrix : ndarray of int64, shape (L, len(_core.PLAN_COLUMNS))
    numbers : ndarray of float64, shape (L, len(_core.PLAN_NUMBERS))
    fields : dict
        The scalars, by the names `_core.Network` takes.
    users : list
        The user's activations, then the user's loss or None.
    tables : dict
        The variables, as `_variables.make_tables` describes them.
    """

    matrix: np.ndarray
    numbers: np.ndarray
    fields: dict
    users: list
    tables: dict

    def network(self, parameters, state, rows, threads=1):
        """Bind the plan to these numbers, with a workspace for this many rows."""
        capacity = -(-rows // ROW_MULTIPLE) * ROW_MULTIPLE
        shared = self.fields["row_size"] * capacity + self.fields["shared_size"]
        scratch = self.fields["scratch_size"]
        size = shared + scratch * threads
        if threads > 1 and self.fields["segments"] >= 0:  # a second replica, on its own memory
            own = (1 + _core.REPLICA_SLOTS) * _aligned(parameters.size)
            size += shared + scratch + own
        return _core.Network(
            self.matrix,
            self.numbers,
            **self.fields,
            capacity=capacity,
            threads=threads,
            users=self.users,
            **self.tables,
            parameters=parameters,
            state=state,
            workspace=aligned_empty(size, parameters.dtype),
        )

    def column(self, name):
        """Return one column of the matrix, one integer a layer."""
        return self.matrix[:, _core.PLAN_COLUMNS.index(name)]


class _Places:
    """Hands out offsets one after the other."""

    def __init__(self):
        self.size = 0

    def new(self, n):
        offset = self.size
        self.size += n
        return offset


def make_plan(layers, loss=None, n_y=0, keep_all=False, itemsize=4):
    """Lay out the arrays of built layers.

    Parameters
    ----------
    layers : list of Layer
    loss : Loss, optional
        None: only outputs are wanted.
    n_y : int
        Columns of the targets.
    keep_all : bool
        Give every z, a and delta a place of its own, want every delta, and leave penalties on
        weights out: gradients are those of the data.
    itemsize : int
        Bytes of a number.
    """
    specs = [layer._specs() for layer in layers]
    if not keep_all:  # what changes no number needs no step
        steps = [step for step in zip(layers, specs, strict=True) if _does_something(*step)]
        layers, specs = zip(*(steps or [(layers[0], specs[0])]), strict=True)
    last = len(layers) - 1
    cost = loss.kernel if loss else None
    of_loss = loss._plan_fields(layers[-1].activation) if loss else dict(_NO_LOSS)
    if of_loss["from_z"] and any(layers[-1]._activity_penalty()):
        of_loss = loss._plan_fields(None)
    parameters, state, shared, places, users = _Places(), _Places(), _Places(), _Places(), []
    n_variables = 0

    rows, numbers = [], []
    for l, layer in enumerate(layers):
        n = layer.n_out
        row = {**_NO_PLACES, "n_in": layer.n_in, "n_out": n, "group": n, "row": n}
        row["threshold"] = row["frozen"] = 0
        if not keep_all and l < last and _may_be_padded(layer, specs[l], specs[l + 1]):
            row["row"] = _padded(layer.n_in, layer.n_out, itemsize)
        kernel, params, in_place = _lowered(layer.activation)
        row["activation"] = _core.ACTIVATIONS[kernel]
        if kernel == "user":
            row["user"] = len(users)
            users.append(layer.activation)
        row.update(layer._row())
        number = {**_NO_NUMBERS, **layer._numbers()}
        number["p_0"], number["p_1"], number["p_2"] = params
        number["l1"], number["l2"] = layer._activity_penalty()
        numbers.append(number)
        if specs[l]:
            row["variable"] = n_variables
            n_variables += len(specs[l])
        for spec in specs[l]:
            row[_PLACE_OF[spec.name]] = parameters.new(math.prod(spec.shape))
        for i, spec in enumerate(layer._state_specs()):
            place = state.new(math.prod(spec.shape))
            row["state"] = row["state"] if i else place
        if max(row["gamma"], row["beta"]) >= 0 or layer.activation == "batch_norm":
            row["vectors"] = shared.new(_aligned(2 * layer.n_out + 3 * row["group"]))
        if row["w"] >= 0:
            row["chunk"] = _chunk(layer.n_in, layer.n_out)
            row["z"] = places.new(row["row"])
            needs_z = keep_all or not in_place or (l == last and of_loss["from_z"])
            row["a"] = places.new(row["row"]) if needs_z else row["z"]
        else:
            row["z"] = rows[-1]["a"] if rows else -1
            row["a"] = places.new(layer.n_out)
        rows.append(row)

    # delta[l-1] may take the place of delta[l] where layer l only multiplies it by g'.
    for l in range(last, -1, -1):
        same = l < last and rows[l + 1]["w"] < 0 and not keep_all
        rows[l]["delta"] = rows[l + 1]["delta"] if same else places.new(rows[l]["row"])

    weighted = [l for l, row in enumerate(rows) if row["w"] >= 0]
    trained = [l for l, own in enumerate(specs) if own]
    first_delta = 0 if keep_all else (trained[0] if trained else last)
    for l in weighted:
        size = layers[l].n_in * layers[l].n_out
        if l > first_delta and layers[l].n_out > 1 and size <= _KEEP_TRANSPOSED:
            rows[l]["w_t"] = shared.new(_aligned(size))
    small = parameters.size <= _core.SMALL
    segments = -1
    if small and all(row["vectors"] < 0 for row in rows):
        segments = shared.new(_core.SEGMENTS * _aligned(parameters.size))
    n_x = layers[0].n_in
    return Plan(
        matrix=np.array([list(row.values()) for row in rows], np.int64),
        numbers=np.array([list(row.values()) for row in numbers], np.float64),
        fields={
            **of_loss,
            # Of a row's doubles two elements each, so that float32 has room for them too.
            "native_scratch": places.new(
                2 * (n_y + 2 * layers[-1].n_out) if cost == "native" else 0
            ),
            "first_delta": first_delta,
            "n_x": n_x,
            "n_y": n_y,
            "x": places.new(n_x),
            "y": places.new(n_y),
            "weight": places.new(1),
            # A bit for each input, in words of two float32.
            "nonzeros": places.new(2 * -(-n_x // 64)),
            "row_size": places.size,
            "segments": segments,
            "shared_size": shared.size,
            "scratch_size": max(
                [_aligned(_last_chunk(layers[l].n_in, layers[l].n_out)) for l in weighted]
                + [_aligned(parameters.size) if small else 0]
            ),
            "block": 0 if users or cost == "user" else _block(layers),
        },
        users=[*users, loss.cost_and_grad if cost in ("user", "native") else None],
        tables=make_tables(layers, specs, penalties=not keep_all),
    )


def _does_something(layer, specs):
    return specs or layer.activation != "linear" or any(layer._activity_penalty())


def _may_be_padded(layer, specs, specs_above):
    """Return whether only products, and number by number its activation, read a layer's rows."""
    return (
        _has_kernel(specs)
        and _has_kernel(specs_above)
        and layer.activation in ("relu", "sigmoid", "tanh")
        and not any(layer._activity_penalty())
    )


def _has_kernel(specs):
    return any(spec.name == "kernel" for spec in specs)


def _padded(n_in, n, itemsize):
    """Return n such that each row starts with a line of the cache, if that is not much more, and
    that long rows spread over the cache.

    Vectors across two lines take twice as long to read and write. With 104 columns for 100, a
    step of scikit-learn's default network in float64 took 0.85 to 0.96 of the time. Rows of 512
    bytes, or a multiple, share an eighth of the first cache; with a line more, steps with AVX2 on
    Zen 4 took 0.93 to 0.98 of the time (mnist; in float64 digits and tab256 too), with AVX-512
    1.00. (Of few floats it made digits take 1.01 to 1.03.)
    """
    line = 64 // itemsize
    padded = -(-n // line) * line
    spread = padded + line
    shared = padded * itemsize % 512 == 0 and (itemsize == 8 or n_in * n > 16384)
    if shared and 4 * spread <= 5 * n:
        return spread
    return padded if 4 * padded <= 5 * n else n


def _aligned(size):
    return -(-size // ROW_MULTIPLE) * ROW_MULTIPLE


def _chunk(n_in, n_out):
    """Rows of a kernel whose gradient is taken and used up at a time.

    A chunk should stay in the first cache (8192 elements), but a product of few rows by
    many columns spends its time on copying the columns: from 256 columns on, take 192.
    """
    if n_in * n_out <= 8192:
        return n_in
    return min(n_in, 192 if n_out > 256 else max(24, 8192 // n_out // 24 * 24))


def _last_chunk(n_in, n_out):
    """Elements of the last chunk at most: half as long again as the others, as train.pxd cuts."""
    return min(n_in, _chunk(n_in, n_out) * 3 // 2) * n_out


def _block(layers):
    """Rows that walk through the layers together: those whose arrays fit the second cache.

    Batch normalisation needs all rows of a batch before it goes on.
    """
    if any(layer.activation == "batch_norm" for layer in layers):
        return 1 << 30
    widest = max(max(layer.n_in, layer.n_out) for layer in layers)
    return 64 if widest <= 256 else 1 << 30
