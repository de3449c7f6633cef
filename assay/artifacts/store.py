"""A content-addressed store: bytes are kept under their own sha256, so a key never changes its meaning.

One store is one area of one address, ``<area>/<ab>/<sha256>``; areas are prefixes so that credentials can be given per
area (a runner's never reach ``hidden``).
"""

from __future__ import annotations

import asyncio
import errno
import re
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import obstore
from obstore import exceptions
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from assay.artifacts.deletion import delete_file, delete_object, recover_files
from assay.artifacts.errors import (
    ArtifactCorrupt,
    ArtifactError,
    ArtifactMissing,
    StoreFull,
    StoreMisconfigured,
    StoreUnreachable,
)
from assay.contracts.artifacts import ArtifactRef, Sha256

SMALL_BYTES = 256 * 1024
"""Up to here a local put or get runs on the event loop: 0.1 ms, less than handing it to a thread and back."""
REWRITE_SECONDS = 3600.0
"""Content that was written so long ago is written again when it is put: what is put is young, no sweep takes it."""
_KNOWN_DIGESTS = 50_000
_PAGE = 1000
_DIGEST = re.compile("[0-9a-f]{64}")
_PERMANENT = (
    exceptions.InvalidPathError,
    exceptions.NotSupportedError,
    exceptions.PermissionDeniedError,
    exceptions.UnauthenticatedError,
    exceptions.UnknownConfigurationKeyError,
    PermissionError,
)


class Area(StrEnum):
    """What may be given away separately: task bundles by who may see them, and what attempts made."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    REFERENCE = "reference"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: Sha256
    size_bytes: int
    stored_at: datetime


class ArtifactStore:
    """One area. ``put`` of bytes it already holds costs nothing; ``get`` returns the digest's own bytes or raises."""

    def __init__(self, backend: ObjectStore, area: Area, folder: Path | None = None) -> None:
        self.area = area
        self._backend, self._folder = backend, folder
        self._local = isinstance(backend, LocalStore | MemoryStore)
        self._known: OrderedDict[str, float] = OrderedDict()

    async def put(
        self, data: bytes, media_type: str = "application/octet-stream", *, truncated: bool = False
    ) -> ArtifactRef:
        """Kept when this returns. Raises StoreFull, StoreUnreachable or StoreMisconfigured."""
        digest = sha256(data).hexdigest()
        if not self._is_known(digest):
            with _Translate():
                await self._put(self._key(digest), data)
            self._remember(digest)
        return ArtifactRef(sha256=digest, size_bytes=len(data), media_type=media_type, truncated=truncated)

    async def put_file(
        self, path: Path, media_type: str = "application/octet-stream", *, truncated: bool = False
    ) -> ArtifactRef:
        """As ``put``, of a file that nobody changes meanwhile; it is never in memory as a whole."""
        digest, size_bytes = await asyncio.to_thread(_digest_file, path)
        if not self._is_known(digest):
            with _Translate():
                await obstore.put_async(self._backend, self._key(digest), path)
            self._remember(digest)
        return ArtifactRef(sha256=digest, size_bytes=size_bytes, media_type=media_type, truncated=truncated)

    async def get(self, ref: ArtifactRef | Sha256) -> bytes:
        """The very bytes. Raises ArtifactMissing, ArtifactCorrupt, or what ``put`` raises."""
        digest = _digest_of(ref)
        try:
            with _Translate():
                data = await self._get(self._key(digest), small=isinstance(ref, ArtifactRef) and _is_small(ref))
        except ArtifactMissing:
            self._known.pop(digest, None)
            raise
        if sha256(data).hexdigest() != digest:
            self._known.pop(digest, None)
            raise ArtifactCorrupt(f"what {self.area}/{digest} holds ({len(data)} bytes) is not what was put there")
        return data

    async def exists(self, ref: ArtifactRef | Sha256) -> bool:
        """Whether something is stored under the digest now; only ``get`` proves that it is whole."""
        digest = _digest_of(ref)
        try:
            with _Translate():
                await obstore.head_async(self._backend, self._key(digest))
        except ArtifactMissing:
            self._known.pop(digest, None)
            return False
        return True

    async def stored(self) -> AsyncGenerator[Stored]:
        """All that is in the area, in no order."""
        with _Translate():
            async for page in obstore.list(self._backend, prefix=f"{self.area}/", chunk_size=_PAGE):
                for found in page:
                    digest = found["path"].rpartition("/")[2]
                    if _DIGEST.fullmatch(digest):
                        yield Stored(digest, found["size"], found["last_modified"])

    async def delete(self, digest: Sha256, before: datetime) -> bool:
        """Deletes what was last stored before then; whether it is gone. What is stored again meanwhile stays."""
        self._known.pop(digest, None)
        key = self._key(digest)
        with _Translate():
            if self._folder is None:
                return await delete_object(self._backend, key, before)
            return await asyncio.to_thread(delete_file, self._folder, key, before)

    async def recover(self, before: datetime) -> None:
        """Ends what a ``discard`` began that never came back."""
        if self._folder is not None:
            with _Translate():
                await asyncio.to_thread(recover_files, self._folder, self.area, before)

    async def _put(self, key: str, data: bytes) -> None:
        if self._local and len(data) <= SMALL_BYTES:
            obstore.put(self._backend, key, data, use_multipart=False)
        else:
            await obstore.put_async(self._backend, key, data)

    async def _get(self, key: str, *, small: bool) -> bytes:
        if self._local and small:
            return bytes(obstore.get(self._backend, key).bytes())
        if self._local:
            return bytes(await asyncio.to_thread(lambda: obstore.get(self._backend, key).bytes()))
        return bytes(await (await obstore.get_async(self._backend, key)).bytes_async())

    def _key(self, digest: str) -> str:
        return f"{self.area}/{digest[:2]}/{digest}"

    def _is_known(self, digest: str) -> bool:
        """Written by this process, and not so long ago that it might count as old."""
        return time.monotonic() - self._known.get(digest, -REWRITE_SECONDS) < REWRITE_SECONDS

    def _remember(self, digest: str) -> None:
        self._known[digest] = time.monotonic()
        self._known.move_to_end(digest)
        if len(self._known) > _KNOWN_DIGESTS:
            self._known.popitem(last=False)


def open_store(url: str | Path, area: Area | str) -> ArtifactStore:
    """One area of the store at ``url``: a folder's path or ``file://`` (made if absent), ``memory://`` (of its own),
    ``s3://``, ``gs://`` or ``az://``, whose credentials come from the environment as their SDKs read them."""
    address = str(url)
    scheme, separator, path = address.partition("://")
    with _Translate():
        if not separator or scheme == "file":
            folder = Path(path if separator else address).absolute()
            return ArtifactStore(_local(folder), Area(area), folder)
        if scheme == "memory":
            return ArtifactStore(MemoryStore(), Area(area))
        return ArtifactStore(_remote(address), Area(area))


def _local(folder: Path) -> LocalStore:
    try:
        return LocalStore(folder, mkdir=True)
    except OSError as error:
        raise StoreMisconfigured(f"{folder} cannot be a store: {error}") from error


def _remote(address: str) -> ObjectStore:
    try:
        return from_url(address)
    except exceptions.GenericError as error:
        raise StoreMisconfigured(_text(error)) from error


def _is_small(ref: ArtifactRef) -> bool:
    return ref.size_bytes <= SMALL_BYTES


def _digest_file(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _digest_of(ref: ArtifactRef | Sha256) -> str:
    digest = ref.sha256 if isinstance(ref, ArtifactRef) else ref
    if not _DIGEST.fullmatch(digest):
        raise ArtifactMissing(f"{digest[:80]!r} is not a digest")
    return digest


class _Translate:
    """obstore's errors as ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, (exceptions.BaseError, OSError, ValueError)):
            raise as_ours(error) from error


def as_ours(error: Exception) -> ArtifactError:
    text = _text(error)
    if isinstance(error, FileNotFoundError):
        return ArtifactMissing(text)
    if isinstance(error, (*_PERMANENT, ValueError)):
        return StoreMisconfigured(text)
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if full or "os error 28" in text or "os error 122" in text:
        return StoreFull(text)
    return StoreUnreachable(text)


def _text(error: Exception) -> str:
    return str(error).partition("\n\nDebug source")[0]
