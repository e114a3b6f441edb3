"""From layers to the integers the core runs on; the only importer of `_core.Network`.

A plan lists the layers with their sizes and the places of their arrays: offsets into
the flat parameters, and offsets per row into the workspace. Two arrays share a place
where nothing needs both at once; with ``keep_all`` every array has its own, so that
`Sequential.backprop` can show them.
"""

from dataclasses import dataclass

import numpy as np

from . import _core
from ._data import aligned_empty
from ._variables import make_tables
from .activations import UserActivation

# Multiple of the rows a workspace is laid out for: with it every array starts on a
# 64-byte line (16 float32), as the workspace does.
ROW_MULTIPLE = 16

# Activations whose derivative is a function of a: z may be overwritten by a.
_IN_PLACE = {"linear", "relu", "sigmoid", "tanh", "softmax"}

# Kernels with more elements are turned round in passing instead of kept twice.
_KEEP_TRANSPOSED = 1 << 16


def _in_place(activation):
    return isinstance(activation, str) and activation in _IN_PLACE


@dataclass
class Plan:
    """What `_core.Network` is made of, but for the data.

    Attributes
    ----------
    matrix : ndarray of int64, shape (L, len(_core.PLAN_COLUMNS))
    fields : dict
        The scalars, by the names `_core.Network` takes.
    users : list
        The user's activations, then the user's loss or None.
    tables : dict
        The variables, as `_variables.make_tables` describes them.
    """

    matrix: np.ndarray
    fields: dict
    users: list
    tables: dict

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
            **self.fields,
            capacity=capacity,
            threads=threads,
            users=self.users,
            **self.tables,
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
        Give every z, a and delta a place of its own, want every delta, and leave penalties on
        weights out: gradients are those of the data.
    """
    last = len(layers) - 1
    loss_name = loss.name if loss else "mean_squared_error"
    final = layers[-1].activation
    pair = (final, loss_name) if isinstance(final, str) else None
    from_z = pair in _core.LOSSES_FROM_Z
    parameters, places, users = _Places(), _Places(), []
    n_variables = 0

    rows = []
    for l, layer in enumerate(layers):
        row = dict.fromkeys(_core.PLAN_COLUMNS, -1)
        row.update(n_in=layer.n_in, n_out=layer.n_out, threshold=0)
        if isinstance(layer.activation, UserActivation):
            row.update(activation=_core.ACTIVATIONS["user"], user=len(users))
            users.append(layer.activation)
        else:
            row["activation"] = _core.ACTIVATIONS[layer.activation]
        if layer.activation == "dropout":
            row["threshold"] = int(layer.rate * 2**32)
        shapes = layer._weight_shapes()
        if shapes:
            row["variable"] = n_variables
            n_variables += len(shapes)
            row["w"] = parameters.new(layer.n_in * layer.n_out)
            row["b"] = parameters.new(layer.n_out) if len(shapes) == 2 else -1
            row["chunk"] = _chunk(layer.n_in, layer.n_out)
            row["z"] = places.new(layer.n_out)
            needs_z = keep_all or not _in_place(layer.activation) or (l == last and from_z)
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
        tables=make_tables(layers, penalties=not keep_all),
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
