"""Garbage collection never deletes referenced or young content, not even in a race."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.artifacts import Area, ArtifactMissing, ArtifactStore, collect_garbage, open_store, store
from assay.artifacts.deletion import ASIDE
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.rpc import Swept

GRACE = timedelta(hours=72)


def before() -> datetime:
    return datetime.now(UTC) - GRACE


def age(folder: Path, ref: ArtifactRef, days: float = 30.0) -> Path:
    """Make the content look as if it was stored ``days`` ago."""
    path = folder / Area.ATTEMPTS / ref.sha256[:2] / ref.sha256
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


@pytest.fixture
def attempts(tmp_path: Path) -> ArtifactStore:
    return open_store(tmp_path, Area.ATTEMPTS)


async def test_only_old_unreferenced_content_is_deleted(attempts: ArtifactStore, tmp_path: Path) -> None:
    kept, young, old = [await attempts.put(text) for text in (b"kept", b"young", b"old!!")]
    age(tmp_path, kept)
    age(tmp_path, old)
    other = await open_store(tmp_path, Area.HIDDEN).put(b"another area's")
    for dry_run in (True, False):
        result = await collect_garbage(attempts, {kept.sha256}, before(), dry_run=dry_run)
        assert result == Swept(looked_at=3, referred_to=1, young=1, deleted=1, freed_bytes=5)
        assert await attempts.exists(old) is dry_run
    assert await attempts.exists(kept)
    assert await attempts.exists(young)
    assert await open_store(tmp_path, Area.HIDDEN).exists(other)
    with pytest.raises(ArtifactMissing):
        await attempts.get(old)
    assert list((tmp_path / ASIDE).iterdir()) == []


async def test_garbage_is_collected_in_a_memory_store() -> None:
    attempts = open_store("memory://", Area.ATTEMPTS)
    one, other = await attempts.put(b"one"), await attempts.put(b"other")
    in_future = datetime.now(UTC) + timedelta(seconds=1)
    result = await collect_garbage(attempts, {one.sha256}, in_future)
    assert (result.deleted, result.referred_to) == (1, 1)
    assert not await attempts.exists(other)
    assert await attempts.delete(one.sha256, before()) is False, "it is young"


async def test_putting_content_again_renews_it(attempts: ArtifactStore, tmp_path: Path) -> None:
    ref = await attempts.put(b"x")
    age(tmp_path, ref)
    await open_store(tmp_path, Area.ATTEMPTS).put(b"x")
    assert (await collect_garbage(attempts, set(), before())).young == 1


async def test_a_process_stores_content_again_that_it_stored_long_ago(tmp_path: Path) -> None:
    one, other = open_store(tmp_path, Area.ATTEMPTS), open_store(tmp_path, Area.ATTEMPTS)
    ref = await one.put(b"x")
    age(tmp_path, ref)
    assert (await collect_garbage(other, set(), before())).deleted == 1
    assert GRACE.total_seconds() > store.REWRITE_SECONDS
    one._recently_written.expire(time.monotonic() + store.REWRITE_SECONDS)  # pyright: ignore[reportPrivateUsage]
    await one.put(b"x")
    assert await other.get(ref) == b"x"


async def test_content_stored_during_its_deletion_stays(attempts: ArtifactStore, tmp_path: Path) -> None:
    """Old unreferenced content is stored again while it is collected. Repeated, because on a busy machine one can end
    before the other starts."""
    texts = [b"%d" % number for number in range(40)]
    deleted = rounds = 0
    while rounds < 5 or (not deleted and rounds < 200):
        rounds += 1
        refs = [await attempts.put(text) for text in texts]
        for ref in refs:
            age(tmp_path, ref)
        others = open_store(tmp_path, Area.ATTEMPTS)
        collecting = asyncio.create_task(asyncio.to_thread(asyncio.run, collect_garbage(attempts, set(), before())))
        again = await asyncio.gather(*(asyncio.to_thread(asyncio.run, others.put(text)) for text in texts))
        deleted += (await collecting).deleted
        for ref, text in zip(again, texts, strict=True):
            assert await others.get(ref) == text
        attempts = open_store(tmp_path, Area.ATTEMPTS)
    assert deleted, "no race happened"


@pytest.mark.parametrize("days", [30.0, 0.0], ids=["old", "young"])
async def test_an_interrupted_deletion_is_finished_by_the_next_collection(
    attempts: ArtifactStore, tmp_path: Path, days: float
) -> None:
    ref = await attempts.put(b"x")
    path = age(tmp_path, ref, days)
    (tmp_path / ASIDE).mkdir()
    path.rename(tmp_path / ASIDE / f"{Area.ATTEMPTS}-{ref.sha256[:2]}-{ref.sha256}")
    await collect_garbage(attempts, set(), before())
    assert await attempts.exists(ref) is (days == 0.0)
    assert list((tmp_path / ASIDE).iterdir()) == []
