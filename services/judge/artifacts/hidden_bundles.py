"""The hidden bundles of tasks: fetched by digest, decoded once, cached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache

from assay.artifacts import ArtifactPermanent, ArtifactRetryable, unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.tasks import HiddenTask
from assay.files import Files, FilesRefused
from services.judge.errors import HiddenBundleInvalid, StoreUnavailable


class ArtifactReader(Protocol):
    async def get(self, ref: ArtifactRef) -> bytes: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class HiddenBundle:
    """What grades a task: ``files`` contains ``tests/**`` and ``driver/**``."""

    task: HiddenTask
    files: Files


class HiddenBundles:
    """An LRU cache of ``max_bundles`` bundles."""

    def __init__(self, store: ArtifactReader, max_bundles: int = 64) -> None:
        self._store = store
        self._cache: LRUCache[str, HiddenBundle] = LRUCache(max_bundles)

    async def get(self, ref: ArtifactRef) -> HiddenBundle:
        """Raises HiddenBundleInvalid or StoreUnavailable."""
        hidden = self._cache.get(ref.sha256)
        if hidden is None:
            hidden = self._cache[ref.sha256] = await self._fetch(ref)
        return hidden

    async def _fetch(self, ref: ArtifactRef) -> HiddenBundle:
        try:
            return parse_hidden_bundle(unpack(await self._store.get(ref)))
        except ArtifactRetryable as error:
            raise StoreUnavailable(f"hidden bundle {ref.sha256[:12]}: {error}") from error
        except (ArtifactPermanent, FilesRefused) as error:
            raise HiddenBundleInvalid(f"hidden bundle {ref.sha256[:12]}: {error}") from error


def parse_hidden_bundle(bundle: Files) -> HiddenBundle:
    """Raises HiddenBundleInvalid for a bundle without a valid ``grading.json``."""
    if "grading.json" not in bundle:
        raise HiddenBundleInvalid("the hidden bundle has no grading.json; fix the task and submit the run again")
    try:
        task = decode(HiddenTask, bundle["grading.json"])
    except Malformed as error:
        raise HiddenBundleInvalid(f"invalid grading.json in the hidden bundle: {error}") from error
    return HiddenBundle(task=task, files={path: data for path, data in bundle.items() if path != "grading.json"})
