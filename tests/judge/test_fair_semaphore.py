"""The semaphore that test runs share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.judge.grading.fair_semaphore import FairSemaphore


async def grant_order(semaphore: FairSemaphore, runs: Sequence[str]) -> list[str]:
    """The order in which waiters of these runs, requested in this order, get their slots."""
    order: list[str] = []

    async def holder(run_id: str) -> None:
        async with semaphore.slot(run_id):
            order.append(run_id)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for run_id in runs:
            group.create_task(holder(run_id))
    return order


async def test_a_small_run_does_not_wait_for_a_large_one() -> None:
    assert await grant_order(FairSemaphore(1), [*"LLLLLL", *"ss"]) == [*"LLsLsLLL"]


async def test_no_more_than_the_slots_are_held() -> None:
    semaphore, active, max_active = FairSemaphore(2), 0, 0

    async def holder(run_id: str) -> None:
        nonlocal active, max_active
        async with semaphore.slot(run_id):
            active += 1
            max_active = max(max_active, active)
            await asyncio.sleep(0.001)
            active -= 1

    await asyncio.gather(*(holder(run_id) for run_id in "aabbccdd"))
    assert (max_active, active) == (2, 0)


async def test_a_slot_is_released_if_its_holder_raises() -> None:
    semaphore = FairSemaphore(1)
    with pytest.raises(ValueError, match="broken"):
        async with semaphore.slot("a"):
            raise ValueError("broken")
    assert await grant_order(semaphore, "ab") == ["a", "b"]


async def test_cancelled_waiters_take_no_slot() -> None:
    semaphore = FairSemaphore(1)

    async def holder() -> None:
        async with semaphore.slot("a"):
            pytest.fail("it was cancelled")

    async with semaphore.slot("a"):
        waiting, next_waiter = asyncio.create_task(holder()), asyncio.create_task(holder())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    next_waiter.cancel()  # it was granted the slot but has not run yet
    await asyncio.gather(next_waiter, return_exceptions=True)
    assert next_waiter.cancelled()
    assert await grant_order(semaphore, "b") == ["b"]
