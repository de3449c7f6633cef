"""A content-addressed store: content is stored under its own sha256.

An ArtifactStore is one area at one URL; keys are ``<area>/<ab>/<sha256>``. Areas are prefixes, so that credentials can
be limited to some of them: a runner's credentials do not cover ``hidden``.
"""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import obstore
from cachetools import TTLCache
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
"""Up to this size, local operations run on the event loop: they take 0.1 ms, less than switching to a thread."""
REWRITE_SECONDS = 3600.0
"""``put`` writes content again if it last did so longer ago than this, which renews it for garbage collection."""
_MAX_REMEMBERED = 50_000
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
    """Areas with separate permissions: task bundles by visibility, and the artifacts of attempts."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    REFERENCE = "reference"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True)
class StoredContent:
    sha256: Sha256
    size_bytes: int
    stored_at: datetime


class ArtifactStore:
    """One area of a store. ``put`` skips content it wrote recently; ``get`` returns the digest's content or raises."""

    def __init__(self, backend: ObjectStore, area: Area, folder: Path | None = None) -> None:
        self.area = area
        self._backend, self._folder = backend, folder
        self._local = isinstance(backend, LocalStore | MemoryStore)
        self._recently_written = TTLCache[str, bool, float](_MAX_REMEMBERED, REWRITE_SECONDS)

    async def put(
        self, data: bytes, media_type: str = "application/octet-stream", *, truncated: bool = False
    ) -> ArtifactRef:
        """Store bytes durably. Raises StoreFull, StoreUnreachable or StoreMisconfigured."""
        digest = sha256(data).hexdigest()
        if digest not in self._recently_written:
            with _TranslateErrors():
                await self._put(self._key(digest), data)
            self._recently_written[digest] = True
        return ArtifactRef(sha256=digest, size_bytes=len(data), media_type=media_type, truncated=truncated)

    async def put_file(
        self, path: Path, media_type: str = "application/octet-stream", *, truncated: bool = False
    ) -> ArtifactRef:
        """Like ``put``, for a file, which is not loaded into memory and must not change meanwhile."""
        digest, size_bytes = await asyncio.to_thread(_digest_file, path)
        if digest not in self._recently_written:
            with _TranslateErrors():
                await obstore.put_async(self._backend, self._key(digest), path)
            self._recently_written[digest] = True
        return ArtifactRef(sha256=digest, size_bytes=size_bytes, media_type=media_type, truncated=truncated)

    async def get(self, ref: ArtifactRef | Sha256) -> bytes:
        """The content. Raises ArtifactMissing, ArtifactCorrupt, or the errors of ``put``."""
        digest = _digest_of(ref)
        try:
            with _TranslateErrors():
                data = await self._get(self._key(digest), small=isinstance(ref, ArtifactRef) and _is_small(ref))
        except ArtifactMissing:
            self._recently_written.pop(digest, None)
            raise
        if sha256(data).hexdigest() != digest:
            self._recently_written.pop(digest, None)
            raise ArtifactCorrupt(f"the content of {self.area}/{digest} ({len(data)} bytes) does not match its digest")
        return data

    async def exists(self, ref: ArtifactRef | Sha256) -> bool:
        """Whether content with this digest is stored. Only ``get`` verifies it."""
        digest = _digest_of(ref)
        try:
            with _TranslateErrors():
                await obstore.head_async(self._backend, self._key(digest))
        except ArtifactMissing:
            self._recently_written.pop(digest, None)
            return False
        return True

    async def list_content(self) -> AsyncGenerator[StoredContent]:
        """All content of the area, in no particular order."""
        with _TranslateErrors():
            async for page in obstore.list(self._backend, prefix=f"{self.area}/", chunk_size=_PAGE):
                for found in page:
                    digest = found["path"].rpartition("/")[2]
                    if _DIGEST.fullmatch(digest):
                        yield StoredContent(digest, found["size"], found["last_modified"])

    async def delete(self, digest: Sha256, before: datetime) -> bool:
        """Delete content last stored before ``before``, unless it is stored again meanwhile. Returns whether it was
        deleted."""
        self._recently_written.pop(digest, None)
        key = self._key(digest)
        with _TranslateErrors():
            if self._folder is None:
                return await delete_object(self._backend, key, before)
            return await asyncio.to_thread(delete_file, self._folder, key, before)

    async def recover(self, before: datetime) -> None:
        """Finish deletions that a crash interrupted."""
        if self._folder is not None:
            with _TranslateErrors():
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


def open_store(url: str | Path, area: Area | str) -> ArtifactStore:
    """Open one area of the store at ``url``: a folder's path or ``file://`` (created if missing), ``memory://`` (not
    shared), ``s3://``, ``gs://`` or ``az://``, with the credentials that the cloud's SDK finds in the environment."""
    address = str(url)
    scheme, separator, path = address.partition("://")
    with _TranslateErrors():
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
        raise StoreMisconfigured(f"cannot open a store in the folder {folder}: {error}") from error


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
        raise ArtifactMissing(f"{digest[:80]!r} is not a sha256 digest")
    return digest


class _TranslateErrors:
    """Converts obstore's errors into ArtifactErrors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, (exceptions.BaseError, OSError, ValueError)):
            raise artifact_error(error) from error


def artifact_error(error: Exception) -> ArtifactError:
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
