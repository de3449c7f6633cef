"""Garbage collection: what is deleted, what is kept, and how the API distinguishes expired from lost artifacts."""

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
from tests.fakes.ledger.run import now
from tests.gateway.harness import Gateway, open_gateway


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose store already has a referenced bundle."""
    async with open_gateway(tmp_path) as opened:
        opened.ledger.references.bundles.append((await put(opened, Area.PUBLIC, b"a task", 0)).sha256)
        yield opened


def store_folder(gateway: Gateway) -> Path:
    return gateway.ports.settings.web.parent / "store"


async def put(gateway: Gateway, area: Area, data: bytes, days: float = 30.0) -> ArtifactRef:
    """Stores data as if ``days`` ago, by another process."""
    ref = await open_store(store_folder(gateway), area).put(data, "text/plain")
    then = time.time() - days * 86_400
    for path in store_folder(gateway).glob(f"{area}/*/{ref.sha256}"):
        os.utime(path, (then, then))
    return ref


async def ended_run(gateway: Gateway, days: float, **artifacts: bytes) -> str:
    """A run that ended ``days`` ago; returns the path of its attempt's artifacts."""
    run_id = await gateway.ledger.new_run(attempts=1)
    gateway.ledger.update_run(run_id, finished_at=now() - timedelta(days=days))
    gateway.ledger.runs[run_id].artifacts = {
        name: await put(gateway, Area.ATTEMPTS, data) for name, data in artifacts.items()
    }
    return f"/api/v1/attempts/{attempt_id(run_id, 0)}/artifacts"


async def collect(gateway: Gateway, **body: object) -> dict[str, Any]:
    response = await gateway.http.post("/api/v1/artifacts/gc", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def test_only_unreferenced_content_is_deleted(gateway: Gateway) -> None:
    path = await ended_run(gateway, 30, a=b"1", b=b"2", c=b"3", d=b"4", e=b"5")
    garbage = await put(gateway, Area.ATTEMPTS, b"garbage")
    hidden = await put(gateway, Area.HIDDEN, b"of no run")
    found = await collect(gateway)
    assert found["areas"]["attempts"] == {
        "looked_at": 6,
        "referred_to": 5,
        "young": 0,
        "deleted": 1,
        "freed_bytes": 7,
    }
    assert (found["expired_runs"], found["areas"]["hidden"]["deleted"]) == (0, 1)
    for store, ref in ((Area.ATTEMPTS, garbage), (Area.HIDDEN, hidden)):
        assert not list(store_folder(gateway).glob(f"{store}/*/{ref.sha256}"))
    for name in "abcde":
        assert (await gateway.http.get(f"{path}/{name}")).status_code == 200


async def test_expired_artifacts_get_410_and_shared_content_stays(gateway: Gateway) -> None:
    old, young = (
        await ended_run(gateway, 30, mine=b"mine", shared=b"shared"),
        await ended_run(gateway, 1, shared=b"shared"),
    )
    dry = await collect(gateway, older_than_days=7, dry_run=True)
    assert (dry["dry_run"], dry["expired_runs"], dry["areas"]["attempts"]["deleted"]) == (True, 1, 1)
    assert (await gateway.http.get(f"{old}/mine")).status_code == 200
    found = await collect(gateway, older_than_days=7)
    assert (found["expired_runs"], found["areas"]["attempts"]["deleted"]) == (1, 1)
    gone = await gateway.http.get(f"{old}/mine")
    assert (gone.status_code, gone.json()["code"]) == (410, "expired")
    assert "its run ended longer ago than artifacts are kept" in gone.json()["detail"]
    assert (await gateway.http.get(f"{old}/shared")).content == b"shared"
    assert (await gateway.http.get(f"{young}/shared")).content == b"shared"
    assert (await gateway.http.get(f"{old}/never")).status_code == 404


async def test_missing_content_of_an_unexpired_run_is_lost_not_expired(gateway: Gateway) -> None:
    path = await ended_run(gateway, 30, mine=b"mine")
    for file in store_folder(gateway).glob("attempts/*/*"):
        file.unlink()
    lost = await gateway.http.get(f"{path}/mine")
    assert (lost.status_code, lost.json()["code"]) == (502, "artifact_lost")


async def test_uploads_during_collections_are_kept(gateway: Gateway) -> None:
    """Old garbage is stored again, and referred to a moment later, while collections run. At least one collection has
    to find some of it."""
    texts = [b"again %d" % number for number in range(30)]
    refs = [await put(gateway, Area.ATTEMPTS, text) for text in texts]
    store = gateway.ports.stores[Area.ATTEMPTS]

    async def upload(text: bytes) -> None:
        ref = await store.put(text, "text/plain")
        await asyncio.sleep(0.05)
        run_id = await gateway.ledger.new_run(attempts=1)
        gateway.ledger.runs[run_id].artifacts = {"out": ref}

    sweeping = [asyncio.create_task(collect(gateway)) for _ in range(3)]
    for text in texts[:20]:
        await upload(text)
    await sweeping[0]
    for text in texts[20:]:
        await upload(text)
    deleted = sum(found["areas"]["attempts"]["deleted"] for found in await asyncio.gather(*sweeping))
    await collect(gateway)
    for ref, text in zip(refs, texts, strict=True):
        assert await store.get(ref) == text
    assert deleted > 0, "the collections deleted nothing"


async def test_nothing_is_deleted_if_the_ledger_has_no_runs(gateway: Gateway) -> None:
    gateway.ledger.references.bundles.clear()
    garbage = await put(gateway, Area.ATTEMPTS, b"another ledger's")
    refused = await gateway.http.post("/api/v1/artifacts/gc", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_runs")
    assert await gateway.ports.stores[Area.ATTEMPTS].get(garbage) == b"another ledger's"


def test_live_digests_contain_exactly_what_was_added() -> None:
    marks = LiveDigests()
    digests = [f"{number:016x}" + "0" * 48 for number in (7, 3, 2**63 + 5, 3)]
    assert digests[0] not in marks
    for digest in digests:
        marks.add(digest)
    assert all(digest in marks for digest in digests)
    assert f"{4:016x}" + "0" * 48 not in marks
