"""What x, y and sample_weight may be: whatever holds the numbers, the bits are the same."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import resident
import scipy.sparse as sp
from helpers import dense_model

import bpcore
from bpcore import _arrays, _core, _data, layers

KINDS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
KINDS += ["float16", "float32", "float64"]


@pytest.fixture(autouse=True)
def _by_the_batch(monkeypatch):
    """Small arrays too are converted a mini-batch at a time."""
    monkeypatch.setattr(_data, "COPY_BYTES", 0)


def whole(rng, *shape):
    """Numbers that every type holds exactly, bool as 0 and 1."""
    return rng.integers(0, 2, shape) * rng.integers(0, 2, shape)


def trained(x, y, dtype, weight=None, shuffle=True, first="dense", n=5):
    """All that comes out of training on these data, as bits."""
    bpcore.utils.set_random_seed(4)
    model = bpcore.Sequential([bpcore.Input((n,))], dtype=dtype)
    if first == "dropout":
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(7, "tanh"))
    model.add(layers.Dense(1))
    model.compile("adam", "mse", metrics=["mae"])
    with bpcore.num_threads(2):
        history = model.fit(
            x, y, 16, 2, 0, validation_split=0.3, shuffle=shuffle, sample_weight=weight
        )
    model.train_on_batch(x, y, weight)
    return (
        model.theta.tobytes(),
        history.history,
        model.evaluate(x, y, verbose=0),
        model.predict(x, verbose=0).tobytes(),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", ["dense", "dropout"])
def test_every_type_trains_to_the_same_bits(isa, dtype, rng, kind, first):
    x = whole(rng, 75, 5).astype(kind)
    if kind != "bool":
        x[::3] *= 100
    y = rng.normal(size=75)
    for shuffle in (True, False):
        want = trained(x.astype(dtype), y, dtype, shuffle=shuffle, first=first)
        assert trained(x, y, dtype, shuffle=shuffle, first=first) == want


VIEWS = {
    "columns": lambda x: np.hstack([x, x])[:, :5],
    "every other row": lambda x: np.repeat(x, 2, 0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "broadcast": lambda x: x,
    "fortran": np.asfortranarray,
    "every other column": lambda x: np.repeat(x, 2, 1)[:, ::2],
    "field": lambda x: np.rec.fromarrays([x, x], dtype=[("a", x.dtype, 5), ("b", x.dtype, 5)]).b,
    "unaligned": lambda x: np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "other byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "longdouble": lambda x: x.astype(np.longdouble),
    "matrix": lambda x: x.view(np.matrix),
    "list": lambda x: x.tolist(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["float32", "float64", "int16"])
def test_every_layout_trains_to_the_same_bits(isa, dtype, rng, kind, view):
    x = (100 * rng.normal(size=(75, 5))).astype(kind)
    if view == "broadcast":
        row = x[0]
        x = np.repeat(row[None], 75, 0)
        other = np.broadcast_to(row, x.shape)
    else:
        other = VIEWS[view](x)
    y = rng.normal(size=75)
    assert trained(other, y, dtype) == trained(x.astype(dtype), y, dtype)


def test_what_is_read_in_place(rng):
    """Contiguous rows of any type are not copied, wherever they lie; read-only ones neither."""
    x = rng.normal(size=(40, 6))
    for kind in KINDS:
        big = np.abs(100 * x).astype(kind)
        frozen = big.copy()
        frozen.setflags(write=False)
        for part in (big, big[:, :3], big[::2], big[::-1], big[5:, 2:4], frozen):
            for dtype in ("float32", "float64"):
                seen = _data.as_inputs(part, part.shape[1], dtype, small=True)
                assert seen.dtype == big.dtype
                assert np.shares_memory(seen, part)
    # Where rows are not contiguous the copy is of the smaller type.
    assert _data.as_inputs(np.asfortranarray(x), 6, "float32", small=True).dtype == "float32"
    bytes_ = np.asfortranarray(x.astype("int8"))
    assert _data.as_inputs(bytes_, 6, "float32", small=True).dtype == "int8"


def test_small_arrays_are_converted_once(rng, monkeypatch):
    monkeypatch.setattr(_data, "COPY_BYTES", 4 * 30)
    x = rng.normal(size=(6, 5))
    assert _data.as_inputs(x, 5, "float32", small=True).dtype == "float32"
    assert _data.as_inputs(np.vstack([x, x]), 5, "float32", small=True).dtype == "float64"
    y = rng.normal(size=6)
    monkeypatch.undo()
    assert trained(x, y, "float32") == trained(x.astype("float32"), y, "float32")


# ---- the kernels -----------------------------------------------------------------------


def edges(kind):
    """The ends of a type's range, and around the integers that floats begin to round at."""
    if kind == "bool":
        return np.array([False, True, True])
    if kind.startswith("float"):
        info = np.finfo(kind)
        values = [0, -0.0, info.tiny, -info.tiny, info.smallest_subnormal, 1 / 3, info.max]
        return np.array(values, kind)
    info = np.iinfo(kind)
    near = [s * 2**e + d for s in (1, -1) for e in (7, 24, 31, 53, 62, 63) for d in (-1, 0, 1)]
    near = [i for i in near if info.min <= i <= info.max]
    return np.array([info.min, info.max, *near], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_conversion_is_numpys(isa, dtype, rng, kind):
    values = rng.choice(edges(kind), (9, 43))
    out = np.empty((5, 41), dtype)
    index = np.array([8, 0, 3, 3, 1])
    with np.errstate(over="ignore"):
        want = values.astype(dtype)
    for rows, truth in (
        (values[:, :41], want[:, :41]),
        (values[::-1, 1:42], want[::-1, 1:42]),
    ):
        _core.kernel_gather_rows(isa, rows, out, 0, index)
        assert out.tobytes() == truth[index].tobytes()
        _core.kernel_gather_rows(isa, rows, out, 2)
        assert out.tobytes() == truth[2:7].tobytes()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_finite_is_seen_at_every_place(isa, dtype, kind, bad):
    x = np.ones((3, 4100), kind)[:, :4099]
    assert _core.all_finite(x, dtype)
    for place in ((0, 0), (2, 4098), (1, 4095), (1, 4096)):
        x[place] = bad
        assert not _core.all_finite(x, dtype)
        assert not _core.all_finite(x.copy(), dtype)
        x[place] = 1


def test_denormals_of_float32_are_doubles(isa):
    """Training flushes denormals to 0; a float32's are normal numbers in float64."""
    x = np.full((8, 1), 1e-40, "float32")

    def theta(x):
        bpcore.utils.set_random_seed(1)
        model = dense_model((1, 1), ["linear"], "mse", "float64")
        model.set_weights([np.full((1, 1), 1e40), np.zeros(1)])
        model.fit(x, np.zeros(8), 4, 1, 0)
        return model.theta.tobytes()

    assert theta(x) == theta(x.astype("float64"))


@pytest.mark.parametrize("kind", ["int8", "uint64", "float32", "float64"])
@pytest.mark.parametrize("wide", [np.int32, np.int64])
def test_sparse_rows(isa, dtype, rng, kind, wide):
    """More stored values than a block of the kernel, unsorted, empty rows, repetitions."""
    dense = np.where(rng.random((9, 700)) < 0.6, rng.integers(1, 100, (9, 700)), 0).astype(kind)
    dense[[0, 4, 8]] = 0
    csr = sp.csr_array(dense)
    for i in range(9):  # any order within a row
        row = slice(*csr.indptr[i : i + 2])
        order = rng.permutation(row.stop - row.start)
        csr.indices[row], csr.data[row] = csr.indices[row][order], csr.data[row][order]
    csr.indices, csr.indptr = csr.indices.astype(wide), csr.indptr.astype(wide)
    rows = _arrays.as_sparse(csr, "x")
    assert np.shares_memory(rows.data, csr.data)
    assert np.shares_memory(rows.indices, csr.indices)
    out, index = np.empty((7, 700), dtype), rng.integers(0, 9, 7)
    _core.kernel_gather_rows(isa, rows, out, 0, index)
    assert (out == dense[index]).all()
    _core.kernel_gather_rows(isa, rows, out, 1)
    assert (out == dense[1:8]).all()
    _core.kernel_gather_rows(isa, rows[2:], out, 0)
    assert (out == dense[2:]).all()


# ---- sparse matrices -------------------------------------------------------------------


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "float16"])  # SciPy has none
def test_sparse_trains_to_the_same_bits(isa, dtype, rng, kind):
    dense = whole(rng, 75, 5).astype(kind)
    if kind.startswith("float"):
        dense[dense != 0] += rng.random(np.count_nonzero(dense)).astype(kind)
    y = rng.normal(size=75)
    csr = sp.csr_array(dense)
    for first in ("dense", "dropout"):
        want = trained(dense.astype(dtype), y, dtype, first=first)
        assert trained(csr, y, dtype, first=first) == want
    assert trained(csr, y, dtype, shuffle=False) == trained(
        dense.astype(dtype), y, dtype, shuffle=False
    )


def test_every_sparse_format(rng):
    dense = whole(rng, 40, 5).astype("float32")
    y = rng.normal(size=40)
    want = trained(dense, y, "float32")
    for make in (sp.csr_matrix, sp.csc_matrix, sp.coo_array, sp.lil_array, sp.dok_array):
        assert trained(make(dense), y, "float32") == want
    twice = sp.csr_array((np.ones(3), [2, 2, 0], [0, 2, 3]), shape=(2, 5))
    assert twice.nnz == 3
    model = dense_model((5, 2), ["linear"], "mse", "float32")
    assert (model.predict(twice) == model.predict(twice.toarray())).all()
    # A backpropagation shows a[0], so that there it is dense.
    assert (model.backprop(twice, np.zeros((2, 2))).a[0] == twice.toarray()).all()


def test_sparse_targets_become_dense(rng):
    x, y = rng.normal(size=(40, 3)).astype("float32"), np.eye(4)[rng.integers(0, 4, 40)]

    def theta(y):
        bpcore.utils.set_random_seed(1)
        model = dense_model((3, 4), ["softmax"], "categorical_crossentropy", "float32")
        model.fit(x, y, 8, 2, 0)
        return model.theta.tobytes()

    assert theta(sp.csr_array(y)) == theta(y)


def broken(data=(1.0, 2.0), indices=(0, 1), indptr=(0, 1, 2)):
    """A CSR matrix (2, 3) with parts SciPy would not make."""
    csr = sp.csr_array((2, 3))
    csr.data, csr.indices, csr.indptr = np.array(data), np.int32(indices), np.int32(indptr)
    return csr


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        (broken(indices=(0, 3)), ValueError, "column indices run from 0 to 3, expected 0 to 2"),
        (broken(indices=(0, -1)), ValueError, "column indices run from -1 to 0"),
        (broken(indptr=(0, 1, 3)), ValueError, "indptr must rise from 0 to at most 2"),
        (broken(indptr=(0, 2, 1)), ValueError, "indptr must rise"),
        (broken(indptr=(-1, 1, 2)), ValueError, "indptr must rise"),
        (broken(data=(1.0, np.nan)), ValueError, r"x\[1, 1\] is nan"),
        (broken(data=(1.0, 1e300)), ValueError, r"x\[1, 1\] is inf .* as float32"),
        (broken(data=(1j, 2j)), TypeError, "x has dtype complex128"),
        (sp.coo_array(np.ones(3)), ValueError, r"x is sparse of shape \(3,\)"),
        (sp.csr_array((2, 4)), ValueError, r"x has shape \(2, 4\); expected \(N, 3\)"),
        (sp.csr_array((0, 3)), ValueError, "x is empty"),
    ],
)
def test_bad_sparse_matrices(x, error, match):
    model = dense_model((3, 1), ["linear"], "mse", "float32")
    with pytest.raises(error, match=match):
        model.predict(x)
    with pytest.raises(error, match=match):
        model.fit(x, np.zeros(2), verbose=0)


# ---- tables and tensors ----------------------------------------------------------------


def table_of(module, columns):
    return pytest.importorskip(module).DataFrame(columns)


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_tables(rng, dtype, module):
    columns = {
        "i": rng.integers(-5, 5, 40),
        "f": rng.normal(size=40),
        "t": rng.integers(0, 2, 40).astype(bool),
        "s": rng.normal(size=40).astype("float32"),
        "b": rng.integers(0, 99, 40).astype("uint8"),
    }
    x = table_of(module, columns)
    dense = np.column_stack([c.astype(dtype) for c in columns.values()])
    y, weight = rng.normal(size=40), rng.random(40)
    want = trained(dense, y, dtype, weight)
    frame = type(x)
    assert trained(x, y, dtype, weight) == want
    assert trained(x, frame({"y": y}), dtype, frame({"w": weight})) == want
    assert trained(x, frame({"y": y})["y"], dtype, frame({"w": weight})["w"]) == want
    same = frame({c: dense[:, j] for j, c in enumerate(columns)})
    assert trained(same, y, dtype, weight) == want
    two = frame({"a": y, "b": weight})
    model = dense_model((5, 2), ["linear"], "mse", dtype)
    assert model.evaluate(x, two) == model.evaluate(dense, np.column_stack([y, weight]))


def test_pandas_extension_types():
    pd = pytest.importorskip("pandas")
    x = pd.DataFrame(
        {
            "Int64": pd.Series([1, 2, 3], dtype="Int64"),
            "boolean": pd.Series([True, False, True], dtype="boolean"),
            "Float32": pd.Series([0.5, 1.5, 2.5], dtype="Float32"),
            "category": pd.Series([3, 4, 3], dtype="category"),
            "sparse": pd.arrays.SparseArray([0.0, 0.0, 7.0]),
        }
    )
    want = [[1, 1, 0.5, 3, 0], [2, 0, 1.5, 4, 0], [3, 1, 2.5, 3, 7]]
    assert (_data.as_inputs(x, 5, "float32", small=True) == want).all()
    twins = pd.DataFrame(np.arange(6).reshape(3, 2), columns=["a", "a"]).assign(c=0.5)
    assert _data.as_inputs(twins, 3, "float32").tolist() == [[0, 1, 0.5], [2, 3, 0.5], [4, 5, 0.5]]


def test_tables_of_one_type_are_not_copied():
    pd = pytest.importorskip("pandas")
    array = np.ones((50, 3), "float32", order="F").T.copy().T
    frame = pd.DataFrame(array, copy=False)
    assert np.shares_memory(_arrays.as_array(frame, "x"), frame.to_numpy())
    one = pd.DataFrame({"a": np.arange(9.0)})
    assert np.shares_memory(_data.as_inputs(one, 1, "float32", small=True), one["a"].to_numpy())


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_bad_columns_are_named(module):
    def fit(columns, y=(0.0, 0.0), dtype="float32"):
        model = dense_model((len(columns), 1), ["linear"], "mse", dtype)
        model.fit(table_of(module, columns), y, verbose=0)

    good = [1.0, 2.0]
    with pytest.raises(TypeError, match=r"column 'town' of x has dtype .*'Ulm'.*Encode text"):
        fit({"a": good, "town": ["Ulm", "Bonn"]})
    with pytest.raises(ValueError, match=r"x\[1, 1\] \(column 'b'\) is nan \(1 such"):
        fit({"a": good, "b": [1.0, float("nan")]})
    with pytest.raises(ValueError, match=r"x\[0, 1\] \(column 'b'\) is inf .* as float32"):
        fit({"a": [1, 2], "b": [1e300, 1.0]})
    with pytest.raises(TypeError, match=r"column 'when' of x has dtype (d|D)atetime"):
        fit({"a": good, "when": np.array(["2020-01-01", "2020-01-02"], "datetime64[us]")})
    with pytest.raises(TypeError, match="column 'kind' of y has dtype"):
        fit({"a": good}, table_of(module, {"kind": ["u", "v"]}))


def test_bad_pandas_columns():
    pd = pytest.importorskip("pandas")
    for values, example in (
        (pd.Series(["u", "v"], dtype="category"), "'u'"),
        (pd.Series([True, None], dtype="boolean"), "<NA>"),
        (pd.Series([1, "2"], dtype="object"), "'2'"),
    ):
        with pytest.raises(TypeError, match=f"column 'c' of x has dtype .*such as {example}"):
            _data.as_inputs(pd.DataFrame({"c": values, "d": [1.0, 2.0]}), 2, "float32")
        with pytest.raises(TypeError, match=f"y has dtype .*such as {example}"):
            _arrays.as_array(values, "y")
    missing = pd.DataFrame({"n": pd.Series([1, None], dtype="Int64")})
    with pytest.raises(ValueError, match=r"x\[1, 0\] \(column 'n'\) is nan"):
        _data.as_inputs(missing, 1, "float32")


class OnlyDLPack:
    """An array that offers DLPack and nothing else."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **kwargs):
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class OnlyArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.mark.parametrize("wrap", [OnlyDLPack, OnlyArray])
def test_array_protocols(rng, dtype, wrap):
    x, y = rng.normal(size=(40, 5)).astype(dtype), rng.normal(size=40)
    assert trained(wrap(x), wrap(y), dtype, wrap(y**2)) == trained(x, y, dtype, y**2)
    assert np.shares_memory(_data.as_inputs(wrap(x), 5, dtype), x)


def test_torch_tensors(rng):
    torch = pytest.importorskip("torch")
    x, y = rng.normal(size=(40, 5)).astype("float32"), rng.normal(size=40)
    assert trained(torch.tensor(x), torch.tensor(y), "float32") == trained(x, y, "float32")
    tensor = torch.tensor(x)
    assert np.shares_memory(_data.as_inputs(tensor, 5, "float32"), tensor.numpy())
    wanted = tensor.clone().requires_grad_()
    assert np.shares_memory(_data.as_inputs(wanted, 5, "float32"), wanted.detach().numpy())
    with pytest.raises(TypeError, match="x is a Tensor that cannot be read as an array"):
        _data.as_inputs(tensor.to(torch.bfloat16), 5, "float32")


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        ([[1.0, 2.0], [3.0]], ValueError, "x is a list that cannot be read as an array"),
        ([["a", "b"]], TypeError, "x has dtype <U1"),
        ({"a": [1.0]}, TypeError, "x is a dict; expected one array"),
        (None, TypeError, "x has dtype object"),
        (np.ma.masked_less([[1.0, 2.0]], 2), ValueError, "masked array with 1 masked"),
        (np.full((3000, 2), 1e39), ValueError, r"x\[0, 0\] is inf \(6000 such in all as float32"),
    ],
)
def test_bad_inputs(x, error, match):
    model = dense_model((2, 1), ["linear"], "mse", "float32")
    with pytest.raises(error, match=match):
        model.predict(x)


def test_unmasked_arrays(rng):
    x = rng.normal(size=(9, 2)).astype("float32")
    model = dense_model((2, 1), ["linear"], "mse", "float32")
    assert (model.predict(np.ma.array(x)) == model.predict(x)).all()


def test_the_core_refuses_what_it_cannot_read(rng):
    """Its own checks, which as_inputs makes unreachable."""
    out = np.empty((4, 3), "float32")
    for bad in (np.zeros((4, 6), "f4")[:, ::2], np.zeros((4, 4), "i4"), np.zeros(12, "i4")):
        with pytest.raises(TypeError, match=r"x must be an array \(N, 3\)"):
            _core.kernel_gather_rows(_core.isa(), bad, out)
    with pytest.raises(TypeError, match="aligned array of real numbers"):
        _core.kernel_gather_rows(_core.isa(), np.zeros((4, 3), "c16"), out)
    rows = _arrays.Sparse(np.ones(1), np.zeros(2, "i4"), np.array([0, 1, 2], "i4"), 3)
    with pytest.raises(ValueError, match="has 1 values, its rows end at 2"):
        _core.kernel_gather_rows(_core.isa(), rows, out)


# ---- memory ----------------------------------------------------------------------------

PEAK = """
import sys
import numpy as np
import scipy.sparse
import bpcore
import resident
from bpcore import layers

kind, path = sys.argv[1], sys.argv[2]
rng = np.random.default_rng(0)
n = 20000 if kind == "csr" else 200

def make(rows):
    if kind == "csr":
        return scipy.sparse.random_array((rows, n), density=0.001, format="csr", rng=rng)
    if kind == "memmap":
        return np.memmap(path, "float32", "r", shape=(rows, n))
    if kind == "strided":
        return np.ones((rows, n + 5), "float32")[:, :n]
    return np.ones((rows, n), kind)

x = make(2000 if kind == "csr" else 100_000)
y = np.zeros(x.shape[0], np.float32)
model = bpcore.Sequential([bpcore.Input((n,)), layers.Dense(4, "relu"), layers.Dense(1)])
model.compile("adam", "mse")

def use(x, y):
    model.fit(x, y, batch_size=32, epochs=2, verbose=0, validation_split=0.1)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)

use(x[:320], y[:320])  # code, threads, and the workspace
before = resident.start()
use(x, y)
grown, dense = resident.peak() - before, 4 * x.shape[0] * x.shape[1]
copy = np.ones(dense // 4, np.float32)  # what should not be made is seen where it is
print(grown, dense, resident.peak() - before)
"""


def test_what_is_ready(rng, dtype):
    """Such arrays are asked nothing more."""
    right = np.dtype(dtype)
    other = np.dtype("float64" if dtype == "float32" else "float32")
    x = rng.normal(size=(40, 5)).astype(dtype)
    assert _core.is_ready(x, right, 5)
    fixed = x.copy()
    fixed.flags.writeable = False
    assert _core.is_ready(fixed, right, 5)
    bytes_of_x = np.zeros(x.nbytes + 1, np.uint8)
    misplaced = bytes_of_x[1:].view(dtype).reshape(40, 5)
    misplaced[...] = x
    for wrong in [
        x[:, :4],
        x[:, 0],
        x[::2],
        x[:0],
        x[None],
        np.asfortranarray(x),
        misplaced,
        x.astype(right.newbyteorder()),
        x.astype(other),
        x.astype(np.int32),
        x.view(np.recarray),
        x.tolist(),
        None,
    ]:
        assert not _core.is_ready(wrong, right, 5)
    assert not _core.is_ready(x, right, 4)
    assert not _core.is_ready(x, other, 5)
    assert not _core.is_ready(x, dtype, 5)  # its name: the general way answers
    assert not _core.is_ready(x.astype(np.int32), np.dtype(np.int32), 5)
    for value in (np.nan, np.inf, -np.inf):
        for at in (0, 99, 199):
            bad = x.copy()
            bad.flat[at] = value
            assert not _core.is_ready(bad, right, 5)


@pytest.mark.skipif(not resident.measurable(), reason="needs Linux's /proc")
@pytest.mark.parametrize("kind", ["csr", "float64", "int16", "strided", "memmap"])
def test_no_copy_of_the_whole(kind, tmp_path):
    """fit, evaluate and predict take a small part of what x would as an array of floats."""
    path = tmp_path / "x.f32"
    if kind == "memmap":
        # Pages read from a file count as the process's, so that its size is the bound; its
        # copy would count again.
        with open(path, "wb") as file:
            file.truncate(4 * 200 * 100_000)  # zeros that take no room
    result = subprocess.run(
        [sys.executable, "-c", PEAK, kind, str(path)],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parent,  # where resident.py is
        check=True,
    )
    grown, dense, with_a_copy = map(int, result.stdout.split())
    assert with_a_copy > 0.9 * dense
    assert grown < (1.1 * dense if kind == "memmap" else dense / 8)


def test_memmap_is_read_where_it_lies(rng, tmp_path, dtype):
    x, y = rng.normal(size=(40, 5)).astype(dtype), rng.normal(size=40)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert not mapped.flags.writeable
    assert np.shares_memory(_data.as_inputs(mapped, 5, dtype, small=True), mapped)
    assert trained(mapped, y, dtype) == trained(x, y, dtype)
