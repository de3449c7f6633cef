"""The hidden half of tasks: fetched by digest, decoded once, kept while they are of use."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from assay.artifacts import ArtifactPermanent, ArtifactRetryable, unpack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.codec import Malformed, decode
from assay.contracts.tasks import HiddenTask
from assay.files import Files, FilesRefused
from services.judge.errors import HiddenUnusable, StoreSilent


class Fetch(Protocol):
    async def get(self, ref: ArtifactRef) -> bytes: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Hidden:
    """What grades a task: ``files`` has ``tests/**``."""

    task: HiddenTask
    files: Files


class HiddenBundles:
    """An LRU of ``most`` bundles."""

    def __init__(self, store: Fetch, most: int = 64) -> None:
        self._store, self._most = store, most
        self._kept: OrderedDict[str, Hidden] = OrderedDict()

    async def get(self, ref: ArtifactRef) -> Hidden:
        """Raises HiddenUnusable or StoreSilent."""
        hidden = self._kept.get(ref.sha256)
        if hidden is None:
            hidden = self._kept[ref.sha256] = await self._fetched(ref)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(ref.sha256)
        return hidden

    async def _fetched(self, ref: ArtifactRef) -> Hidden:
        try:
            return read_hidden(unpack(await self._store.get(ref)))
        except ArtifactRetryable as error:
            raise StoreSilent(f"hidden bundle {ref.sha256[:12]}: {error}") from error
        except (ArtifactPermanent, FilesRefused) as error:
            raise HiddenUnusable(f"hidden bundle {ref.sha256[:12]}: {error}") from error


def read_hidden(bundle: Files) -> Hidden:
    """Raises HiddenUnusable for a bundle without a sound ``grading.json``."""
    if "grading.json" not in bundle:
        raise HiddenUnusable("the hidden bundle has no grading.json; submit the run anew with a sound task")
    try:
        task = decode(HiddenTask, bundle["grading.json"])
    except Malformed as error:
        raise HiddenUnusable(f"grading.json of the hidden bundle: {error}") from error
    return Hidden(task=task, files={path: data for path, data in bundle.items() if path != "grading.json"})
