"""Exercises in Bash: their bats tests, which run the program and compare what it prints, as pytest tests that do so in
the sandbox of the submission."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.bats import BatsTest, bats_tests
from assay.catalog.importers.exercism.exercise import Exercise
from assay.catalog.importers.python_code import NotUsable

TEST_FILE = "test_exercise.py"
_RUN = '''\
def run(candidate, argv, stdin):
    """The exit code, and output and errors together without the last line ends, as bats has them."""
    result = candidate.run(["sh", "-c", 'exec "$@" 2>&1', "sh", *argv], stdin)
    return result.exit_code, result.stdout.rstrip("\\n")
'''
_CHEATS = {
    "leaves_at_once": "# Ends with success before anything can be compared.\nexit 0\n",
    "repeats_its_input": '# Prints whatever it is given.\nprintf "%s\\n" "$@"\ncat\n',
}


def bash_task(exercise: Exercise, task_id: str) -> CodeTask:
    """Raises NotUsable."""
    found = [test for text in exercise.tests.values() for test in bats_tests(text)]
    if not found:
        raise NotUsable("has no tests")
    outputs = {**exercise.solution, **exercise.editor}
    if any(test.argv[1] not in outputs for test in found):
        raise NotUsable("its tests run something else than the solution")
    names = [f"test_{number:02}_{_identifier(test.name)}" for number, test in enumerate(found, 1)]
    tests = [_test(name, test) for name, test in zip(names, found, strict=True)]
    first = next(iter(exercise.solution))
    return CodeTask(
        task_id=task_id,
        title=exercise.name,
        source=exercise.slug,
        tag="exercism",
        language="bash",
        instructions=f"{exercise.instructions}\n\nWrite the solution in the file {first}. It is run by `bash {first}`.",
        outputs=list(outputs),
        workspace={path: text.encode() for path, text in outputs.items()},
        tests={TEST_FILE: "\n\n".join((_RUN, *tests)).encode()},
        expected=[f"{TEST_FILE}::{name}" for name in names],
        reference={path: text.encode() for path, text in {**exercise.editor, **exercise.examples}.items()},
        cheats={name: {first: text.encode()} for name, text in _CHEATS.items()},
        difficulty=exercise.difficulty,
    )


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:80]


def _test(name: str, test: BatsTest) -> str:
    return f"def {name}(candidate):\n    code, output = run(candidate, {test.argv!r}, {test.stdin!r})\n" + "".join(
        f"    assert {condition}\n" for condition in _conditions(test)
    )


def _conditions(test: BatsTest) -> Iterator[str]:
    if test.exit_code is not None:
        yield f"code == {test.exit_code}"
    elif test.fails is not None:
        yield "code != 0" if test.fails else "code == 0"
    for kind, text in test.outputs:
        yield f"output == {text!r}" if kind == "equals" else f"{text!r} in output"
