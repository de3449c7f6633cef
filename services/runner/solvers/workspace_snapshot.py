"""What an attempt's sandbox holds at the end, however the attempt ends: ``workspace.bundle``, and ``patch.diff``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from assay.artifacts import BUNDLE_MEDIA_TYPE, ArtifactError, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.results import WORKSPACE
from assay.files import Files, FilesRefused, matches
from assay.sandbox import Sandbox, SandboxError
from services.runner.solvers.unified_diff import diff_files
from services.runner.task_bundles import TaskBundle
from services.runner.text import clean
from services.runner.tries.artifacts import DIFF
from services.runner.tries.try_context import TryContext

MAX_BYTES = 16 * 1024 * 1024
"""Of a stored workspace; the largest files beyond it are left out."""
_TIMEOUT_SECONDS = 20.0
_EVERYTHING = ("*",)


@asynccontextmanager
async def snapshot_on_exit(try_: TryContext, bundle: TaskBundle, sandbox: Sandbox) -> AsyncGenerator[None]:
    """Stores the sandbox's files when the block is left. The clock does not run meanwhile, and a failure only adds a
    note."""
    try:
        yield
    finally:
        try_.clock.pause()
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await _snapshot(try_, bundle, sandbox)
        except (SandboxError, FilesRefused, ArtifactError, TimeoutError) as error:
            try_.notes.append(f"the workspace could not be stored: {clean(str(error) or 'timed out', 300)}")
        finally:
            try_.clock.resume()


async def write_patch(try_: TryContext, bundle: TaskBundle, outputs: Files) -> None:
    """``patch.diff``: the changes to the declared outputs."""
    before = {path: content for path, content in bundle.workspace.items() if matches(path, bundle.task.outputs)}
    await try_.artifacts.write("patch.diff", await asyncio.to_thread(diff_files, before, outputs), DIFF)


async def write_snapshot(try_: TryContext, files: Files) -> ArtifactRef:
    """``workspace.bundle``, without the largest files if all of them are over MAX_BYTES."""
    kept = _smallest(files)
    omitted = len(files) - len(kept)
    if omitted:
        try_.notes.append(f"the workspace is too large to store: {omitted} of {len(files)} files were left out")
    return await try_.artifacts.write(WORKSPACE, pack(kept), BUNDLE_MEDIA_TYPE, truncated=omitted > 0)


async def _snapshot(try_: TryContext, bundle: TaskBundle, sandbox: Sandbox) -> None:
    complete = True
    try:
        files = await sandbox.read(_EVERYTHING)
    except FilesRefused as error:
        try_.notes.append(f"only the outputs of the workspace were stored: {clean(str(error), 300)}")
        files, complete = await sandbox.read(bundle.task.outputs), False
    try_.audit.add_files(bundle.workspace, files, bundle.task.outputs, complete=complete)
    await write_snapshot(try_, files)
    if "patch.diff" not in try_.artifacts.refs:
        outputs = {path: content for path, content in files.items() if matches(path, bundle.task.outputs)}
        await write_patch(try_, bundle, outputs)


def _smallest(files: Files) -> dict[str, bytes]:
    kept, bytes_left = dict[str, bytes](), MAX_BYTES
    for path, content in sorted(files.items(), key=lambda each: len(each[1])):
        if len(content) > bytes_left:
            break
        kept[path] = content
        bytes_left -= len(content)
    return kept
