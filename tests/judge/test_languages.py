"""Hidden tests in other languages than Python. Each folder in ``languages/`` is a task with a reference, a no-op that
its tests refuse, and cheats; the declared outputs are more than a task would allow."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from assay.catalog import Bundles, load_task, make_bundles
from assay.contracts.codec import canonical, decode
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import Outcome
from assay.files import Files
from assay.sandbox import ProgramMissing, SandboxProvider, open_sandbox_provider
from assay.sandbox.bubblewrap.host_system import host_system
from services.judge.artifacts.hidden_bundles import HiddenBundle, parse_hidden_bundle
from services.judge.bridge.toolchain import POLYGLOT_IMAGE
from services.judge.grading.grade import grade
from services.judge.grading.validation import BaselineResult, validate
from tests.conftest import skip_or_fail
from tests.judge.harness import RealTools

LANGUAGES = Path(__file__).with_name("languages")
TASKS = sorted(path.name for path in LANGUAGES.iterdir())
PROGRAMS = {"node": "node", "html": "node", "go": "go", "cargo": "rustc", "cpp": "g++", "tap": "g++"}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A change of the reference, the only test that it fails, and what that reports."""

    file: str
    right: str
    wrong: str
    test: str
    error: str


MISTAKES = {
    "node": Mistake(
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
    "tap": Mistake(
        file="rle.hpp",
        right='throw std::invalid_argument("no count")',
        wrong="abort()",
        test="refuses what has no count",
        error="the candidate ended: exit code -6",
    ),
    "cargo": Mistake(
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


def bundles_of(name: str, image: str = "") -> Bundles:
    """The task, in bubblewrap's sandboxes or in those of an image."""
    bundles = make_bundles(load_task(LANGUAGES / name))
    hidden = decode(HiddenTask, bundles.hidden["grading.json"])
    hidden = msgspec.structs.replace(hidden, sandbox=msgspec.structs.replace(hidden.sandbox, image=image))
    return Bundles(
        public=bundles.public,
        hidden={**bundles.hidden, "grading.json": canonical(hidden)},
        reference=bundles.reference,
    )


def tools_with(tools: RealTools, provider: SandboxProvider, call_seconds: float = 10.0) -> RealTools:
    return tools.with_provider(provider, call_seconds)


def require_program(name: str) -> None:
    """Looks where sandboxes do: in system folders, and where they get what is installed elsewhere."""
    folders = host_system().environment["PATH"].split(":")
    program = PROGRAMS[name]
    mounted = f"/opt/{program.removesuffix('c')}/bin" in folders
    if not mounted and not shutil.which(program, path=":".join(f for f in folders if not f.startswith("/opt/"))):
        skip_or_fail(f"{program} for bubblewrap's sandboxes")


def wrong(results: tuple[BaselineResult, ...]) -> list[tuple[str, float, str]]:
    return [(result.name, result.verdict.score, result.verdict.reason) for result in results if not result.ok]


def cheats_of(name: str) -> set[str]:
    return {f"cheats/{path.name}" for path in (LANGUAGES / name / "cheats").iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
async def test_the_reference_scores_1_and_every_cheat_0(tools: RealTools, name: str) -> None:
    require_program(name)
    results = await validate(bundles_of(name), tools_with(tools, open_sandbox_provider(), call_seconds=3.0))
    assert wrong(results) == []
    assert {result.name for result in results} == {"reference", "noop", *cheats_of(name)}
    assert not [result.flags for result in results if result.name == "reference" and result.flags]


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
async def test_the_reference_scores_1_and_cheats_0_in_a_container(tools: RealTools, name: str) -> None:
    bundles = with_cheats(bundles_of(name, POLYGLOT_IMAGE), sorted(cheats_of(name))[:4])
    results = await validate(bundles, tools_with(tools, open_sandbox_provider("docker"), call_seconds=3.0))
    assert wrong(results) == []
    assert len(results) == 6


def with_cheats(bundles: Bundles, cheats: list[str]) -> Bundles:
    """Only with these, because a container takes longer to start than a bubblewrap sandbox."""
    reference = {
        path: content
        for path, content in bundles.reference.items()
        if not path.startswith("cheats/") or "/".join(path.split("/")[:2]) in cheats
    }
    return Bundles(public=bundles.public, hidden=bundles.hidden, reference=reference)


@pytest.mark.parametrize("name", TASKS)
async def test_a_wrong_solution_fails_by_the_names_of_its_tests(tools: RealTools, name: str) -> None:
    require_program(name)
    hidden = parse_hidden_bundle(bundles_of(name).hidden)
    mistake = MISTAKES[name]
    graded = await grade(hidden, "main", with_mistake(name, mistake), tools)
    failed = {test.name: test.error for test in graded.checks[0].tests if test.outcome == "failed"}
    assert failed == {mistake.test: mistake.error}
    assert graded.verdict.outcome is Outcome.FAILED and 0 < graded.verdict.score < 1
    assert mistake.error in graded.verdict.reason


def with_mistake(name: str, mistake: Mistake) -> Files:
    folder = LANGUAGES / name / "reference"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    text = files[mistake.file].decode()
    assert mistake.right in text
    return {**files, mistake.file: text.replace(mistake.right, mistake.wrong).encode()}


@pytest.mark.docker
async def test_a_missing_program_is_no_verdict(tools: RealTools) -> None:
    bundle: HiddenBundle = parse_hidden_bundle(bundles_of("node", "assay/sandbox-python:latest").hidden)
    with pytest.raises(ProgramMissing, match=r"no node, .*sandbox-polyglot"):
        await grade(bundle, "main", {"lru.mjs": b""}, tools_with(tools, open_sandbox_provider("docker")))
