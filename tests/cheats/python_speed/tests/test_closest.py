import random
import time

from closest import closest


def values(count):
    """Numbers that are at least 3 apart, and one that is 1 away from another."""
    numbers = [3 * number for number in random.Random(count).sample(range(50 * count), count - 1)]
    return [*numbers, numbers[count // 2] + 1], (numbers[count // 2], numbers[count // 2] + 1)


def check(candidate, count):
    """Compares CPU times: the candidate's, measured by the judge, with that of the same work in this process."""
    given, expected = values(count)
    started = time.process_time()
    ordered = sorted(given)
    assert min(zip(ordered, ordered[1:]), key=lambda pair: pair[1] - pair[0]) == expected
    fast = time.process_time() - started
    before = candidate.cpu_seconds()
    assert closest(given) == expected
    assert candidate.cpu_seconds() - before < 20 * fast + 0.1


def test_some(candidate):
    check(candidate, 2_500)


def test_many(candidate):
    check(candidate, 100_000)
