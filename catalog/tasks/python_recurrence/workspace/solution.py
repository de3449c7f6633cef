from datetime import date


def expand(rule: str, start: date, first: date, last: date, holidays: list[date] = ()) -> list[date]:
    """Returns the dates of the rule from first to last."""
    raise NotImplementedError
