import random
from datetime import date, timedelta

import pytest
from solution import expand

DAY = timedelta(1)
NAMES = "mon tue wed thu fri sat sun".split()


def day(text):
    return date.fromisoformat(text)


def days(text):
    return [day(each) for each in text.split()]


def between(rule, start, first, last, holidays=""):
    return [str(each) for each in expand(rule, day(start), day(first), day(last), days(holidays))]


def year(rule, start, holidays=""):
    """The dates of the rule in 2024 as MM-DD."""
    return " ".join(each[5:] for each in between(rule, start, "2024-01-01", "2024-12-31", holidays))


def test_days():
    assert between("every day", "2024-02-27", "2024-02-01", "2024-03-01") == [
        "2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]
    assert between("every 10 days", "2023-12-25", "2024-01-01", "2024-01-24") == [
        "2024-01-04", "2024-01-14", "2024-01-24"]
    assert between("every 007  days", "2024-01-01", "2024-01-08", "2024-01-14") == ["2024-01-08"]
    assert between("every 1 days", "2024-05-05", "2024-01-01", "2024-05-06") == ["2024-05-05", "2024-05-06"]
    assert between("every day", "2024-05-05", "2024-01-02", "2024-01-01") == []


def test_weeks_begin_on_monday():
    assert between("every week on sun,wed", "2024-01-04", "2024-01-01", "2024-01-18") == [
        "2024-01-07", "2024-01-10", "2024-01-14", "2024-01-17"]
    assert between("every 2 weeks on mon,sun", "2024-01-06", "2024-01-01", "2024-02-05") == [
        "2024-01-07", "2024-01-15", "2024-01-21", "2024-01-29", "2024-02-04"]
    assert between("every 3 weeks on mon", "2024-01-07", "2024-01-01", "2024-02-20") == ["2024-01-22", "2024-02-12"]


def test_day_of_month():
    assert year("every month on 31", "2023-11-30") == "01-31 03-31 05-31 07-31 08-31 10-31 12-31"
    assert year("every 3 months on 30", "2023-11-01") == "05-30 08-30 11-30"
    assert year("every 5 months on 09", "2024-01-10") == "06-09 11-09"
    assert between("every 12 months on 29", "2023-02-01", "2023-01-01", "2033-01-01") == [
        "2024-02-29", "2028-02-29", "2032-02-29"]


def test_day_of_month_or_last():
    assert year("every month on 31 or last", "2024-01-31") == (
        "01-31 02-29 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31")
    assert year("every 2 months on 30 or last", "2023-12-31") == "02-29 04-30 06-30 08-30 10-30 12-30"
    assert year("every 6 months on 15 or last", "2024-02-16") == "08-15"


def test_weekday_of_month():
    assert year("every 2 months on 2nd tue", "2024-01-01") == "01-09 03-12 05-14 07-09 09-10 11-12"
    assert year("every month on last fri", "2024-07-27") == "08-30 09-27 10-25 11-29 12-27"
    assert year("every month on 5th mon", "2024-01-01") == "01-29 04-29 07-29 09-30 12-30"
    assert year("every 4 months on 1st sun", "2024-01-08") == "05-05 09-01"
    assert year("every 12 months on 4th thu", "2023-11-30") == "11-28"


def test_a_rule_without_dates_ends():
    assert between("every 12 months on 31", "2024-02-01", "2024-01-01", "2149-12-31") == []
    assert between("every 12 months on 30", "2024-02-01", "2024-01-01", "2149-12-31") == []
    assert between("every 48 months on 5th sun times 2", "2032-02-01", "2024-01-01", "2149-12-31") == [
        "2032-02-29", "2060-02-29"]


def test_times_counts_from_the_start():
    assert between("every 2 days times 3", "2024-01-01", "2024-01-04", "2024-02-01") == ["2024-01-05"]
    assert between("every week on mon,fri times 2", "2024-01-03", "2024-01-01", "2024-02-01") == [
        "2024-01-05", "2024-01-08"]
    assert year("every month on 31 times 3", "2024-02-01") == "03-31 05-31 07-31"
    assert year("every month on 5th mon times 2", "2024-02-01") == "04-29 07-29"


def test_until_is_included():
    assert year("every month on 15 until 2024-03-15", "2024-01-16") == "02-15 03-15"
    assert year("every month on 15 until 2024-03-14", "2024-01-16") == "02-15"
    assert year("every day until 2023-12-31", "2023-12-30") == ""
    assert year("every day until 2024-01-01", "2023-12-30") == "01-01"


def test_excepted_dates_count_but_do_not_appear():
    assert year("every day except 2024-01-02,2024-01-04 times 4", "2024-01-01") == "01-01 01-03"
    assert year("every week on thu except 2024-01-11,2024-01-12 until 2024-01-18", "2024-01-01") == "01-04 01-18"
    assert year("every month on 7 except 2024-02-07 times 2 roll forward", "2024-01-01") == "01-08"


def test_roll_forward_and_backward():
    assert year("every month on 6 times 7 roll forward", "2024-01-01") == "01-08 02-06 03-06 04-08 05-06 06-06 07-08"
    assert year("every month on 6 times 7 roll backward", "2024-01-01") == "01-05 02-06 03-06 04-05 05-06 06-06 07-05"
    holidays = "2024-01-08 2024-01-04 2024-01-05 2024-02-06"
    assert year("every month on 6 times 2 roll forward", "2024-01-01", holidays) == "01-09 02-07"
    assert year("every month on 6 times 2 roll backward", "2024-01-01", holidays) == "01-03 02-05"
    assert year("every month on 6 times 2", "2024-01-01", holidays) == "01-06 02-06"


def test_roll_nearest():
    assert year("every day until 2024-01-07 roll nearest", "2024-01-06") == "01-05 01-08"
    assert year("every day times 1 roll nearest", "2024-01-06", "2024-01-05") == "01-08"
    assert year("every day times 1 roll nearest", "2024-01-07", "2024-01-08 2024-01-09") == "01-05"
    assert year("every day times 1 roll nearest", "2024-01-10", "2024-01-10") == "01-11"


def test_roll_within_month():
    assert year("every month on 31 or last times 4 roll within month", "2024-03-01") == "03-29 04-30 05-31 06-28"
    assert year("every 3 months on 30 times 2 roll within month", "2024-03-01", "2024-03-29") == "03-28 06-28"
    assert year("every month on 1 times 4 roll within month", "2024-06-01") == "06-03 07-01 08-01 09-02"
    assert year("every day times 1 roll within month", "2023-12-31") == ""


def test_roll_skip():
    assert year("every 2 days times 6 roll skip", "2024-01-02", "2024-01-04") == "01-02 01-08 01-10 01-12"
    assert year("every week on sat,sun times 9 roll skip", "2024-01-01") == ""


def test_rolled_dates_decide():
    assert between("every month on 31 or last roll forward", "2024-02-01", "2024-04-01", "2024-04-29") == ["2024-04-01"]
    assert between("every month on 1 roll backward", "2024-05-15", "2024-05-15", "2024-05-31") == ["2024-05-31"]
    assert between("every day roll backward", "2024-06-01", "2024-05-01", "2024-06-02") == ["2024-05-31"]
    assert between("every day until 2024-06-01 roll forward", "2024-05-31", "2024-05-31", "2024-06-30") == [
        "2024-05-31", "2024-06-03"]
    assert between("every day except 2024-06-03 times 4 roll forward", "2024-05-31", "2024-05-01", "2024-06-30") == [
        "2024-05-31", "2024-06-03"]
    assert between("every 100 days roll backward", "2024-12-25", "2024-12-01", "2024-12-15",
                   " ".join(f"2024-12-{at}" for at in range(12, 26))) == ["2024-12-11"]


def test_wrong_rules_are_refused():
    for rule in (
        "", "every", "every days", "every 2 day", "every 0 days", "every 1000 days", "every -1 days", "Every day",
        "every day on mon", "every 2 days on 5", "every week", "every week on", "every week on 5", "every months on 5",
        "every week on 1st mon", "every week on mon, tue", "every week on monday", "every week on mon,",
        "every month", "every month on 0", "every month on 32", "every month on mon", "every month on 6th mon",
        "every month on 1st", "every month on last", "every month on 2nd tue or last", "every month on 5,6",
        "every month on 1.5", "every day until 2024-02-30", "every day until 2024-1-05", "every day until",
        "every day times 0", "every day times 1000", "every day times", "every day until 2024-01-05 times 2",
        "every day times 2 until 2024-01-05", "every day times 2 except 2024-01-05", "every day except",
        "every day except 2024-01-05, 2024-01-06", "every day except 2023-02-29", "every day roll", "every day roll up",
        "every day roll within", "every day roll forward times 2", "every day daily", "every ２ days",
    ):
        with pytest.raises(ValueError):
            expand(rule, day("2024-01-01"), day("2023-01-01"), day("2023-01-01"))
    rule = "every  02 weeks   on tue  except 2024-01-02  times  002 roll  within   month"
    assert year(rule, "2024-01-01") == "01-16"


def scanned(frequency, excepted, until, times, roll, start, first, last, holidays):
    """Looks at each single day; the frequency is a function of the day."""

    def is_open(each):
        return each.weekday() < 5 and each not in holidays

    found, seen = set(), 0
    for ahead in range((last - start).days + 40):
        each = start + ahead * DAY
        if not frequency(each):
            continue
        seen += 1
        if each > until or seen > times or each in excepted:
            continue
        ways = {way: each for way in (1, -1)}
        for way in ways:
            while not is_open(ways[way]):
                ways[way] += way * DAY
        if roll == "forward":
            each = ways[1]
        elif roll == "backward":
            each = ways[-1]
        elif roll == "nearest":
            each = ways[1] if ways[1] - each <= each - ways[-1] else ways[-1]
        elif roll == "within month":
            each = ways[1] if (ways[1].year, ways[1].month) == (each.year, each.month) else ways[-1]
        elif roll == "skip" and not is_open(each):
            continue
        found |= {each} if first <= each <= last else set()
    return sorted(found)


def random_frequency(source, start):
    unit, n = source.choice(("day", "week", "month", "month")), source.choice((1, 1, 2, 3, 5, 14))
    text = f"every {unit}" if n == 1 else f"every {n} {unit}s"
    if unit == "day":
        return text, lambda each: (each - start).days % n == 0
    if unit == "week":
        chosen = source.sample(NAMES, source.randrange(1, 4))
        monday = start - start.weekday() * DAY
        return f"{text} on {','.join(chosen)}", lambda each: (
            (each - monday).days // 7 % n == 0 and NAMES[each.weekday()] in chosen)

    def in_month(each):
        return (12 * each.year + each.month - 12 * start.year - start.month) % n == 0

    kind, number, name = source.randrange(4), source.choice((1, 5, 15, 28, 29, 30, 31)), source.choice(NAMES)
    if kind == 0:
        return f"{text} on {number}", lambda each: in_month(each) and each.day == number
    if kind == 1:
        return f"{text} on {number} or last", lambda each: in_month(each) and (
            each.day == number or (each.day < number and (each + DAY).day == 1))
    if kind == 2:
        return f"{text} on last {name}", lambda each: (
            in_month(each) and NAMES[each.weekday()] == name and (each + 7 * DAY).month != each.month)
    at = source.randrange(5)
    return f"{text} on {('1st', '2nd', '3rd', '4th', '5th')[at]} {name}", lambda each: (
        in_month(each) and NAMES[each.weekday()] == name and (each.day - 1) // 7 == at)


def test_random_rules_agree_with_a_scan_of_all_days():
    source = random.Random(1582)
    for _ in range(150):
        start = date(2019, 1, 1) + source.randrange(500) * DAY
        first = start + source.randrange(-20, 200) * DAY
        last = first + source.randrange(10, 300) * DAY
        holidays = [start + source.randrange(500) * DAY for _ in range(100)]
        rule, frequency = random_frequency(source, start)
        excepted = [start + source.randrange(60) * DAY for _ in range(source.choice((0, 0, 9)))]
        rule += f" except {','.join(map(str, excepted))}" if excepted else ""
        until, times = date.max, 10_000
        if source.random() < 0.3:
            until = start + source.randrange(300) * DAY
            rule += f" until {until}"
        elif source.random() < 0.3:
            times = source.randrange(1, 30)
            rule += f" times {times}"
        roll = source.choice(("", "forward", "backward", "nearest", "within month", "skip"))
        rule += f" roll {roll}" if roll else ""
        expected = scanned(frequency, excepted, until, times, roll, start, first, last, set(holidays))
        assert expand(rule, start, first, last, holidays) == expected
