import bisect
import json
import math
import random

import pytest
from solution import Sketch


def reloaded(sketch, error):
    """The sketch after a journey as JSON, so that it has no other memory."""
    text = json.dumps(sketch.dump())
    assert len(text) <= 400 / error
    return Sketch.load(json.loads(text))


def filled(values, error, batch=250):
    sketch = Sketch(error)
    for at in range(0, len(values), batch):
        sketch.extend(values[at : at + batch])
        if at // batch % 20 == 19:
            sketch = reloaded(sketch, error)
    return reloaded(sketch, error)


def check(sketch, values, error):
    """Whether all that the sketch promises is true of these values."""
    ordered = sorted(values)
    n, allowed = len(ordered), error * len(ordered) + 1e-6
    assert sketch.count() == n
    for step in range(17):
        q = step / 16
        found, wanted = sketch.quantile(q), max(1, math.ceil(q * n))
        first, last = bisect.bisect_left(ordered, found) + 1, bisect.bisect_right(ordered, found)
        assert first <= last
        assert first - allowed <= wanted <= last + allowed
    assert (sketch.quantile(0), sketch.quantile(1)) == (ordered[0], ordered[-1])
    for number in [ordered[at * (n - 1) // 10] + shift for at in range(11) for shift in (-0.5, 0)]:
        assert abs(sketch.rank(number) - bisect.bisect_right(ordered, number)) <= allowed
    assert (sketch.rank(ordered[0] - 1), sketch.rank(ordered[-1]), sketch.rank(ordered[-1] + 1)) == (0, n, n)


def test_few_numbers_are_answered_exactly():
    values = [5, 3.5, 8, 3.5, -2, 100, 0, 7, 9, 1]
    sketch = Sketch(0.05)
    for value in values:
        sketch.extend([value])
    assert [sketch.quantile(q) for q in (0, 0.1, 0.125, 0.25, 0.5, 0.75, 0.875, 1)] == [-2, -2, 0, 1, 3.5, 8, 9, 100]
    assert [sketch.rank(number) for number in (-3, -2, 0.5, 3.5, 7, 99, 100, 101)] == [0, 1, 2, 5, 7, 9, 10, 10]
    assert sketch.count() == 10


def test_exactness_ends_where_it_may():
    values = [(7 * at) % 50 for at in range(50)]
    sketch = filled(values, 0.01, batch=3)
    assert [sketch.quantile((at + 0.5) / 50) for at in range(50)] == list(range(50))
    assert [sketch.rank(at - 0.5) for at in range(51)] == list(range(51))
    sketch.extend([50])
    check(sketch, [*values, 50], 0.01)


def test_shuffled_numbers():
    values = list(range(-5000, 7000))
    random.Random(1).shuffle(values)
    check(filled(values, 0.01), values, 0.01)
    check(filled(values[:7000], 0.1, batch=77), values[:7000], 0.1)


@pytest.mark.parametrize("order", ["rising", "falling", "outwards", "inwards", "halves"])
def test_orders_that_are_not_random(order):
    n = 9_000
    values = {
        "rising": list(range(n)),
        "falling": list(range(n, 0, -1)),
        "outwards": [at if at % 2 else -at for at in range(n)],
        "inwards": [n - at if at % 2 else at - n for at in range(n)],
        "halves": [*range(0, n, 2), *range(1, n, 2)],
    }[order]
    check(filled(values, 0.01, batch=150), values, 0.01)


def test_batches_of_every_size():
    values = [(at * 7919) % 3001 for at in range(3000)]
    for batch in (9, 3000):
        sketch = Sketch(0.02)
        for at in range(0, len(values), batch):
            sketch.extend(values[at : at + batch])
        check(reloaded(sketch, 0.02), values, 0.02)


def test_few_different_numbers():
    source = random.Random(2)
    values = [source.choice((1, 1, 1, 2, 2.5, 9)) for _ in range(10_000)]
    check(filled(values, 0.01), values, 0.01)
    check(filled([4] * 3000, 0.05), [4] * 3000, 0.05)


def test_long_tails():
    source = random.Random(3)
    values = [round(source.lognormvariate(2, 2), 2) for _ in range(9_000)]
    check(filled(values, 0.01, batch=199), values, 0.01)


def test_numbers_keep_their_types():
    sketch = filled([3, 1.5, 2], 0.1)
    found = [sketch.quantile(q) for q in (0, 0.5, 1)]
    assert found == [1.5, 2, 3]
    assert [type(each) for each in found] == [float, int, int]
    big = 2**60
    values = [at + 0.5 if at % 3 else at for at in range(3000)]
    sketch = filled(values, 0.01)
    found = {sketch.quantile(step / 64) for step in range(65)}
    assert {type(each) for each in found} == {int, float}
    assert found <= set(values)
    assert all(isinstance(each, float) == (each % 1 == 0.5) for each in found)
    check(sketch, values, 0.01)
    sketch = filled([big, big + 1, big + 2], 0.1)
    assert [sketch.quantile(q) for q in (0, 0.5, 1)] == [big, big + 1, big + 2]


def test_merging_one_after_another():
    source = random.Random(4)
    values = [source.randrange(100_000) for _ in range(9_600)]
    whole = Sketch(0.01)
    for at in range(0, len(values), 300):
        part = Sketch(0.01)
        part.extend(values[at : at + 300])
        whole.merge(part)
        if at % 2400 == 0:
            whole = reloaded(whole, 0.01)
    check(whole, values, 0.01)


@pytest.mark.parametrize("split", ["in turn", "by size"])
def test_merging_as_a_tree(split):
    source = random.Random(5)
    values = [source.randrange(100_000) for _ in range(9_600)]
    ordered = sorted(values)
    parts = [values[at::32] if split == "in turn" else ordered[300 * at : 300 * at + 300] for at in range(32)]
    sketches = [filled(part, 0.01) for part in parts]
    while len(sketches) > 1:
        for left, right in zip(sketches[::2], sketches[1::2]):
            left.merge(right)
        sketches = sketches[::2]
        sketches[0] = reloaded(sketches[0], 0.01)
    check(sketches[0], values, 0.01)


def test_merging_leaves_the_other_as_it_is():
    values, others = list(range(0, 3000, 2)), list(range(1, 1000, 2))
    one, other = filled(values, 0.02), filled(others, 0.02)
    one.merge(other)
    check(one, values + others, 0.02)
    check(other, others, 0.02)
    other.extend([9999] * 700)
    check(one, values + others, 0.02)
    one.merge(one)
    check(one, 2 * (values + others), 0.02)
    one.merge(Sketch(0.02))
    check(one, 2 * (values + others), 0.02)
    empty = Sketch(0.02)
    empty.merge(other)
    check(empty, others + [9999] * 700, 0.02)


def test_dumps_are_independent():
    values = [(at * 37) % 1009 for at in range(2000)]
    sketch = filled(values, 0.02)
    data = sketch.dump()
    text = json.dumps(data)
    first, second = Sketch.load(data), Sketch.load(json.loads(text))
    first.extend([5000] * 300)
    sketch.extend([-1] * 500)
    assert json.dumps(data) == text
    check(first, values + [5000] * 300, 0.02)
    check(sketch, values + [-1] * 500, 0.02)
    check(second, values, 0.02)
    check(Sketch.load(data), values, 0.02)
    empty = Sketch.load(json.loads(json.dumps(Sketch(0.3).dump())))
    empty.extend([2, 1])
    assert (empty.count(), empty.quantile(1)) == (2, 2)


def test_the_same_calls_give_the_same_results():
    values = [(at * 71) % 4001 for at in range(4000)]
    dumps = set()
    for _ in range(2):
        one, other = Sketch(0.02), Sketch(0.02)
        one.extend(values)
        other.extend(values[:1500])
        one.merge(other)
        dumps.add(json.dumps([one.dump(), [one.quantile(step / 50) for step in range(51)]]))
    assert len(dumps) == 1
    check(one, values + values[:1500], 0.02)


def test_mistakes_are_refused():
    for error in (0, -0.1, 0.5, 1, math.nan):
        with pytest.raises(ValueError):
            Sketch(error)
    sketch = Sketch(0.1)
    for q in (0, 0.5, 1):
        with pytest.raises(ValueError):
            sketch.quantile(q)
    assert (sketch.count(), sketch.rank(5)) == (0, 0)
    sketch.extend([])
    sketch.extend([1, 2])
    for bad in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError):
            sketch.extend([7, bad])
        with pytest.raises(ValueError):
            sketch.extend([bad, 7])
    for q in (-0.01, 1.01, math.nan):
        with pytest.raises(ValueError):
            sketch.quantile(q)
    other = Sketch(0.2)
    other.extend([9])
    with pytest.raises(ValueError):
        sketch.merge(other)
    assert (sketch.count(), sketch.quantile(1), sketch.rank(2), other.count()) == (2, 2, 2, 1)


def test_random_histories_keep_the_promise():
    source = random.Random(6)
    for error in (0.01, 0.03, 0.4):
        pairs = [(Sketch(error), []) for _ in range(4)]
        for _ in range(40):
            at, action = source.randrange(4), source.random()
            sketch, values = pairs[at]
            if action < 0.7:
                low, more = source.randrange(5000), source.choice((1, 10, 2000))
                added = [low + source.randrange(more) for _ in range(source.choice((1, 20, 150)))]
                sketch.extend(added)
                values += added
            elif action < 0.8 and len(values) < 6000:
                other, others = source.choice(pairs)
                sketch.merge(other)
                values += list(others)
            else:
                pairs[at] = reloaded(sketch, error), values
        for sketch, values in pairs:
            check(reloaded(sketch, error), values, error)
