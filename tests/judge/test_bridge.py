"""What hidden tests can do with a candidate across the two sandboxes."""

from __future__ import annotations

import re

import pytest

from assay.contracts.verdicts import Outcome
from assay.sandbox import SandboxError
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.grade import grade
from tests.judge.fakes import BrokenProvider, ShortProvider
from tests.judge.harness import RealTools, grade_tests, hidden_tests, only_check

SOLUTION = """
from collections import namedtuple
from enum import Enum
import sys

LIMIT = 7
Point = namedtuple("Point", "x y")

class Colour(Enum):
    RED = 1
    BLUE = 2

class Broken(ValueError):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

class Worse(Broken):
    pass

class Stack:
    def __init__(self):
        self.items = []
    def push(self, item):
        self.items.append(item)
        return self
    def __len__(self):
        return len(self.items)
    def __iter__(self):
        return iter(self.items)
    def __getitem__(self, at):
        return self.items[at]
    def __setitem__(self, at, item):
        self.items[at] = item
    def __eq__(self, other):
        return self.items == other.items
    def __str__(self):
        return "<" + ",".join(map(str, self.items)) + ">"
    def __enter__(self):
        return self
    def __exit__(self, kind, error, traceback):
        self.items.append(kind.__name__ if kind else None)
        return True

def sort_in_place(values):
    values.sort()
    return values

def broken():
    raise Worse("no good", 3)

def each(function, values):
    return [function(value) for value in values]

def naturals():
    n = 0
    while True:
        yield n
        n += 1

def apply(clock, seconds):
    clock.advance(seconds)
    return clock.now * 2

def forgiving(function):
    try:
        function()
    except ValueError as error:
        return f"caught {error}"

def first(iterator, n):
    return [next(iterator) for _ in range(n)]

def die():
    import os
    print("last words", flush=True)
    os._exit(3)

if __name__ == "__main__":
    print(sys.stdin.read().upper() + sys.argv[1])
    sys.exit(4)
"""
TEST = """
import itertools
import pytest
import solution
from solution import Stack, sort_in_place
import candidate as program

class Boom(Exception):
    pass

class Clock:
    def __init__(self):
        self.now = 0
    def advance(self, seconds):
        self.now += seconds

def test_objects_are_used_by_handle():
    stack = Stack().push(1).push([2])
    assert len(stack) == 2 and list(stack) == [1, [2]] and stack[1] == [2]
    stack[0] = 9
    assert stack.items == [9, [2]] and str(stack) == "<9,[2]>"
    assert isinstance(stack, Stack) and not isinstance(5, Stack)
    stack.note = "x"
    assert stack.note == "x" and stack is stack.push(3)
    with pytest.raises(AttributeError):
        stack.nothing

def test_comparisons_are_by_identity_unless_invoked():
    one, two = Stack(), Stack()
    assert one != two and one == one
    assert program.invoke(one, "__eq__", two) is True
    with pytest.raises(TypeError):
        5 in one
    with pytest.raises(TypeError):
        one < two

def test_data_of_subclasses():
    point = solution.Point(1, 2)
    assert point == (1, 2) and point.x == 1 and isinstance(point, tuple)
    assert solution.Colour.RED is solution.Colour.RED
    assert solution.Colour.RED != solution.Colour.BLUE and solution.Colour.RED.value == 1
    assert solution.LIMIT == 7

def test_arguments_are_changed_in_place():
    values = [3, 1, 2]
    assert sort_in_place(values) is values
    assert values == [1, 2, 3]

def test_errors_keep_their_bases_and_attributes():
    with pytest.raises(solution.Broken, match="no good") as caught:
        solution.broken()
    assert caught.value.code == 3
    with pytest.raises(ValueError):
        solution.broken()
    with pytest.raises(TypeError):
        solution.broken(1)

def test_functions_of_the_test_are_called_back():
    seen = []
    assert solution.each(lambda value: value + 1, [1, 2]) == [2, 3]
    solution.each(seen.append, "ab")
    assert seen == ["a", "b"]
    assert solution.each(str.upper, ["x"]) == ["X"] and solution.each(len, ["xx"]) == [2]

def test_objects_of_the_test_may_be_passed():
    clock = Clock()
    assert solution.apply(clock, 5) == 10 and clock.now == 5
    assert solution.first(itertools.count(4), 3) == [4, 5, 6]

def test_errors_of_the_test_pass_through_the_candidate():
    def boom():
        raise Boom("mine")
    def wrong():
        raise ValueError("yours")
    with pytest.raises(Boom):
        solution.forgiving(boom)
    assert solution.forgiving(wrong) == "caught yours"

def test_generators_are_read_step_by_step():
    assert list(itertools.islice(solution.naturals(), 4)) == [0, 1, 2, 3]

def test_with_never_swallows():
    stack = Stack()
    with pytest.raises(KeyError):
        with stack:
            raise KeyError("x")
    assert stack.items == ["KeyError"]

def test_programs(candidate):
    code, out, err = candidate.run(["python3", "solution.py", "!"], stdin="hey")
    assert (code, out, err) == (4, "HEY!\\n", "")
    assert candidate.read("solution.py").startswith(b"\\nfrom collections")
    with pytest.raises(FileNotFoundError):
        candidate.read("../etc/passwd")

def test_dies():
    solution.die()

def test_works_again_after_a_death():
    assert len(Stack().push(1)) == 1
    assert solution.LIMIT == 7

@pytest.mark.parametrize("n", [1, 2])
def test_with_parameters(n):
    assert sort_in_place([n]) == [n]
"""
_FOUND = [name for name in re.findall(r"^def (test_\w+)", TEST, re.MULTILINE) if name != "test_with_parameters"]
NAMES = (*_FOUND, "test_with_parameters[1]", "test_with_parameters[2]")


async def test_what_hidden_tests_can_do(tools: RealTools) -> None:
    result = await grade_tests(TEST, SOLUTION, *NAMES, tools=tools)
    report = result.logs["judge.stdout"].data.decode()
    failed = [line for line in report.splitlines() if not line.startswith("passed")]
    assert failed == ["failed   test_hidden.py::test_dies the candidate ended: exit code 3"], report
    assert result.verdict.score == (len(NAMES) - 1) / len(NAMES)
    assert result.verdict.outcome is Outcome.FAILED
    assert b"last words" in result.logs["judge.stderr"].data


SKIPPING = """
import pytest, solution
def test_a(): assert solution.f() == 1
{more}
"""


@pytest.mark.parametrize(
    ("more", "expected", "message"),
    [
        ("", ("test_a", "test_b"), "1 expected test did not run"),
        ("def test_b(): assert True", ("test_a",), "1 unexpected test ran"),
        ("@pytest.mark.skip\ndef test_b(): pass", ("test_a", "test_b"), "1 of 2"),
        ("def test_b(): pytest.skip()", ("test_a", "test_b"), "1 of 2"),
        ("@pytest.mark.xfail\ndef test_b(): assert False", ("test_a", "test_b"), "1 of 2"),
        ("@pytest.mark.xfail\ndef test_b(): assert True", ("test_a", "test_b"), "1 of 2"),
        ("@pytest.fixture(autouse=True)\ndef bad():\n    yield\n    assert 0", ("test_a",), "0 of 1"),
        ("import nothing_like_it", ("test_a",), "ModuleNotFoundError"),
        ("raise SystemExit(0)", ("test_a",), "0 of 1"),
    ],
)
async def test_exactly_the_expected_tests_must_run_and_pass(
    more: str, expected: tuple[str, ...], message: str, tools: RealTools
) -> None:
    test = SKIPPING.format(more=more)
    result = only_check(await grade_tests(test, "def f(): return 1", *expected, tools=tools))
    assert not result.passed
    assert message in result.message


async def test_messages_and_logs_do_not_reveal_hidden_tests(tools: RealTools) -> None:
    test = (
        "import solution\ndef test_a():\n    secret = 'sesame'\n    assert solution.f() == secret, 'open ' + secret\n"
    )
    result = await grade_tests(test, "def f(): return 'x'", "test_a", tools=tools)
    everything = repr(result)
    assert "sesame" not in everything
    assert "1x" not in everything
    assert "AssertionError" in only_check(result).message


async def test_packages_and_submodules_can_be_imported(tools: RealTools) -> None:
    files = {"shapes/__init__.py": "from .square import area", "shapes/square.py": "def area(n): return n * n"}
    test = "import shapes, shapes.square\nfrom shapes import area\ndef test_a():\n    assert area(3) == 9\n"
    test += "    assert shapes.square.area(2) == 4 and shapes.area(1) == 1\n"
    assert only_check(await grade_tests(test, files, "test_a", tools=tools)).passed


async def test_submitting_nothing_fails(tools: RealTools) -> None:
    hidden = hidden_tests({"test_hidden.py": "def test_a(): pass"}, ("test_hidden.py::test_a",))
    assert (
        await grade(hidden, "main", {}, tools)
    ).verdict.reason == "tests: none of the declared output files was submitted"


async def test_files_that_do_not_fit_the_sandbox_fail(tools: RealTools) -> None:
    hidden = hidden_tests({"test_hidden.py": "def test_a(): pass"}, ("test_hidden.py::test_a",))
    result = await grade(hidden, "main", {"big.bin": bytes(17 << 20)}, tools)
    assert result.verdict.outcome is Outcome.FAILED
    assert "cannot be written to a sandbox" in result.verdict.reason


async def test_endless_tests_fail_at_the_time_limit(tools: RealTools) -> None:
    test = "import solution, time\ndef test_a():\n    while True: solution.f(); time.sleep(0.1)\n"
    hidden = hidden_tests({"test_hidden.py": test}, ("test_hidden.py::test_a",))
    result = await grade(hidden, "main", {"solution.py": b"def f(): return 1"}, _short(tools))
    assert result.verdict.outcome is Outcome.FAILED
    assert "limit" in result.verdict.reason


async def test_a_sandbox_that_does_not_start_is_an_error_not_a_verdict(tools: RealTools) -> None:
    hidden = hidden_tests({"test_hidden.py": "def test_a(): pass"}, ("test_hidden.py::test_a",))
    with pytest.raises(SandboxError):
        await grade(hidden, "main", {"solution.py": b""}, tools.with_provider(BrokenProvider()))
    with pytest.raises(HiddenBundleInvalid):
        await grade(hidden_tests({}, ("test_hidden.py::test_a",)), "main", {"solution.py": b""}, tools)


def _short(tools: RealTools) -> RealTools:
    return tools.with_provider(ShortProvider(wall_seconds=6.0))
