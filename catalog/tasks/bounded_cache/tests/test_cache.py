import random

import pytest
from solution import BoundedCache


def test_put_and_get():
    cache = BoundedCache(3, 10)
    cache.put("a", 1, 0)
    cache.put("b", [1, 2], 1)
    assert cache.get("a", 2) == 1
    assert cache.get("b", 2) == [1, 2]
    assert cache.size(2) == 2


def test_absent_key_gives_the_default():
    cache = BoundedCache(3, 10)
    assert cache.get("a", 0) is None
    assert cache.get("a", 0, "nothing") == "nothing"
    assert cache.size(0) == 0
    assert list(cache.keys(0)) == []


def test_put_replaces_the_value():
    cache = BoundedCache(3, 10)
    cache.put("a", 1, 0)
    cache.put("a", 2, 0)
    assert cache.get("a", 0) == 2
    assert cache.size(0) == 1


def test_arguments_are_checked():
    for capacity, ttl in ((0, 5), (-1, 5), (5, 0), (5, -0.5)):
        with pytest.raises(ValueError):
            BoundedCache(capacity, ttl)


def test_least_recently_used_goes_first():
    cache = BoundedCache(2, 100)
    cache.put("a", 1, 0)
    cache.put("b", 2, 1)
    cache.put("c", 3, 2)
    assert cache.get("a", 3) is None
    assert cache.get("b", 3) == 2
    assert cache.get("c", 3) == 3


def test_get_is_a_use():
    cache = BoundedCache(2, 100)
    cache.put("a", 1, 0)
    cache.put("b", 2, 1)
    assert cache.get("a", 2) == 1
    cache.put("c", 3, 3)
    assert cache.get("b", 4) is None
    assert cache.get("a", 4) == 1


def test_put_of_a_known_key_is_a_use_and_drops_nothing():
    cache = BoundedCache(2, 100)
    cache.put("a", 1, 0)
    cache.put("b", 2, 1)
    cache.put("a", 10, 2)
    assert cache.size(2) == 2
    cache.put("c", 3, 3)
    assert sorted(cache.keys(3)) == ["a", "c"]


def test_a_failed_get_is_no_use():
    cache = BoundedCache(2, 100)
    cache.put("a", 1, 0)
    cache.put("b", 2, 1)
    assert cache.get("z", 2, 5) == 5
    assert list(cache.keys(2)) == ["a", "b"]


def test_entries_expire_exactly_at_their_ttl():
    cache = BoundedCache(3, 5)
    cache.put("a", 1, 10)
    assert cache.get("a", 14.75) == 1
    assert cache.get("a", 15) is None
    assert cache.size(15) == 0


def test_get_does_not_prolong_life():
    cache = BoundedCache(3, 5)
    cache.put("a", 1, 0)
    assert cache.get("a", 4) == 1
    assert cache.get("a", 6, "gone") == "gone"


def test_put_starts_a_new_life():
    cache = BoundedCache(3, 5)
    cache.put("a", 1, 0)
    cache.put("a", 2, 4)
    assert cache.get("a", 8) == 2
    assert cache.get("a", 9) is None


def test_expired_entries_are_dropped_before_used_ones():
    cache = BoundedCache(3, 10)
    cache.put("old", 1, 0)
    cache.put("a", 2, 8)
    cache.put("b", 3, 9)
    assert cache.get("old", 9) == 1
    cache.put("c", 4, 10)
    assert list(cache.keys(10)) == ["a", "b", "c"]


def test_keys_are_in_order_of_use():
    cache = BoundedCache(4, 100)
    for now, key in enumerate("abcd"):
        cache.put(key, now, now)
    cache.get("b", 5)
    cache.put("a", 9, 6)
    assert list(cache.keys(7)) == ["c", "d", "b", "a"]


def test_none_is_a_value():
    cache = BoundedCache(2, 5)
    cache.put("a", None, 0)
    assert cache.get("a", 1, "default") is None
    assert cache.size(1) == 1


def test_caches_do_not_share_entries():
    first, second = BoundedCache(2, 5), BoundedCache(2, 5)
    first.put("a", 1, 0)
    assert second.get("a", 1) is None
    assert second.size(1) == 0


class Plain:
    """The same by the letter of the task, on a list of [key, value, time of put] in order of use."""

    def __init__(self, capacity, ttl):
        self.capacity, self.ttl, self.entries = capacity, ttl, []

    def live(self, now):
        self.entries = [entry for entry in self.entries if now - entry[2] < self.ttl]
        return self.entries

    def put(self, key, value, now):
        others = [entry for entry in self.live(now) if entry[0] != key]
        if len(others) == len(self.entries) and len(others) >= self.capacity:
            others = others[1:]
        self.entries = [*others, [key, value, now]]

    def get(self, key, now):
        found = [entry for entry in self.live(now) if entry[0] == key]
        self.entries = [entry for entry in self.entries if entry[0] != key] + found
        return found[0][1] if found else None


def test_agrees_with_a_plain_model():
    source = random.Random(7)
    cache, plain, now = BoundedCache(4, 9), Plain(4, 9), 0
    for step in range(300):
        now += source.choice((0, 0, 1, 2, 5))
        key = source.choice("abcdefg")
        if source.random() < 0.5:
            cache.put(key, step, now)
            plain.put(key, step, now)
        else:
            assert cache.get(key, now) == plain.get(key, now)
        assert list(cache.keys(now)) == [entry[0] for entry in plain.live(now)]
        assert cache.size(now) == len(plain.live(now))
