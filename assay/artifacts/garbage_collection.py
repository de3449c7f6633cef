"""Garbage collection by reference: content that nobody refers to any more goes, when it has lain still for long enough.

Who stores content refers to it later, in another place. Two rules keep what is between the two: nothing younger than
the grace period goes, and content that is stored again becomes young, whether or not it was there:
``ArtifactStore.put`` writes again what it last wrote an hour ago. So the grace period need only be longer than that
hour and the longest time from storing to referring, which is an attempt's.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from assay.artifacts.store import ArtifactStore
from assay.contracts.rpc.retention import Swept


async def collect_garbage(
    store: ArtifactStore, referenced: Container[str], before: datetime, *, dry_run: bool = False
) -> Swept:
    """Deletes what is not ``referred`` to and was last stored before then. ``referred`` must have been collected after
    ``before`` plus the longest time from storing to referring. Raises ArtifactError."""
    swept = Swept()
    if not dry_run:
        await store.recover(before)
    async for stored in store.stored():
        kept = stored.sha256 in referenced
        young = not kept and stored.stored_at >= before
        gone = not kept and not young and (dry_run or await store.delete(stored.sha256, before))
        swept += Swept(
            looked_at=1,
            referred_to=int(kept),
            young=int(not kept and not gone),
            deleted=int(gone),
            freed_bytes=stored.size_bytes if gone else 0,
        )
    return swept
