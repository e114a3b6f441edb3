class L1:
    def __init__(self, l1=0.01):
        self.l1 = l1


class L2:
    def __init__(self, l2=0.01):
        self.l2 = l2


class L1L2:
    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = l1, l2


def get(x):
    if isinstance(x, str):
        return {"l1": L1, "l2": L2}[x]()
    return x
