"""Calls back into Python: a user's own activations and cost.

They take the GIL for the call, get copies of the arrays (nothing of the
workspace escapes), and what they return is checked before it is used. Denormal numbers, which
the loop takes for 0, are there for them.
"""

cimport numpy as cnp
from cpython.ref cimport PyObject
from kernels cimport bp_keep_denormals, bp_restore_denormals
from libc.string cimport memcpy
from network cimport Variable, real

import numpy as np


cdef inline object call(object function, object first, object second=None):
    """function(first) or function(first, second), in the arithmetic its writer knows"""
    cdef unsigned long long state = bp_keep_denormals()
    try:
        return function(first) if second is None else function(first, second)
    finally:
        bp_restore_denormals(state)


cdef inline object as_array(Py_ssize_t rows, Py_ssize_t n, const real *data):
    out = np.empty((rows, n), np.float32 if real is float else np.float64)
    memcpy(cnp.PyArray_DATA(out), data, rows * n * sizeof(real))
    return out


cdef inline object variable_array(const Variable *variable, const real *data):
    out = as_array[real](variable.rows, variable.columns, data)
    return out[:, 0].copy() if variable.vector else out


cdef inline int copy_result(object result, object like, str what, real *out) except -1:
    """Write what the user's function returned to out; `like` has the shape it must have."""
    array = np.ascontiguousarray(result, dtype=like.dtype)
    if array.shape != like.shape:
        raise ValueError(
            f"{what} returned an array of shape {array.shape}; expected {like.shape}, "
            "the shape of its argument"
        )
    memcpy(out, cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))
    return 0


cdef inline int user_activate(PyObject *users, Py_ssize_t which, Py_ssize_t rows, Py_ssize_t n,
                              const real *z, real *a) except -1 with gil:
    """a = g(z)"""
    g = (<list>users)[which][0]
    array = as_array[real](rows, n, z)
    return copy_result[real](call(g, array), array, f"activation {g!r}", a)


cdef inline int user_derive(PyObject *users, Py_ssize_t which, Py_ssize_t rows, Py_ssize_t n,
                            const real *z, real *delta) except -1 with gil:
    """delta *= g'(z)"""
    derivative = (<list>users)[which][1]
    array = as_array[real](rows, n, z)
    slopes = np.asarray(call(derivative, array.copy()), dtype=array.dtype)
    if slopes.shape != array.shape:
        raise ValueError(
            f"derivative {derivative!r} returned an array of shape {slopes.shape}; expected "
            f"{array.shape}, the shape of its argument"
        )
    np.multiply(as_array[real](rows, n, delta), slopes, out=array)
    return copy_result[real](array, array, "", delta)


cdef inline double user_cost(PyObject *users, Py_ssize_t rows, Py_ssize_t n_y, Py_ssize_t n,
                             const real *a, const real *y, const real *weight, double scale,
                             real *delta) except? -1 with gil:
    """As the table's cost kernels: the weighted sum of C(x), and dC/da into delta."""
    cost_and_grad = (<list>users)[-1]
    outputs = as_array[real](rows, n, a)
    result = call(cost_and_grad, as_array[real](rows, n_y, y), outputs.copy())
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise ValueError(
            f"loss {cost_and_grad!r} returned {type(result).__name__}; expected (C, dC_da), the "
            "costs and their gradient. For a function of the costs alone, as Keras takes, pass "
            "bpcore.losses.custom(f, dC_da), or custom(f, bpcore.losses.numerical(f)) for a "
            "gradient by differences"
        )
    costs, grad = result
    costs = np.asarray(costs, dtype=np.float64)
    if costs.shape != (rows,):
        raise ValueError(
            f"loss {cost_and_grad!r} returned costs of shape {costs.shape}; expected "
            f"({rows},), one for each example"
        )
    grad = np.asarray(grad, dtype=outputs.dtype)
    if grad.shape != outputs.shape:
        raise ValueError(
            f"loss {cost_and_grad!r} returned a gradient of shape {grad.shape}; expected "
            f"{outputs.shape}, the shape of the outputs a"
        )
    weights = np.ones(rows) if weight == NULL else as_array[real](rows, 1, weight)[:, 0]
    if delta != NULL:
        np.multiply(grad, (scale * weights)[:, None], out=outputs)
        copy_result[real](outputs, outputs, "", delta)
    return float(np.dot(costs, weights))


cdef inline double user_penalty(PyObject *rules, int which, const Variable *variable,
                                const real *w) except? -1 with gil:
    regularizer = (<list>rules)[which][0]
    return float(call(regularizer, variable_array[real](variable, w)))


cdef inline int user_penalty_gradient(PyObject *rules, int which, const Variable *variable,
                                      const real *w, real *grad) except -1 with gil:
    """grad += the gradient of the user's penalty"""
    regularizer = (<list>rules)[which][0]
    array = variable_array[real](variable, w)
    result = np.ascontiguousarray(call(regularizer.gradient, array.copy()), dtype=array.dtype)
    if result.shape != array.shape:
        raise ValueError(
            f"gradient of {regularizer!r} returned an array of shape {result.shape}; expected "
            f"{array.shape}, the shape of its argument"
        )
    cdef const real *values = <const real *>cnp.PyArray_DATA(result)
    cdef Py_ssize_t i
    for i in range(variable.rows * variable.columns):
        grad[i] += values[i]
    return 0


cdef inline int user_constrain(PyObject *rules, int which, const Variable *variable,
                               real *w) except -1 with gil:
    """w = what the user's constraint makes of it"""
    constraint = (<list>rules)[which][1]
    array = variable_array[real](variable, w)
    return copy_result[real](call(constraint, array.copy()), array, f"constraint {constraint!r}", w)
