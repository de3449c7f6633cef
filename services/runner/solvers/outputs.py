"""A solver's sandbox, and what it submits at the end: the declared outputs as a bundle, the changes as
``patch.diff``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import encode
from assay.contracts.sandboxspec import Connection, Place, SandboxSpec
from assay.files import FilesRefused
from assay.sandbox import CommandResult, Mounts, Sandbox, cut_note
from services.runner.errors import AnswerUnusable, TaskUnusable
from services.runner.solvers.measured_sandbox import MeasuredSandbox
from services.runner.solvers.workspace_snapshot import write_patch
from services.runner.task_bundles import TaskBundle
from services.runner.text import clean
from services.runner.tries.artifacts import JSON_LINES, TEXT
from services.runner.tries.try_context import TryContext

OUTPUT_LIMIT = "the task's sandbox.output_bytes"


@asynccontextmanager
async def open_sandbox(try_: TryContext, spec: SandboxSpec, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
    """The attempt's sandbox. The clock does not run while the host creates and removes it. Its connections to the
    outside are always stored as ``egress.jsonl``; failing to store them only adds a note."""
    connections: Sequence[Connection] = ()
    try_.audit.offline = not (spec.network or spec.egress)
    try_.clock.pause()
    try:
        async with try_.sandboxes.open(spec.at(Place.ATTEMPT), mounts=mounts) as sandbox:
            connections = sandbox.connections
            measured = MeasuredSandbox(sandbox)
            try_.clock.resume()
            try:
                yield measured
            finally:
                try_.clock.pause()
                await measured.add_running()
                try_.used += measured.used
    finally:
        try_.audit.add_connections(connections, spec.egress)
        if spec.egress:
            await _write_egress(try_, connections)


async def write_workspace(sandbox: Sandbox, bundle: TaskBundle) -> None:
    """Writes the task's files into a new sandbox. Raises TaskUnusable if they do not fit."""
    try:
        await sandbox.write(bundle.workspace)
    except FilesRefused as error:
        raise TaskUnusable(f"the task's workspace does not fit its sandbox: {error}") from error


async def submit_outputs(try_: TryContext, bundle: TaskBundle, sandbox: Sandbox) -> ArtifactRef:
    """Stores the declared outputs and ``patch.diff``. Raises AnswerUnusable if an output is not allowed."""
    try:
        outputs = await sandbox.read(bundle.task.outputs)
        data = pack(outputs)
    except FilesRefused as error:
        raise AnswerUnusable(f"the output files are not allowed: {error}") from error
    await write_patch(try_, bundle, outputs)
    return await try_.artifacts.write("output.bundle", data, BUNDLE_MEDIA_TYPE)


async def write_command_output(try_: TryContext, result: CommandResult) -> None:
    """``stdout.txt`` and ``stderr.txt`` of a solver's only command, and a note if there is a warning."""
    stdout = result.stdout + cut_note(result.stdout, result.stdout_dropped_bytes, OUTPUT_LIMIT)
    stderr = result.stderr + cut_note(result.stderr, result.stderr_dropped_bytes, OUTPUT_LIMIT)
    await try_.artifacts.write("stdout.txt", stdout, TEXT, truncated=result.stdout_truncated)
    await try_.artifacts.write("stderr.txt", stderr, TEXT, truncated=result.stderr_truncated)
    if result.warning:
        try_.notes.append(result.warning)


async def _write_egress(try_: TryContext, connections: Sequence[Connection]) -> None:
    lines = b"".join(encode(connection) + b"\n" for connection in connections)
    try:
        await try_.artifacts.write("egress.jsonl", lines, JSON_LINES)
    except ArtifactError as error:
        try_.notes.append(f"the sandbox's connections could not be stored: {clean(str(error), 300)}")
