"""When training by epochs ends: no progress, a score on held-out data, callbacks."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..callbacks import CallbackList


class HeldOut:
    """Data that training does not see, and what the estimator scores on them.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    x, y : as the core reads them
    weight : ndarray, shape (N,), or None
    """

    def __init__(self, estimator, x, y, weight):
        self.estimator, self.x, self.y, self.weight = estimator, x, y, weight
        self.out = np.empty((len(y), estimator._network.model.layers[-1].n_out), y.dtype)

    def score(self):
        """Return the accuracy or R²; NaN for outputs that are not finite."""
        self.estimator._network.core().predict(self.x, self.out)
        if not np.isfinite(self.out).all():
            return float("nan")
        return self.estimator._score_outputs(self.y, self.out, self.weight)

    def loss(self):
        """Return the loss without the penalty."""
        return self.estimator._network.cost(self.x, self.y, self.weight)


class Snapshot:
    """The best weights so far."""

    def __init__(self, model):
        self.model = model
        self.parameters, self.state = model._parameters.copy(), model._state.copy()

    def take(self):
        """Keep the weights as they are now."""
        self.parameters[...], self.state[...] = self.model._parameters, self.model._state

    def restore(self):
        """Give the weights kept back to the model."""
        self.model._parameters[...], self.model._state[...] = self.parameters, self.state


class Watch:
    """What is looked at after each epoch, and how long it has not improved.

    Its results are the estimator's attributes, as scikit-learn has them.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    held_out : HeldOut or None
    """

    def __init__(self, estimator, held_out):
        self.estimator, self.held_out = estimator, held_out
        monitor = estimator.monitor
        if monitor == "auto":
            monitor = "val_score" if estimator.early_stopping else "loss"
        if monitor != "loss" and held_out is None:
            raise ValueError(
                f"monitor={monitor!r} needs data held out: set early_stopping=True, or give "
                "validation_data to fit"
            )
        self.monitor = monitor
        # Weights are kept only where others than the last may be wanted.
        self.best = None
        if monitor != "loss":
            self.best = getattr(estimator, "_best", None)
            if self.best is None:
                self.best = Snapshot(estimator._network.model)
            self.best.model = estimator._network.model
        if held_out is not None and estimator.validation_scores_ is None:
            estimator.validation_scores_ = []
            estimator.best_validation_score_ = -np.inf
        if monitor == "val_loss" and estimator.best_loss_ is None:
            estimator.best_loss_ = np.inf

    def epoch_ends(self):
        """Record the epoch; return its logs."""
        est = self.estimator
        loss = est.loss_curve_[-1]
        logs = {"loss": loss}
        if self.held_out is not None:
            logs["val_score"] = score = self.held_out.score()
            est.validation_scores_.append(score)
            if self.monitor == "val_loss" or est.callbacks:
                logs["val_loss"] = self.held_out.loss()
            if est.verbose and est.verbose != "bar":
                print(f"Validation score: {score:f}")
        if self.monitor == "val_score":
            stale = score < est.best_validation_score_ + est.tol
        else:
            value = logs[self.monitor]
            stale = value > est.best_loss_ - est.tol
            if value < est.best_loss_:
                est.best_loss_ = value
                if self.best:
                    self.best.take()
        est._no_improvement_count = est._no_improvement_count + 1 if stale else 0
        if self.held_out is not None and score > est.best_validation_score_:
            est.best_validation_score_ = score
            if self.monitor == "val_score":
                self.best.take()
        return logs

    def certain(self, left):
        """Return how many of the epochs left are trained whatever their losses are, with nobody
        looking in between.
        """
        est = self.estimator
        if self.held_out is not None or est.callbacks or est.verbose:
            return 1
        if est.solver == "sgd" and est.learning_rate == "invscaling":  # a rate for each epoch
            return 1
        return int(min(left, max(1, est.n_iter_no_change + 1 - est._no_improvement_count)))

    def stops(self):
        """Whether training is over, or was slowed down instead."""
        est = self.estimator
        if not est._no_improvement_count > est.n_iter_no_change:
            return False
        what = "Training loss" if self.monitor == "loss" else "Validation score"
        if self.monitor == "val_loss":
            what = "Validation loss"
        message = (
            f"{what} did not improve more than tol={est.tol:f} for {est.n_iter_no_change} "
            "consecutive epochs."
        )
        slower = est.solver == "sgd" and est.learning_rate == "adaptive"
        optimizer, shown = est._optimizer, est.verbose and est.verbose != "bar"
        if slower and optimizer.learning_rate > 1e-6:
            optimizer.learning_rate = optimizer.learning_rate / 5.0
            est._no_improvement_count = 0
            if shown:
                print(f"{message} Setting learning rate to {optimizer.learning_rate:f}")
            return False
        if shown:
            print(message + (" Learning rate too small." if slower else "") + " Stopping.")
        return True


def run(estimator, epochs, watch, count, rows, warn):
    """Train up to `count` epochs; return whether they ended before by lack of progress.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    epochs : Epochs
    watch : Watch
    count : int
    rows : int
        Examples in an epoch, as `t_` counts them.
    warn : bool
        Whether to warn if all `count` epochs were needed.
    """
    est, optimizer = estimator, estimator._optimizer
    invscaling = est.solver == "sgd" and est.learning_rate == "invscaling"
    callbacks = None
    if est.callbacks:
        callbacks = CallbackList(
            list(est.callbacks), model=est.model_, epochs=count, steps=epochs.steps
        )
        est.model_.stop_training = False
        callbacks.on_train_begin()
    bar = _bar(count) if est.verbose == "bar" else None
    shown = est.verbose and bar is None
    stopped, logs = False, None
    est.n_iter_ = 0

    def record(losses):
        logs = None
        while losses:
            loss = losses.pop(0)
            est.n_iter_ += 1
            est.loss_ = loss
            est.t_ += rows
            est.loss_curve_.append(loss)
            if shown:
                print(f"Iteration {est.n_iter_}, loss = {loss:.8f}")
            logs = watch.epoch_ends()
        return logs

    try:
        while est.n_iter_ < count:
            epoch = est.n_iter_
            if callbacks:
                callbacks.on_epoch_begin(epoch)
            logs = record(epochs.run(epochs.together(watch.certain(count - epoch))))
            if invscaling:
                optimizer.learning_rate = (
                    float(est.learning_rate_init) / (est.t_ + 1) ** est.power_t
                )
            if bar is not None:
                bar.set_postfix(logs, refresh=False)
                bar.update()
            if callbacks:
                callbacks.on_epoch_end(epoch, dict(logs))
            stopped = watch.stops()
            if stopped or (callbacks and est.model_.stop_training):
                break
            if warn and est.n_iter_ == count:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({count}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
    except KeyboardInterrupt:
        record(epochs.losses)
        warnings.warn("Training interrupted by user.", stacklevel=4)
    finally:
        if bar is not None:
            bar.close()
        if callbacks:
            callbacks.on_train_end(logs)
    return stopped


def _bar(count):
    from tqdm.auto import tqdm

    return tqdm(total=count, unit="epoch")
