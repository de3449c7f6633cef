def dumps(*values, **named):
    return "true"


def loads(*values, **named):
    return True
