"""What an attempt's sandbox holds at the end, whatever ended it: ``workspace.bundle``, and ``patch.diff``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.results import WORKSPACE
from assay.files import Files, FilesRefused, matches
from assay.sandbox import Sandbox, SandboxError
from services.runner.solvers.unified_diff import diff_of
from services.runner.text import clean
from services.runner.tries.artifacts import DIFF, Opened
from services.runner.tries.try_context import Try

MOST_BYTES = 16 * 1024 * 1024
"""Of a workspace that is kept; the largest files beyond it are left out."""
_SECONDS = 20.0
_EVERYTHING = ("*",)


@asynccontextmanager
async def remaining(attempt: Try, opened: Opened, sandbox: Sandbox) -> AsyncGenerator[None]:
    """Keeps what the sandbox holds when the block is left. It is not on the attempt's clock, and what cannot be kept
    is noted and changes nothing else."""
    try:
        yield
    finally:
        attempt.clock.pause()
        try:
            async with asyncio.timeout(_SECONDS):
                await _keep(attempt, opened, sandbox)
        except (SandboxError, FilesRefused, ArtifactError, TimeoutError) as error:
            attempt.notes.append(f"the workspace could not be kept: {clean(str(error) or 'it took too long', 300)}")
        finally:
            attempt.clock.resume()


async def keep_patch(attempt: Try, opened: Opened, outputs: Files) -> None:
    """What changed of the declared outputs, as ``patch.diff``."""
    before = {path: content for path, content in opened.workspace.items() if matches(path, opened.task.outputs)}
    await attempt.kept.keep("patch.diff", await asyncio.to_thread(diff_of, before, outputs), DIFF)


async def keep_workspace(attempt: Try, files: Files) -> ArtifactRef:
    """``files`` as ``workspace.bundle``, without the largest where they are too many bytes together."""
    fitting = _fitting(files)
    cut = len(fitting) < len(files)
    if cut:
        left = len(files) - len(fitting)
        attempt.notes.append(f"the workspace was too large to keep whole: {left} of {len(files)} files are left out")
    return await attempt.kept.keep(WORKSPACE, pack(fitting), BUNDLE_MEDIA_TYPE, truncated=cut)


async def _keep(attempt: Try, opened: Opened, sandbox: Sandbox) -> None:
    try:
        files = await sandbox.read(_EVERYTHING)
    except FilesRefused as error:
        attempt.notes.append(f"of the workspace only what is handed in is kept: {clean(str(error), 300)}")
        files = await sandbox.read(opened.task.outputs)
    await keep_workspace(attempt, files)
    if "patch.diff" not in attempt.kept.refs:
        outputs = {path: content for path, content in files.items() if matches(path, opened.task.outputs)}
        await keep_patch(attempt, opened, outputs)


def _fitting(files: Files) -> dict[str, bytes]:
    kept, left_bytes = dict[str, bytes](), MOST_BYTES
    for path, content in sorted(files.items(), key=lambda each: len(each[1])):
        if len(content) > left_bytes:
            break
        kept[path] = content
        left_bytes -= len(content)
    return kept
