"""``python -m services.judge.validate TASK_DIR... [--json]``: grades each task's own reference, no-op and cheats.

Exit codes: 0 all score as they must, 3 one does not, 4 this host or program lacks what every task needs, 1 a task is
invalid or could not be graded, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from assay.catalog import CatalogError, Task, load_task, make_bundles
from assay.contracts.checks import Tier
from assay.contracts.codec import Data, encode
from assay.contracts.sandboxspec import SandboxSpec
from assay.contracts.verdicts import Outcome
from assay.sandbox import Availability, Mounts, ProgramMissing, ProviderUnavailable, Sandbox, SandboxError
from assay.sandbox.selection import PROVIDERS, AutoProvider, provider_for_setting
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.checks.regex_worker import RegexWorker
from services.judge.errors import JudgeError
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.judge.grading.validation import BaselineResult, validate
from services.judge.ports import TestExecutor

_NEEDS_MODELS = (
    "models grade what its other checks leave open, and none is called here; try it in a run, and compare its judge "
    "with people by `assay judges calibrate`"
)
_NEEDS_PEOPLE = "people grade what its other checks leave open; try it in a run, and review its attempts"
_WALL_FACTOR = 4.0
"""Hidden tests of several tasks run at once, and wall time then measures only the load. CPU time stays limited."""
_kinds_used: ContextVar[set[str]] = ContextVar("kinds_used")


class Validation(Data, frozen=True, kw_only=True):
    """The output of ``--json``. ``error`` says why there are no trials."""

    task: str
    ok: bool
    trials: tuple[BaselineResult, ...] = ()
    error: str = ""
    unchecked: str = ""
    """Why not everything was graded although the task is valid."""
    host_lacks: bool = False
    """Whether another host could grade it."""
    seconds: float = 0.0
    sandbox: str = ""
    """The kinds of sandbox that were used; empty if grading runs no programs."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    regex: RegexWorker
    test_executor: TestExecutor
    sandboxes: GradingSandboxes


class _NotedProvider:
    """Notes which kind each task gets."""

    name = "noted"

    def __init__(self, selector: AutoProvider) -> None:
        self._selector = selector

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        provider = await self._selector.choose(spec, "")
        _kinds_used.get().add(provider.name)
        async with provider.open(spec, mounts=mounts) as sandbox:
            yield sandbox

    async def check(self) -> Availability:
        return await self._selector.check()


class _PatientTestExecutor:
    """Gives each test run more wall time than its task grants."""

    def __init__(self, executor: TestExecutor) -> None:
        self._executor = executor

    async def run(self, run: TestRun) -> TestRunLog:
        seconds = run.sandbox.wall_seconds * _WALL_FACTOR
        return await self._executor.run(replace(run, sandbox=structs.replace(run.sandbox, wall_seconds=seconds)))


@asynccontextmanager
async def open_tools(sandbox: str, jobs: int) -> AsyncGenerator[Tools]:
    """``sandbox`` is ``auto`` or a kind; ``jobs`` is how many sandboxes (or pairs of them, for tests) run at once."""
    sandboxes = GradingSandboxes(_NotedProvider(provider_for_setting(sandbox)), slots=jobs)
    executor = _PatientTestExecutor(SandboxTestExecutor(sandboxes))
    regex = RegexWorker()
    try:
        yield Tools(regex=regex, test_executor=executor, sandboxes=sandboxes)
    finally:
        await regex.close()


async def validate_folder(folder: Path, tools: Tools) -> Validation:
    started = time.monotonic()
    used = set[str]()
    _kinds_used.set(used)
    validation = await _validated(folder, tools)
    return structs.replace(validation, seconds=time.monotonic() - started, sandbox=", ".join(sorted(used)))


async def validate_folders(
    folders: Sequence[Path], tools: Tools, jobs: int, show: Callable[[Validation], None]
) -> list[Validation]:
    """``jobs`` tasks at a time, and shows each when it is done."""
    slots = asyncio.Semaphore(jobs)

    async def one(folder: Path) -> Validation:
        async with slots:
            validation = await validate_folder(folder, tools)
        show(validation)
        return validation

    return list(await asyncio.gather(*map(one, folders)))


async def _validated(folder: Path, tools: Tools) -> Validation:
    try:
        task = load_task(folder)
        trials = await validate(make_bundles(task), tools)
    except (ProviderUnavailable, ProgramMissing) as error:
        return Validation(task=folder.name, ok=True, unchecked=str(error), host_lacks=True)
    except (CatalogError, JudgeError, SandboxError, OSError) as error:
        return Validation(task=folder.name, ok=False, error=str(error))
    ok = all(result.ok for result in trials)
    return Validation(task=task.task_id, ok=ok, trials=trials, unchecked=_left_to_others(task))


def _left_to_others(task: Task) -> str:
    """Why no host can grade all of it without calling a model or asking a person; empty if one can."""
    if any(check.calls_model for check in task.manifest.checks):
        return _NEEDS_MODELS
    return _NEEDS_PEOPLE if any(check.tier is Tier.REVIEW for check in task.manifest.checks) else ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m services.judge.validate",
        description="Check that tasks grade their reference, no-op and cheats correctly.",
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("folders", type=Path, metavar="TASK_DIR", nargs="+")
    parser.add_argument("--json", action="store_true", help="print one JSON object per task, as soon as it is done")
    parser.add_argument("--sandbox", default="auto", choices=PROVIDERS, help="kind of sandbox (default: auto)")
    parser.add_argument("--jobs", type=int, default=cores, help="tasks and sandboxes at a time (default: the cores)")
    options = parser.parse_args(arguments)
    return asyncio.run(_main([folder.resolve() for folder in options.folders], options))


async def _main(folders: Sequence[Path], options: argparse.Namespace) -> int:
    def show(validation: Validation) -> None:
        sys.stdout.buffer.write(encode(validation) + b"\n" if options.json else _text(validation).encode())
        sys.stdout.buffer.flush()

    async with open_tools(options.sandbox, options.jobs) as tools:
        return _exit_code(await validate_folders(folders, tools, options.jobs, show))


def _exit_code(validations: Sequence[Validation]) -> int:
    if any(validation.error for validation in validations):
        return 1
    if not all(validation.ok for validation in validations):
        return 3
    return 4 if all(validation.unchecked for validation in validations) else 0


def _text(validation: Validation) -> str:
    lines = [f"{validation.task}: {validation.error}"] if validation.error else []
    lines += [f"{validation.task}: not checked here: {validation.unchecked}"] if validation.unchecked else []
    lines += map(_result_line, validation.trials)
    return "\n".join(lines) + "\n"


def _result_line(result: BaselineResult) -> str:
    if result.verdict.outcome is Outcome.NEEDS_REVIEW:
        return f"?     {result.name} {result.sample_id}: left to a model or a person"
    mark = "ok   " if result.ok else "WRONG"
    reason = f"  {result.verdict.reason}" if result.verdict.reason else ""
    score = result.verdict.score
    must = "must not pass" if result.ok and score != result.wanted else f"must be {result.wanted:g}"
    return f"{mark} {result.name} {result.sample_id}: score {score:g}, {must}{reason}"


if __name__ == "__main__":
    sys.exit(main())
