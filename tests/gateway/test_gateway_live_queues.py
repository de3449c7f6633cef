"""The parts that keep order: sequencer, shared reads, outbox, subscriptions, snapshots."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as some

from services.gateway.live.client.send_queue import SendQueue
from services.gateway.live.client.subscription import PendingFrame, Subscription, SubscriptionState
from services.gateway.live.facts import FactEnvelope
from services.gateway.live.feeds.sequencer import MAX_BUFFERED, Sequencer
from services.gateway.live.feeds.shared_read import SharedRead
from services.gateway.live.settings import LiveSettings


def fact(sequence: int) -> FactEnvelope:
    return FactEnvelope(sequence, "attempt.queued", "run-0", "run", b"{}")


def numbers(facts: list[FactEnvelope]) -> list[int]:
    return [heard.sequence for heard in facts]


@given(
    arrivals=some.permutations(range(1, 30)).flatmap(
        lambda order: some.tuples(some.just(order), some.lists(some.sampled_from(order), max_size=20))
    ),
    start=some.integers(0, 12),
    when=some.integers(0, 40),
)
def test_in_whatever_order_facts_arrive_each_comes_out_once_and_in_order(
    arrivals: tuple[list[int], list[int]], start: int, when: int
) -> None:
    order, doubles = arrivals
    sequencer = Sequencer()
    out: list[int] = []
    for place, sequence in enumerate([*order, *doubles]):
        if place == when:
            out += numbers(sequencer.start(start))
        out += numbers(sequencer.push(fact(sequence)))
    if when >= len(order) + len(doubles):
        out += numbers(sequencer.start(start))
    assert out == list(range(start + 1, 30))
    assert not sequencer.has_gap


@given(lost=some.sets(some.integers(2, 29), max_size=20))
def test_skipping_gives_up_one_hole_at_a_time(lost: set[int]) -> None:
    sequencer = Sequencer()
    sequencer.start(0)
    out: list[int] = []
    for sequence in range(1, 31):
        if sequence not in lost:
            out += numbers(sequencer.push(fact(sequence)))
    while sequencer.has_gap:
        out += numbers(sequencer.skip_gap())
    assert out == [sequence for sequence in range(1, 31) if sequence not in lost]


def test_a_gap_that_stays_open_holds_only_so_much() -> None:
    sequencer = Sequencer()
    sequencer.start(0)
    for sequence in range(2, MAX_BUFFERED + 500):
        sequencer.push(fact(sequence))
    assert len(sequencer.push(fact(1))) == MAX_BUFFERED + 1


async def test_askers_share_a_read_that_began_after_they_asked() -> None:
    begun = 0
    gates: list[asyncio.Event] = []

    async def read() -> int:
        nonlocal begun
        begun += 1
        number = begun
        gates.append(gate := asyncio.Event())
        await gate.wait()
        return number

    shared = SharedRead(read)

    async def began(reads: int) -> None:
        while len(gates) < reads:
            await asyncio.sleep(0)

    first = asyncio.create_task(shared.get())
    await began(1)
    later = [asyncio.create_task(shared.get()) for _ in range(5)]
    await asyncio.sleep(0.01)
    gates[0].set()
    assert await first == 1
    await began(2)
    gates[1].set()
    assert await asyncio.gather(*later) == [2] * 5


async def test_a_read_that_fails_fails_for_its_askers_alone() -> None:
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


def subscription(outbox: SendQueue, topic: str = "run:r", pace: LiveSettings | None = None) -> Subscription:
    return Subscription(topic, outbox, pace or LiveSettings(), lambda sub: None)


def owed(sequence: int, text: str = "") -> PendingFrame:
    return PendingFrame("r", sequence, text or f"fact {sequence}")


async def test_what_is_heard_while_a_snapshot_is_read_follows_it() -> None:
    outbox = SendQueue(10_000)
    joining = subscription(outbox)
    for sequence in (4, 5, 6):
        joining.offer(owed(sequence))
    joining.complete_join("snapshot at 5", {"r": 5})
    joining.offer(owed(7))
    assert [(await outbox.next_batch())[0] for _ in range(3)] == ["snapshot at 5", "fact 6", "fact 7"]


async def test_a_replay_and_what_was_heard_meanwhile_meet_without_a_double() -> None:
    outbox = SendQueue(10_000)
    joining = subscription(outbox)
    for sequence in (4, 5, 6):
        joining.offer(owed(sequence))
    joining.complete_join(None, {"r": 1}, [owed(sequence) for sequence in (2, 3, 4, 5)])
    assert [(await outbox.next_batch())[0] for _ in range(5)] == [f"fact {sequence}" for sequence in (2, 3, 4, 5, 6)]


async def test_topics_take_turns() -> None:
    outbox = SendQueue(1_000_000)
    busy, calm = subscription(outbox, "run:busy"), subscription(outbox, "run:calm")
    for sub in (busy, calm):
        sub.complete_join(None, {})
    for sequence in range(1, 50):
        busy.offer(owed(sequence, f"busy {sequence}"))
    calm.offer(owed(1, "calm"))
    outbox.push_control("pong")
    sent = await outbox.next_batch(limit=4)
    assert sent == ["pong", "busy 1", "calm", "busy 2"]


@given(sizes=some.lists(some.integers(1, 400), max_size=60), joining=some.booleans())
def test_never_more_is_kept_than_the_bound(sizes: list[int], joining: bool) -> None:
    outbox = SendQueue(1_000)
    behind: list[Subscription] = []
    sub = Subscription("run:r", outbox, LiveSettings(), behind.append)
    if not joining:
        sub.complete_join(None, {})
    for sequence, size in enumerate(sizes, 1):
        sub.offer(owed(sequence, "x" * size))
        assert outbox._bytes <= 1_000 + 400
    assert (sub.state is SubscriptionState.BEHIND) == bool(behind)
    if behind:
        assert outbox._bytes == 0
        assert not sub.has_pending
    sub.close()
    assert outbox._bytes == outbox._snapshot_bytes == 0
