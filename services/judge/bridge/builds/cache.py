"""Results of builds in which no submitted code took part, which are the same for every attempt."""

from __future__ import annotations

import asyncio
import hashlib

from cachetools import LRUCache

from assay.contracts.codec import digest
from assay.contracts.sandboxspec import SandboxSpec
from assay.files import Files
from assay.sandbox import SandboxProvider
from services.judge.bridge.builds.build import Build, compiled

_MAX_BYTES = 256_000_000


class BuildCache:
    """Up to ``_MAX_BYTES`` of what was built, by what it was built from. What one sandbox has built can be used in
    another of the same kind and image."""

    def __init__(self) -> None:
        self._built: LRUCache[str, Files] = LRUCache(_MAX_BYTES, getsizeof=_size)
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, build: Build, spec: SandboxSpec, sandbox_kind: str, provider: SandboxProvider) -> Files:
        """Builds it if nobody else does so already. Raises what ``compiled`` raises."""
        key = _key(build, spec, sandbox_kind)
        async with self._locks.setdefault(key, asyncio.Lock()):
            built = self._built.get(key)
            if built is None:
                built = await compiled(build, spec, provider)
                if _size(built) <= _MAX_BYTES:
                    self._built[key] = built
        self._locks.pop(key, None)
        return built


def _size(files: Files) -> int:
    return sum(map(len, files.values()))


def _key(build: Build, spec: SandboxSpec, sandbox_kind: str) -> str:
    files = {path: hashlib.sha256(content).hexdigest() for path, content in build.files.items()}
    return digest([files, build.command, build.environment, spec.image, spec.build, sandbox_kind])
