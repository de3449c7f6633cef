"""Exercises whose tests call the solution in its own process: built and run by ``harness/run_tests.py`` in the sandbox
of the submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.exercise import Exercise

NOTES = (
    "these tests call the solution in its own process, as on Exercism: the judge is not fooled by a solution that ends "
    "the process or prints results, but cannot exclude that one changes the tests (tag same_process)",
    "the judge's sandbox needs the language's compiler, or every solution fails: --grade shows whether it has one",
)
_RUNNER = "run_tests.py"
_SANDBOX = {
    "cpu_seconds": 60,
    "wall_seconds": 180,
    "memory_mb": 1024,
    "processes": 256,
    "open_files": 1024,
    "workspace_mb": 512,
}
"""Of building and running together. Go compiles what is used of its standard library, C++ compiles Catch2."""


def same_process_task(
    exercise: Exercise,
    task_id: str,
    *,
    language: str,
    where: str,
    tests: Mapping[str, str],
    expected: Sequence[str],
    arguments: Sequence[str],
    tricks: Mapping[str, Mapping[str, str]],
) -> CodeTask:
    """``arguments`` are those of the runner. ``tricks`` are solutions by the name of what they try; the files that they
    leave out are the examples'."""
    outputs = {**exercise.solution, **exercise.editor}
    reference = {**exercise.editor, **exercise.examples}
    own = {path: f"// The tests' own copy.\n{text}" for path, text in exercise.editor.items()}
    return CodeTask(
        task_id=task_id,
        title=exercise.name,
        source=exercise.slug,
        tag="exercism",
        tags=["same_process"],
        language=language,
        instructions=f"{exercise.instructions}\n\n{where}",
        outputs=list(outputs),
        workspace=_encoded(outputs),
        tests=_encoded({_RUNNER: harness(_RUNNER), **own, **tests}),
        expected=expected,
        command=["python3", "-I", _RUNNER, *arguments],
        sandbox=_SANDBOX,
        reference=_encoded(reference),
        cheats={name: _encoded({**reference, **files}) for name, files in tricks.items()},
        difficulty=exercise.difficulty,
    )


@cache
def harness(name: str) -> str:
    return Path(__file__).with_name("harness").joinpath(name).read_text("utf-8")


def solution_in(exercise: Exercise) -> str:
    """For the end of the instructions."""
    files = list(exercise.solution)
    return f"Write the solution in the file{'s' if len(files) > 1 else ''} {' and '.join(files)}"


def with_ending(files: Mapping[str, str], *endings: str) -> dict[str, str]:
    return {path: text for path, text in files.items() if PurePosixPath(path).suffix in endings}


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}
