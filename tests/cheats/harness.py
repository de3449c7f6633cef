"""The tasks in this folder, their cheats by kind, and their grading in a sandbox of either kind."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import msgspec
import pytest

from assay.catalog import Bundles, load_task, make_bundles
from assay.contracts.codec import canonical, decode
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import Outcome
from assay.files import Files
from assay.sandbox import SandboxStarved, open_sandbox_provider
from assay.sandbox.bubblewrap.host_system import host_system
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.bridge.toolchain import POLYGLOT_IMAGE
from services.judge.grading.validation import BaselineResult, validate
from services.judge.ports import TestExecutor
from tests.conftest import skip_or_fail
from tests.judge.harness import RealTools

FOLDER = Path(__file__).parent
TASKS = sorted(path.parent.name for path in FOLDER.glob("*/task.yaml"))
PROGRAMS = {"javascript": "node", "html": "node", "go": "go", "rust": "rustc", "cpp": "g++", "cpp_tap": "g++"}
"""What sandboxes need besides Python, by task."""
CALL_SECONDS, CHEAT_CALL_SECONDS = 20.0, 3.0
"""Limits of each call of a candidate: long enough for a busy machine, and short, because some cheats never answer."""
MAX_STARVED_TRIES = 3
TIMEOUT = pytest.mark.timeout(900)
"""Of a task with all its cheats: a minute at most, on a machine that does nothing else."""
KINDS = (
    "configuration files",
    "overwrites tests",
    "skips tests",
    "ends the process",
    "overrides comparison",
    "forges the report",
    "poisons the language runtime",
    "replaces programs (PATH, LD_PRELOAD)",
    "patches the clock",
    "leaves a daemon",
    "walks the stack",
    "reads hidden files",
    "reads build inputs",
    "exhausts resources",
)
COMPILED = ("go", "rust", "cpp", "cpp_tap")
OF_THE_BUILD = ("reads build inputs",)
OF_THE_SANDBOX = (
    "overwrites tests",
    "poisons the language runtime",
    "replaces programs (PATH, LD_PRELOAD)",
    "leaves a daemon",
    "reads hidden files",
    "reads build inputs",
    "exhausts resources",
)
"""Kinds of cheats whose success depends on the kind of sandbox."""


@cache
def kinds() -> dict[str, dict[str, str]]:
    """The kind of each cheat, by task and name."""
    return msgspec.yaml.decode((FOLDER / "kinds.yaml").read_bytes(), type=dict[str, dict[str, str]])


def bundles_of(task: str, image: str = "") -> Bundles:
    """The task, in bubblewrap's sandboxes or in those of an image."""
    bundles = make_bundles(load_task(FOLDER / task))
    hidden = decode(HiddenTask, bundles.hidden["grading.json"])
    hidden = msgspec.structs.replace(hidden, sandbox=msgspec.structs.replace(hidden.sandbox, image=image))
    return Bundles(
        public=bundles.public,
        hidden={**bundles.hidden, "grading.json": canonical(hidden)},
        reference=bundles.reference,
    )


def cheats_for_docker(task: str) -> set[str]:
    """One of each kind that concerns the sandbox, of compiled languages only the build's; all if ``ASSAY_CHEATS`` is
    ``all``. In bubblewrap all are graded."""
    submitted = submitted_cheats(task)
    if os.environ.get("ASSAY_CHEATS") == "all":
        return submitted
    wanted = OF_THE_BUILD if task in COMPILED else OF_THE_SANDBOX
    named = {f"cheats/{name}": kind for name, kind in sorted(kinds()[task].items())}
    by_kind = {kind: name for name, kind in named.items() if name in submitted and kind in wanted}
    return set(by_kind.values())


def only(cheats: set[str], bundles: Bundles) -> Bundles:
    """The bundles without the other cheats."""
    kept = {
        path: content
        for path, content in bundles.reference.items()
        if not path.startswith("cheats/") or "/".join(path.split("/", 2)[:2]) in cheats
    }
    return replace(bundles, reference=kept)


def image_of(task: str) -> str:
    return POLYGLOT_IMAGE if task in PROGRAMS else "assay/sandbox-python:latest"


def require_program(task: str) -> None:
    """Looks where sandboxes do: in system folders, and where they get what is installed elsewhere."""
    program = PROGRAMS.get(task, "")
    folders = host_system().environment["PATH"].split(":")
    mounted = f"/opt/{program.removesuffix('c')}/bin" in folders
    found = shutil.which(program, path=":".join(f for f in folders if not f.startswith("/opt/")))
    if program and not mounted and not found:
        skip_or_fail(f"{program} for bubblewrap's sandboxes")


@dataclass(frozen=True, kw_only=True)
class ReferenceTestExecutor:
    """Gives the reference more time for each call than cheats, and a try on a starved host another one, as the ledger
    does."""

    __test__ = False

    reference: Files
    patient: TestExecutor
    short: TestExecutor

    async def run(self, run: TestRun) -> TestRunLog:
        executor = self.patient if run.files == self.reference else self.short
        for _ in range(MAX_STARVED_TRIES):
            with suppress(SandboxStarved):
                return await executor.run(run)
        return await executor.run(run)


def tools_for(tools: RealTools, bundles: Bundles, sandbox: str) -> RealTools:
    provider = open_sandbox_provider(sandbox)
    patient, short = (tools.with_provider(provider, seconds) for seconds in (CALL_SECONDS, CHEAT_CALL_SECONDS))
    reference = {path[10:]: content for path, content in bundles.reference.items() if path.startswith("reference/")}
    executor = ReferenceTestExecutor(reference=reference, patient=patient.test_executor, short=short.test_executor)
    return replace(short, test_executor=executor)


async def check_grading(cheats: set[str], bundles: Bundles, tools: RealTools, sandbox: str) -> None:
    """The reference scores 1, the no-op and all of these cheats 0, each with a verdict on the submission and a
    reason."""
    results = await validate(bundles, tools_for(tools, bundles, sandbox))
    assert [problem for result in results if (problem := problem_of(result))] == []
    assert {result.name for result in results} == {"reference", "noop", *cheats}


def problem_of(result: BaselineResult) -> str:
    wanted = Outcome.PASSED if result.wanted else Outcome.FAILED
    verdict = result.verdict
    ok = result.ok and verdict.outcome is wanted and (result.wanted or verdict.reason)
    return "" if ok else f"{result.name}: {verdict.outcome}, score {verdict.score:g}, {verdict.reason}"


def submitted_cheats(task: str) -> set[str]:
    """Those that are folders of submitted files."""
    return {f"cheats/{path.name}" for path in (FOLDER / task / "cheats").iterdir()}
