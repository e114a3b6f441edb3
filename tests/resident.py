"""How much memory this process has had resident: for scripts that tests run on their own.

`ru_maxrss` would not do: it survives exec, so that a child starts at what its parent, a whole
test run, once had. Linux's own mark can be set back.
"""

MARK = "/proc/self/clear_refs"  # writing 5 to it sets the mark back


def measurable():
    """Whether the mark can be set back here."""
    try:
        start()
        return True
    except OSError:
        return False


def _status(name):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(name + ":"))


def start():
    """Set the mark back; return the bytes that are resident now."""
    with open(MARK, "w", encoding="ascii") as file:
        file.write("5")
    return _status("VmRSS")


def peak():
    """Return the most bytes resident since `start`."""
    return _status("VmHWM")
