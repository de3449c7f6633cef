"""Hidden tests in other languages than Python, of the tasks in ``tests/cheats``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import pytest

from assay.contracts.checks import Reveal
from assay.contracts.verdicts import Outcome
from assay.files import Files
from assay.sandbox import ProgramMissing, open_sandbox_provider
from services.judge.artifacts.hidden_bundles import HiddenBundle, parse_hidden_bundle
from services.judge.grading.grade import grade
from tests.cheats.harness import FOLDER, PROGRAMS, bundles_of, require_program
from tests.judge.harness import RealTools


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A change of the reference, the only test that it fails, and what that reports."""

    file: str
    right: str
    wrong: str
    test: str
    error: str


MISTAKES = {
    "javascript": Mistake(
        file="lru.mjs",
        right="this.#entries.delete(key)\n    this.#entries.set(key, value)\n    return value",
        wrong="return value",
        test="lru.test.mjs > LruCache > keeps what was used",
        error="AssertionError",
    ),
    "html": Mistake(
        file="app.js",
        right="field.value = ''",
        wrong="",
        test="todo.test.mjs > adds items",
        error="AssertionError",
    ),
    "cpp": Mistake(
        file="lru.cpp",
        right="entries_.splice(entries_.end(), entries_, found);",
        wrong="",
        test="Lru.KeepsWhatWasUsed",
        error="the test failed",
    ),
    "cpp_tap": Mistake(
        file="rle.hpp",
        right='throw std::invalid_argument("no count")',
        wrong="abort()",
        test="refuses what has no count",
        error="the candidate ended: exit code -6",
    ),
    "rust": Mistake(
        file="src/lib.rs",
        right="self.entries.push((key.to_string(), value));\n        Some(value)",
        wrong="self.entries.insert(0, (key.to_string(), value));\n        Some(value)",
        test="lru::keeps_what_was_used",
        error="the test panicked",
    ),
    "go": Mistake(
        file="lru.go",
        right="c.touch(key)\n\treturn value, nil",
        wrong="return value, nil",
        test="TestKeepsWhatWasUsed",
        error="the test failed",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_wrong_solution_fails_by_the_names_of_its_tests(tools: RealTools, name: str) -> None:
    require_program(name)
    hidden = parse_hidden_bundle(bundles_of(name).hidden)
    mistake = MISTAKES[name]
    graded = await grade(hidden, "main", with_mistake(name, mistake), tools)
    failed = {test.name: test.error for test in graded.checks[0].tests if test.outcome == "failed"}
    assert failed == {mistake.test: mistake.error}
    assert graded.verdict.outcome is Outcome.FAILED and 0 < graded.verdict.score < 1
    assert mistake.error in graded.verdict.reason
    assert not any(test.message for test in graded.checks[0].tests)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "cpp_tap" and name in MISTAKES])
async def test_the_message_of_a_failed_test_is_shown_if_the_task_says_so(tools: RealTools, name: str) -> None:
    require_program(name)
    hidden = parse_hidden_bundle(bundles_of(name).hidden)
    bundle = replace(hidden, task=msgspec.structs.replace(hidden.task, reveal=Reveal.MESSAGES))
    graded = await grade(bundle, "main", with_mistake(name, MISTAKES[name]), tools)
    shown = {test.name: test.message for test in graded.checks[0].tests if test.message}
    assert shown.keys() == {MISTAKES[name].test}


def with_mistake(name: str, mistake: Mistake) -> Files:
    folder = FOLDER / name / "reference"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    text = files[mistake.file].decode()
    assert mistake.right in text
    return {**files, mistake.file: text.replace(mistake.right, mistake.wrong).encode()}


@pytest.mark.docker
async def test_a_missing_program_is_no_verdict(tools: RealTools) -> None:
    bundle: HiddenBundle = parse_hidden_bundle(bundles_of("javascript", "assay/sandbox-python:latest").hidden)
    with pytest.raises(ProgramMissing, match=r"need Node.js 20 or newer, .*sandbox-polyglot"):
        await grade(bundle, "main", {"lru.mjs": b""}, tools.with_provider(open_sandbox_provider("docker")))
