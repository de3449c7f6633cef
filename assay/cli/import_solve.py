"""Runs the solutions of imported tasks for their references, each in the sandbox that an attempt would get."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from assay.catalog.importers.harbor.folder import UnsolvedPlan
from assay.catalog.importers.harbor.image import program
from assay.catalog.importers.harbor.task import Unsolved
from assay.catalog.importers.plan import ImportedTask, ImportPlan, LeftOut
from assay.cli.display.output import print_notice
from assay.cli.errors import CommandFailed
from assay.files import Files, FilesRefused
from assay.sandbox import Command, FilesMount, Sandbox, SandboxError, SandboxProvider, open_sandbox_provider
from assay.sandbox.errors import ImageNotBuilt

_RUN = 'mkdir -p /tmp/logs /tmp/home; export HOME=/tmp/home; . /opt/assay/environment; exec env "$@"'
_EVERYTHING = ("*",)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OF_THE_DAEMON = ("Removing intermediate container", "--->", "Step ")


class NotSolved(Exception):
    """Why a task gets no reference."""


def solve(plan: UnsolvedPlan) -> ImportPlan:
    """Raises CommandFailed without Docker."""
    return asyncio.run(_solve(plan))


async def _solve(plan: UnsolvedPlan) -> ImportPlan:
    provider = open_sandbox_provider("docker")
    available = await provider.check()
    if not available.available:
        raise CommandFailed(f"--solve runs solutions in Docker, which does not work here: {available.reason}")
    tasks: list[ImportedTask] = []
    left_out: list[LeftOut] = []
    for number, task in enumerate(plan.tasks, 1):
        try:
            tasks.append(await _solved(task, provider))
            end = "ok"
        except NotSolved as reason:
            left_out.append(LeftOut(what=task.source, why=str(reason)))
            end = str(reason)
        print_notice(f"solved {number} of {len(plan.tasks)}: {task.source} {end}")
    return plan.solved(tuple(tasks), tuple(left_out))


async def _solved(task: Unsolved, provider: SandboxProvider) -> ImportedTask:
    try:
        workspace = await _start_files(task, provider)
        return task.solved(workspace, await _solution_files(task, workspace, provider))
    except ImageNotBuilt as error:
        raise NotSolved(_build_failure(str(error))) from error
    except SandboxError as error:
        raise NotSolved(f"its sandbox does not work: {error}") from error
    except FilesRefused as error:
        raise NotSolved(f"its files do not fit a workspace: {error}") from error


async def _start_files(task: Unsolved, provider: SandboxProvider) -> Files:
    """What an attempt begins with."""
    async with provider.open(task.sandbox) as sandbox:
        found = await _ask(sandbox, program("start.py").decode())
        if found["repository"]:
            raise NotSolved("its working folder is a Git repository, which has links or empty folders")
        if found["links"]:
            raise NotSolved(f"its working folder has links, which do not reach the workspace: {found['links'][0]}")
        return await sandbox.read(_EVERYTHING)


async def _ask(sandbox: Sandbox, text: str) -> dict[str, Any]:
    result = await sandbox.run(Command(argv=["python3", "-I", "-c", text]))
    try:
        return json.loads(result.stdout)
    except ValueError:
        raise NotSolved(f"the files of its working folder cannot be read: {_last_line(result.stderr)}") from None


async def _solution_files(task: Unsolved, workspace: Files, provider: SandboxProvider) -> Files:
    seconds = task.seconds
    spec = structs.replace(task.sandbox, wall_seconds=seconds, cpu_seconds=max(seconds, task.sandbox.cpu_seconds))
    mounts = [FilesMount(path=task.solution_folder, files=task.solution)]
    async with provider.open(spec, mounts=mounts) as sandbox:
        await sandbox.write(workspace)
        result = await sandbox.run(Command(argv=_command(task)))
        if result.killed_by:
            raise NotSolved(f"its solution exceeded its {result.killed_by} limit")
        if result.exit_code:
            last = _last_line(result.stderr or result.stdout)
            raise NotSolved(f"its solution ended with exit code {result.exit_code}: {last}")
        return await sandbox.read(_EVERYTHING)


def _command(task: Unsolved) -> Sequence[str]:
    assignments = [f"{name}={value}" for name, value in task.variables.items()]
    return ["bash", "-c", _RUN, "bash", *assignments, "bash", task.script]


def _build_failure(text: str) -> str:
    """The reason that the importer's own step gives, or the end of the log."""
    lines = [line.strip() for line in _COLOUR.sub("", text).splitlines() if line.strip()]
    ours = [line.partition("assay: ")[2] for line in lines if line.startswith("assay: ")]
    log = [line for line in lines if not line.startswith(_OF_THE_DAEMON)]
    return ours[-1] if ours else f"its image cannot be built: {log[-1][:200] if log else 'no reason is given'}"


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else "it printed nothing"
