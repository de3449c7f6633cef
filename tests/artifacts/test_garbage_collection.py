"""Garbage collection by reference: what is referred to, and what is young, is never lost; not even to a race."""

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
    """As if it had been stored so long ago."""
    path = folder / Area.ATTEMPTS / ref.sha256[:2] / ref.sha256
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


@pytest.fixture
def attempts(tmp_path: Path) -> ArtifactStore:
    return open_store(tmp_path, Area.ATTEMPTS)


async def test_only_what_is_old_and_not_referred_to_goes(attempts: ArtifactStore, tmp_path: Path) -> None:
    kept, young, old = [await attempts.put(text) for text in (b"kept", b"young", b"old!!")]
    age(tmp_path, kept)
    age(tmp_path, old)
    other = await open_store(tmp_path, Area.HIDDEN).put(b"another area's")
    for dry_run in (True, False):
        swept = await collect_garbage(attempts, {kept.sha256}, before(), dry_run=dry_run)
        assert swept == Swept(looked_at=3, referred_to=1, young=1, deleted=1, freed_bytes=5)
        assert await attempts.exists(old) is dry_run
    assert await attempts.exists(kept)
    assert await attempts.exists(young)
    assert await open_store(tmp_path, Area.HIDDEN).exists(other)
    with pytest.raises(ArtifactMissing):
        await attempts.get(old)
    assert list((tmp_path / ASIDE).iterdir()) == []


async def test_a_store_in_memory_is_swept_alike() -> None:
    attempts = open_store("memory://", Area.ATTEMPTS)
    one, other = await attempts.put(b"one"), await attempts.put(b"other")
    in_future = datetime.now(UTC) + timedelta(seconds=1)
    swept = await collect_garbage(attempts, {one.sha256}, in_future)
    assert (swept.deleted, swept.referred_to) == (1, 1)
    assert not await attempts.exists(other)
    assert await attempts.delete(one.sha256, before()) is False, "it is young"


async def test_what_is_put_again_is_young_again(attempts: ArtifactStore, tmp_path: Path) -> None:
    ref = await attempts.put(b"x")
    age(tmp_path, ref)
    await open_store(tmp_path, Area.ATTEMPTS).put(b"x")
    assert (await collect_garbage(attempts, set(), before())).young == 1


async def test_a_process_that_knows_it_stored_something_long_ago_stores_it_again(tmp_path: Path) -> None:
    mine, theirs = open_store(tmp_path, Area.ATTEMPTS), open_store(tmp_path, Area.ATTEMPTS)
    ref = await mine.put(b"x")
    age(tmp_path, ref)
    assert (await collect_garbage(theirs, set(), before())).deleted == 1
    assert GRACE.total_seconds() > store.REWRITE_SECONDS
    mine._known[ref.sha256] -= store.REWRITE_SECONDS  # pyright: ignore[reportPrivateUsage]  (an hour passes)
    await mine.put(b"x")
    assert await theirs.get(ref) == b"x"


async def test_what_is_stored_between_the_last_look_and_the_deletion_stays(
    attempts: ArtifactStore, tmp_path: Path
) -> None:
    """The race itself, for a while: old content of no one's, stored again while it is swept. On a busy machine the one
    may be over before the other has begun."""
    texts = [b"%d" % number for number in range(40)]
    deleted = rounds = 0
    while rounds < 5 or (not deleted and rounds < 200):
        rounds += 1
        refs = [await attempts.put(text) for text in texts]
        for ref in refs:
            age(tmp_path, ref)
        others = open_store(tmp_path, Area.ATTEMPTS)
        sweeping = asyncio.create_task(asyncio.to_thread(asyncio.run, collect_garbage(attempts, set(), before())))
        again = await asyncio.gather(*(asyncio.to_thread(asyncio.run, others.put(text)) for text in texts))
        deleted += (await sweeping).deleted
        for ref, text in zip(again, texts, strict=True):
            assert await others.get(ref) == text
        attempts = open_store(tmp_path, Area.ATTEMPTS)
    assert deleted, "nothing was raced for"


@pytest.mark.parametrize("days", [30.0, 0.0], ids=["old", "young"])
async def test_what_a_crash_left_aside_is_decided_the_next_time(
    attempts: ArtifactStore, tmp_path: Path, days: float
) -> None:
    ref = await attempts.put(b"x")
    path = age(tmp_path, ref, days)
    (tmp_path / ASIDE).mkdir()
    path.rename(tmp_path / ASIDE / f"{Area.ATTEMPTS}-{ref.sha256[:2]}-{ref.sha256}")
    await collect_garbage(attempts, set(), before())
    assert await attempts.exists(ref) is (days == 0.0)
    assert list((tmp_path / ASIDE).iterdir()) == []
