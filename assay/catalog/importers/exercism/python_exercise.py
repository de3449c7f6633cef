"""Exercises in Python: their unittest and pytest tests run behind the judge's bridge, where ``import`` of the solution
gives a proxy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.exercise import Exercise, copies_for_tests
from assay.catalog.importers.python_code import NotUsable, cheats, check_imports, defined_names, parsed

_TYPE_OF_ERROR = re.compile(r"self\.assertEqual\(\s*type\((\w+\.exception)\),\s*([\w.]+)\s*\)")
_OPERATORS = frozenset(
    f"__{name}__"
    for name in (
        *("eq", "ne", "lt", "le", "gt", "ge", "contains", "bool", "neg", "abs", "invert"),
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift"),
        *("radd", "rsub", "rmul", "rtruediv", "rpow", "iadd", "isub"),
    )
)
_ONE_RESULT = """\
import contextlib
import unittest

unittest.TestCase.subTest = lambda self, *variation, **values: contextlib.nullcontext()
"""


def python_task(exercise: Exercise, task_id: str) -> CodeTask:
    """Raises NotUsable."""
    outputs = {**exercise.solution, **exercise.editor}
    modules = {PurePosixPath(path).stem for path in outputs}
    tests = {path: _test_file(path, text) for path, text in exercise.tests.items()}
    expected = [name for path, text in tests.items() for name in _test_names(path, parsed(text, path))]
    if not expected:
        raise NotUsable("has no tests")
    references = {path: parsed(text, path) for path, text in exercise.examples.items()}
    known = {*modules, "pytest", *(PurePosixPath(path).stem for path in tests)}
    check_imports("it", known, *references.values(), *(parsed(text, path) for path, text in tests.items()))
    _check_processes("".join(tests.values()))
    used = _used(exercise, tests)
    _check_operators(references, used)
    first = next(iter(exercise.solution))
    return CodeTask(
        task_id=task_id,
        title=exercise.name,
        source=exercise.slug,
        tag="exercism",
        language="python",
        instructions=f"{exercise.instructions}\n\nWrite the solution in {_listed(exercise.solution)}.",
        outputs=list(outputs),
        workspace=_encoded(outputs),
        tests=_encoded({**copies_for_tests(exercise, "#"), **_conftest(tests), **tests}),
        expected=expected,
        reference=_encoded({**exercise.editor, **exercise.examples}),
        cheats=cheats(first, sorted(used.get(PurePosixPath(first).stem, ()))),
        difficulty=exercise.difficulty,
    )


def _conftest(tests: Mapping[str, str]) -> dict[str, str]:
    """The judge wants one result of each test, and not one of each variation."""
    return {"conftest.py": _ONE_RESULT} if any("subTest(" in text for text in tests.values()) else {}


def _listed(files: Mapping[str, str]) -> str:
    noun = "the file" if len(files) == 1 else "the files"
    return f"{noun} {', '.join(files)}"


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def _test_file(path: str, text: str) -> str:
    """As pytest runs it with proxies. Names of test classes begin with Test; skipped tests are no tests; an error of
    the solution is an instance of its class, but its type is the judge's."""
    lines = text.split("\n")
    for node in parsed(text, path).body:
        if isinstance(node, ast.ClassDef) and _is_test_case(node):
            if not node.name.startswith("Test"):
                _replace(lines, node.lineno, f"class {node.name}", f"class Test{node.name}")
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and _is_skipped(method):
                    _replace(lines, method.lineno, f"def {method.name}", f"def skipped_{method.name}")
    return _TYPE_OF_ERROR.sub(r"self.assertIsInstance(\1, \2)", "\n".join(lines))


def _replace(lines: list[str], number: int, old: str, new: str) -> None:
    lines[number - 1] = lines[number - 1].replace(old, new, 1)


def _is_test_case(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).rpartition(".")[2] == "TestCase" for base in node.bases)


def _is_skipped(method: ast.FunctionDef) -> bool:
    return any("skip" in ast.unparse(decorator) for decorator in method.decorator_list)


def _test_names(path: str, module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield f"{path}::{_plain(node)}"
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            names = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test")]
            yield from (f"{path}::{node.name}::{_plain(each)}" for each in names)


def _plain(node: ast.FunctionDef) -> str:
    if any("parametrize" in ast.unparse(decorator) for decorator in node.decorator_list):
        raise NotUsable("its tests have parameters, whose names are only known when they run")
    return node.name


def _used(exercise: Exercise, tests: Mapping[str, str]) -> dict[str, set[str]]:
    """What the tests use of each module of the solution."""
    used: dict[str, set[str]] = {PurePosixPath(path).stem: set() for path in exercise.solution}
    for path, text in tests.items():
        nodes = list(ast.walk(parsed(text, path)))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names} & used.keys()
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module in used:
                used[node.module] |= {alias.name for alias in node.names if alias.name != "*"}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
                used[node.value.id].add(node.attr)
    return used


def _check_processes(tests: str) -> None:
    """Raises NotUsable for what tests cannot do from another process."""
    if "__doc__" in tests:
        raise NotUsable("its tests read docstrings, which the judge does not pass on")
    if re.search(r"^\s*(import|from)\s+(unittest\.)?(mock|threading)\b|\bmock\.patch|\bpatch\(", tests, re.MULTILINE):
        raise NotUsable("its tests use threads or replace functions, but share no process with the solution")


def _check_operators(references: Mapping[str, ast.Module], used: Mapping[str, set[str]]) -> None:
    """Raises NotUsable if tests can only pass by operators of the solution's own classes."""
    names = set[str]().union(*used.values())
    for module in references.values():
        for name, node in defined_names(module).items():
            methods = {each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef)}
            if isinstance(node, ast.ClassDef) and name in names and methods & _OPERATORS:
                raise NotUsable(
                    "its tests use operators of the solution's own classes, such as ==, which the judge does not trust"
                )
