"""From layers to the integers the core runs on; the only importer of `_core.Network`.

A plan lists the layers with their sizes and the places of their arrays: offsets into
the flat parameters, and offsets per row into the workspace. Two arrays share a place
where nothing needs both at once; with ``keep_all`` every array has its own, so that
`Sequential.backprop` can show them.
"""

from dataclasses import dataclass

import numpy as np

from . import _core
from ._activations import UserActivation, built_in
from ._data import aligned_empty

# Multiple of the rows a workspace is laid out for: with it every array starts on a
# 64-byte line (16 float32), as the workspace does.
ROW_MULTIPLE = 16

# Kernels with more elements are turned round in passing instead of kept twice.
_KEEP_TRANSPOSED = 1 << 16


def _lowered(activation):
    """The core's name for an activation, its parameters, and whether a may replace z."""
    if isinstance(activation, UserActivation):
        return "user", (0.0, 0.0, 0.0), False
    if activation == "dropout":
        return activation, (0.0, 0.0, 0.0), False
    known = built_in(activation) if isinstance(activation, str) else activation
    return known.kernel, known.params, known.in_place


@dataclass
class Plan:
    """What `_core.Network` is made of, but for the data.

    Attributes
    ----------
    matrix : ndarray of int64, shape (L, len(_core.PLAN_COLUMNS))
    params : ndarray of float64, shape (L, 3)
        The parameters of each activation.
    fields : dict
        The scalars, by the names `_core.Network` takes.
    users : list
        The user's activations, then the user's loss or None.
    """

    matrix: np.ndarray
    params: np.ndarray
    fields: dict
    users: list

    def network(self, parameters, rows, threads=1):
        """Bind the plan to these parameters, with a workspace for this many rows."""
        capacity = -(-rows // ROW_MULTIPLE) * ROW_MULTIPLE
        size = (
            self.fields["row_size"] * capacity
            + self.fields["shared_size"]
            + self.fields["scratch_size"] * threads
        )
        return _core.Network(
            self.matrix,
            params=self.params,
            **self.fields,
            capacity=capacity,
            threads=threads,
            users=self.users,
            parameters=parameters,
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


def make_plan(layers, loss=None, n_y=0, keep_all=False):
    """Lay out the arrays of built layers.

    Parameters
    ----------
    layers : list of Layer
    loss : Loss, optional
        None: only outputs are wanted.
    n_y : int
        Columns of the targets.
    keep_all : bool
        Give every z, a and delta a place of its own, and want every delta.
    """
    last = len(layers) - 1
    loss_name = loss.name if loss else "mean_squared_error"
    final = layers[-1].activation
    pair = (final, loss_name) if isinstance(final, str) else None
    from_z = pair in _core.LOSSES_FROM_Z
    parameters, places, users = _Places(), _Places(), []

    rows, params = [], []
    for l, layer in enumerate(layers):
        row = dict.fromkeys(_core.PLAN_COLUMNS, -1)
        row.update(n_in=layer.n_in, n_out=layer.n_out, threshold=0)
        kernel, three, in_place = _lowered(layer.activation)
        row["activation"] = _core.ACTIVATIONS[kernel]
        params.append(three)
        if kernel == "user":
            row["user"] = len(users)
            users.append(layer.activation)
        if layer.activation == "dropout":
            row["threshold"] = int(layer.rate * 2**32)
        shapes = layer._weight_shapes()
        if shapes:
            row["w"] = parameters.new(layer.n_in * layer.n_out)
            row["b"] = parameters.new(layer.n_out) if len(shapes) == 2 else -1
            row["chunk"] = _chunk(layer.n_in, layer.n_out)
            row["z"] = places.new(layer.n_out)
            needs_z = keep_all or not in_place or (l == last and from_z)
            row["a"] = places.new(layer.n_out) if needs_z else row["z"]
        else:
            row["z"] = rows[-1]["a"] if rows else -1
            row["a"] = places.new(layer.n_out)
        rows.append(row)

    # delta[l-1] may take the place of delta[l] where layer l only multiplies it by g'.
    for l in range(last, -1, -1):
        shared = l < last and rows[l + 1]["w"] < 0 and not keep_all
        rows[l]["delta"] = rows[l + 1]["delta"] if shared else places.new(layers[l].n_out)

    weighted = [l for l, row in enumerate(rows) if row["w"] >= 0]
    first_delta = 0 if keep_all else (weighted[0] if weighted else last)
    transposed = _Places()
    for l in weighted:
        size = layers[l].n_in * layers[l].n_out
        if l > first_delta and layers[l].n_out > 1 and size <= _KEEP_TRANSPOSED:
            rows[l]["w_t"] = transposed.new(_aligned(size))
    n_x = layers[0].n_in
    return Plan(
        matrix=np.array([[row[c] for c in _core.PLAN_COLUMNS] for row in rows], np.int64),
        params=np.array(params, np.float64),
        fields={
            "loss": _core.LOSSES_FROM_Z[pair] if from_z else _core.LOSSES[loss_name],
            "from_z": from_z,
            "first_delta": first_delta,
            "n_x": n_x,
            "n_y": n_y,
            "x": places.new(n_x),
            "y": places.new(n_y),
            "weight": places.new(1),
            "row_size": places.size,
            "shared_size": transposed.size,
            "scratch_size": max(
                [_aligned(rows[l]["chunk"] * layers[l].n_out) for l in weighted], default=0
            ),
            "block": 0 if users or loss_name == "user" else _block(layers),
        },
        users=[*users, loss.cost_and_grad if loss_name == "user" else None],
    )


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


def _block(layers):
    """Rows that walk through the layers together: those whose arrays fit the second cache."""
    widest = max(max(layer.n_in, layer.n_out) for layer in layers)
    return 64 if widest <= 256 else 1 << 30
