"""What an attempt's sandbox holds at the end, whatever ended it: ``workspace.bundle``, and ``patch.diff``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.files import Files, FilesRefused, matches
from assay.contracts.results import WORKSPACE
from assay.sandbox import Sandbox, SandboxError
from services.runner.solvers.unified_diff import diff_files
from services.runner.text import clean
from services.runner.tries.artifacts import DIFF, TaskBundle
from services.runner.tries.try_context import TryContext

MAX_BYTES = 16 * 1024 * 1024
"""Of a workspace that is kept; the largest files beyond it are left out."""
_SECONDS = 20.0
_EVERYTHING = ("*",)


@asynccontextmanager
async def snapshot_on_exit(try_: TryContext, opened: TaskBundle, sandbox: Sandbox) -> AsyncGenerator[None]:
    """Keeps what the sandbox holds when the block is left. It is not on the attempt's clock, and what cannot be kept
    is noted and changes nothing else."""
    try:
        yield
    finally:
        try_.clock.pause()
        try:
            async with asyncio.timeout(_SECONDS):
                await _keep(try_, opened, sandbox)
        except (SandboxError, FilesRefused, ArtifactError, TimeoutError) as error:
            try_.notes.append(f"the workspace could not be kept: {clean(str(error) or 'it took too long', 300)}")
        finally:
            try_.clock.resume()


async def write_patch(try_: TryContext, opened: TaskBundle, outputs: Files) -> None:
    """What changed of the declared outputs, as ``patch.diff``."""
    before = {path: content for path, content in opened.workspace.items() if matches(path, opened.task.outputs)}
    await try_.artifacts.write("patch.diff", await asyncio.to_thread(diff_files, before, outputs), DIFF)


async def write_snapshot(try_: TryContext, files: Files) -> ArtifactRef:
    """``files`` as ``workspace.bundle``, without the largest where they are too many bytes together."""
    fitting = _fitting(files)
    cut = len(fitting) < len(files)
    if cut:
        left = len(files) - len(fitting)
        try_.notes.append(f"the workspace was too large to keep whole: {left} of {len(files)} files are left out")
    return await try_.artifacts.write(WORKSPACE, pack(fitting), BUNDLE_MEDIA_TYPE, truncated=cut)


async def _keep(try_: TryContext, opened: TaskBundle, sandbox: Sandbox) -> None:
    try:
        files = await sandbox.read(_EVERYTHING)
    except FilesRefused as error:
        try_.notes.append(f"of the workspace only what is handed in is kept: {clean(str(error), 300)}")
        files = await sandbox.read(opened.task.outputs)
    await write_snapshot(try_, files)
    if "patch.diff" not in try_.artifacts.refs:
        outputs = {path: content for path, content in files.items() if matches(path, opened.task.outputs)}
        await write_patch(try_, opened, outputs)


def _fitting(files: Files) -> dict[str, bytes]:
    kept, left_bytes = dict[str, bytes](), MAX_BYTES
    for path, content in sorted(files.items(), key=lambda each: len(each[1])):
        if len(content) > left_bytes:
            break
        kept[path] = content
        left_bytes -= len(content)
    return kept
