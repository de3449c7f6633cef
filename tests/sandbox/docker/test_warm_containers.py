"""Warm containers: fresh, used once, and removed like others."""

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
from assay.sandbox.docker.labels import LABEL
from assay.sandbox.warm_pool import WarmPool
from tests.sandbox.harness import SPEC

pytestmark = pytest.mark.docker


@pytest.fixture
async def warm_pool() -> AsyncGenerator[WarmPool]:
    warm_pool = WarmPool(1)
    yield warm_pool
    await warm_pool.close()


def assay_containers(client: APIClient) -> dict[str, Path]:
    """The folders of this process's containers, by their ids."""
    found = client.containers(all=True, filters={"label": [LABEL, f"assay.pid={os.getpid()}"]})
    return {container["Id"]: Path(container["Labels"]["assay.folder"]) for container in found}


async def idle_container(client: APIClient) -> str:
    """The idle one, once it runs."""
    async with asyncio.timeout(60):
        while not (running := client.containers(filters={"label": [LABEL, f"assay.pid={os.getpid()}"]})):
            await asyncio.sleep(0.05)
    return str(running[0]["Id"])


async def test_a_warm_container_is_used_once(client: APIClient, warm_pool: WarmPool) -> None:
    provider = DockerProvider(warm_pool=warm_pool)
    tests = FilesMount(path="/tests", files={"a.txt": b"1"})
    async with provider.open(SPEC, mounts=[tests]) as sandbox:
        await sandbox.write({"mine": b""})
    warm_container = await idle_container(client)
    async with provider.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.txt": b"1"})]) as sandbox:
        assert warm_container in assay_containers(client)
        found = await sandbox.run(Command(argv=["sh", "-c", "ls -A /workspace /tmp; cat /tests/a.txt"]))
        assert found.stdout == b"/tmp:\n\n/workspace:\n1", "the container is fresh"
    assert warm_container not in assay_containers(client)
    folders = assay_containers(client).values()
    await warm_pool.close()
    assert not assay_containers(client) and not any(folder.exists() for folder in folders)


async def test_another_key_gets_a_new_container(client: APIClient, warm_pool: WarmPool) -> None:
    provider = DockerProvider(warm_pool=warm_pool)
    async with provider.open(SPEC):
        pass
    warm_container = await idle_container(client)
    async with provider.open(structs.replace(SPEC, memory_mb=SPEC.memory_mb + 1)):
        assert len(assay_containers(client)) == 2
    async with provider.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.txt": b"2"})]):
        assert len(assay_containers(client)) == 2
    assert list(assay_containers(client)) == [warm_container]


async def test_a_dead_warm_container_is_not_used(client: APIClient, warm_pool: WarmPool) -> None:
    provider = DockerProvider(warm_pool=warm_pool)
    async with provider.open(SPEC):
        pass
    warm_container = await idle_container(client)
    client.kill(warm_container)
    client.wait(warm_container)
    async with provider.open(SPEC) as sandbox:
        assert (await sandbox.run(Command(argv=["echo", "1"]))).stdout == b"1\n"
