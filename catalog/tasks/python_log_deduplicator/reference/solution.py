import re
from collections import OrderedDict
from dataclasses import dataclass
from math import inf

QUOTED = re.compile(r'("[^"]*")')
WORD = re.compile(r"[A-Za-z0-9]+")
ID = re.compile(r"(?=.*[0-9])[0-9A-Fa-f]{8,}")


def placeholder(match):
    word = match[0]
    if word.isdigit():
        return "<num>"
    return "<id>" if ID.fullmatch(word) else word


def fingerprint(message: str) -> str:
    """Returns the message with placeholders for numbers, ids and quoted texts."""
    # Split by a group, every second part is what the group matched.
    parts = QUOTED.split(message)
    text = "".join("<str>" if at % 2 else WORD.sub(placeholder, part) for at, part in enumerate(parts))
    return " ".join(text.split())


@dataclass
class Group:
    end: float
    serial: int
    passed: int = 0
    suppressed: int = 0
    last: float = 0


class Deduplicator:
    """Lets the first messages of each group pass and counts the others. Every method returns a list of records."""

    def __init__(self, window: float, limit: int, max_groups: int):
        if not (window > 0 and limit > 0 and max_groups > 0):
            raise ValueError("window, limit and max_groups must be greater than 0")
        self.window, self.limit, self.max_groups = window, limit, max_groups
        self.now = -inf
        self.opened = 0
        self.groups = OrderedDict()  # in order of their latest messages

    def feed(self, time: float, level: str, message: str) -> list[tuple]:
        records = self.advance(time)
        passing = ("message", time, level, message)
        if level == "FATAL":
            return [*records, passing]
        key = (level, fingerprint(message))
        if key not in self.groups:
            if len(self.groups) >= self.max_groups:
                records += self._summary(*self.groups.popitem(last=False), time)
            self.groups[key] = Group(time + self.window, self.opened)
            self.opened += 1
        group = self.groups[key]
        self.groups.move_to_end(key)
        if group.passed < self.limit:
            group.passed += 1
            return [*records, passing]
        group.suppressed += 1
        group.last = time
        return records

    def advance(self, time: float) -> list[tuple]:
        if time < self.now:
            raise ValueError("time goes back")
        self.now = time
        return self._close_until(time)

    def close(self) -> list[tuple]:
        return self._close_until(inf)

    def _close_until(self, time):
        ended = [(key, group) for key, group in self.groups.items() if group.end <= time]
        records = []
        for key, group in sorted(ended, key=lambda each: (each[1].end, each[1].serial)):
            del self.groups[key]
            records += self._summary(key, group, group.end)
        return records

    @staticmethod
    def _summary(key, group, time):
        return [("summary", time, *key, group.suppressed, group.last)] if group.suppressed else []
