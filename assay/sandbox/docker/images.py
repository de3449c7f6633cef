"""Images named by a spec, and images built from a task's own Dockerfile, once per content."""

from __future__ import annotations

import asyncio
import fcntl
import io
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.contracts.codec import digest
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.errors import ImageNotBuilt, SpecUnsupported

LABEL = "assay.task-image"
_BUILD_SECONDS = 900
_FAILURE_SECONDS = 60.0
"""Failures are remembered this long, because the attempts of a run come together and would all fail alike."""
_LOG_CHARACTERS = 2000


def image_tag(files: Files) -> str:
    """A hash of the files."""
    return f"assay/task:{digest({path: sha256(content).hexdigest() for path, content in files.items()})[:32]}"


class Images:
    """``default`` is for specs that name no image."""

    def __init__(self, daemon: Daemon, default: str) -> None:
        self._daemon, self._default = daemon, default
        self._builds: dict[str, asyncio.Task[None]] = {}

    async def image_for(self, spec: SandboxSpec) -> str:
        """The image's name. One of the task's own exists when this returns. Raises ImageNotBuilt."""
        if not spec.build:
            return spec.image or self._default
        tag = image_tag(spec.build)
        build = self._builds.get(tag)
        if build is None:
            build = self._builds[tag] = asyncio.create_task(self._ensure_built(tag, spec.build))
            build.add_done_callback(lambda task: self._on_done(tag, task))
        await asyncio.shield(build)
        return tag

    async def _ensure_built(self, tag: str, files: Files) -> None:
        with suppress(SpecUnsupported):
            await self._daemon.call(self._daemon.image_id, tag)
            return
        await self._daemon.call_slowly(_build, self._daemon, tag, files)

    def _on_done(self, tag: str, task: asyncio.Task[None]) -> None:
        """A success is forgotten at once, because others may remove the image."""
        failed = task.cancelled() or task.exception() is not None
        seconds = _FAILURE_SECONDS if failed else 0.0
        task.get_loop().call_later(seconds, self._builds.pop, tag, None)


def _build(daemon: Daemon, tag: str, files: Files) -> None:
    """Locked against other processes on this machine that build the same image."""
    lock = Path(tempfile.gettempdir(), f"assay-build-{tag.partition(':')[2]}.lock")
    with lock.open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        with suppress(SpecUnsupported):
            daemon.image_id(tag)
            return
        messages = daemon.build(_build_context(files), tag, {LABEL: "1"}, _BUILD_SECONDS)
        _check_build(messages, tag)


def _check_build(messages: Iterable[dict[str, Any]], tag: str) -> None:
    """Reads all messages of the daemon."""
    log, failure = "", ""
    for message in messages:
        log = (log + str(message.get("stream", "")))[-_LOG_CHARACTERS:]
        failure = failure or str(message.get("error", ""))
    if failure:
        raise ImageNotBuilt(
            f"the task's Dockerfile failed to build {tag}: {failure.strip()}; the end of its log:\n{log}"
        )


def _build_context(files: Files) -> io.BytesIO:
    """A tar archive, byte for byte the same for the same files, so that Docker's cache applies."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    context.seek(0)
    return context
