"""The compiled core. Arrays are C-contiguous, of the network's dtype unless said."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Real = NDArray[np.float32] | NDArray[np.float64]
_Order = NDArray[np.int64]
# Rows that are not in place: any real array with contiguous rows, or an object with the data,
# indices, indptr and length of a CSR matrix.
_Rows = Any

__version__: str
MAX_THREADS: int
ACTIVATIONS: dict[str, int]
LOSSES: dict[str, int]
LOSSES_FROM_Z: dict[tuple[str, str], int]
REDUCTIONS: dict[str, int]
OPTIMIZERS: dict[str, int]
PENALTIES: dict[str, int]
CONSTRAINTS: dict[str, int]
SMALL: int
SEGMENTS: int
REPLICA_SLOTS: int
PLAN_COLUMNS: tuple[str, ...]
PLAN_NUMBERS: tuple[str, ...]
VARIABLE_COLUMNS: tuple[str, ...]
VARIABLE_NUMBERS: tuple[str, ...]

def isas() -> list[str]: ...
def isa() -> str: ...
def set_isa(name: str) -> None: ...

@final
class Settings:
    """An optimizer's settings: the update's kind (OPTIMIZERS), its coefficients by the names
    of bp_coefficients (kernels/dispatch.h), and which of the kernel's slots it keeps. n_slots
    counts them with the moving average and the accumulated gradient; whole says whether
    updates need the flat gradient. undecayed: one byte for each variable, or none.
    """

    n_slots: int
    whole: bool
    def __init__(
        self,
        kind: str,
        coefficients: dict[str, float],
        slots: tuple[bool, ...],
        *,
        weight_decay: float = 0,
        clip_value: float = 0,
        clip_norm: float = 0,
        global_norm: float = 0,
        average_momentum: float | None = None,
        overwrite: int = 0,
        accumulate: int = 1,
        epsilon_2: float = 0,
        clip_threshold: float = 1,
        beta_2_decay: float = 0,
        undecayed: bytes = b"",
    ) -> None: ...

@final
class Network:
    """A plan bound to its parameters and a workspace for `capacity` rows."""

    dtype: np.dtype[Any]
    parameters: _Real
    state: _Real
    threads: int
    workspace: _Real
    steps_done: int
    epochs_done: int
    penalties_done: float
    @property
    def whole(self) -> bool:
        """Whether an update of some variable needs its gradient as a whole."""

    def __init__(
        self,
        layers: NDArray[np.int64],
        numbers: NDArray[np.float64],
        *,
        loss: int,
        from_z: bool,
        loss_p: NDArray[np.float64],
        reduction: int,
        ignores: bool,
        native_scratch: int,
        first_delta: int,
        n_x: int,
        n_y: int,
        x: int,
        y: int,
        weight: int,
        nonzeros: int,
        row_size: int,
        segments: int,
        shared_size: int,
        scratch_size: int,
        block: int,
        capacity: int,
        threads: int,
        users: list[Any],
        variables: NDArray[np.int64],
        variable_numbers: NDArray[np.float64],
        rules: list[Any],
        parameters: _Real,
        state: _Real,
        workspace: _Real,
    ) -> None: ...
    def predict_one(self, x: _Real, out: _Real) -> _Real:
        """Write the outputs for one example x (n_0,) to out (n_L,), and return out."""
    def predict(self, x: _Rows, out: _Real) -> None:
        """Write the outputs for x (N, n_0) to out (N, n_L)."""
    def evaluate(
        self,
        x: _Rows,
        y: _Real,
        weight: _Real | None,
        out: _Real | None = None,
        row_share: float = 1.0,
    ) -> float:
        """Sum of weight_i C(x_i), plus N row_share times the penalties; outputs to out."""
    def cost_and_grad(
        self,
        x: _Rows,
        y: _Real,
        weight: _Real | None,
        scale: float,
        grad: _Real,
        grad_block: _Real,
        share: float = 1.0,
    ) -> float:
        """Sum of weight_i C(x_i), plus share penalties / scale; the gradient of scale times it
        to grad. Other shares than 1 are for penalties L1 and L2. grad_block is scratch, and may
        be grad itself where x fits the workspace.
        """
    def train(
        self,
        x: _Rows,
        y: _Real,
        weight: _Real | None,
        order: _Order | None,
        batch_size: int,
        first: int,
        last: int,
        slots: _Real,
        settings: Settings,
        learning_rate: float | NDArray[np.float64],
        iterations: int,
        seed: int,
        epoch: int,
        outputs: _Real | None = None,
        threads: int = 1,
        total: float = 0.0,
        totals: NDArray[np.float64] | None = None,
        grad: _Real | None = None,
        factor: float = 1.0,
        shared: bool = False,
    ) -> float:
        """Mini-batches first .. last-1 of an epoch over the rows x[order]; total plus the sum
        of each batch's loss, penalties before the update included, times its rows, and in
        outputs a[L] of the rows visited.

        learning_rate is one for all, or has one for each step. iterations counts the steps
        made before, not the updates. grad is room for the flat gradient, needed where
        settings or network are `whole`. The costs are multiplied by factor; with shared, the
        penalties (L1 and L2 only) are divided by what the costs of a batch are divided by.
        penalties_done is then their part of the sum.

        With totals, instead: len(totals) whole epochs from `epoch` on, totals[e] receiving
        the sum over each, and order, unless None, a new random order for each.
        """

@final
class NativeCost:
    """The function of a scipy.LowLevelCallable, called on every row of (y, a)."""

    callable: Any
    def __new__(cls, callable: Any) -> NativeCost: ...
    def __deepcopy__(self, memo: Any) -> NativeCost: ...
    def __call__(self, y: _Real, a: _Real) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

@final
class Minimiser:
    """L-BFGS (Nocedal 1980, with the line search of Moré & Thuente 1994) on factor scale (sum of
    weight_i C(x_i)) + the network's penalties, these multiplied by factor share.

    From the network's parameters on, which are those of the last evaluation; x, y, weight as for
    `Network.cost_and_grad`.
    """

    cost: float
    iterations: int
    evaluations: int
    def __init__(
        self,
        network: Network,
        x: _Rows,
        y: _Real,
        weight: _Real | None,
        scale: float,
        factor: float,
        share: float,
    ) -> None: ...
    @property
    def largest_gradient(self) -> float: ...
    @property
    def decrease(self) -> float: ...
    def iterate(self) -> bool:
        """One iteration; False, and the parameters as before, where no step leads down."""

def epoch_order(
    n: int, seed: int, epoch: int, out: _Order | None = None, isa: str | None = None
) -> _Order: ...
def philox(counter: Sequence[int], key: int) -> tuple[int, int, int, int]: ...
def all_finite(array: NDArray[Any], dtype: Any = None) -> bool: ...
def address(array: NDArray[Any]) -> int: ...
def argmax(a: _Real, index: _Order, isa: str | None = None) -> None: ...
def is_ready(x: Any, dtype: np.dtype[Any], n: int) -> bool: ...
def kernel_weighted_sum(
    isa: str,
    a: _Real,
    w: _Real,
    b: _Real | None,
    z: _Real,
    index: _Order | None = None,
    relu: bool = False,
    bits: NDArray[np.uint64] | None = None,
) -> None: ...
def kernel_sum_quarter(
    isa: str,
    a: _Real,
    w: _Real,
    b: _Real | None,
    z: _Real,
    inputs: int,
    first: int,
    end: int,
    index: _Order | None = None,
    relu: bool = False,
) -> None: ...
def half_of_outputs(n_in: int, n_out: int) -> int | None: ...
def kernel_delta_product(
    isa: str,
    delta: _Real,
    w: _Real,
    w_t: _Real | None,
    out: _Real,
    a: _Real | None = None,
    g: str = "relu",
) -> None: ...
def kernel_gradient(
    isa: str,
    a: _Real,
    delta: _Real,
    grad_w: _Real,
    first_row: int = 0,
    index: _Order | None = None,
    bits: NDArray[np.uint64] | None = None,
) -> None: ...
def kernel_nonzeros(
    isa: str, a: _Real, bits: NDArray[np.uint64], index: _Order | None = None
) -> None: ...
def kernel_density(isa: str, n: int, bits: NDArray[np.uint64]) -> float: ...
def kernel_column_sums(isa: str, delta: _Real, sums: _Real) -> None: ...
def kernel_transpose(isa: str, src: _Real, dst: _Real) -> None: ...
def kernel_activate(
    isa: str, name: str, z: _Real, a: _Real, parameters: Sequence[float] | None = None
) -> None: ...
def kernel_derive(
    isa: str,
    name: str,
    z: _Real,
    a: _Real,
    delta: _Real,
    parameters: Sequence[float] | None = None,
) -> None: ...
def kernel_dropout(
    isa: str, rate: float, seed: int, draw: Sequence[int], src: _Real, dst: _Real
) -> None: ...
def kernel_alpha_dropout(
    isa: str, rate: float, seed: int, draw: Sequence[int], back: bool, src: _Real, dst: _Real
) -> None: ...
def kernel_gaussian(
    isa: str, deviation: float, factor: bool, seed: int, draw: Sequence[int], src: _Real, dst: _Real
) -> None: ...
def kernel_cost(
    isa: str,
    loss: int,
    z: _Real,
    a: _Real,
    y: _Real,
    weight: _Real | None,
    scale: float,
    delta: _Real | None,
    p: NDArray[np.float64] | None = None,
) -> float: ...
def kernel_costs(
    isa: str,
    loss: int,
    a: _Real,
    y: _Real,
    p: NDArray[np.float64],
    costs: NDArray[np.float64],
    delta: _Real | None,
) -> None: ...
def kernel_update(
    isa: str,
    name: str,
    w: _Real,
    grad: _Real,
    slots: list[_Real | None],
    coefficients: dict[str, float],
) -> None: ...
def kernel_penalty(isa: str, w: _Real, l1: float, l2: float) -> float: ...
def kernel_penalty_gradient(isa: str, w: _Real, l1: float, l2: float, grad: _Real) -> None: ...
def kernel_accumulate(isa: str, grad: _Real, total: _Real) -> None: ...
def kernel_release(isa: str, scale: float, total: _Real, grad: _Real) -> None: ...
def kernel_scale(isa: str, factor: float, x: _Real) -> None: ...
def kernel_clip(isa: str, low: float, high: float, x: _Real) -> None: ...
def kernel_moving_average(isa: str, w: _Real, momentum: float, average: _Real) -> None: ...
def kernel_sum_of_squares(isa: str, x: _Real) -> float: ...
def kernel_gather(isa: str, src: _Real, index: _Order, dst: _Real) -> None: ...
def kernel_gather_rows(
    isa: str, src: _Rows, dst: _Real, first: int = 0, index: _Order | None = None
) -> None: ...
def dealt(n: int, ticks: NDArray[np.uint64]) -> list[int]: ...
def quarters_dealt(
    n_out: int, thread: int, turn: int, share: float
) -> list[tuple[int, int, int]]: ...
