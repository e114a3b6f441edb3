"""Inputs and targets of mean 0 and variance 1, inside an estimator."""

import numpy as np
import scipy.sparse
from sklearn.utils.sparsefuncs import inplace_column_scale, mean_variance_axis


def _mean_and_scale(values):
    """Return the columns' means and standard deviations, 1 for a constant column."""
    mean = np.mean(values, axis=0, dtype=np.float64)
    deviation = np.std(values, axis=0, dtype=np.float64)
    # What rounding leaves of a constant column is none of its scale.
    tiny = 10 * np.finfo(np.float64).eps * np.maximum(np.abs(mean), 1e-300)
    return mean, np.where(deviation <= tiny, 1.0, deviation)


class Scaling:
    """What inputs, and a regressor's targets, are shifted and divided by.

    Parameters
    ----------
    x : ndarray or sparse matrix, shape (N, n_0)
        A sparse matrix is divided by its columns' deviations and not shifted, so that it
        stays sparse.
    y : ndarray, shape (N,) or (N, n_L), or None
        None: targets are left as they are.
    """

    def __init__(self, x, y):
        if scipy.sparse.issparse(x):
            _, variance = mean_variance_axis(x, axis=0)
            deviation = np.sqrt(variance)
            self.x_mean, self.x_scale = None, np.where(deviation == 0, 1.0, deviation)
        else:
            self.x_mean, self.x_scale = _mean_and_scale(x)
        self.y_mean, self.y_scale = (0.0, 1.0) if y is None else _mean_and_scale(y)
        self.of_targets = y is not None

    def inputs(self, x, dtype):
        """Return x standardised, of dtype."""
        if scipy.sparse.issparse(x):
            x = scipy.sparse.csr_matrix(x, dtype=dtype, copy=True)
            inplace_column_scale(x, (1.0 / self.x_scale).astype(dtype))
            if self.x_mean is not None:  # fitted on dense data: shifted, zeros are none
                x = x.toarray() - (self.x_mean / self.x_scale).astype(dtype)
            return x
        x = np.asarray(x)
        if self.x_mean is not None:
            x = x - self.x_mean
        return np.ascontiguousarray(x / self.x_scale, dtype)

    def targets(self, y):
        """Return y standardised."""
        return (y - self.y_mean) / self.y_scale if self.of_targets else y

    def predictions(self, out):
        """Return the network's outputs in the units of y."""
        return (out * self.y_scale + self.y_mean).astype(out.dtype)
