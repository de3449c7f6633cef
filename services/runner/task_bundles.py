"""Tasks as runners get them: a public bundle from the artifact store, unpacked and cached."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from cachetools import LRUCache

from assay.artifacts import unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.replay import Responses
from assay.contracts.tasks import Limits, PublicTask, Sample
from assay.files import Files, FilesRefused
from assay.files.images import declared_media_type
from services.runner.errors import TaskUnusable
from services.runner.models import Image

_CACHE_BYTES = 128 * 1024 * 1024
_MAX_RESPONSES = 8
"""Runs whose stored responses are cached; each is at most 1 MiB."""


class BundleStore(Protocol):
    async def get(self, ref: ArtifactRef) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class TaskBundle:
    """A public bundle. ``images`` are those that its prompts name, by path. ``task_json`` caches the artifact
    ``task.json`` for each set of limits."""

    task: PublicTask
    samples: dict[str, Sample]
    workspace: Files
    images: dict[str, Image]
    size_bytes: int
    task_json: dict[Limits, bytes] = field(default_factory=dict[Limits, bytes])

    def sample(self, sample_id: str) -> Sample:
        """Raises TaskUnusable if the task has no such sample."""
        if sample_id not in self.samples:
            raise TaskUnusable(f"task {self.task.task_id!r} ({self.task.digest[:12]}) has no sample {sample_id!r}")
        return self.samples[sample_id]

    def images_of(self, sample: Sample) -> tuple[Image, ...]:
        """The images of its first prompt, in the order in which they are sent."""
        return tuple(self.images[path] for path in (*self.task.images, *sample.images))


class BundleCache:
    """Reads each public bundle once: attempts at the same task arrive together."""

    def __init__(self, store: BundleStore) -> None:
        self._store = store
        self._bundles: LRUCache[str, TaskBundle] = LRUCache(_CACHE_BYTES, getsizeof=lambda it: it.size_bytes)
        self._responses: LRUCache[str, Responses] = LRUCache(_MAX_RESPONSES)

    async def open(self, ref: ArtifactRef | None) -> TaskBundle:
        """Raises TaskUnusable if it is not a public bundle, or ArtifactError."""
        if ref is None:
            raise TaskUnusable("the ticket names no public bundle")
        if found := self._bundles.get(ref.sha256):
            return found
        bundle = _read_public(await self._store.get(ref))
        with suppress(ValueError):  # larger than the whole cache
            self._bundles[ref.sha256] = bundle
        return bundle

    async def responses(self, ref: ArtifactRef) -> Responses:
        """The stored responses that a run replays. Raises TaskUnusable, or ArtifactError."""
        if found := self._responses.get(ref.sha256):
            return found
        try:
            responses = self._responses[ref.sha256] = decode(Responses, await self._store.get(ref))
        except Malformed as error:
            raise TaskUnusable(f"the stored responses are unreadable: {error}") from error
        return responses


def unpack_bundle(data: bytes) -> dict[str, bytes]:
    """Raises TaskUnusable if the bytes are not a bundle."""
    try:
        return unpack(data)
    except FilesRefused as error:
        raise TaskUnusable(f"the task's bundle is unreadable: {error}") from error


def files_below(bundle: Files, folder: str) -> dict[str, bytes]:
    """The files in one folder of a bundle, by their paths in that folder."""
    return {path.removeprefix(folder): content for path, content in bundle.items() if path.startswith(folder)}


def _read_public(data: bytes) -> TaskBundle:
    files = unpack_bundle(data)
    try:
        task = decode(PublicTask, files["task.json"])
    except (KeyError, Malformed) as error:
        raise TaskUnusable(f"the public bundle has no readable task.json: {error}") from error
    samples = {sample.sample_id: sample for sample in task.samples}
    named = (*task.images, *(path for sample in task.samples for path in sample.images))
    return TaskBundle(
        task=task,
        samples=samples,
        workspace=files_below(files, "workspace/"),
        images={path: _image(path, files) for path in named},
        size_bytes=len(data),
    )


def _image(path: str, files: Files) -> Image:
    media_type = declared_media_type(path)
    if media_type is None or path not in files:
        raise TaskUnusable(f"the public bundle has no image {path!r}, which its task.json names")
    return Image(media_type=media_type, data=files[path], name=path)
