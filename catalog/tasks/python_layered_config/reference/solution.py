from copy import deepcopy
from dataclasses import dataclass, field

OPERATORS = ("!", "-", "+")
ORDER = ("", *OPERATORS)


class ConfigError(ValueError):
    """A mistake in a layer. Has the attributes `layer` and `path`."""

    def __init__(self, message: str, layer: str, path: str):
        super().__init__(message)
        self.layer, self.path = layer, path


@dataclass
class Leaf:
    """A value that is not merged. A list has one origin for each item, anything else a single one."""

    value: object
    origin: str | list[str]


@dataclass
class Branch:
    children: dict[str, "Branch | Leaf"] = field(default_factory=dict)


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def contains(items, wanted):
    return any(same(item, wanted) for item in items)


def split(key):
    return (key[:-1], key[-1]) if key[-1:] in OPERATORS else (key, "")


def apply(branch, data, layer, path):
    entries = [(*split(key), value) for key, value in data.items()]
    for name, operator, value in sorted(entries, key=lambda entry: ORDER.index(entry[1])):
        place = (*path, name)
        if operator == "!" and name in data:
            raise ConfigError("both a plain key and one with !", layer, ".".join(place))
        if operator in ("+", "-"):
            edit(branch, name, operator, value, layer, ".".join(place))
        elif operator == "!" and not isinstance(value, dict):
            raise ConfigError("! needs a dict", layer, ".".join(place))
        elif value is None:
            branch.children.pop(name, None)
        elif isinstance(value, dict):
            there = branch.children.get(name)
            if operator == "!" or not isinstance(there, Branch):
                there = branch.children[name] = Branch()
            apply(there, value, layer, place)
        else:
            origin = [layer] * len(value) if isinstance(value, list) else layer
            branch.children[name] = Leaf(deepcopy(value), origin)


def edit(branch, name, operator, items, layer, path):
    if not isinstance(items, list):
        raise ConfigError(f"{operator} needs a list", layer, path)
    leaf = branch.children.get(name)
    if leaf is None:
        if operator == "-":
            return
        leaf = branch.children[name] = Leaf([], [])
    if isinstance(leaf, Branch) or not isinstance(leaf.value, list):
        raise ConfigError(f"{operator} applies to a list only", layer, path)
    if operator == "-":
        kept = [pair for pair in zip(leaf.value, leaf.origin) if not contains(items, pair[0])]
        leaf.value, leaf.origin = [item for item, _ in kept], [origin for _, origin in kept]
    else:
        for item in items:
            if not contains(leaf.value, item):
                leaf.value.append(deepcopy(item))
                leaf.origin.append(layer)


def collect(branch, path, origins):
    config = {}
    for name, child in branch.children.items():
        place = (*path, name)
        if isinstance(child, Branch):
            config[name] = collect(child, place, origins)
        else:
            config[name] = child.value
            origins[".".join(place)] = child.origin
    return config


def merge_layers(layers: list[tuple[str, dict]]) -> tuple[dict, dict]:
    """Returns the merged config and the origin of each of its values."""
    names = [name for name, _ in layers]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ConfigError("two layers have the same name", name, "")
    root = Branch()
    for name, data in layers:
        apply(root, data, name, ())
    origins = {}
    return collect(root, (), origins), origins
