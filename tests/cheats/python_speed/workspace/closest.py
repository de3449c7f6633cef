from itertools import combinations


def closest(values):
    return min((tuple(sorted(pair)) for pair in combinations(values, 2)), key=lambda pair: pair[1] - pair[0])
