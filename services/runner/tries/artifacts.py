"""The artifacts of one try: task, prompt, response, patch, output of commands, result.

Content is stored unchanged, with NULs, escape codes and markup. Text over the size limit is cut, and its reference
says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from services.runner.task_bundles import TaskBundle
from services.runner.text import cut_bytes, to_bytes

MAX_TEXT_BYTES = 16 * 1024 * 1024
JSON = "application/json"
JSON_LINES = "application/jsonl"
TEXT = "text/plain; charset=utf-8"
DIFF = "text/x-diff; charset=utf-8"


class Store(Protocol):
    """One area of the artifact store."""

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...

    async def get(self, ref: ArtifactRef) -> bytes: ...


@runtime_checkable
class FileStore(Protocol):
    """A store that also accepts files, so that large ones need not fit in memory."""

    async def put_file(self, path: Path, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...


@dataclass(kw_only=True)
class ArtifactWriter:
    """Stores a try's artifacts; ``refs`` has them by name."""

    store: Store
    refs: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])

    async def write(self, name: str, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        ref = self.refs[name] = await self.store.put(data, media_type, truncated=truncated)
        return ref

    async def write_file(self, name: str, path: Path, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        """Stores the file's current content."""
        if not isinstance(self.store, FileStore):
            return await self.write(name, await asyncio.to_thread(path.read_bytes), media_type, truncated=truncated)
        ref = self.refs[name] = await self.store.put_file(path, media_type, truncated=truncated)
        return ref

    async def write_text(self, name: str, text: str, *, truncated: bool = False) -> ArtifactRef:
        """Stores at most MAX_TEXT_BYTES."""
        data, cut = cut_bytes(to_bytes(text), MAX_TEXT_BYTES)
        return await self.write(name, data, TEXT, truncated=truncated or cut)


async def write_task(artifacts: ArtifactWriter, bundle: TaskBundle, ticket: Ticket) -> None:
    """``task.json``: the task as this run resolved it. It is the same for all the run's attempts, so encoded once."""
    if ticket.limits not in bundle.task_json:
        resolved = {"task": bundle.task, "limits": ticket.limits, "solver": ticket.solver}
        bundle.task_json[ticket.limits] = encode(resolved)
    await artifacts.write("task.json", bundle.task_json[ticket.limits], JSON)
