"""MBPP, as JSON Lines or as the sanitized JSON array: ``task_id``, ``text`` or ``prompt``, ``code``, ``test_list``.

Every assertion is one hidden test, those of ``challenge_test_list`` too; a problem is solved if all pass. The first is
shown in the instructions, because the text alone does not say what the function is called.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.catalog.importers.code_task import CodeTask, code_task
from assay.catalog.importers.plan import ImportedTask, ImportPlan, TaskOptions
from assay.catalog.importers.problem_file import list_field, read_problems, text_field
from assay.catalog.importers.python_code import (
    PROBLEM_FILE,
    RETURNING_DATA,
    TEST_FILE,
    NotUsable,
    cheats,
    check_imports,
    defined_names,
    expected_tests,
    hidden_tests,
    parsed,
    used_names,
)
from assay.catalog.importers.python_stub import stub_of
from assay.catalog.importers.table import Row, text_of
from assay.catalog.importers.task_ids import task_id

FIELDS = ("task_id", "code", "test_list")
FILE = "solution.py"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """``setup`` runs before the tests, ``names`` are what setup and tests use of the solution."""

    code: ast.Module
    setup: str
    asserts: Sequence[ast.Assert]
    names: Sequence[str]


def read(source: Path, options: TaskOptions) -> ImportPlan:
    """Raises ImportFailed."""
    return read_problems(source, options, title="MBPP", fields=FIELDS, make=_task)


def _task(row: Row, options: TaskOptions) -> ImportedTask:
    name = text_of(row.values.get("task_id"))
    text = text_field(row.values, "text" if "text" in row.values else "prompt").strip()
    code = text_field(row.values, "code")
    problem = _problem(row, code)
    if not task_id(name):
        raise NotUsable("its task_id has no letter or digit")
    example = ast.unparse(problem.asserts[0])
    names = [f"assertion_{number}" for number in range(1, len(problem.asserts) + 1)]
    task = CodeTask(
        task_id=task_id(options.prefix or "mbpp", name),
        title=f"MBPP {name}: {', '.join(problem.names)}",
        source=name,
        tag="mbpp",
        language="python",
        instructions=f"{text}\n\nWrite it in the file {FILE}. For example, this holds:\n\n    {example}",
        outputs=(FILE,),
        workspace={FILE: stub_of(problem.code, problem.names).encode()},
        tests={PROBLEM_FILE: _problem_file(problem).encode(), TEST_FILE: hidden_tests(names)},
        expected=expected_tests(names),
        reference={FILE: code.strip().encode() + b"\n"},
        cheats=cheats(FILE, problem.names),
    )
    return code_task(task, options)


def _problem(row: Row, code: str) -> Problem:
    setup = "\n".join([*list_field(row.values, "test_imports"), text_field(row.values, "test_setup_code", "")]).strip()
    tests = [*list_field(row.values, "test_list"), *list_field(row.values, "challenge_test_list")]
    module, prepared = parsed(code, "its code"), parsed(setup, "its test_setup_code")
    check_imports("it", (), module, prepared)
    asserts = [_assertion(text) for text in dict.fromkeys(tests)]
    if not asserts:
        raise NotUsable("has no test")
    used = used_names(prepared, *asserts) - set(defined_names(prepared))
    names = [name for name in defined_names(module) if name in used]
    if not names:
        raise NotUsable("its tests use nothing that its code defines")
    return Problem(code=module, setup=setup, asserts=asserts, names=names)


def _assertion(text: str) -> ast.Assert:
    body = parsed(text.strip(), "one of its tests").body
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        raise NotUsable("one of its tests is not a single assertion")
    return body[0]


def _problem_file(problem: Problem) -> str:
    parts = [f"from {FILE.removesuffix('.py')} import {', '.join(problem.names)}"]
    parts += [problem.setup] if problem.setup else []
    checked = [_of_data(each, problem.names) for each in problem.asserts]
    if any("_returning_data" in text for text in checked):
        parts.append(f"\n{RETURNING_DATA}")
    for number, text in enumerate(checked, 1):
        parts.append(f"\ndef assertion_{number}():\n    {text}\n")
    return "\n".join(parts)


def _of_data(assertion: ast.Assert, names: Sequence[str]) -> str:
    """The assertion. Unless it compares by ``==``, every result of the solution in it must be data, because an object
    is true, and different from anything."""
    test = assertion.test
    if isinstance(test, ast.Compare) and all(isinstance(each, ast.Eq) for each in test.ops):
        return ast.unparse(assertion)
    return ast.unparse(ast.fix_missing_locations(_ReturningData(names).visit(assertion)))


class _ReturningData(ast.NodeTransformer):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not isinstance(node.func, ast.Name) or node.func.id not in self._names:
            return self.generic_visit(node)  # what is passed on to the solution may be an object of it
        wrapper = ast.Name(id="_returning_data", ctx=ast.Load())
        node.func = ast.Call(func=wrapper, args=[node.func], keywords=[])
        return node
