from math import ceil, floor, inf, isfinite


class Sketch:
    """A summary of a stream of numbers that answers within an error of error * count().

    After Greenwald and Khanna. An entry (number, gap, slack) stands for `gap` numbers, of which it is the largest. Its
    position is at least the sum of all gaps up to it, and at most `slack` more. As gap + slack is at most
    2 * error * count, some entry is close enough to every position. The first entry is the smallest number and the
    last one the largest, both without slack.
    """

    def __init__(self, error: float):
        if not 0 < error < 0.5:
            raise ValueError("the error must be between 0 and 0.5")
        self._error, self._count, self._entries = error, 0, []

    @classmethod
    def load(cls, data) -> "Sketch":
        made = cls(data["error"])
        made._count = data["count"]
        made._entries = list(zip(data["numbers"], data["gaps"], data["slacks"]))
        return made

    def dump(self):
        numbers, gaps, slacks = (list(part) for part in zip(*self._entries)) if self._entries else ([], [], [])
        return {"error": self._error, "count": self._count, "numbers": numbers, "gaps": gaps, "slacks": slacks}

    def extend(self, values: list[float]) -> None:
        if not all(map(isfinite, values)):
            raise ValueError("all values must be finite")
        # In one batch, because only the whole must be sorted and compressed.
        self._add([(value, 1, 0) for value in sorted(values)], len(values))

    def merge(self, other: "Sketch") -> None:
        if other._error != self._error:
            raise ValueError("the sketches have different errors")
        self._add(other._entries, other._count)

    def count(self) -> int:
        return self._count

    def quantile(self, q: float) -> float:
        if not self._entries or not 0 <= q <= 1:
            raise ValueError("the sketch is empty, or q is not between 0 and 1")
        wanted = max(1, ceil(q * self._count))
        best, nearest, lowest = None, inf, 0
        for number, gap, slack in self._entries:
            lowest += gap
            distance = max(wanted - lowest, lowest + slack - wanted)
            if distance < nearest:
                best, nearest = number, distance
        return best

    def rank(self, number: float) -> float:
        lowest = 0
        for entry, gap, slack in self._entries:
            if entry > number:
                # The next entry is larger, so at most this many are not.
                return (lowest + lowest + gap + slack - 1) / 2
            lowest += gap
        return lowest

    def _add(self, others, count):
        mine, theirs = list(self._entries), list(others)
        merged = []
        at = to = 0
        while at < len(mine) or to < len(theirs):
            if to == len(theirs) or (at < len(mine) and mine[at][0] <= theirs[to][0]):
                entry, behind = mine[at], theirs[to : to + 1]
                at += 1
            else:
                entry, behind = theirs[to], mine[at : at + 1]
                to += 1
            # Of the numbers that the other side's next entry stands for, all but itself may be smaller.
            more = sum(gap + slack - 1 for _, gap, slack in behind)
            merged.append((entry[0], entry[1], entry[2] + more))
        self._count += count
        self._entries = self._compressed(merged)

    def _compressed(self, entries):
        limit = floor(2 * self._error * self._count)
        kept = []
        for at in reversed(range(len(entries))):
            number, gap, slack = entries[at]
            if kept and at > 0 and gap + kept[-1][1] + kept[-1][2] <= limit:
                kept[-1] = (kept[-1][0], gap + kept[-1][1], kept[-1][2])
            else:
                kept.append((number, gap, slack))
        return kept[::-1]
