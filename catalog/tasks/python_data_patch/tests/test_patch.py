import copy
import itertools
import random

import pytest
from solution import PatchError, diff, patch


def exact(value):
    """A text in which 1, 1.0 and True differ, and the order of keys does not matter."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join(f"{key!r}: {exact(value[key])}" for key in sorted(value))
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(exact, value))})"
    return f"{type(value).__name__} {value!r}"


def items(text, **fields):
    return [{"id": each, **fields} for each in text]


def applied(data, steps):
    """Applies steps that are known to fit."""
    box = {"root": copy.deepcopy(data)}
    for step in steps:
        kind, path, *rest = copy.deepcopy(step)
        *above, last = ("root", *path)
        parent = box
        for part in above:
            parent = parent[part] if isinstance(parent, dict) else one(parent, part)
        if kind == "set" and isinstance(parent, dict):
            parent[last] = rest[0]
        elif kind == "drop" and isinstance(parent, dict):
            del parent[last]
        elif kind == "drop":
            parent.remove(one(parent, last))
        else:
            assert kind in ("insert", "move")
            target = parent[last] if kind == "insert" and isinstance(parent, dict) else parent
            if kind == "insert" and not isinstance(parent, dict):
                target = one(parent, last)
            item, after = rest if kind == "insert" else (one(parent, last), rest[0])
            if kind == "move":
                target.remove(item)
            place = 0 if after is None else target.index(one(target, after)) + 1
            target.insert(place, item)
    return box["root"]


def one(values, wanted):
    found, = [item for item in values if exact(item["id"]) == exact(wanted)]
    return found


def steps_of(old, new):
    """The steps, checked: they lead from old to new, by the solution's own patch as well."""
    before = exact([old, new])
    steps = diff(old, new)
    assert exact([old, new]) == before
    assert exact(applied(old, steps)) == exact(new)
    assert exact(patch(old, steps)) == exact(new)
    return steps


def agree(old, new, *expected):
    """The order of the steps does not matter."""
    assert sorted(map(exact, steps_of(old, new))) == sorted(map(exact, expected))


def refused(number, data, *steps):
    with pytest.raises(PatchError) as caught:
        patch(data, list(steps))
    assert caught.value.step == number


def test_dicts_are_compared_key_by_key():
    old = {"a": 1, "b": {"c": 2, "d": {"e": 3}}, "f": None, "g": [1, 2]}
    new = {"a": 1, "b": {"c": 5, "d": {"h": [4]}}, "g": [1, 3], "k": {"l": {}}}
    agree(old, new, ("set", ("b", "c"), 5), ("drop", ("b", "d", "e")), ("set", ("b", "d", "h"), [4]), ("drop", ("f",)),
          ("set", ("g",), [1, 3]), ("set", ("k",), {"l": {}}))


def test_the_root_can_be_set():
    agree(1, {"a": 1}, ("set", (), {"a": 1}))
    agree({"a": 1}, [1], ("set", (), [1]))
    agree([1, 2], [2, 1], ("set", (), [2, 1]))
    agree({"a": 1}, None, ("set", (), None))
    assert steps_of({}, {}) == [] and steps_of([], []) == [] and steps_of("x", "x") == []


def test_types_make_a_difference():
    agree({"a": 1, "b": [0, {"c": 1}], "d": 1.0, "e": True}, {"a": True, "b": [0, {"c": 1.0}], "d": 1.0, "e": 1},
          ("set", ("a",), True), ("set", ("b",), [0, {"c": 1.0}]), ("set", ("e",), 1))
    agree({"a": 0, "b": None}, {"a": False, "b": 0}, ("set", ("a",), False), ("set", ("b",), 0))


def test_items_are_matched_by_id():
    old = {"l": [{"id": "a", "x": 1}, {"id": "b", "y": {"z": 1}}, {"id": 7}]}
    new = {"l": [{"id": "a", "x": 2}, {"id": "b", "y": {}}, {"id": 7, "w": [1]}]}
    agree(old, new, ("set", ("l", "a", "x"), 2), ("drop", ("l", "b", "y", "z")), ("set", ("l", 7, "w"), [1]))
    agree([{"id": 1}, {"id": "1"}], [{"id": "1", "a": 5}], ("drop", (1,)), ("set", ("1", "a"), 5))


def test_items_are_dropped_and_inserted():
    agree(items("abc"), items("ac"), ("drop", ("b",)))
    agree([], items("a", k=1), ("insert", (), {"id": "a", "k": 1}, None))
    agree({"l": items("ad")}, {"l": items("abcd")}, ("insert", ("l",), {"id": "b"}, "a"),
          ("insert", ("l",), {"id": "c"}, "b"))
    agree(items("ab"), [], ("drop", ("a",)), ("drop", ("b",)))
    old, new = items("a", l=items("p")), items("a", l=items("qp"))
    agree(old, new, ("insert", ("a", "l"), {"id": "q"}, None))


def test_moves_are_as_few_as_possible():
    for old, new, moves in (("abc", "cab", 1), ("abc", "bca", 1), ("abcd", "dcba", 3), ("abcdef", "badcfe", 3),
                            ("abcdef", "defabc", 3), ("abcdefg", "acegbdf", 3), ("ab", "ba", 1), ("abcde", "ebcda", 2)):
        steps = steps_of(items(old), items(new))
        assert [step[0] for step in steps] == ["move"] * moves
    agree(items("abcd"), items("bcda"), ("move", ("a",), "d"))


def test_moves_together_with_other_changes():
    old, new = {"l": items("abcdef", n=1)}, {"l": items("fxabyd", n=1)}
    new["l"][0]["n"] = 2
    steps = steps_of(old, new)
    assert sorted(step[0] for step in steps) == ["drop", "drop", "insert", "insert", "move", "set"]
    assert ("set", ("l", "f", "n"), 2) in steps


def test_what_is_not_keyed_is_set_as_a_whole():
    plain = items("ab")
    for other in (
        [{"id": "a"}, {"id": "a"}], [{"id": "a"}, 5], [{"id": "a"}, {"key": "b"}], [{"id": True}], [{"id": 1.0}],
        [{"id": None}], [{"id": ["a"]}], [[]], "ab",
    ):
        agree({"l": plain}, {"l": other}, ("set", ("l",), other))
        agree({"l": other}, {"l": plain}, ("set", ("l",), plain))
        agree([other, 1], [other, 2], ("set", (), [other, 2]))
    agree({"l": []}, {"l": [3]}, ("set", ("l",), [3]))
    agree({"l": items("ab")}, {"l": {"id": "a"}}, ("set", ("l",), {"id": "a"}))


def test_patch_applies_one_step_after_another():
    data = {"l": items("abc"), "k": 1}
    steps = [
        ("move", ("l", "a"), "c"), ("insert", ("l",), {"id": 5, "m": []}, "a"),
        ("insert", ("l", 5, "m"), {"id": "x"}, None), ("set", ("l", "b"), {"id": "q", "r": 1}),
        ("set", ("l", "q", "r"), 2), ("drop", ("l", "c")), ("drop", ("k",)), ("move", ("l", 5), None),
        ("set", ("n",), []), ("insert", ("n",), {"id": 1}, None), ("insert", ("n",), {"id": "1"}, 1),
    ]
    assert patch(data, steps) == {
        "l": [{"id": 5, "m": [{"id": "x"}]}, {"id": "q", "r": 2}, {"id": "a"}], "n": [{"id": 1}, {"id": "1"}]}
    assert patch(data, steps[:1]) == {"l": items("bca"), "k": 1}
    assert patch(data, [("drop", ("k",)), ("set", (), 5)]) == 5
    assert patch(items("ab"), [("move", ("b",), None)]) == items("ba")


def test_paths_that_lead_nowhere_are_refused():
    data = {"a": {"b": 1, "p": [1, 2]}, "l": items("xy", n=[]), "e": []}
    refused(0, data, ("set", ("z", "b"), 1))
    refused(1, data, ("set", ("z",), {}), ("set", ("z", "y", "x"), 1))
    refused(0, data, ("set", ("a", "b", "c"), 1))
    refused(0, data, ("set", ("a", "p", 0), 1))
    refused(0, {"q": [{"k": 1}]}, ("set", ("q", 0, "k"), 1))
    refused(0, {"q": [{"id": 1}, {"id": 1}]}, ("set", ("q", 1, "k"), 1))
    refused(0, data, ("set", ("l", "z"), {"id": "z"}))
    refused(0, data, ("drop", ("a", "z")))
    refused(0, data, ("drop", ("l", "z")))
    refused(2, data, ("drop", ("l", "x")), ("drop", ("l", "y")), ("drop", ("l", "y")))
    refused(0, data, ("drop", ("e", 0)))
    refused(0, data, ("drop", ()))
    refused(0, data, ("drop", ("l", "x", "n", 0)))
    refused(0, data, ("drop", ("a", "p", 1)))
    refused(0, [{"id": 1}], ("drop", (True,)))
    refused(0, [{"id": 1}], ("set", ("1", "k"), 1))


def test_wrong_inserts_and_moves_are_refused():
    data = {"a": {"b": 1}, "l": items("xy"), "p": [1], "m": [{"id": 1}]}
    refused(0, data, ("insert", ("a",), {"id": "z"}, None))
    refused(0, data, ("insert", ("p",), {"id": "z"}, None))
    refused(0, data, ("insert", ("a", "c"), {"id": "z"}, None))
    for item in ({"id": "y"}, {"key": "z"}, {"id": None}, {"id": True}, 5, ["id"]):
        refused(1, data, ("set", ("c",), 1), ("insert", ("l",), item, "x"))
    refused(0, data, ("set", ("l", "x"), {"id": "y"}))
    refused(0, data, ("set", ("l", "x"), 5))
    for after in ("z", 1, True, "w"):
        refused(0, data, ("insert", ("l",), {"id": "w"}, after))
        refused(0, data, ("move", ("l", "x"), after))
    refused(0, data, ("insert", ("m",), {"id": 2}, True))
    refused(0, data, ("move", ("l", "x"), "x"))
    refused(0, data, ("move", ("l", "z"), "x"))
    refused(0, data, ("move", ("a", "b"), None))
    refused(0, data, ("move", ("p", 1), None))
    refused(0, data, ("move", (), None))
    assert patch(data["l"], [("set", ("x",), {"id": "z"})]) == items("zy")


def test_malformed_steps_are_refused():
    for step in ((), ("set",), ("set", ("a",)), ("drop", ("a",), 1), ("insert", ("l",), {"id": "z"}),
                 ("move", ("l", "x")), ("add", ("b",), 1), ("move", ("l", "x"), None, None), ("set", ("a",), 1, 2)):
        refused(1, {"a": 1, "l": items("xy")}, ("set", ("a",), 2), step)
    assert patch({"a": 1}, []) == {"a": 1}


def test_nothing_is_changed_or_shared():
    data, value = {"l": items("ab", k=[1]), "d": {"e": {}}}, {"v": [{}]}
    steps = [("set", ("s",), value), ("set", ("t",), value), ("insert", ("l",), {"id": "c", "w": value}, "b"),
             ("set", ("t", "v"), 1), ("set", ("l", "a", "k"), 2), ("move", ("l", "b"), None)]
    before = exact([data, steps])
    result = patch(data, steps)
    assert exact([data, steps]) == before
    assert result == {"l": [{"id": "b", "k": [1]}, {"id": "a", "k": 2}, {"id": "c", "w": {"v": [{}]}}], "d": {"e": {}},
                      "s": {"v": [{}]}, "t": {"v": 1}}

    def parts(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        own = {id(value)} if isinstance(value, (list, dict)) else set()
        return own.union(*map(parts, inner))

    assert not parts(result) & parts([data, steps])
    assert not parts(patch(1, [("set", (), value)])) & parts(value)
    with pytest.raises(PatchError):
        patch(data, [*steps, ("drop", ("nothing",))])
    assert exact([data, steps]) == before


def least_moves(old, new):
    """By trying which of the common ids can stay, most of them first."""
    common = [each for each in old if each in new]
    wanted = [each for each in new if each in old]
    for moves in range(len(common) + 1):
        for staying in itertools.combinations(common, len(common) - moves):
            if [each for each in wanted if each in staying] == list(staying):
                return moves
    return 0


def expected(old, new, path=()):
    """What diff must contain: steps as text, moves and inserts without their places."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = [exact(("drop", (*path, key))) for key in old if key not in new]
        found += [exact(("set", (*path, key), new[key])) for key in new if key not in old]
        return found + [step for key in old if key in new for step in expected(old[key], new[key], (*path, key))]
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(item, dict) for item in [*old, *new]):
        olds, news = {item["id"]: item for item in old}, {item["id"]: item for item in new}
        found = [exact(("drop", (*path, each))) for each in olds if each not in news]
        found += [exact(("insert", path, news[each])) for each in news if each not in olds]
        found += [exact(("move", path))] * least_moves(list(olds), list(news))
        return found + [step for each in olds if each in news
                        for step in expected(olds[each], news[each], (*path, each))]
    return [] if exact(old) == exact(new) else [exact(("set", path, new))]


def random_data(source, depth):
    kind = source.randrange(4 if depth else 1)
    if kind == 0:
        return source.choice((0, 1, True, 1.0, None, "s", [1], [1, 2], {}, []))
    if kind == 1:
        return {key: random_data(source, depth - 1) for key in source.sample("abcd", source.randrange(4))}
    ids = source.sample(["p", "q", "r", "s", 1, "1", 2, 3], source.randrange(7))
    return [{"id": each, **({"k": random_data(source, depth - 1)} if source.random() < 0.4 else {})} for each in ids]


def test_random_data_need_exactly_the_expected_steps():
    source = random.Random(99)
    kinds = set()
    for _ in range(150):
        old, new = ({"x": random_data(source, 3), "y": random_data(source, 3)} for _ in range(2))
        found = []
        for step in steps_of(old, new):
            kinds.add(step[0])
            short = {"move": (step[0], step[1][:-1]), "insert": step[:3]}.get(step[0], step)
            found.append(exact(short))
        assert sorted(found) == sorted(expected(old, new))
    assert kinds == {"set", "drop", "insert", "move"}
