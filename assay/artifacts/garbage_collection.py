"""Garbage collection: deletes content that is no longer referenced, after a grace period.

Content is stored first and referenced later, in the ledger. Two rules protect it in between. Content younger than the
grace period is never deleted. Storing existing content again renews it: ``ArtifactStore.put`` rewrites content that it
last wrote more than an hour ago. The grace period must therefore exceed this hour plus the longest time between storing
and referencing, which is the duration of an attempt.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from assay.artifacts.store import ArtifactStore
from assay.contracts.rpc.retention import Swept


async def collect_garbage(
    store: ArtifactStore, referenced: Container[str], before: datetime, *, dry_run: bool = False
) -> Swept:
    """Delete content that is not ``referenced`` and was last stored before ``before``. ``referenced`` must have been
    collected later than ``before`` plus the longest time between storing and referencing. Raises ArtifactError."""
    result = Swept()
    if not dry_run:
        await store.recover(before)
    async for stored in store.list_content():
        kept = stored.sha256 in referenced
        young = not kept and stored.stored_at >= before
        deleted = not kept and not young and (dry_run or await store.delete(stored.sha256, before))
        result += Swept(
            looked_at=1,
            referred_to=int(kept),
            young=int(not kept and not deleted),
            deleted=int(deleted),
            freed_bytes=stored.size_bytes if deleted else 0,
        )
    return result
