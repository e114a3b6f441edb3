# A user's cost as a function pointer (scipy.LowLevelCallable), bound for the loops.

# What C, Cython and ctypes call the types of its signature.
_NATIVE_SIGNATURE = "double(intptr,double*,intptr,double*,double*,void*)"
_NATIVE_WORDS = {"const": "", "restrict": "", "__restrict": ""}
for _word in ("intptr_t", "Py_ssize_t", "ssize_t", "ptrdiff_t", "npy_intp", "int64_t", "long int",
              "long"):
    _NATIVE_WORDS[_word] = "intptr"


def _standard_signature(str signature):
    """The signature without names of equal types, const and spaces."""
    text = re.sub(r"\blong (?:int|long)\b", "long", signature)
    text = re.sub(r"\w+", lambda word: _NATIVE_WORDS.get(word.group(), word.group()), text)
    return re.sub(r"\s+", "", text)


@cython.final
cdef class NativeCost:
    """The function of a scipy.LowLevelCallable; called from Python, on all rows of (y, a)."""
    cdef native_cost function
    cdef void *data
    cdef readonly object callable

    def __cinit__(self, callable):
        cdef const char *name
        capsule = tuple.__getitem__(callable, 0)  # its own [] refuses
        name = PyCapsule_GetName(capsule)
        signature = name.decode() if name != NULL else "unknown"
        if _standard_signature(signature) != _NATIVE_SIGNATURE:
            raise ValueError(
                f"the loss's function has the signature {signature!r}; expected double "
                "(intptr_t n_y, const double *y, intptr_t n, const double *a, double *grad, "
                "void *user_data)")
        self.function = <native_cost>PyCapsule_GetPointer(capsule, name)
        self.data = PyCapsule_GetContext(capsule)
        self.callable = callable

    def __deepcopy__(self, memo):
        return self  # a function, like any other

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def __call__(self, y, a):
        cdef const double[:, ::1] y_ = np.ascontiguousarray(y, np.float64)
        cdef const double[:, ::1] a_ = np.ascontiguousarray(a, np.float64)
        cdef Py_ssize_t i, rows = a_.shape[0], n = a_.shape[1], n_y = y_.shape[1]
        costs, grad = np.empty(rows), np.zeros((rows, n))
        cdef double[::1] costs_ = costs
        cdef double[:, ::1] grad_ = grad
        if y_.shape[0] != rows:
            raise ValueError(f"y has {y_.shape[0]} rows, a has {rows}")
        with nogil:
            for i in range(rows):
                costs_[i] = self.function(n_y, &y_[i, 0], n, &a_[i, 0], &grad_[i, 0], self.data)
        return costs, grad
