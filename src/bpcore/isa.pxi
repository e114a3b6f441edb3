# Which instruction set the kernels use: the widest this machine runs, or BPCORE_ISA's.

cdef const bp_isa *current_isa = NULL


def isas():
    """Names of the instruction sets this machine runs, plainest first."""
    names = []
    while bp_isa_available(len(names)) != NULL:
        names.append(bp_isa_available(len(names)).name.decode())
    return names


def isa():
    """Name of the instruction set in use."""
    return current_isa.name.decode()


def set_isa(str name):
    """Use the kernels of this instruction set from the next call on, in every thread."""
    global current_isa
    cdef const bp_isa *found = find_isa(name)
    current_isa = found


cdef const bp_isa *find_isa(str name) except NULL:
    cdef const bp_isa *found = bp_isa_find(name.encode())
    if found == NULL:
        raise ValueError(f"unknown or unsupported instruction set {name!r}; this machine runs "
                         f"{', '.join(isas())} (BPCORE_ISA and set_isa take one of them)")
    return found


set_isa(os.environ.get("BPCORE_ISA") or isas()[-1])
