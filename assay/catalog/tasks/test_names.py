"""Finds the tests in pytest files by parsing them: loading a task never runs its code."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from assay.files import Files


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTest:
    """``name`` is like ``test_clamp.py::test_low``. ``cases`` is the number of parameter sets: None for a test without
    parameters, 0 when the sets are computed and cannot be counted."""

    name: str
    cases: int | None = None


class NotPython(ValueError):
    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: is not Python: {reason}")


def found_tests(files: Files) -> list[FoundTest]:
    """The tests in the files of a tests folder. Raises NotPython for one that cannot be parsed."""
    found: list[FoundTest] = []
    for path, content in sorted(files.items()):
        if _is_test_file(path.rpartition("/")[2]):
            found.extend(_tests_in(_parsed(path, content), path, 1, parametrized=False))
    return found


def _parsed(path: str, content: bytes) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content, filename=path).body
    except SyntaxError as error:
        raise NotPython(path, error.lineno or 0, error.msg) from error
    except (ValueError, LookupError) as error:
        raise NotPython(path, 0, str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise NotPython(path, 0, "an expression is nested too deeply") from error


def _is_test_file(name: str) -> bool:
    return fnmatchcase(name, "test_*.py") or fnmatchcase(name, "*_test.py")


def _tests_in(body: list[ast.stmt], prefix: str, class_cases: int, parametrized: bool) -> Iterator[FoundTest]:
    """``class_cases`` is the number of parameter sets of the enclosing class, ``parametrized`` whether it has any."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            cases = _cases(node.decorator_list)
            total = prod(cases) * class_cases if cases or parametrized else None
            yield FoundTest(name=f"{prefix}::{node.name}", cases=total)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            cases = _cases(node.decorator_list)
            yield from _tests_in(
                node.body, f"{prefix}::{node.name}", prod(cases) * class_cases, parametrized or bool(cases)
            )


def _cases(decorators: list[ast.expr]) -> list[int]:
    """The number of parameter sets of each ``@pytest.mark.parametrize`` (0 when they are computed)."""
    calls = [node for node in decorators if isinstance(node, ast.Call) and _ends_with(node.func, "parametrize")]
    return [_length(call) for call in calls]


def _length(call: ast.Call) -> int:
    values = call.args[1] if len(call.args) > 1 else None
    if not isinstance(values, ast.List | ast.Tuple) or any(isinstance(item, ast.Starred) for item in values.elts):
        return 0
    return len(values.elts)


def _ends_with(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name
