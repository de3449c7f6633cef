"""The work plane, in memory and on JetStream."""

from __future__ import annotations

import asyncio
import time

import pytest

from assay.bus.errors import MessageRefused
from assay.bus.protocol import Bus, Envelope
from assay.contracts.codec import MAX_MESSAGE_BYTES
from tests.bus.conftest import Join
from tests.bus.messages import FAST_REDELIVERY, FETCH_SECONDS, ORDERS, SLOW_REDELIVERY, fetch_all, numbers, order


async def test_messages_are_delivered_in_the_order_of_publishing(bus: Bus) -> None:
    await bus.work.publish([order(number) for number in range(1200)])
    assert numbers(await fetch_all(bus, ORDERS, 1200)) == list(range(1200))


async def test_concurrent_publishers_each_wait_for_their_own_messages(bus: Bus) -> None:
    await asyncio.gather(*(bus.work.publish([order(n), order(n + 1)]) for n in range(0, 400, 2)))
    assert sorted(numbers(await fetch_all(bus, ORDERS, 400))) == list(range(400))


async def test_publishing_nothing_returns_at_once(bus: Bus) -> None:
    await bus.work.publish([])
    assert await bus.work.fetch(ORDERS, 1, 0) == []


async def test_fetch_returns_available_messages_at_once(bus: Bus) -> None:
    await bus.work.publish([order(number) for number in range(3)])
    async with asyncio.timeout(30):
        assert numbers(await bus.work.fetch(ORDERS, 50, 60)) == [0, 1, 2]


async def test_fetch_never_returns_more_than_its_limit(bus: Bus) -> None:
    await bus.work.publish([order(number) for number in range(10)])
    assert numbers(await bus.work.fetch(ORDERS, 4, FETCH_SECONDS)) == [0, 1, 2, 3]
    assert numbers(await bus.work.fetch(ORDERS, 50, FETCH_SECONDS)) == [4, 5, 6, 7, 8, 9]


async def test_fetch_waits_for_the_first_message(bus: Bus, join: Join) -> None:
    other = await join()
    fetching = asyncio.create_task(bus.work.fetch(ORDERS, 50, 60))
    await asyncio.sleep(0.2)
    assert not fetching.done()
    async with asyncio.timeout(30):
        await other.work.publish([order(1)])
        assert numbers(await fetching) == [1]


async def test_fetch_of_an_empty_queue_ends_at_its_timeout(bus: Bus) -> None:
    started = time.monotonic()
    async with asyncio.timeout(30):
        assert await bus.work.fetch(ORDERS, 50, 0.3) == []
    assert time.monotonic() - started > 0.25
    assert await bus.work.fetch(ORDERS, 50, 0) == []


async def test_two_fetchers_share_a_queue(bus: Bus, join: Join) -> None:
    other = await join()
    await bus.work.publish([order(number) for number in range(20)])
    one, two = await asyncio.gather(*(each.work.fetch(ORDERS, 10, FETCH_SECONDS) for each in (bus, other)))
    assert sorted(numbers(one) + numbers(two)) == list(range(20))


async def test_messages_for_a_cancelled_fetch_go_to_the_next_one(bus: Bus) -> None:
    cancelled = asyncio.create_task(bus.work.fetch(ORDERS, 5, 60))
    await asyncio.sleep(0.1)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await bus.work.publish([order(1)])
    assert numbers(await bus.work.fetch(ORDERS, 5, FETCH_SECONDS)) == [1]


async def test_a_known_message_id_is_stored_once(bus: Bus) -> None:
    await bus.work.publish([order(1)])
    await bus.work.publish([order(1), order(2), order(2)])
    await bus.work.publish([order(2)])
    assert numbers(await fetch_all(bus, ORDERS, 2)) == [1, 2]


async def test_a_different_message_with_a_known_id_is_delivered(bus: Bus) -> None:
    await bus.work.publish([order(1, message_id="same")])
    await bus.work.publish([order(2, message_id="same"), order(1, message_id="same")])
    assert numbers(await fetch_all(bus, ORDERS, 2)) == [1, 2]


async def test_a_retried_batch_stores_only_new_messages(bus: Bus) -> None:
    await bus.work.publish([order(number) for number in range(0, 100, 3)])
    await bus.work.publish([order(number) for number in range(100)])
    assert sorted(numbers(await fetch_all(bus, ORDERS, 100))) == list(range(100))


async def test_an_unsettled_message_is_redelivered(bus: Bus) -> None:
    await bus.work.publish([order(1, FAST_REDELIVERY)])
    started = time.monotonic()
    [first] = await bus.work.fetch(FAST_REDELIVERY, 1, FETCH_SECONDS)
    assert first.deliveries == 1
    [second] = await bus.work.fetch(FAST_REDELIVERY, 1, FETCH_SECONDS)
    assert time.monotonic() - started >= FAST_REDELIVERY.ack_wait_seconds
    assert (second.deliveries, second.message) == (2, first.message)
    await second.ack()
    assert await bus.work.fetch(FAST_REDELIVERY, 1, 0.8) == []


async def test_a_message_in_progress_is_not_redelivered(bus: Bus) -> None:
    await bus.work.publish([order(1, SLOW_REDELIVERY)])
    deliveries = await bus.work.fetch(SLOW_REDELIVERY, 1, FETCH_SECONDS)
    extended_at = time.monotonic()
    for _ in range(10):
        await asyncio.sleep(SLOW_REDELIVERY.ack_wait_seconds / 8)
        extended_at = time.monotonic()
        await bus.work.in_progress(deliveries)
    [again] = await bus.work.fetch(SLOW_REDELIVERY, 1, FETCH_SECONDS)
    assert time.monotonic() - extended_at >= SLOW_REDELIVERY.ack_wait_seconds
    assert again.deliveries == 2


async def test_a_returned_message_is_redelivered_at_once(bus: Bus) -> None:
    await bus.work.publish([order(1)])
    [delivery] = await bus.work.fetch(ORDERS, 1, FETCH_SECONDS)
    await delivery.nak()
    [again] = await bus.work.fetch(ORDERS, 1, FETCH_SECONDS)
    assert again.deliveries == 2


async def test_a_message_returned_with_a_delay_is_redelivered_after_it(bus: Bus) -> None:
    await bus.work.publish([order(1)])
    [delivery] = await bus.work.fetch(ORDERS, 1, FETCH_SECONDS)
    started = time.monotonic()
    await delivery.nak(0.5)
    assert len(await bus.work.fetch(ORDERS, 1, FETCH_SECONDS)) == 1
    assert time.monotonic() - started >= 0.5


async def test_a_message_left_unsettled_too_often_is_dead_lettered(bus: Bus) -> None:
    await bus.work.publish([order(7, FAST_REDELIVERY)])
    seen = [len(await bus.work.fetch(FAST_REDELIVERY, 1, FETCH_SECONDS)) for _ in range(FAST_REDELIVERY.max_deliver)]
    assert seen == [1, 1, 1]
    async with asyncio.timeout(30):
        while not await bus.work.dead_letters():
            assert await bus.work.fetch(FAST_REDELIVERY, 1, 1) == []
    [letter] = await bus.work.dead_letters()
    assert (letter.subject, letter.payload) == (FAST_REDELIVERY.subject, order(7).payload)
    assert "3 times" in letter.reason
    assert await bus.work.fetch(FAST_REDELIVERY, 1, 0.8) == []


async def test_a_message_returned_too_often_is_dead_lettered(bus: Bus) -> None:
    await bus.work.publish([order(7, SLOW_REDELIVERY)])
    for _ in range(SLOW_REDELIVERY.max_deliver):
        [delivery] = await bus.work.fetch(SLOW_REDELIVERY, 1, FETCH_SECONDS)
        await delivery.nak()
    [letter] = await bus.work.dead_letters()
    assert letter.deliveries == SLOW_REDELIVERY.max_deliver
    assert await bus.work.fetch(SLOW_REDELIVERY, 1, SLOW_REDELIVERY.ack_wait_seconds + 0.5) == []


async def test_dead_letters_have_a_reason_and_are_read_in_order(bus: Bus) -> None:
    await bus.work.publish([order(number) for number in range(3)])
    for delivery in await bus.work.fetch(ORDERS, 3, FETCH_SECONDS):
        await delivery.dead_letter(f"no idea what to do\nwith {delivery.message.attempt_id}")
    letters = await bus.work.dead_letters()
    assert [letter.position for letter in letters] == [1, 2, 3]
    assert [letter.reason.split()[-1] for letter in letters] == ["run-0", "run-1", "run-2"]
    assert [letter.position for letter in await bus.work.dead_letters(after=1, limit=1)] == [2]
    assert await bus.work.fetch(ORDERS, 3, 0.2) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not json",
        b'{"type":"attempt.execute"}',
        b'{"type":"attempt.grade","attempt_id":"a","token":1}',
        b"\xff\0",
    ],
)
async def test_a_message_that_does_not_decode_is_dead_lettered_with_the_reason(bus: Bus, payload: bytes) -> None:
    await bus.work.publish([Envelope(subject=ORDERS.subject, message_id="poison", payload=payload), order(1)])
    assert numbers(await bus.work.fetch(ORDERS, 10, FETCH_SECONDS)) == [1]
    [letter] = await bus.work.dead_letters()
    assert (letter.payload, letter.subject) == (payload, ORDERS.subject)
    assert "not a valid" in letter.reason


@pytest.mark.parametrize("subject", ["assay.evt.v1.x", "assay.work", "assay.work.a b", "assay.work.*", "assay.work..a"])
async def test_a_subject_outside_the_plane_is_refused(bus: Bus, subject: str) -> None:
    with pytest.raises(MessageRefused, match="cannot publish 'm1"):
        await bus.work.publish([Envelope(subject=subject, message_id="m1", payload=b"{}")])


async def test_only_a_message_over_the_size_limit_is_refused(bus: Bus) -> None:
    large = Envelope(subject=ORDERS.subject, message_id="large", payload=b"x" * (MAX_MESSAGE_BYTES + 1))
    outcomes = await asyncio.gather(
        bus.work.publish([order(1)]), bus.work.publish([large]), bus.work.publish([order(2)]), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), MessageRefused, type(None)]
    assert numbers(await fetch_all(bus, ORDERS, 2)) == [1, 2]


async def test_messages_of_the_largest_size_are_stored(bus: Bus) -> None:
    padding = b" " * (MAX_MESSAGE_BYTES - len(order(1).payload))
    large = [Envelope(subject=ORDERS.subject, message_id=f"l{n}", payload=order(n).payload + padding) for n in range(4)]
    await bus.work.publish(large)
    assert numbers(await fetch_all(bus, ORDERS, 4)) == [0, 1, 2, 3]
