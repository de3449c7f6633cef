"""Containers made in advance: whole, never used before, handed out once, and gone like the others."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from docker import APIClient
from msgspec import structs

from assay.sandbox import Command, FilesMount
from assay.sandbox.docker import DockerProvider
from assay.sandbox.docker.owner import LABEL
from assay.sandbox.spares import Spares
from tests.sandbox.conftest import SPEC

pytestmark = pytest.mark.docker


@pytest.fixture
async def spares() -> AsyncGenerator[Spares]:
    spares = Spares(1)
    yield spares
    await spares.close()


def ours(client: APIClient) -> dict[str, Path]:
    """The folders of this process's containers, by their ids."""
    found = client.containers(all=True, filters={"label": [LABEL, f"assay.pid={os.getpid()}"]})
    return {one["Id"]: Path(one["Labels"]["assay.folder"]) for one in found}


async def waiting(client: APIClient) -> str:
    """The one that nobody uses, once it runs."""
    async with asyncio.timeout(60):
        while not (running := client.containers(filters={"label": [LABEL, f"assay.pid={os.getpid()}"]})):
            await asyncio.sleep(0.05)
    return str(running[0]["Id"])


async def test_the_next_is_there_already_and_is_used_once(client: APIClient, spares: Spares) -> None:
    provider = DockerProvider(spares=spares)
    tests = FilesMount(path="/tests", files={"a.txt": b"1"})
    async with provider.open(SPEC, mounts=[tests]) as sandbox:
        await sandbox.write({"mine": b""})
    spare = await waiting(client)
    async with provider.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.txt": b"1"})]) as sandbox:
        assert spare in ours(client)
        found = await sandbox.run(Command(argv=["sh", "-c", "ls -A /workspace /tmp; cat /tests/a.txt"]))
        assert found.stdout == b"/tmp:\n\n/workspace:\n1", "nobody was in it"
    assert spare not in ours(client)
    folders = ours(client).values()
    await spares.close()
    assert not ours(client) and not any(folder.exists() for folder in folders)


async def test_who_wants_another_gets_a_new_one(client: APIClient, spares: Spares) -> None:
    provider = DockerProvider(spares=spares)
    async with provider.open(SPEC):
        pass
    spare = await waiting(client)
    async with provider.open(structs.replace(SPEC, memory_mb=SPEC.memory_mb + 1)):
        assert len(ours(client)) == 2
    async with provider.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.txt": b"2"})]):
        assert len(ours(client)) == 2
    assert list(ours(client)) == [spare]


async def test_one_that_has_ended_is_not_handed_out(client: APIClient, spares: Spares) -> None:
    provider = DockerProvider(spares=spares)
    async with provider.open(SPEC):
        pass
    spare = await waiting(client)
    client.kill(spare)
    client.wait(spare)
    async with provider.open(SPEC) as sandbox:
        assert (await sandbox.run(Command(argv=["echo", "1"]))).stdout == b"1\n"
