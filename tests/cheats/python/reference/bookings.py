import re
import sys
from contextlib import contextmanager

_TIMES = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")


class Taken(ValueError):
    pass


def parse(text):
    bookings = []
    for part in text.split(","):
        match = _TIMES.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"not a booking: {part!r}")
        hour, minute, end_hour, end_minute = map(int, match.groups())
        start, end = hour + minute / 60, end_hour + end_minute / 60
        if not start < end <= 24:
            raise ValueError(f"ends before it starts: {part!r}")
        bookings.append((start, end))
    return bookings


def free(bookings, opens, closes):
    gaps, at = [], opens
    for start, end in sorted(bookings):
        if start > at:
            gaps.append((at, min(start, closes)))
        at = max(at, end)
        if at >= closes:
            break
    if at < closes:
        gaps.append((at, closes))
    return gaps


def hours(bookings):
    total, at = 0.0, float("-inf")
    for start, end in sorted(bookings):
        total += max(0.0, end - max(start, at))
        at = max(at, end)
    return total


class Room:
    def __init__(self, opens, closes):
        self.opens, self.closes = opens, closes
        self._bookings = []

    def book(self, start, end, notify=None):
        if not self.opens <= start < end <= self.closes:
            raise ValueError("outside of the opening hours")
        if any(start < other_end and other_start < end for other_start, other_end in self._bookings):
            raise Taken(f"{start}-{end}")
        self._bookings.append((start, end))
        if notify is not None:
            notify((start, end))

    def __len__(self):
        return len(self._bookings)

    def __iter__(self):
        return iter(sorted(self._bookings))

    @contextmanager
    def held(self, start, end):
        self.book(start, end)
        try:
            yield
        finally:
            self._bookings.remove((start, end))


def _clock(time):
    minutes = round(time * 60)
    return f"{minutes // 60}:{minutes % 60:02}"


if __name__ == "__main__":
    for start, end in free(parse(sys.stdin.read()), float(sys.argv[1]), float(sys.argv[2])):
        print(f"{_clock(start)}-{_clock(end)}")
