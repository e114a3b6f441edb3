# What Python hands over about updates: an optimizer's settings, and the variables of a plan.

OPTIMIZERS = {
    "sgd": dispatch.BP_SGD,
    "adam": dispatch.BP_ADAM,
    "amsgrad": dispatch.BP_AMSGRAD,
    "rmsprop": dispatch.BP_RMSPROP,
    "adagrad": dispatch.BP_ADAGRAD,
    "adadelta": dispatch.BP_ADADELTA,
    "adamax": dispatch.BP_ADAMAX,
    "nadam": dispatch.BP_NADAM,
    "ftrl": dispatch.BP_FTRL,
    "lion": dispatch.BP_LION,
    "adafactor": dispatch.BP_ADAFACTOR,
}
PENALTIES = {
    "none": NO_PENALTY,
    "l1_l2": L1_L2,
    "orthogonal_rows": ORTHOGONAL_ROWS,
    "orthogonal_columns": ORTHOGONAL_COLUMNS,
    "user": USER_PENALTY,
}
CONSTRAINTS = {
    "none": NO_CONSTRAINT,
    "non_negative": NON_NEGATIVE,
    "norm": NORM,
    "user": USER_CONSTRAINT,
}

# One row for each variable: the fields of network.pxd's Variable.
VARIABLE_COLUMNS = ("at", "rows", "columns", "vector", "trainable", "penalty", "constraint",
                    "axis")
VARIABLE_NUMBERS = ("l1", "l2", "low", "high", "rate")


cdef int read_coefficients(dispatch.bp_coefficients *c, dict given) except -1:
    cdef dict left = dict(given)
    c.rate = left.pop("rate", 0.0)
    c.beta_1 = left.pop("beta_1", 0.0)
    c.beta_2 = left.pop("beta_2", 0.0)
    c.epsilon = left.pop("epsilon", 0.0)
    c.of_m = left.pop("of_m", 0.0)
    c.of_g = left.pop("of_g", 0.0)
    c.of_v = left.pop("of_v", 0.0)
    c.power = left.pop("power", 0.0)
    c.l1 = left.pop("l1", 0.0)
    c.l2 = left.pop("l2", 0.0)
    c.shrinkage = left.pop("shrinkage", 0.0)
    c.l2_per_rate = left.pop("l2_per_rate", 0.0)
    c.nesterov = left.pop("nesterov", False)
    c.divides = left.pop("divides", kernels.bp_divides_fast())
    c.far = left.pop("far", False)
    if left:
        raise TypeError(f"unknown coefficients {list(left)}")
    return 0


@cython.final
cdef class Settings:
    """An optimizer's settings, as `Network.train` takes them; see ``_core.pyi``."""
    cdef Update update
    cdef readonly int n_slots
    cdef readonly bint whole
    cdef bytes undecayed

    def __cinit__(self, str kind, dict coefficients, tuple slots, *, double weight_decay=0,
                  double clip_value=0, double clip_norm=0, double global_norm=0,
                  average_momentum=None, int64_t overwrite=0, int64_t accumulate=1,
                  double epsilon_2=0, double clip_threshold=1, double beta_2_decay=0,
                  bytes undecayed=b""):
        cdef int k
        if accumulate < 1 or overwrite < 0:
            raise ValueError(f"accumulate must be at least 1 and overwrite 0, got {accumulate} "
                             f"and {overwrite}")
        self.update.kind = OPTIMIZERS[kind]
        read_coefficients(&self.update.settings, coefficients)
        for k in range(4):
            self.update.place[k] = -1
            if k < len(slots) and slots[k]:
                self.update.place[k] = self.n_slots
                self.update.own = k + 1
                self.n_slots += 1
        self.update.average = self.update.sum = -1
        if average_momentum is not None:
            self.update.average_momentum = average_momentum
            self.update.average = self.n_slots
            self.n_slots += 1
        if accumulate > 1:
            self.update.sum = self.n_slots
            self.n_slots += 1
        self.update.weight_decay = weight_decay
        self.update.clip_value = clip_value
        self.update.clip_norm = clip_norm
        self.update.global_norm = global_norm
        self.update.overwrite = overwrite
        self.update.accumulate = accumulate
        self.update.epsilon_2 = epsilon_2
        self.update.clip_threshold = clip_threshold
        self.update.beta_2_decay = beta_2_decay
        self.whole = (clip_norm != 0 or global_norm != 0
                      or self.update.kind == dispatch.BP_ADAFACTOR)
        self.update.whole = self.whole
        self.update.plain = (self.update.average < 0 and self.update.sum < 0
                             and weight_decay == 0 and clip_value == 0 and not self.whole)
        self.undecayed = undecayed
        self.update.undecayed = NULL
        if undecayed:
            self.update.undecayed = <const unsigned char *>undecayed


cdef int read_variable(Variable *variable, const int64_t *row, const double *numbers,
                       Py_ssize_t n_parameters) except -1:
    variable.at = row[0]
    variable.rows = row[1]
    variable.columns = row[2]
    variable.vector = row[3] != 0
    variable.trainable = row[4] != 0
    variable.penalty = <int>row[5]
    variable.constraint = <int>row[6]
    variable.axis = <int>row[7]
    variable.l1 = numbers[0]
    variable.l2 = numbers[1]
    variable.low = numbers[2]
    variable.high = numbers[3]
    variable.rate = numbers[4]
    if variable.at < 0 or variable.at + variable.rows * variable.columns > n_parameters:
        raise ValueError("the plan does not fit the parameters: the layers were changed behind "
                         "the model's back")
    return 0


cdef int read_variables(Plan *plan, const int64_t[:, ::1] rows, const double[:, ::1] numbers,
                        list rules) except -1:
    """Fill in the plan's table of variables, and what is known from it."""
    cdef Py_ssize_t n = rows.shape[0], size = 1
    cdef int i
    cdef Variable *variable
    if (rows.shape[1] != len(VARIABLE_COLUMNS) or numbers.shape[1] != len(VARIABLE_NUMBERS)
            or numbers.shape[0] != n or len(rules) != n):
        raise ValueError(f"{n} variables need as many rows of {len(VARIABLE_COLUMNS)} integers "
                         f"and {len(VARIABLE_NUMBERS)} numbers, and rules")
    plan.variables = <Variable *>PyMem_Calloc(n + 1, sizeof(Variable))
    plan.penalties = <double *>PyMem_Calloc(n + 1, sizeof(double))
    if plan.variables == NULL or plan.penalties == NULL:
        raise MemoryError()
    plan.n_variables = <int>n
    plan.simple = True
    plan.has_frozen = plan.penalised = plan.whole = False
    plan.rules = <PyObject *>rules
    for i in range(n):
        variable = &plan.variables[i]
        read_variable(variable, &rows[i, 0], &numbers[i, 0], plan.n_parameters)
        if not variable.trainable:
            plan.has_frozen = True
            plan.simple = False
            continue
        if variable.penalty != NO_PENALTY:
            plan.penalised = True
            plan.simple = False
        if variable.constraint != NO_CONSTRAINT:
            plan.simple = False
        if (variable.penalty not in (NO_PENALTY, L1_L2)
                or variable.constraint not in (NO_CONSTRAINT, NON_NEGATIVE)):
            plan.whole = True
            size = max(size, variable.rows * variable.columns + variable.rows
                       + 2 * variable.columns)
    # At most the unit vectors, their lengths and a slope of `orthogonal`.
    plan.variable_scratch = <double *>PyMem_Calloc(size, sizeof(double))
    if plan.variable_scratch == NULL:
        raise MemoryError()
    return 0
