"""Random numbers: the generator, the shuffle, the initializers."""

import numpy as np
import pytest

from bpcore import _core, initializers, utils


def test_philox_known_answers():
    """The vectors that come with Random123, the authors' own implementation."""
    assert _core.philox((0, 0, 0, 0), 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    ones = 0xFFFFFFFF
    assert _core.philox((ones,) * 4, 2**64 - 1) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    assert _core.philox((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), 0x299F31D0A4093822) == (
        0xD16CFE09,
        0x94FDCCEB,
        0x5001E420,
        0x24126EA1,
    )


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001])
def test_shuffle_is_a_permutation(n):
    order = _core.epoch_order(n, 3, 4)
    assert (np.sort(order) == np.arange(n)).all()
    assert (order == _core.epoch_order(n, 3, 4)).all()
    if n > 9:
        assert (order != _core.epoch_order(n, 3, 5)).any()
        assert (order != _core.epoch_order(n, 4, 4)).any()


def fisher_yates(n, seed, epoch):
    """From the end, position i by word i % 4 of block i / 4, or by a word of its own where that one
    would make some places likelier; and how often that was.
    """
    order, again = list(range(n)), 0
    for i in reversed(range(n)):
        word, draw = _core.philox((i // 4, 0xFFFFFF, 0, epoch), seed)[i % 4], 0
        while word * (i + 1) % 2**32 < 2**32 % (i + 1):
            word, draw = _core.philox((i, 0xFFFFFE, draw, epoch), seed)[0], draw + 1
        j = word * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
        again += draw
    return order, again


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 130, 1001])
def test_shuffle_is_fisher_yates_by_philox(n):
    seed, epoch = 2**63 + n, 2**32 - 1 - n
    want, _ = fisher_yates(n, seed, epoch)
    for isa in _core.isas():
        assert _core.epoch_order(n, seed, epoch, isa=isa).tolist() == want


def test_shuffle_draws_again_where_the_first_word_is_unfair():
    want, again = fisher_yates(200_001, 5, 6)
    assert again > 0
    for isa in _core.isas():
        assert _core.epoch_order(200_001, 5, 6, isa=isa).tolist() == want


def test_shuffle_is_uniform():
    """Each element lands in each place equally often: chi-square within five sigma."""
    n, draws = 8, 8000
    counts = np.zeros((n, n))
    for epoch in range(draws):
        counts[np.arange(n), _core.epoch_order(n, 11, epoch)] += 1
    chi2 = ((counts - draws / n) ** 2 / (draws / n)).sum()
    freedom = (n - 1) ** 2
    assert abs(chi2 - freedom) < 5 * np.sqrt(2 * freedom)


def test_glorot_uniform():
    w = initializers.GlorotUniform(seed=1)((300, 200))
    limit = np.sqrt(6 / 500)
    assert w.dtype == np.float32
    assert np.abs(w).max() <= limit
    assert w.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert abs(w.mean()) < 4 * w.std() / np.sqrt(w.size)


def test_he_normal():
    w = initializers.HeNormal(seed=1)((300, 200), "float64")
    assert w.std() == pytest.approx(np.sqrt(2 / 300), rel=0.01)
    assert np.abs(w).max() <= 2 * np.sqrt(2 / 300) / 0.87962566103423978
    assert abs(w.mean()) < 4 * w.std() / np.sqrt(w.size)


def test_initializer_seeds():
    for cls in (initializers.GlorotUniform, initializers.HeNormal):
        assert (cls(seed=3)((5, 5)) == cls(seed=3)((5, 5))).all()
        assert (cls()((5, 5)) != cls()((5, 5))).any()
        values = []
        for _ in range(2):
            utils.set_random_seed(9)
            values.append(cls()((5, 5)))
        assert (values[0] == values[1]).all()
    assert (initializers.get("zeros")((3,)) == 0).all()
    assert initializers.GlorotUniform(seed=4).get_config()["seed"] == 4


def test_set_random_seed_seeds_numpy_and_python_too():
    import random

    draws = []
    for _ in range(2):
        utils.set_random_seed(12)
        draws.append((random.random(), np.random.rand(), utils.new_seed()))  # noqa: NPY002
    assert draws[0] == draws[1]
    with pytest.raises(ValueError, match="seed must be an integer"):
        utils.set_random_seed(-1)
