"""The parts that keep facts in order and queues bounded: sequencer, shared reads, send queue, subscriptions."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.live.client.send_queue import SendQueue
from services.gateway.live.client.subscription import PendingFrame, Subscription, SubscriptionState
from services.gateway.live.facts import FactEnvelope
from services.gateway.live.feeds.sequencer import MAX_BUFFERED, Sequencer
from services.gateway.live.feeds.shared_read import SharedRead
from services.gateway.live.settings import LiveSettings


def fact(sequence: int) -> FactEnvelope:
    return FactEnvelope(sequence, "attempt.queued", "run-0", "run", b"{}")


def numbers(facts: list[FactEnvelope]) -> list[int]:
    return [fact.sequence for fact in facts]


@given(
    arrivals=st.permutations(range(1, 30)).flatmap(
        lambda order: st.tuples(st.just(order), st.lists(st.sampled_from(order), max_size=20))
    ),
    start=st.integers(0, 12),
    when=st.integers(0, 40),
)
def test_facts_in_any_order_are_released_once_and_in_order(
    arrivals: tuple[list[int], list[int]], start: int, when: int
) -> None:
    order, duplicates = arrivals
    sequencer = Sequencer()
    out: list[int] = []
    for place, sequence in enumerate([*order, *duplicates]):
        if place == when:
            out += numbers(sequencer.start(start))
        out += numbers(sequencer.push(fact(sequence)))
    if when >= len(order) + len(duplicates):
        out += numbers(sequencer.start(start))
    assert out == list(range(start + 1, 30))
    assert not sequencer.has_gap


@given(missing=st.sets(st.integers(2, 29), max_size=20))
def test_skipping_gives_up_one_gap_at_a_time(missing: set[int]) -> None:
    sequencer = Sequencer()
    sequencer.start(0)
    out: list[int] = []
    for sequence in range(1, 31):
        if sequence not in missing:
            out += numbers(sequencer.push(fact(sequence)))
    while sequencer.has_gap:
        out += numbers(sequencer.skip_gap())
    assert out == [sequence for sequence in range(1, 31) if sequence not in missing]


def test_an_open_gap_buffers_a_limited_number_of_facts() -> None:
    sequencer = Sequencer()
    sequencer.start(0)
    for sequence in range(2, MAX_BUFFERED + 500):
        sequencer.push(fact(sequence))
    assert len(sequencer.push(fact(1))) == MAX_BUFFERED + 1


async def test_callers_share_a_read_that_starts_after_their_call() -> None:
    started_reads = 0
    read_gates: list[asyncio.Event] = []

    async def read() -> int:
        nonlocal started_reads
        started_reads += 1
        number = started_reads
        read_gates.append(gate := asyncio.Event())
        await gate.wait()
        return number

    shared = SharedRead(read)

    async def wait_for_reads(reads: int) -> None:
        while len(read_gates) < reads:
            await asyncio.sleep(0)

    first = asyncio.create_task(shared.get())
    await wait_for_reads(1)
    later = [asyncio.create_task(shared.get()) for _ in range(5)]
    await asyncio.sleep(0.01)
    read_gates[0].set()
    assert await first == 1
    await wait_for_reads(2)
    read_gates[1].set()
    assert await asyncio.gather(*later) == [2] * 5


async def test_a_failed_read_fails_only_for_its_callers() -> None:
    answers = iter([ValueError("no"), 7])

    async def read() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    shared = SharedRead(read)
    failed = await asyncio.gather(shared.get(), shared.get(), return_exceptions=True)
    assert [type(error) for error in failed] == [ValueError, ValueError]
    assert await shared.get() == 7


def subscription(queue: SendQueue, topic: str = "run:r", settings: LiveSettings | None = None) -> Subscription:
    return Subscription(topic, queue, settings or LiveSettings(), lambda sub: None)


def pending(sequence: int, text: str = "") -> PendingFrame:
    return PendingFrame("r", sequence, text or f"fact {sequence}")


async def test_facts_received_while_a_snapshot_is_read_follow_it() -> None:
    queue = SendQueue(10_000)
    joining = subscription(queue)
    for sequence in (4, 5, 6):
        joining.offer(pending(sequence))
    joining.complete_join("snapshot at 5", {"r": 5})
    joining.offer(pending(7))
    assert [(await queue.next_batch())[0] for _ in range(3)] == ["snapshot at 5", "fact 6", "fact 7"]


async def test_replayed_and_buffered_facts_join_without_duplicates() -> None:
    queue = SendQueue(10_000)
    joining = subscription(queue)
    for sequence in (4, 5, 6):
        joining.offer(pending(sequence))
    joining.complete_join(None, {"r": 1}, [pending(sequence) for sequence in (2, 3, 4, 5)])
    assert [(await queue.next_batch())[0] for _ in range(5)] == [f"fact {sequence}" for sequence in (2, 3, 4, 5, 6)]


async def test_topics_are_sent_round_robin() -> None:
    queue = SendQueue(1_000_000)
    busy, idle = subscription(queue, "run:busy"), subscription(queue, "run:idle")
    for sub in (busy, idle):
        sub.complete_join(None, {})
    for sequence in range(1, 50):
        busy.offer(pending(sequence, f"busy {sequence}"))
    idle.offer(pending(1, "idle"))
    queue.push_control("pong")
    sent = await queue.next_batch(limit=4)
    assert sent == ["pong", "busy 1", "idle", "busy 2"]


@given(sizes=st.lists(st.integers(1, 400), max_size=60), joining=st.booleans())
def test_the_queue_never_exceeds_its_limit(sizes: list[int], joining: bool) -> None:
    queue = SendQueue(1_000)
    behind: list[Subscription] = []
    sub = Subscription("run:r", queue, LiveSettings(), behind.append)
    if not joining:
        sub.complete_join(None, {})
    for sequence, size in enumerate(sizes, 1):
        sub.offer(pending(sequence, "x" * size))
        assert queue._bytes <= 1_000 + 400
    assert (sub.state is SubscriptionState.BEHIND) == bool(behind)
    if behind:
        assert queue._bytes == 0
        assert not sub.has_pending
    sub.close()
    assert queue._bytes == queue._snapshot_bytes == 0
