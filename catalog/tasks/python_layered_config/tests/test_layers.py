import copy
import random

import pytest
from solution import ConfigError, merge_layers


def merged(*layers):
    """The config of layers that are named a, b, c and so on."""
    return merge_layers(list(zip("abcdef", layers)))


def refused(layer, path, *layers):
    with pytest.raises(ConfigError) as caught:
        merged(*layers)
    assert (caught.value.layer, caught.value.path) == (layer, path)


def exact(value):
    """A form in which 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    return type(value).__name__, value


def test_dicts_merge_at_every_depth():
    config, origins = merged(
        {"a": {"b": {"c": 1, "d": 2}}, "z": 0}, {"a": {"b": {"d": 3, "e": 4}, "f": 5}}, {"a": {"b": {"e": 6}}}
    )
    assert config == {"a": {"b": {"c": 1, "d": 3, "e": 6}, "f": 5}, "z": 0}
    assert origins == {"a.b.c": "a", "a.b.d": "b", "a.b.e": "c", "a.f": "b", "z": "a"}


def test_other_kinds_replace_each_other():
    config, origins = merged(
        {"p": {"x": 1}, "q": 5, "r": [1, 2], "s": {"t": [1]}},
        {"p": 7, "q": {"y": 2}, "r": {"z": 3}, "s": {"t": "text"}},
    )
    assert config == {"p": 7, "q": {"y": 2}, "r": {"z": 3}, "s": {"t": "text"}}
    assert origins == {"p": "b", "q.y": "b", "r.z": "b", "s.t": "b"}


def test_lists_replace_lists_and_their_items_are_plain_data():
    item = {"k+": [1], "m": None, "n": {"o": 1}}
    config, origins = merged({"a": [{"n": {"p": 2}}, 2]}, {"a": [item, None, [None]]})
    assert config == {"a": [{"k+": [1], "m": None, "n": {"o": 1}}, None, [None]]}
    assert origins == {"a": ["b", "b", "b"]}


def test_none_removes():
    config, origins = merged(
        {"a": 1, "b": {"c": 2, "d": 3}, "e": [1]}, {"a": None, "b": {"c": None}, "e": None, "f": None, "g": {"h": None}}
    )
    assert config == {"b": {"d": 3}, "g": {}}
    assert origins == {"b.d": "a"}
    assert merged({"b": {"c": 1}}, {"b": None}, {"b": {"d": 2}}) == ({"b": {"d": 2}}, {"b.d": "c"})


def test_exclamation_mark_replaces_a_dict_as_a_whole():
    config, origins = merged({"a": {"b": {"x": 1, "y": 2}}}, {"a": {"b!": {"y": 3, "z": None, "l+": [1]}}})
    assert config == {"a": {"b": {"y": 3, "l": [1]}}}
    assert origins == {"a.b.y": "b", "a.b.l": ["b"]}
    assert merged({"a": {"b": 1}}, {"a!": {}}, {"n!": {"m": 1}}) == ({"a": {}, "n": {"m": 1}}, {"n.m": "c"})
    assert merged({"a": 3}, {"a!": {"b": 1}}) == ({"a": {"b": 1}}, {"a.b": "b"})


def test_plus_appends_what_is_new():
    config, origins = merged({"a": [1, 2, 2]}, {"a+": [3, 2, 3, 4]}, {"a+": [4, 5], "n": {"b+": ["x", "x"]}})
    assert config == {"a": [1, 2, 2, 3, 4, 5], "n": {"b": ["x"]}}
    assert origins == {"a": ["a", "a", "a", "b", "b", "c"], "n.b": ["c"]}


def test_minus_removes_every_occurrence():
    config, origins = merged({"a": [1, 2, 1, 3]}, {"a+": [4]}, {"a-": [1, 9, 3], "b-": [1]}, {"c": [1]}, {"c-": [1]})
    assert config == {"a": [2, 4], "c": []}
    assert origins == {"a": ["a", "b"], "c": []}


def test_keys_of_one_name_have_a_fixed_order():
    config, origins = merged({"a": [1, 2]}, {"a+": [1, 3], "a-": [1, 3]})
    assert (config, origins) == ({"a": [2, 1, 3]}, {"a": ["a", "b", "b"]})
    config, origins = merged({"a": [1, 2]}, {"a+": [5], "a-": [7], "a": [7, 8]})
    assert (config, origins) == ({"a": [8, 5]}, {"a": ["b", "b"]})
    assert merged({"a": [1, 2]}, {"a+": [5], "a": None}) == ({"a": [5]}, {"a": ["b"]})


def test_items_of_other_types_are_other_items():
    config, _ = merged({"a": [1]}, {"a+": [True, 1.0, 1, {"k": 1}]}, {"a+": [{"k": True}, {"k": 1}, [0], [False]]})
    assert exact(config["a"]) == exact([1, True, 1.0, {"k": 1}, {"k": True}, [0], [False]])
    config, _ = merged({"a": [0, False, 0.0, [1], [True]]}, {"a-": [False, [1]]})
    assert exact(config["a"]) == exact([0, 0.0, [True]])


def test_an_equal_value_has_the_last_origin():
    config, origins = merged({"a": 1, "b": [1, 2], "c": 3}, {"a": 1, "b": [1, 2]}, {"b-": [9], "b+": [2]})
    assert config == {"a": 1, "b": [1, 2], "c": 3}
    assert origins == {"a": "b", "b": ["b", "b"], "c": "a"}


def test_wrong_values_of_operators_are_refused():
    refused("a", "x.y", {"x": {"y!": 5}})
    refused("b", "x.y", {"x": {"y": 1}}, {"x": {"y!": None}})
    refused("b", "y", {"y": [1]}, {"y+": 5})
    refused("a", "y", {"y-": {"k": 1}})
    refused("a", "y", {"y+": None})
    refused("a", "p.q", {"p!": {"q-": "text"}})


def test_list_operators_on_something_else_are_refused():
    refused("b", "x.y", {"x": {"y": "text"}}, {"x": {"y+": ["t"]}})
    refused("b", "x", {"x": {"y": 1}}, {"x-": [1]})
    refused("b", "y", {"z": 1}, {"y": {"k": 1}, "y+": []})


def test_plain_key_and_exclamation_mark_are_refused():
    refused("b", "n.k", {"n": {"k": 1}}, {"n": {"k": {}, "k!": {}}})
    refused("a", "k", {"k!": {"a": 1}, "k": None})


def test_layers_of_one_name_are_refused():
    with pytest.raises(ValueError) as caught:
        merge_layers([("one", {"a+": 5}), ("two", {}), ("one", {})])
    assert (caught.value.layer, caught.value.path) == ("one", "")
    assert merge_layers([("one", {"a": 5}), ("two", {})]) == ({"a": 5}, {"a": "one"})
    assert merge_layers([]) == ({}, {})


def test_layers_are_not_changed_or_shared():
    first = {"a": [[1]], "b": {"c": [2]}, "d": {"e": 1}}
    second = {"a+": [[3]], "b": {"c+": [4]}, "d!": {"f": {}}}
    before = copy.deepcopy((first, second))
    config, _ = merged(first, second)
    assert config == {"a": [[1], [3]], "b": {"c": [2, 4]}, "d": {"f": {}}}
    assert (first, second) == before
    theirs = [first["a"], first["a"][0], first["b"], first["b"]["c"], second["a+"][0], second["d!"], second["d!"]["f"]]
    ours = [config["a"], *config["a"], config["b"], config["b"]["c"], config["d"], config["d"]["f"]]
    assert not {id(each) for each in theirs} & {id(each) for each in ours}


def random_layer(source, depth):
    layer = {}
    for name in source.sample("pqrs", source.randrange(1, 4)):
        kind = source.random()
        if kind < 0.3 and depth:
            layer[name + source.choice(["", "", "!"])] = random_layer(source, depth - 1)
        elif kind < 0.45:
            layer[name] = source.choice([None, 1, True, "t"])
        elif kind < 0.7:
            layer[name] = [source.randrange(4) for _ in range(source.randrange(4))]
        else:
            for operator in source.sample("+-", source.randrange(1, 3)):
                layer[name + operator] = [source.choice([0, 1, 2, 3, True]) for _ in range(source.randrange(4))]
    return layer


def flat(layers):
    """A simple model: leaves by path as lists of (type and item, layer), or (value, layer); None if it is refused."""
    leaves, dicts = {}, {()}

    def drop(path):
        for known in [*leaves, *dicts]:
            if known[: len(path)] == path:
                leaves.pop(known, None)
                dicts.discard(known)

    def walk(data, path, layer):
        for operators in ("", "!"), ("-",), ("+",):
            for key, value in data.items():
                operator = key[1:]
                here = (*path, key[0])
                if operator not in operators:
                    continue
                if operator in ("+", "-"):
                    if here in dicts or not isinstance(leaves.get(here, []), list):
                        raise ValueError
                    if operator == "-" and here in leaves:
                        leaves[here] = [pair for pair in leaves[here] if pair[0] not in map(exact, value)]
                    for item in value if operator == "+" else ():
                        known = leaves.setdefault(here, [])
                        if exact(item) not in [pair[0] for pair in known]:
                            known.append((exact(item), layer))
                    if operator == "+":
                        leaves.setdefault(here, [])
                elif isinstance(value, dict):
                    if operator or here in leaves:
                        drop(here)
                    dicts.add(here)
                    walk(value, here, layer)
                else:
                    drop(here)
                    if value is not None:
                        pairs = [(exact(item), layer) for item in value] if isinstance(value, list) else None
                        leaves[here] = (exact(value), layer) if pairs is None else pairs

    try:
        for layer, data in layers:
            walk(data, (), layer)
    except ValueError:
        return None
    return leaves, dicts


def flat_result(config, origins):
    leaves, dicts = {}, set()

    def walk(value, path):
        if isinstance(value, dict):
            dicts.add(path)
            for name, each in value.items():
                walk(each, (*path, name))
        else:
            origin = origins.pop(".".join(path))
            leaves[path] = list(zip(map(exact, value), origin, strict=True)) if isinstance(value, list) else (
                exact(value), origin)

    walk(config, ())
    assert origins == {}
    return leaves, dicts


def test_random_layers_agree_with_a_flat_model():
    source = random.Random(2024)
    accepted = 0
    for _ in range(150):
        layers = [(name, random_layer(source, 2)) for name in "uvwx"[: source.randrange(1, 5)]]
        expected = flat(layers)
        if expected is None:
            with pytest.raises(ConfigError):
                merge_layers(layers)
        else:
            accepted += 1
            assert flat_result(*merge_layers(layers)) == expected
    assert accepted > 50
