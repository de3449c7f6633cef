"""What is made in advance: each used once, by who wants the same, never more than may wait, none left at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from assay.sandbox.errors import SandboxNotStarted
from assay.sandbox.spares import Spares
from tests.sandbox.conftest import until


class Thing:
    def __init__(self, number: int) -> None:
        self.number, self.lives = number, True


class Workshop:
    """Makes things, and knows which are there."""

    def __init__(self) -> None:
        self.made = 0
        self.there: list[Thing] = []
        self.works = True
        self.may_end = asyncio.Event()
        self.may_end.set()

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Thing]:
        self.made += 1
        thing = Thing(self.made)
        await self.may_end.wait()
        if not self.works:
            raise SandboxNotStarted("no more of them")
        self.there.append(thing)
        try:
            yield thing
        finally:
            thing.lives = False
            self.there.remove(thing)


async def used(spares: Spares, workshop: Workshop, wanted: str = "a") -> int:
    async with spares.one(wanted, workshop.make) as thing:
        assert thing.lives
        await asyncio.sleep(0.01)
        return thing.number


async def test_none_is_made_in_advance_unless_asked_for() -> None:
    spares, workshop = Spares(), Workshop()
    assert [await used(spares, workshop) for _ in range(3)] == [1, 2, 3]
    assert (workshop.made, workshop.there) == (3, [])


async def test_each_is_used_once_and_made_up_for() -> None:
    spares, workshop = Spares(1), Workshop()
    assert [await used(spares, workshop) for _ in range(3)] == [1, 2, 3]
    assert [thing.number for thing in workshop.there] == [4], "the fourth waits"
    await spares.close()
    assert workshop.there == []
    assert [await used(spares, workshop), workshop.made] == [5, 5], "and no other is made any more"


async def test_who_wants_another_does_not_get_it_nor_one_more_than_may_wait() -> None:
    spares, workshop = Spares(2), Workshop()
    assert [await used(spares, workshop, wanted) for wanted in "abcb"] == [1, 3, 5, 4]
    assert sorted(thing.number for thing in workshop.there) == [2, 6]
    await spares.close()


async def test_what_is_being_made_is_waited_for() -> None:
    spares, workshop = Spares(1), Workshop()
    assert await used(spares, workshop) == 1
    workshop.may_end.clear()
    assert await used(spares, workshop) == 2
    third = asyncio.create_task(used(spares, workshop))
    await asyncio.sleep(0.01)
    assert not third.done() and workshop.made == 3
    workshop.may_end.set()
    assert await third == 3
    await spares.close()


async def test_one_that_has_ended_or_was_not_made_is_nobodys() -> None:
    spares, workshop = Spares(1), Workshop()
    await used(spares, workshop)
    workshop.there[0].lives = False
    assert await used(spares, workshop) == 3
    workshop.works = False
    await used(spares, workshop)
    await asyncio.sleep(0.01)
    with pytest.raises(SandboxNotStarted):
        await used(spares, workshop)
    workshop.works = True
    await used(spares, workshop)
    await spares.close()
    assert workshop.there == []


async def test_who_gives_up_waiting_leaves_nothing_behind() -> None:
    spares, workshop = Spares(1), Workshop()
    await used(spares, workshop)
    workshop.may_end.clear()
    await used(spares, workshop)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(used(spares, workshop), 0.02)
    workshop.may_end.set()
    await asyncio.sleep(0.01)
    assert workshop.there == []
    await spares.close()


async def test_what_nobody_wants_is_given_up() -> None:
    spares, workshop = Spares(1, kept_seconds=0.05), Workshop()
    await used(spares, workshop)
    assert workshop.made == 2
    assert await until(lambda: not workshop.there)


async def test_closing_ends_what_is_being_made() -> None:
    spares, workshop = Spares(1), Workshop()
    await used(spares, workshop)
    workshop.may_end.clear()
    await used(spares, workshop)
    await spares.close()
    workshop.may_end.set()
    await asyncio.sleep(0.01)
    assert (workshop.made, workshop.there) == (3, [])
