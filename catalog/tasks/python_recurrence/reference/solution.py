import re
from calendar import monthrange
from datetime import date, timedelta
from itertools import count, islice, takewhile

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "last")
LONGEST_ROLL = timedelta(30)
ONE_DAY = timedelta(1)

DAY, DATE = f"(?:{'|'.join(WEEKDAYS)})", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
RULE = re.compile(
    "every (?:(?P<step>[0-9]+) (?P<units>day|week|month)s|(?P<unit>day|week|month))"
    f"(?: on (?:(?P<week>{DAY}(?:,{DAY})*)|(?P<month>[0-9]+(?: or last)?|(?:{'|'.join(ORDINALS)}) {DAY})))?"
    f"(?: except (?P<dates>{DATE}(?:,{DATE})*))?"
    f"(?: until (?P<until>{DATE})| times (?P<times>[0-9]+))?"
    "(?: roll (?P<roll>forward|backward|nearest|within month|skip))?"
)


def number(text, most):
    if not 1 <= int(text) <= most:
        raise ValueError(f"{text} is not between 1 and {most}")
    return int(text)


class Rule:
    def __init__(self, text):
        match = RULE.fullmatch(re.sub(" +", " ", text))
        if match is None:
            raise ValueError(f"not a rule: {text!r}")
        self.unit = match["unit"] or match["units"]
        if any((match[unit] is not None) != (unit == self.unit) for unit in ("week", "month")):
            raise ValueError(f"not suitable for {self.unit}s: {text!r}")
        self.step = number(match["step"] or "1", 999)
        self.weekdays = sorted({WEEKDAYS.index(day) for day in (match["week"] or "mon").split(",")})
        self.place = (match["month"] or "1").split(" ")
        if self.place[0].isdigit():
            number(self.place[0], 31)
        self.excepted = {date.fromisoformat(each) for each in (match["dates"] or "").split(",") if each}
        self.until = date.fromisoformat(match["until"]) if match["until"] else None
        self.times = number(match["times"], 999) if match["times"] else None
        self.roll = match["roll"]

    def nominal(self, start, end):
        """Ascending dates; none of them is much later than the end."""
        dates = (each for each in getattr(self, f"_{self.unit}s")(start, end) if each >= start)
        if self.until:
            dates = takewhile(lambda each: each <= self.until, dates)
        return (each for each in islice(dates, self.times) if each not in self.excepted)

    def _days(self, start, end):
        while start <= end:
            yield start
            start += self.step * ONE_DAY

    def _weeks(self, start, end):
        monday = start - start.weekday() * ONE_DAY
        while monday <= end:
            yield from (monday + weekday * ONE_DAY for weekday in self.weekdays)
            monday += 7 * self.step * ONE_DAY

    def _months(self, start, end):
        for months in count(12 * start.year + start.month - 1, self.step):
            first = date(months // 12, months % 12 + 1, 1)
            if first > end:
                break
            day = self._day_of_month(first)
            if day:
                yield first.replace(day=day)

    def _day_of_month(self, first):
        weekday, length = monthrange(first.year, first.month)
        which, *rest = self.place
        if which.isdigit():
            return int(which) if int(which) <= length else length if rest else None
        days = range(1 + (WEEKDAYS.index(rest[0]) - weekday) % 7, length + 1, 7)
        if which == "last":
            return days[-1]
        return dict(zip(ORDINALS, days)).get(which)


def roll(day, how, holidays):
    """The business day for a date; None if it is left out."""

    def search(step):
        found = day
        while found.weekday() >= 5 or found in holidays:
            found += step
        return found

    following, previous = search(ONE_DAY), search(-ONE_DAY)
    if how is None or following == day:
        return day
    if how == "skip":
        return None
    back = (
        how == "backward"
        or (how == "nearest" and day - previous < following - day)
        or (how == "within month" and following.month != day.month)
    )
    return previous if back else following


def expand(rule: str, start: date, first: date, last: date, holidays: list[date] = ()) -> list[date]:
    """Returns the dates of the rule from first to last."""
    parsed, closed = Rule(rule), set(holidays)
    # A date after the last one can be rolled back to it.
    rolled = {roll(day, parsed.roll, closed) for day in parsed.nominal(start, last + LONGEST_ROLL)}
    return sorted(day for day in rolled if day is not None and first <= day <= last)
