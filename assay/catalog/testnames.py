"""Which tests a pytest file holds, read from its syntax alone: nothing of a task is ever run to load it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from assay.files import Files


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTest:
    """``name`` is ``test_clamp.py::test_low``. ``cases`` counts the parameter sets: None when there are none, 0 when
    they are not written out in the file and so cannot be counted."""

    name: str
    cases: int | None = None


def found_tests(files: Files) -> list[FoundTest]:
    """The tests of the files of a tests folder; SyntaxError (its ``filename`` set) for one that is not Python."""
    found: list[FoundTest] = []
    for path, content in sorted(files.items()):
        if _is_test_file(path.rpartition("/")[2]):
            found.extend(_tests_in(ast.parse(content, filename=path).body, path, 1, counted=False))
    return found


def _is_test_file(name: str) -> bool:
    return fnmatchcase(name, "test_*.py") or fnmatchcase(name, "*_test.py")


def _tests_in(body: list[ast.stmt], prefix: str, around: int, counted: bool) -> Iterator[FoundTest]:
    """``around`` is the number of parameter sets of the class around, if it is ``counted`` (has any)."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            cases = _cases(node.decorator_list)
            total = prod(cases) * around if cases or counted else None
            yield FoundTest(name=f"{prefix}::{node.name}", cases=total)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            cases = _cases(node.decorator_list)
            yield from _tests_in(node.body, f"{prefix}::{node.name}", prod(cases) * around, counted or bool(cases))


def _cases(decorators: list[ast.expr]) -> list[int]:
    """For each ``@pytest.mark.parametrize``, how many parameter sets it lists (0: not a written list)."""
    calls = [node for node in decorators if isinstance(node, ast.Call) and _ends_with(node.func, "parametrize")]
    return [_length(call) for call in calls]


def _length(call: ast.Call) -> int:
    values = call.args[1] if len(call.args) > 1 else None
    if not isinstance(values, ast.List | ast.Tuple) or any(isinstance(item, ast.Starred) for item in values.elts):
        return 0
    return len(values.elts)


def _ends_with(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name
