"""Whether a fit's threads are faster than one, as it goes."""

import pytest

import bpcore
from bpcore import _trials, layers
from bpcore.sklearn import MLPRegressor


def run(trials, calls, several, one, steps=100):
    """Let so many calls take seconds a step, by one thread or several; return their threads."""
    used = []
    for call in range(calls):
        used.append(trials.threads)
        taken = several(call) if trials.threads > 1 else one
        count = trials.part(steps)
        trials.took(trials.threads, count, taken * count)
    return used


def test_several_are_kept_where_they_are_faster():
    used = run(_trials.Trials(2), 500, lambda call: 1.0, 1.8)
    assert used[:3] == [2, 2, 1]  # tried soon
    assert used.count(1) == 3


@pytest.mark.parametrize("several", [2, 8])
def test_one_is_kept_where_several_are_slower(several):
    used = run(_trials.Trials(several), 400, lambda call: 1.3, 1.0)
    assert used[2:10] == [1] * 8
    assert used.count(several) <= 2 + 400 / _trials._OFTEN


def test_several_that_become_slow_are_given_up_and_taken_up_again():
    used = run(_trials.Trials(2), 150, lambda call: 1.5 if 50 <= call < 90 else 0.6, 1.0)
    assert used[3:50] == [2] * 47
    assert 1 in used[50:56]
    assert used[56:90].count(2) <= 5
    assert used[100:] == [2] * 50


def test_several_that_are_a_little_slower_stay():
    assert run(_trials.Trials(2), 20, lambda call: 1.05, 1.0).count(1) == 1


def test_a_trial_takes_a_part_of_a_chunk():
    trials = _trials.Trials(2)
    assert [trials.part(steps) for steps in (1, 7, 800)] == [1, 7, 800]
    run(trials, 2, lambda call: 1.0, 1.0)
    assert [trials.part(steps) for steps in (1, 7, 800)] == [1, 1, 100]


def test_short_calls_count_together():
    trials = _trials.Trials(2)
    for _ in range(1000):
        trials.took(2, 10, 1e-5)
        trials.took(2, 0, 0)
        if trials.threads == 1:
            break
    # Each judgement takes a millisecond; the second one calls for a trial.
    assert trials.threads == 1
    for _ in range(101):
        trials.took(trials.threads, 10, 1.8e-5 if trials.threads == 1 else 1e-5)
    assert trials.threads == 2


def test_a_call_that_began_before_the_last_choice_does_not_count():
    trials = _trials.Trials(2)
    run(trials, 2, lambda call: 1.0, 1.8)
    trials.took(2, 100, 1.0)
    assert trials.threads == 1
    trials.took(1, 100, 180.0)
    assert trials.threads == 2


def test_short_batches_do_not_count():
    trials = _trials.Trials(2)
    for _ in range(300):
        trials.took(2, 1, 0.03)
        trials.took(2, 1, 0.01, ends_short=True)
        if trials.threads == 1:
            trials.took(1, 1, 0.01, ends_short=True)
            trials.took(1, 1, 0.05)
    assert trials._best == pytest.approx(0.03)
    assert trials._kept == 2
    trials = _trials.Trials(2)
    trials.took(2, 40, 0.1, ends_short=True)
    assert trials._best == 0.1 / 40


def test_a_trial_that_was_nearly_won_is_soon_repeated():
    used = run(_trials.Trials(2), 60, lambda call: 1.0, 1.05)
    assert used.count(1) == 3


@pytest.fixture
def threads_used(monkeypatch):
    """Threads of each call to train, of which two seem to take half as long again as one."""
    used = []
    monkeypatch.setattr("bpcore._threads.available_cpus", lambda: 2)
    took = _trials.Trials.took

    def slow(self, threads, steps, seconds, ends_short):
        used.append(threads)
        took(self, threads, steps, steps * (0.15 if threads > 1 else 0.1), ends_short)

    monkeypatch.setattr(_trials.Trials, "took", slow)
    return used


def data(rng):
    return rng.normal(size=(20000, 20)), rng.normal(size=20000)


def fitted(rng, metrics):
    x, y = data(rng)
    bpcore.utils.set_random_seed(3)
    model = bpcore.Sequential([bpcore.Input((20,)), layers.Dense(150, "relu"), layers.Dense(1)])
    model.compile("adam", "mse", metrics=metrics)
    history = model.fit(x, y, 500, 40, 0).history
    return model, history


@pytest.mark.parametrize("metrics", [[], ["mae"]])
def test_a_fit_by_both_has_the_bits_of_one(rng, threads_used, metrics):
    state = rng.bit_generator.state
    model, history = fitted(rng, metrics)
    assert threads_used[:4] == [2, 2, 1, 1]
    count = len(threads_used)
    rng.bit_generator.state = state
    with bpcore.num_threads(1):
        alone, want = fitted(rng, metrics)
    assert len(threads_used) == count  # what the user chose is not put on trial
    assert (model.theta == alone.theta).all()
    assert history == want


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_an_estimator_by_both_has_the_bits_of_one(rng, threads_used):
    x, y = data(rng)
    settings = {"hidden_layer_sizes": (150,), "batch_size": 500, "random_state": 0}
    settings.update(max_iter=60, n_iter_no_change=60)
    found = MLPRegressor(n_threads=None, **settings).fit(x, y)
    assert {1, 2} == set(threads_used)
    alone = MLPRegressor(n_threads=1, **settings).fit(x, y)
    assert (found.coefs_[0] == alone.coefs_[0]).all()
    assert found.loss_curve_ == alone.loss_curve_
