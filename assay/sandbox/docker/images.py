"""Images: those that specs name, and those that are built from a task's own Dockerfile, once for each content."""

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
"""For so long a failure stands: attempts come in crowds, and all would fail alike."""
_LOG_CHARACTERS = 2000


def tag_of(files: Files) -> str:
    """The same for the same files, and for no others."""
    return f"assay/task:{digest({path: sha256(content).hexdigest() for path, content in files.items()})[:32]}"


class Images:
    """``default`` is for specs that ask for none."""

    def __init__(self, daemon: Daemon, default: str) -> None:
        self._daemon, self._default = daemon, default
        self._making: dict[str, asyncio.Task[None]] = {}

    async def image_of(self, spec: SandboxSpec) -> str:
        """By name; one of the task's own is there when this returns. Raises ImageNotBuilt."""
        if not spec.build:
            return spec.image or self._default
        tag = tag_of(spec.build)
        making = self._making.get(tag)
        if making is None:
            making = self._making[tag] = asyncio.create_task(self._made(tag, spec.build))
            making.add_done_callback(lambda task: self._ended(tag, task))
        await asyncio.shield(making)
        return tag

    async def _made(self, tag: str, files: Files) -> None:
        with suppress(SpecUnsupported):
            await self._daemon.ask(self._daemon.image_id, tag)
            return
        await self._daemon.ask_patiently(_build, self._daemon, tag, files)

    def _ended(self, tag: str, task: asyncio.Task[None]) -> None:
        """Forgotten at once when it went well, for an image may be removed by others."""
        failed = task.cancelled() or task.exception() is not None
        seconds = _FAILURE_SECONDS if failed else 0.0
        task.get_loop().call_later(seconds, self._making.pop, tag, None)


def _build(daemon: Daemon, tag: str, files: Files) -> None:
    """Other processes of this machine that want the same wait for it."""
    lock = Path(tempfile.gettempdir(), f"assay-build-{tag.partition(':')[2]}.lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with suppress(SpecUnsupported):
            daemon.image_id(tag)
            return
        said = daemon.build(_packed(files), tag, {LABEL: "1"}, _BUILD_SECONDS)
        _check(said, tag)


def _check(said: Iterable[dict[str, Any]], tag: str) -> None:
    """Reads the daemon's messages to their end."""
    log, failure = "", ""
    for message in said:
        log = (log + str(message.get("stream", "")))[-_LOG_CHARACTERS:]
        failure = failure or str(message.get("error", ""))
    if failure:
        raise ImageNotBuilt(
            f"the task's Dockerfile does not build {tag}: {failure.strip()}; the end of its log:\n{log}"
        )


def _packed(files: Files) -> io.BytesIO:
    """As a folder to build in; the same bytes for the same files, so that Docker's cache knows them again."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed
