"""What a try leaves behind, by reference: the resolved task, prompt, response, patch, outputs of tools, result.

Artifacts keep what was really said: NULs, escape codes and markup stay as they are. What is over the cap is cut, and
its reference says so.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from assay.artifacts import unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import Malformed, decode, encode
from assay.contracts.replay import Responses
from assay.contracts.tasks import Limits, PublicTask, Sample
from assay.files import Files, FilesRefused
from services.runner.errors import TaskUnusable
from services.runner.text import cut_bytes, to_bytes

MAX_TEXT_BYTES = 16 * 1024 * 1024
JSON = "application/json"
JSON_LINES = "application/jsonl"
TEXT = "text/plain; charset=utf-8"
DIFF = "text/x-diff; charset=utf-8"
_CACHE_BYTES = 128 * 1024 * 1024
_RESPONSES = 8
"""Runs whose stored responses are kept at hand; each is a megabyte at most."""


class Store(Protocol):
    """One area of the artifact store."""

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...

    async def get(self, ref: ArtifactRef) -> bytes: ...


@runtime_checkable
class FileStore(Protocol):
    """A store that also takes what need not fit in memory."""

    async def put_file(self, path: Path, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...


@dataclass(kw_only=True)
class Kept:
    """The artifacts of one try, by name."""

    store: Store
    refs: dict[str, ArtifactRef] = field(default_factory=dict[str, ArtifactRef])

    async def keep(self, name: str, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        ref = self.refs[name] = await self.store.put(data, media_type, truncated=truncated)
        return ref

    async def keep_file(self, name: str, path: Path, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        """The file as it is now."""
        if not isinstance(self.store, FileStore):
            return await self.keep(name, await asyncio.to_thread(path.read_bytes), media_type, truncated=truncated)
        ref = self.refs[name] = await self.store.put_file(path, media_type, truncated=truncated)
        return ref

    async def keep_text(self, name: str, text: str, *, truncated: bool = False) -> ArtifactRef:
        """Up to the cap."""
        data, cut = cut_bytes(to_bytes(text), MAX_TEXT_BYTES)
        return await self.keep(name, data, TEXT, truncated=truncated or cut)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A public bundle, read. ``resolved`` is ``task.json`` as a try leaves it, by limits."""

    task: PublicTask
    samples: dict[str, Sample]
    workspace: Files
    size_bytes: int
    resolved: dict[Limits, bytes] = field(default_factory=dict[Limits, bytes])

    def sample(self, sample_id: str) -> Sample:
        """Raises TaskUnusable when the task has no such sample."""
        if sample_id not in self.samples:
            raise TaskUnusable(f"task {self.task.task_id!r} ({self.task.digest[:12]}) has no sample {sample_id!r}")
        return self.samples[sample_id]


class Bundles:
    """Public bundles, read once each: attempts at the same tasks come in crowds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._responses: OrderedDict[str, Responses] = OrderedDict()
        self._bytes = 0

    async def open(self, ref: ArtifactRef | None) -> Opened:
        """Raises TaskUnusable for what is not a public bundle, or ArtifactError."""
        if ref is None:
            raise TaskUnusable("the ticket names no public bundle")
        if found := self._opened.get(ref.sha256):
            self._opened.move_to_end(ref.sha256)
            return found
        opened = _open(await self._store.get(ref))
        self._remember(ref.sha256, opened)
        return opened

    async def responses(self, ref: ArtifactRef) -> Responses:
        """The stored responses that a run brought along. Raises TaskUnusable, or ArtifactError."""
        if ref.sha256 not in self._responses:
            try:
                self._responses[ref.sha256] = decode(Responses, await self._store.get(ref))
            except Malformed as error:
                raise TaskUnusable(f"the stored responses cannot be read: {error}") from error
            if len(self._responses) > _RESPONSES:
                self._responses.popitem(last=False)
        return self._responses[ref.sha256]

    def _remember(self, digest: str, opened: Opened) -> None:
        if digest in self._opened:
            return
        self._opened[digest] = opened
        self._bytes += opened.size_bytes
        while self._bytes > _CACHE_BYTES and len(self._opened) > 1:
            self._bytes -= self._opened.popitem(last=False)[1].size_bytes


async def keep_task(kept: Kept, opened: Opened, ticket: Ticket) -> None:
    """``task.json``: the task as this run resolved it; the same for all its attempts, so stored once."""
    if ticket.limits not in opened.resolved:
        resolved = {"task": opened.task, "limits": ticket.limits, "solver": ticket.solver}
        opened.resolved[ticket.limits] = encode(resolved)
    await kept.keep("task.json", opened.resolved[ticket.limits], JSON)


def read_bundle(data: bytes) -> dict[str, bytes]:
    """Raises TaskUnusable for bytes that are no bundle."""
    try:
        return unpack(data)
    except FilesRefused as error:
        raise TaskUnusable(f"the task's bundle cannot be read: {error}") from error


def below(bundle: Files, folder: str) -> dict[str, bytes]:
    """The files of one folder of a bundle, by their paths in that folder."""
    return {path.removeprefix(folder): content for path, content in bundle.items() if path.startswith(folder)}


def _open(data: bytes) -> Opened:
    bundle = read_bundle(data)
    try:
        task = decode(PublicTask, bundle["task.json"])
    except (KeyError, Malformed) as error:
        raise TaskUnusable(f"the public bundle has no readable task.json: {error}") from error
    samples = {sample.sample_id: sample for sample in task.samples}
    return Opened(task=task, samples=samples, workspace=below(bundle, "workspace/"), size_bytes=len(data))
