import random

import pytest
from larder import LarderError, stock


def journal(*lines, version=2):
    return "\n".join([f"larder {version}", *lines]) + "\n"


def refused(*lines, version=2):
    with pytest.raises(LarderError):
        stock(journal(*lines, version=version))


def modelled(entries):
    """What is left of (number, action, words), by applying them to one flat table; None if an entry is an error."""
    now, marks = {}, {}
    for _, action, *words in sorted(entries):
        if action == "mark":
            marks[words[0]] = tuple(now.items())
            continue
        if action == "back":
            if words[0] not in marks:
                return None
            now = dict(marks[words[0]])
            continue
        *places, item, amount = words
        if action != "put":
            shelf = places[0]
            if now.get((shelf, item), 0) < amount:
                return None
            now[shelf, item] -= amount
        if action != "take":
            shelf = places[-1]
            now[shelf, item] = now.get((shelf, item), 0) + amount
    left = {}
    for (shelf, item), amount in now.items():
        if amount:
            left.setdefault(shelf, {})[item] = amount
    return left


def random_entries(pick):
    numbers = pick.sample(range(1, 150), pick.randrange(3, 26))
    entries = []
    for number in sorted(numbers):
        action = pick.choice(["put", "put", "put", "take", "move", "mark", "back"])
        if action in ("mark", "back"):
            entry = (number, action, pick.choice("abc"))
        else:
            shelves = [pick.choice(["cold", "dry", "high"]) for _ in range(1 + (action == "move"))]
            entry = (number, action, *shelves, pick.choice(["egg", "jam", "tea"]), pick.randrange(1, 9))
        if modelled([*entries, entry]) is not None or pick.random() < 0.01:
            entries.append(entry)
    return entries


def test_versions():
    assert stock(journal("1 put cold eggs 2", "2 take cold eggs 1", version=2)) == {"cold": {"eggs": 1}}
    assert stock(journal("1 put cold eggs 2", "2 move cold dry eggs 1", version=1)) == {
        "cold": {"eggs": 12},
        "dry": {"eggs": 12},
    }
    refused("1 put cold eggs 2", version=3)


def test_the_header_is_the_first_line_that_counts():
    text = "# a kitchen\n\n   # and its larder\n  larder 1  # in dozens\n\n1 put top tea 1 # new\n#2 put top tea 5\n"
    assert stock(text) == {"top": {"tea": 12}}
    assert stock("larder 2") == {}
    for wrong in ("", "\n# larder 2\n", "1 put cold eggs 2\nlarder 2\n", "larder\n1 put cold eggs 2\n"):
        with pytest.raises(LarderError):
            stock(wrong)


def test_nothing_is_left_out_of_the_shelves():
    lines = ["1 put a x 3", "2 put b y 1", "3 take b y 1", "4 put a z 2", "5 take a z 2"]
    assert stock(journal(*lines)) == {"a": {"x": 3}}


def test_entries_are_carried_out_by_number():
    assert stock(journal("100 take a x 5", "20 put a x 3", "3 put a x 2", "101 put a x 1")) == {"a": {"x": 1}}
    assert stock(journal("0010 take a x 4", "009 put a x 4", "11 put a y 1")) == {"a": {"y": 1}}
    refused("9 take a x 1", "10 put a x 1")


def test_numbers_are_not_used_twice():
    assert stock(journal("7 put a x 1", "70 put a x 1", "0700 put a x 1")) == {"a": {"x": 3}}
    refused("7 put a x 1", "8 put a x 1", "7 put a x 1")
    refused("7 put a x 1", "007 put a x 1")


def test_back_to_a_mark():
    lines = ["1 put a x 1", "2 mark m", "3 put a x 5", "4 put b y 2", "5 move a b x 6", "6 back m", "7 put a x 2"]
    assert stock(journal(*lines)) == {"a": {"x": 3}}
    assert stock(journal("1 mark m", "2 put a x 1", "3 back m", "4 put b y 1")) == {"b": {"y": 1}}
    refused("1 put a x 1", "2 mark m", "3 back n")


def test_marks_stay_until_they_are_set_again():
    lines = ["1 put a x 1", "2 mark m", "3 put a x 5", "4 back m", "5 put a x 9", "6 back m"]
    assert stock(journal(*lines)) == {"a": {"x": 1}}
    lines += ["7 put a x 1", "8 mark n", "9 mark m", "10 take a x 2", "11 back m", "12 put a x 3", "13 back n"]
    assert stock(journal(*lines)) == {"a": {"x": 2}}


def test_wrong_entries_are_refused():
    assert stock(journal("1 put a x 1", "2 take a x 1", "3 put a x 7")) == {"a": {"x": 7}}
    for wrong in (
        "2 take a x 2",
        "2 move a b x 2",
        "2 put a x 0",
        "2 put a x -1",
        "2 put a x 1.5",
        "2 put a x",
        "2 put a x 1 1",
        "2 mark",
        "2 back",
        "2 eat a x 1",
        "2",
        "two put a x 1",
    ):
        refused("1 put a x 1", wrong)


def test_the_program(candidate):
    def run(text):
        return candidate.run(["sh", "-c", "cat > /tmp/j.txt; python3 -m larder /tmp/j.txt"], text)

    lines = ["10 put b z 4", "9 put b y 3", "11 put a x 2", "12 mark m", "13 take b z 1", "14 back m"]
    code, printed, _ = run(journal(*lines))
    assert (code, printed) == (0, "a: x 2\nb: y 3, z 4\ntotal 9\n")
    code, printed, said = run(journal("1 take b y 3"))
    assert (code, printed) == (1, "")
    assert said.startswith("larder: ")
    assert len(said.splitlines()) == 1


def test_random_journals():
    pick = random.Random(86)
    for _ in range(60):
        entries = random_entries(pick)
        wanted = modelled(entries)
        lines = [" ".join(map(str, entry)) for entry in entries]
        pick.shuffle(lines)
        if wanted is None:
            refused(*lines)
        else:
            assert stock(journal(*lines)) == wanted
