"""Resources created in advance: each used once, for an equal key, never more than the cap, none left at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from assay.sandbox.errors import SandboxNotStarted
from assay.sandbox.warm_pool import WarmPool
from tests.sandbox.harness import wait_until


class Resource:
    def __init__(self, number: int) -> None:
        self.number, self.alive = number, True


class ResourceFactory:
    """Creates resources and tracks the open ones."""

    def __init__(self) -> None:
        self.created = 0
        self.open_resources: list[Resource] = []
        self.can_create = True
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    @asynccontextmanager
    async def create(self) -> AsyncGenerator[Resource]:
        self.created += 1
        resource = Resource(self.created)
        await self.may_finish.wait()
        if not self.can_create:
            raise SandboxNotStarted("no more of them")
        self.open_resources.append(resource)
        try:
            yield resource
        finally:
            resource.alive = False
            self.open_resources.remove(resource)


async def use(warm_pool: WarmPool, factory: ResourceFactory, key: str = "a") -> int:
    async with warm_pool.acquire(key, factory.create) as resource:
        assert resource.alive
        await asyncio.sleep(0.01)
        return resource.number


async def test_the_default_pool_keeps_nothing() -> None:
    warm_pool, factory = WarmPool(), ResourceFactory()
    assert [await use(warm_pool, factory) for _ in range(3)] == [1, 2, 3]
    assert (factory.created, factory.open_resources) == (3, [])


async def test_each_resource_is_used_once_and_replaced() -> None:
    warm_pool, factory = WarmPool(1), ResourceFactory()
    assert [await use(warm_pool, factory) for _ in range(3)] == [1, 2, 3]
    assert [resource.number for resource in factory.open_resources] == [4], "the fourth waits"
    await warm_pool.close()
    assert factory.open_resources == []
    assert [await use(warm_pool, factory), factory.created] == [5, 5], "and no replacement is created"


async def test_resources_match_by_key_and_their_number_is_capped() -> None:
    warm_pool, factory = WarmPool(2), ResourceFactory()
    assert [await use(warm_pool, factory, key) for key in "abcb"] == [1, 3, 5, 4]
    assert sorted(resource.number for resource in factory.open_resources) == [2, 6]
    await warm_pool.close()


async def test_a_resource_under_creation_is_awaited() -> None:
    warm_pool, factory = WarmPool(1), ResourceFactory()
    assert await use(warm_pool, factory) == 1
    factory.may_finish.clear()
    assert await use(warm_pool, factory) == 2
    third = asyncio.create_task(use(warm_pool, factory))
    await asyncio.sleep(0.01)
    assert not third.done() and factory.created == 3
    factory.may_finish.set()
    assert await third == 3
    await warm_pool.close()


async def test_dead_or_failed_resources_are_not_handed_out() -> None:
    warm_pool, factory = WarmPool(1), ResourceFactory()
    await use(warm_pool, factory)
    factory.open_resources[0].alive = False
    assert await use(warm_pool, factory) == 3
    factory.can_create = False
    await use(warm_pool, factory)
    await asyncio.sleep(0.01)
    with pytest.raises(SandboxNotStarted):
        await use(warm_pool, factory)
    factory.can_create = True
    await use(warm_pool, factory)
    await warm_pool.close()
    assert factory.open_resources == []


async def test_cancelling_an_acquisition_leaves_nothing_open() -> None:
    warm_pool, factory = WarmPool(1), ResourceFactory()
    await use(warm_pool, factory)
    factory.may_finish.clear()
    await use(warm_pool, factory)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(use(warm_pool, factory), 0.02)
    factory.may_finish.set()
    await asyncio.sleep(0.01)
    assert factory.open_resources == []
    await warm_pool.close()


async def test_idle_resources_are_closed() -> None:
    warm_pool, factory = WarmPool(1, idle_seconds=0.05), ResourceFactory()
    await use(warm_pool, factory)
    assert factory.created == 2
    assert await wait_until(lambda: not factory.open_resources)


async def test_closing_cancels_creations() -> None:
    warm_pool, factory = WarmPool(1), ResourceFactory()
    await use(warm_pool, factory)
    factory.may_finish.clear()
    await use(warm_pool, factory)
    await warm_pool.close()
    factory.may_finish.set()
    await asyncio.sleep(0.01)
    assert (factory.created, factory.open_resources) == (3, [])
