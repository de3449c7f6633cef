"""The tasks in this folder, their cheats by kind, and their grading in a sandbox of either kind."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import msgspec

from assay.catalog import Bundles, load_task, make_bundles
from assay.contracts.codec import canonical, decode
from assay.contracts.tasks import HiddenTask
from assay.contracts.verdicts import Outcome
from assay.sandbox import open_sandbox_provider
from assay.sandbox.bubblewrap.host_system import host_system
from services.judge.bridge.toolchain import POLYGLOT_IMAGE
from services.judge.grading.validation import BaselineResult, validate
from tests.conftest import skip_or_fail
from tests.judge.harness import RealTools

FOLDER = Path(__file__).parent
TASKS = sorted(path.parent.name for path in FOLDER.glob("*/task.yaml"))
PROGRAMS = {"javascript": "node", "html": "node", "go": "go", "rust": "rustc", "cpp": "g++", "cpp_tap": "g++"}
"""What sandboxes need besides Python, by task."""
CALL_SECONDS = 3.0
"""Limit of each call of a candidate; short, because some cheats never answer."""
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


async def check_grading(task: str, bundles: Bundles, tools: RealTools, sandbox: str) -> None:
    """The reference scores 1, the no-op and every cheat 0, each with a verdict on the submission and a reason."""
    results = await validate(bundles, tools.with_provider(open_sandbox_provider(sandbox), CALL_SECONDS))
    assert [problem for result in results if (problem := problem_of(result))] == []
    assert {result.name for result in results} == {"reference", "noop", *submitted_cheats(task)}


def problem_of(result: BaselineResult) -> str:
    wanted = Outcome.PASSED if result.wanted else Outcome.FAILED
    verdict = result.verdict
    ok = result.ok and verdict.outcome is wanted and (result.wanted or verdict.reason)
    return "" if ok else f"{result.name}: {verdict.outcome}, score {verdict.score:g}, {verdict.reason}"


def submitted_cheats(task: str) -> set[str]:
    """Those that are folders of submitted files."""
    return {f"cheats/{path.name}" for path in (FOLDER / task / "cheats").iterdir()}
