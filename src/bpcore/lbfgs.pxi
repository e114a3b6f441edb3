# L-BFGS on a network's cost over all rows; the mathematics is in lbfgs.pxd.

@cython.final
cdef class Minimiser:
    """The minimum of factor scale (sum of weight_i C(x_i)) + penalties, iteration by iteration.

    See ``_core.pyi`` for the arguments.
    """
    cdef Network network
    cdef object x_data, y_data, weight
    cdef double scale, factor, share, f_before
    cdef Memory memory
    cdef object arrays, network_grad, scratch
    cdef double *theta
    cdef double *theta_before
    cdef double *grad
    cdef double *grad_before
    cdef double *d
    cdef readonly double cost
    cdef readonly int64_t iterations, evaluations

    def __init__(self, Network network not None, x, y, weight, double scale, double factor,
                 double share):
        cdef Py_ssize_t n = network.plan.n_parameters
        self.network, self.x_data, self.y_data, self.weight = network, x, y, weight
        self.scale, self.factor, self.share = scale, factor, share
        self.memory.n, self.memory.count, self.memory.newest = n, 0, 0
        self.arrays = np.zeros((5 + 2 * MEMORY) * n)
        self.theta = <double *>cnp.PyArray_DATA(self.arrays)
        self.theta_before = self.theta + n
        self.grad = self.theta + 2 * n
        self.grad_before = self.theta + 3 * n
        self.d = self.theta + 4 * n
        self.memory.s = self.theta + 5 * n
        self.memory.y = self.memory.s + MEMORY * n
        self.network_grad = np.empty(n, network.dtype)
        self.scratch = np.empty(n, network.dtype)
        self.arrays[:n] = network.parameters
        self.iterations = self.evaluations = 0
        self.evaluate()

    cdef int evaluate(self) except -1:
        """cost and grad at theta."""
        cdef Py_ssize_t n = self.memory.n, i
        cdef double factor = self.factor
        self.network.parameters[...] = self.arrays[:n]
        cost = self.network.cost_and_grad(self.x_data, self.y_data, self.weight, self.scale,
                                          self.network_grad, self.scratch, self.share)
        self.cost = factor * self.scale * <double>cost
        self.arrays[2 * n:3 * n] = self.network_grad
        if factor != 1:
            for i in range(n):
                self.grad[i] *= factor
        self.evaluations += 1
        PyErr_CheckSignals()  # a search may make twenty of these before Python looks
        return 0

    @property
    def largest_gradient(self):
        return largest(self.memory.n, self.grad)

    @property
    def decrease(self):
        """What the last iteration won, relative to the cost where that is above 1."""
        return (self.f_before - self.cost) / max(abs(self.f_before), abs(self.cost), 1.0)

    cdef bint goes_down(self, double slope):
        """Search along d for a step, and take it in; False where there is none."""
        cdef Py_ssize_t n = self.memory.n
        cdef double step = 1, slope_now
        cdef Search at
        cdef int tries
        if not slope < 0:
            return False
        if self.iterations == 0:
            step = min(1 / length(n, self.d), 1e10)
        start_search(&at, self.cost, slope, step)
        for tries in range(MOST_TRIES):
            memcpy(self.theta, self.theta_before, n * sizeof(double))
            add(n, step, self.d, self.theta)
            self.evaluate()
            slope_now = dot(n, self.grad, self.d)
            if search(&at, self.cost, slope_now, &step):
                remember(&self.memory, step, self.d, self.grad, self.grad_before, slope,
                         slope_now)
                return True
        return False

    def iterate(self):
        cdef Py_ssize_t n = self.memory.n
        cdef bint fresh
        self.f_before = self.cost
        memcpy(self.theta_before, self.theta, n * sizeof(double))
        memcpy(self.grad_before, self.grad, n * sizeof(double))
        while True:
            fresh = self.memory.count == 0
            find_direction(&self.memory, self.grad, self.d)
            if self.goes_down(dot(n, self.grad, self.d)):
                self.iterations += 1
                return True
            # Back to where the iteration started, and once more along the gradient.
            memcpy(self.theta, self.theta_before, n * sizeof(double))
            memcpy(self.grad, self.grad_before, n * sizeof(double))
            self.cost = self.f_before
            self.memory.count = 0
            if fresh:
                self.network.parameters[...] = self.arrays[:n]
                return False
