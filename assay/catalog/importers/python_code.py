"""Python sources of benchmarks: parsed, and never run."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Collection, Iterator

NOT_IMPLEMENTED = "raise NotImplementedError"
_ANYTHING = '''\
class Anything:
    """Claims to equal whatever it is compared with, and to be whatever is wanted of it."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __call__(self, *arguments, **named):
        return Anything()

    def __getattr__(self, name):
        return Anything()


'''
RETURNING_DATA = '''\
def _returning_data(function):
    """An object of the solution is no answer: it would count as true whatever it is."""

    def call(*arguments, **named):
        value = function(*arguments, **named)
        assert type(value).__name__ != "Remote"
        return value

    return call
'''
"""For hidden tests that only ask whether a result is true."""
TEST_FILE, PROBLEM_FILE = "test_problem.py", "problem.py"
"""The hidden tests, and what they call. pytest collects the first alone: a function of the solution can be called
``test_duplicate``."""


class NotUsable(ValueError):
    """Why a problem is left out."""


def parsed(source: str, what: str) -> ast.Module:
    """Raises NotUsable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotUsable(f"{what} is not Python of version {sys.version_info[0]}.{sys.version_info[1]}") from error


def defined_names(module: ast.Module) -> dict[str, ast.stmt]:
    """Functions, classes and variables at the top of a module."""
    found: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found.update((target.id, node) for target in node.targets if isinstance(target, ast.Name))
    return found


def used_names(*nodes: ast.AST) -> set[str]:
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def check_imports(what: str, known: Collection[str], *modules: ast.Module) -> None:
    """Raises NotUsable for packages that the judge's sandboxes do not have: all but the standard library's."""
    for name in sorted({name for module in modules for name in _imported(module)}):
        if name not in sys.stdlib_module_names and name not in known:
            raise NotUsable(f"{what} needs the package {name}, which is not in the judge's sandbox")


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def cheats(file: str, names: Collection[str]) -> dict[str, dict[str, bytes]]:
    """Two submissions that must score 0, for any task whose tests use these names of a module."""
    anything = "".join(f"{name} = Anything()\n" for name in names)
    return {
        "equals_everything": {file: (_ANYTHING + anything).encode()},
        "leaves_at_import": {file: b"# Ends the process with success before any test can look.\nraise SystemExit(0)\n"},
    }


def source_of(source: str, node: ast.stmt) -> str:
    """The lines of a statement at the top of a module, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return "\n".join(source.split("\n")[first - 1 : node.end_lineno]) + "\n"


def hidden_tests(names: Collection[str]) -> bytes:
    """``test_first`` calls ``first`` of the file with the problem, and so on."""
    tests = [f"def test_{name}():\n    import problem\n\n    problem.{name}()\n" for name in names]
    return "\n\n".join(tests).encode()


def expected_tests(names: Collection[str]) -> list[str]:
    return [f"{TEST_FILE}::test_{name}" for name in names]
