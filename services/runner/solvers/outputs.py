"""What a sandbox holds at the end, handed in: the declared outputs as a bundle, and what changed as ``patch.diff``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import encode
from assay.contracts.files import Files, FilesRefused
from assay.contracts.sandboxspec import Connection, Place, SandboxSpec
from assay.sandbox import Mounts, Sandbox
from services.runner.errors import AnswerUnusable, TaskUnusable
from services.runner.solvers.workspace_snapshot import write_patch
from services.runner.text import clean
from services.runner.tries.artifacts import JSON_LINES, TaskBundle
from services.runner.tries.try_context import TryContext


@asynccontextmanager
async def open_sandbox(try_: TryContext, spec: SandboxSpec, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
    """The attempt's own. Making and removing it is the host's work, and not on the attempt's clock. What went out of it
    is kept as ``egress.jsonl``, however it ends; where it cannot be kept, that is noted and changes nothing else."""
    asked: Sequence[Connection] = ()
    try_.clock.pause()
    try:
        async with try_.sandboxes.open(spec.at(Place.ATTEMPT), mounts=mounts) as sandbox:
            asked = sandbox.connections
            try_.clock.resume()
            try:
                yield sandbox
            finally:
                try_.clock.pause()
    finally:
        if spec.egress:
            await _keep_egress(try_, asked)


async def _keep_egress(try_: TryContext, connections: Sequence[Connection]) -> None:
    lines = b"".join(encode(connection) + b"\n" for connection in connections)
    try:
        await try_.artifacts.write("egress.jsonl", lines, JSON_LINES)
    except ArtifactError as error:
        try_.notes.append(f"what went out of the sandbox could not be kept: {clean(str(error), 300)}")


async def write_workspace(sandbox: Sandbox, opened: TaskBundle) -> None:
    """The task's files into a fresh sandbox. Raises TaskUnusable when they do not fit it."""
    try:
        await sandbox.write(opened.workspace)
    except FilesRefused as error:
        raise TaskUnusable(f"the task's workspace does not fit its sandbox: {error}") from error


async def read_outputs(sandbox: Sandbox, opened: TaskBundle) -> Files:
    """Raises AnswerUnusable for what cannot be taken."""
    try:
        return await sandbox.read(opened.task.outputs)
    except FilesRefused as error:
        raise AnswerUnusable(f"the files to hand in cannot be taken: {error}") from error


async def write_outputs(try_: TryContext, opened: TaskBundle, outputs: Files) -> ArtifactRef:
    """Raises AnswerUnusable for what cannot be taken."""
    try:
        data = pack(outputs)
    except FilesRefused as error:
        raise AnswerUnusable(f"the files to hand in cannot be taken: {error}") from error
    await write_patch(try_, opened, outputs)
    return await try_.artifacts.write("output.bundle", data, BUNDLE_MEDIA_TYPE)
