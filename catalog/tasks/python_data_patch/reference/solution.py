from bisect import bisect_left
from copy import deepcopy


class PatchError(ValueError):
    """A step cannot be applied. Has the attribute `step`, its number in the list."""

    def __init__(self, message: str, step: int):
        super().__init__(message)
        self.step = step


class Unfit(Exception):
    """Why a step cannot be applied."""


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def is_keyed(value):
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return False
    ids = [item.get("id") for item in value]
    return all(type(each) in (str, int) for each in ids) and len(set(ids)) == len(ids)


def stay(places):
    """The members of a longest increasing subsequence of different numbers."""
    ends, chains = [], []  # by length: the smallest last number, and a chain (number, rest) that ends with it
    for place in places:
        length = bisect_left(ends, place)
        chain = (place, chains[length - 1] if length else None)
        ends[length : length + 1], chains[length : length + 1] = [place], [chain]
    members, chain = set(), chains[-1] if chains else None
    while chain:
        members.add(chain[0])
        chain = chain[1]
    return members


def compare_items(old, new, path):
    before = {item["id"]: at for at, item in enumerate(old)}
    after = {item["id"]: item for item in new}
    for item in old:
        if item["id"] in after:
            yield from compare(item, after[item["id"]], (*path, item["id"]))
        else:
            yield ("drop", (*path, item["id"]))
    staying = stay([before[each] for each in after if each in before])
    behind = None
    for each, item in after.items():
        if each not in before:
            yield ("insert", path, item, behind)
        elif before[each] not in staying:
            yield ("move", (*path, each), behind)
        behind = each


def compare(old, new, path):
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key in new:
                yield from compare(old[key], new[key], (*path, key))
            else:
                yield ("drop", (*path, key))
        for key in new:
            if key not in old:
                yield ("set", (*path, key), new[key])
    elif is_keyed(old) and is_keyed(new):
        yield from compare_items(old, new, path)
    elif not same(old, new):
        yield ("set", path, new)


def diff(old, new) -> list[tuple]:
    """Returns the steps that turn old into new."""
    return list(compare(old, new, ()))


def keyed(value):
    if not is_keyed(value):
        raise Unfit("not a keyed list")
    return value


def index(items, wanted):
    for at, item in enumerate(keyed(items)):
        if same(item["id"], wanted):
            return at
    raise Unfit(f"no item {wanted!r}")


def find(value, path):
    for part in path:
        if isinstance(value, dict):
            if part not in value:
                raise Unfit(f"no key {part!r}")
            value = value[part]
        else:
            value = value[index(value, part)]
    return value


def insert(items, item, after):
    items.insert(0 if after is None else index(items, after) + 1, item)
    keyed(items)


def apply(data, step):
    match step:
        case ("set", [], value):
            return deepcopy(value)
        case ("set", [*above, last], value):
            parent = find(data, above)
            if isinstance(parent, dict):
                parent[last] = deepcopy(value)
            else:
                parent[index(parent, last)] = deepcopy(value)
                keyed(parent)
        case ("drop", [*above, last]):
            parent = find(data, above)
            find(parent, [last])
            del parent[last if isinstance(parent, dict) else index(parent, last)]
        case ("insert", path, item, after):
            insert(keyed(find(data, path)), deepcopy(item), after)
        case ("move", [*above, last], after):
            items = find(data, above)
            insert(items, items.pop(index(items, last)), after)
        case _:
            raise Unfit("not a step")
    return data


def patch(data, steps: list[tuple]):
    """Returns the data after the steps."""
    data = deepcopy(data)
    for number, step in enumerate(steps):
        try:
            data = apply(data, step)
        except Unfit as error:
            raise PatchError(f"step {number}: {error}", number) from None
    return data
