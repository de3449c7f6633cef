def larger(a, b):
    pass
