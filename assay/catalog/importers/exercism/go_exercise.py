"""Exercises in Go."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.exercise import Exercise
from assay.catalog.importers.exercism.same_process import harness, same_process_task, solution_in
from assay.catalog.importers.python_code import NotUsable

GO_BUILD = ("go.mod",)
_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_TEST_FILE = re.compile(r"_test\.go$")
_PACKAGE = re.compile(r"^package\s+(\w+)", re.MULTILINE)
_TEST = re.compile(r"^func\s+(Test(?![a-z])\w*)\(\s*\w+\s+\*testing\.T\s*\)", re.MULTILINE)
_OWN_MAIN = re.compile(r"^func\s+TestMain\(", re.MULTILINE)
_CONSTRAINT = re.compile(r"^//\s*(go:build|\+build)\b", re.MULTILINE)
_NEEDS_MODULES = re.compile(r"^\s*require\b", re.MULTILINE)


def go_task(exercise: Exercise, task_id: str) -> CodeTask:
    """The tests are files of the solution's package, and not of a test of it, whose compilation takes twice as long.
    Raises NotUsable."""
    expected = [name for text in exercise.tests.values() for name in _TEST.findall(text)]
    if not expected:
        raise NotUsable("has no tests")
    module = _module(exercise)
    _check_tests("\n".join(exercise.tests.values()))
    tests = {_TEST_FILE.sub("_tests.go", path): text for path, text in exercise.tests.items()}
    tests["assay_main/main.go"] = _main(module, expected)
    return same_process_task(
        exercise,
        task_id,
        language="go",
        where=f"{solution_in(exercise)}. It can use Go's standard library alone.",
        tests={**tests, **exercise.build},
        expected=expected,
        arguments=["go"],
        tricks={
            "leaves_at_start": _at_start(exercise, "assayos.Exit(0)"),
            "prints_results": _at_start(
                exercise, f"assayos.Stdout.WriteString({_results(expected)})\n\tassayos.Exit(0)"
            ),
        },
    )


def _module(exercise: Exercise) -> str:
    """Raises NotUsable."""
    text = exercise.build.get("go.mod", "")
    found = _MODULE.search(text)
    if found is None:
        raise NotUsable("has no go.mod with a module")
    if _NEEDS_MODULES.search(text):
        raise NotUsable("it needs modules beyond Go's standard library, which are not in the judge's sandbox")
    return found[1].strip('"')


def _check_tests(tests: str) -> None:
    """Raises NotUsable."""
    packages = set(_PACKAGE.findall(tests))
    if len(packages) != 1 or packages == {"main"} or next(iter(packages)).endswith("_test"):
        raise NotUsable("its tests are not in the package of a library")
    if _OWN_MAIN.search(tests):
        raise NotUsable("its tests have a TestMain of their own")
    if _CONSTRAINT.search(tests):
        raise NotUsable("its tests have build constraints")


def _main(module: str, names: Sequence[str]) -> str:
    listed = "\n\t".join(f'{{Name: "{name}", F: exercise.{name}}},' for name in names)
    return harness("main.go").replace('"MODULE"', json.dumps(module)).replace("// TESTS", listed)


def _at_start(exercise: Exercise, statements: str) -> dict[str, str]:
    """The example, with statements that run before everything else of it."""
    path, text = next(iter(exercise.examples.items()))
    text = _PACKAGE.sub(lambda match: f'{match[0]}\n\nimport assayos "os"', text, count=1)
    return {path: f"{text}\nfunc init() {{\n\t{statements}\n}}\n"}


def _results(names: Sequence[str]) -> str:
    lines = [f"=== RUN   {name}\n--- PASS: {name} (0.00s)\n" for name in names]
    return json.dumps("".join([*lines, "PASS\n", *(f"{name}\n" for name in sorted(names))]))
