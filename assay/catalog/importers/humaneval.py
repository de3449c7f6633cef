"""HumanEval and problems in its format: ``task_id``, ``prompt``, ``entry_point``, ``canonical_solution``, ``test``.

A problem is solved if its own ``check(candidate)`` raises no error. The hidden test calls it with the submitted
function behind the judge's bridge; helpers of the prompt that ``check`` uses are copied into the test.
"""

from __future__ import annotations

import ast
from pathlib import Path

from assay.catalog.importers.code_task import CodeTask, code_task
from assay.catalog.importers.plan import ImportedTask, ImportPlan, TaskOptions
from assay.catalog.importers.problem_file import read_problems, text_field
from assay.catalog.importers.python_code import (
    NOT_IMPLEMENTED,
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
    source_of,
)
from assay.catalog.importers.table import Row, text_of
from assay.catalog.importers.task_ids import task_id

FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
FILE = "solution.py"


def read(source: Path, options: TaskOptions) -> ImportPlan:
    """Raises ImportFailed."""
    return read_problems(source, options, title="HumanEval", fields=FIELDS, make=_task)


def _task(row: Row, options: TaskOptions) -> ImportedTask:
    prompt, solution, test = (text_field(row.values, name) for name in ("prompt", "canonical_solution", "test"))
    entry = text_field(row.values, "entry_point").strip()
    reference = prompt + solution
    modules = parsed(reference, "its canonical solution"), parsed(test, "its test")
    if not isinstance(defined_names(modules[0]).get(entry), ast.FunctionDef):
        raise NotUsable("its entry_point is not a function of the canonical solution")
    if not isinstance(defined_names(modules[1]).get("check"), ast.FunctionDef):
        raise NotUsable("its test has no function check")
    check_imports("it", (), *modules)
    name = text_of(row.values.get("task_id"))
    stub = _stub(prompt, entry)
    task = CodeTask(
        task_id=_id(options.prefix or "humaneval", name),
        title=f"{name}: {entry}",
        source=name,
        tag="humaneval",
        language="python",
        instructions=f"Complete the function `{entry}` in the file {FILE}. Keep its name and its parameters.",
        outputs=(FILE,),
        workspace={FILE: stub.encode()},
        tests={PROBLEM_FILE: _problem(stub, entry, test).encode(), TEST_FILE: hidden_tests(("problem",))},
        expected=expected_tests(("problem",)),
        reference={FILE: reference.encode()},
        cheats=cheats(FILE, (entry,)),
    )
    return code_task(task, options)


def _id(prefix: str, name: str) -> str:
    """``humaneval_7`` for ``HumanEval/7``."""
    own = name.rpartition("/")[2]
    if not task_id(own):
        raise NotUsable("its task_id has no letter or digit")
    return task_id(prefix, own)


def _stub(prompt: str, entry: str) -> str:
    """The prompt with a function body that raises NotImplementedError."""
    last = next((line for line in reversed(prompt.split("\n")) if line.strip()), "")
    written = last[: len(last) - len(last.lstrip())]
    for indent in dict.fromkeys((written, "    ", "  ", "\t")):
        stub = f"{prompt.rstrip()}\n{indent}{NOT_IMPLEMENTED}\n"
        try:
            node = defined_names(parsed(stub, "its prompt")).get(entry)
        except NotUsable:
            continue
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Raise):
            return stub
    raise NotUsable("its prompt does not end with the beginning of the entry_point")


def _problem(stub: str, entry: str, test: str) -> str:
    others = [source_of(stub, node) for node in parsed(stub, "its prompt").body if getattr(node, "name", "") != entry]
    return f"""{"".join(others)}
{test.strip()}


{RETURNING_DATA}

def problem():
    from {FILE.removesuffix(".py")} import {entry}

    check(_returning_data({entry}))
"""
