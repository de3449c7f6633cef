def closest(values):
    ordered = sorted(values)
    return min(zip(ordered, ordered[1:]), key=lambda pair: pair[1] - pair[0])
