"""Collecting garbage: what is deleted, what stays, and how the API tells what was given up from what is lost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.artifacts import Area, open_store
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.ids import attempt_id
from services.gateway.garbage_collection import LiveDigests
from tests.gateway.fakes.run import now
from tests.gateway.harness import Gateway, open_gateway


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose store nobody else uses."""
    async with open_gateway(tmp_path) as one:
        one.ledger.references.bundles.append((await put(one, Area.PUBLIC, b"a task", 0)).sha256)
        yield one


def folder(own: Gateway) -> Path:
    return own.ports.settings.web.parent / "store"


async def put(own: Gateway, area: Area, data: bytes, days: float = 30.0) -> ArtifactRef:
    """Stored so long ago, by a process that is no more."""
    ref = await open_store(folder(own), area).put(data, "text/plain")
    then = time.time() - days * 86_400
    for path in folder(own).glob(f"{area}/*/{ref.sha256}"):
        os.utime(path, (then, then))
    return ref


async def run_of(own: Gateway, days: float, **left: bytes) -> str:
    """A run that ended so long ago; the path of its first attempt's artifacts."""
    run_id = await own.ledger.new_run(attempts=1)
    own.ledger.change(run_id, finished_at=now() - timedelta(days=days))
    own.ledger.runs[run_id].artifacts = {name: await put(own, Area.ATTEMPTS, data) for name, data in left.items()}
    return f"/api/v1/attempts/{attempt_id(run_id, 0)}/artifacts"


async def collect(own: Gateway, **body: object) -> dict[str, Any]:
    response = await own.http.post("/api/v1/artifacts/gc", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def test_what_nobody_refers_to_goes_and_the_rest_stays(own: Gateway) -> None:
    path = await run_of(own, 30, a=b"1", b=b"2", c=b"3", d=b"4", e=b"5")
    garbage = await put(own, Area.ATTEMPTS, b"garbage")
    hidden = await put(own, Area.HIDDEN, b"of no run")
    found = await collect(own)
    assert found["areas"]["attempts"] == {
        "looked_at": 6,
        "referred_to": 5,
        "young": 0,
        "deleted": 1,
        "freed_bytes": 7,
    }
    assert (found["expired_runs"], found["areas"]["hidden"]["deleted"]) == (0, 1)
    for store, ref in ((Area.ATTEMPTS, garbage), (Area.HIDDEN, hidden)):
        assert not list(folder(own).glob(f"{store}/*/{ref.sha256}"))
    for name in "abcde":
        assert (await own.http.get(f"{path}/{name}")).status_code == 200


async def test_what_old_runs_left_is_gone_for_a_reason_and_what_they_share_stays(own: Gateway) -> None:
    old, young = await run_of(own, 30, mine=b"mine", shared=b"shared"), await run_of(own, 1, shared=b"shared")
    dry = await collect(own, older_than_days=7, dry_run=True)
    assert (dry["dry_run"], dry["expired_runs"], dry["areas"]["attempts"]["deleted"]) == (True, 1, 1)
    assert (await own.http.get(f"{old}/mine")).status_code == 200
    found = await collect(own, older_than_days=7)
    assert (found["expired_runs"], found["areas"]["attempts"]["deleted"]) == (1, 1)
    gone = await own.http.get(f"{old}/mine")
    assert (gone.status_code, gone.json()["code"]) == (410, "expired")
    assert "its run ended longer ago than artifacts are kept" in gone.json()["detail"]
    assert (await own.http.get(f"{old}/shared")).content == b"shared"
    assert (await own.http.get(f"{young}/shared")).content == b"shared"
    assert (await own.http.get(f"{old}/never")).status_code == 404


async def test_what_is_missing_for_no_reason_is_lost_and_not_expired(own: Gateway) -> None:
    path = await run_of(own, 30, mine=b"mine")
    for file in folder(own).glob("attempts/*/*"):
        file.unlink()
    lost = await own.http.get(f"{path}/mine")
    assert (lost.status_code, lost.json()["code"]) == (502, "artifact_lost")


async def test_uploads_during_collections_lose_nothing(own: Gateway) -> None:
    """Old garbage that is stored again, and referred to some time later, while collections go on. However late these
    are, one of them finds some of it."""
    texts = [b"again %d" % number for number in range(30)]
    refs = [await put(own, Area.ATTEMPTS, text) for text in texts]
    store = own.ports.stores[Area.ATTEMPTS]

    async def upload(text: bytes) -> None:
        ref = await store.put(text, "text/plain")
        await asyncio.sleep(0.05)
        run_id = await own.ledger.new_run(attempts=1)
        own.ledger.runs[run_id].artifacts = {"out": ref}

    sweeping = [asyncio.create_task(collect(own)) for _ in range(3)]
    for text in texts[:20]:
        await upload(text)
    await sweeping[0]
    for text in texts[20:]:
        await upload(text)
    deleted = sum(found["areas"]["attempts"]["deleted"] for found in await asyncio.gather(*sweeping))
    await collect(own)
    for ref, text in zip(refs, texts, strict=True):
        assert await store.get(ref) == text
    assert deleted > 0, "nothing was collected meanwhile"


async def test_a_ledger_that_knows_no_run_takes_no_store(own: Gateway) -> None:
    own.ledger.references.bundles.clear()
    garbage = await put(own, Area.ATTEMPTS, b"another ledger's")
    refused = await own.http.post("/api/v1/artifacts/gc", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_runs")
    assert await own.ports.stores[Area.ATTEMPTS].get(garbage) == b"another ledger's"


def test_marks_hold_what_was_added_and_nothing_else() -> None:
    marks = LiveDigests()
    digests = [f"{number:016x}" + "0" * 48 for number in (7, 3, 2**63 + 5, 3)]
    assert digests[0] not in marks
    for digest in digests:
        marks.add(digest)
    assert all(digest in marks for digest in digests)
    assert f"{4:016x}" + "0" * 48 not in marks
