"""What a sandbox holds at the end, handed in: the declared outputs as a bundle, and what changed as ``patch.diff``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import encode
from assay.contracts.sandboxspec import Connection, Place, SandboxSpec
from assay.files import Files, FilesRefused
from assay.sandbox import Mounts, Sandbox
from services.runner.errors import AnswerUnusable, TaskUnusable
from services.runner.solvers.workspace_snapshot import keep_patch
from services.runner.text import clean
from services.runner.tries.artifacts import JSON_LINES, Opened
from services.runner.tries.try_context import Try


@asynccontextmanager
async def open_sandbox(attempt: Try, spec: SandboxSpec, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
    """The attempt's own. Making and removing it is the host's work, and not on the attempt's clock. What went out of it
    is kept as ``egress.jsonl``, however it ends; where it cannot be kept, that is noted and changes nothing else."""
    asked: Sequence[Connection] = ()
    attempt.clock.pause()
    try:
        async with attempt.sandboxes.open(spec.at(Place.ATTEMPT), mounts=mounts) as sandbox:
            asked = sandbox.connections
            attempt.clock.resume()
            try:
                yield sandbox
            finally:
                attempt.clock.pause()
    finally:
        if spec.egress:
            await _keep_egress(attempt, asked)


async def _keep_egress(attempt: Try, connections: Sequence[Connection]) -> None:
    lines = b"".join(encode(connection) + b"\n" for connection in connections)
    try:
        await attempt.kept.keep("egress.jsonl", lines, JSON_LINES)
    except ArtifactError as error:
        attempt.notes.append(f"what went out of the sandbox could not be kept: {clean(str(error), 300)}")


async def lay_out(sandbox: Sandbox, opened: Opened) -> None:
    """The task's files into a fresh sandbox. Raises TaskUnusable when they do not fit it."""
    try:
        await sandbox.write(opened.workspace)
    except FilesRefused as error:
        raise TaskUnusable(f"the task's workspace does not fit its sandbox: {error}") from error


async def read_outputs(sandbox: Sandbox, opened: Opened) -> Files:
    """Raises AnswerUnusable for what cannot be taken."""
    try:
        return await sandbox.read(opened.task.outputs)
    except FilesRefused as error:
        raise AnswerUnusable(f"the files to hand in cannot be taken: {error}") from error


async def hand_in(attempt: Try, opened: Opened, outputs: Files) -> ArtifactRef:
    """Raises AnswerUnusable for what cannot be taken."""
    try:
        data = pack(outputs)
    except FilesRefused as error:
        raise AnswerUnusable(f"the files to hand in cannot be taken: {error}") from error
    await keep_patch(attempt, opened, outputs)
    return await attempt.kept.keep("output.bundle", data, BUNDLE_MEDIA_TYPE)
