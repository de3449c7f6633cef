"""Messages that nobody can handle, and orders that are gone (faults 22 and 23)."""

from __future__ import annotations

import asyncio
import time

from assay.bus.nats.bus import connect
from assay.bus.protocol import Envelope
from tests.faults.processes.conftest import Figure
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.sample_catalog import MODEL, SAMPLES
from tests.faults.processes.stack import FaultStack

POISON = (b"executed!", b'{"type":"attempt.vanished"}', b'{"type":"attempt.executed","message_id":"m"}', b"")
SUBJECTS = ("assay.work.report.run", "assay.work.report.judge", "assay.work.run.default", "assay.work.judge.default")
FOUND_SECONDS = 120.0


def poison(stack: FaultStack, rounds: int) -> int:
    """Puts messages of every bad kind on every queue."""

    async def send() -> int:
        bus = await connect(stack.observer())
        sent = [
            Envelope(subject=subject, message_id=f"poison-{time.time_ns()}-{number}-{kind}-{subject}", payload=payload)
            for number in range(rounds)
            for kind, payload in enumerate(POISON)
            for subject in SUBJECTS
        ]
        try:
            await bus.work.publish(sent)
        finally:
            await bus.close()
        return len(sent)

    return asyncio.run(send())


def clean_and_poisoned(stack: FaultStack, turn: int) -> tuple[float, float, float]:
    """Attempts per second without poison and with it, and the seconds until the last of it was among the dead."""
    speeds: list[float] = []
    buried = 0.0
    for rounds in (0, 10):
        name = f"poison-{turn}-{rounds}"
        with under_load(stack, name, RUNS) as (_, books):
            before = books.value("SELECT count(*) FROM dead_letters")
            sent, at = poison(stack, rounds), time.monotonic()
        wanted, dead = before + sent, "SELECT count(*) FROM dead_letters"
        stack.wait_until(lambda: books.value(dead) == wanted, 60, "all poison is among the dead")  # noqa: B023
        buried = time.monotonic() - at
        speeds.append(books.attempts_per_second())
        books.assert_all_passed(RUNS)
    return speeds[0], speeds[1], buried


def test_22_poison_on_every_queue(stack: FaultStack, figure: Figure) -> None:
    turns = [clean_and_poisoned(stack, turn) for turn in range(2)]
    clean, poisoned = max(turn[0] for turn in turns), max(turn[1] for turn in turns)
    books = LedgerInvariants(stack, "poison")
    reasons = books.value("SELECT count(*) FROM dead_letters WHERE reason NOT LIKE 'not a valid%'")
    assert reasons == 0
    assert books.value("SELECT max(deliveries) FROM dead_letters") == 1
    assert poisoned >= 0.9 * clean
    figure(
        f"160 bad messages: all among the dead, with reasons, {max(turn[2] for turn in turns):.1f} s later, read once; "
        f"{clean:.0f} attempts/s without, {poisoned:.0f} with"
    )


def test_23_orders_that_are_gone_are_found(stack: FaultStack, figure: Figure) -> None:
    """As if their dead letters had been dealt with wrongly, or not at all: no order is kept, none is on the bus."""
    runners = stack.processes("crashing runner")
    for process in runners:
        process.suspend()
    books = LedgerInvariants(stack, "gone")
    body = {"tasks": ["echo"], "models": [MODEL], "samples": SAMPLES, "name": "gone"}
    stack.http.post("/runs", json=body, headers={"Idempotency-Key": "gone-0"}).raise_for_status()
    queued = "SELECT count(*) FROM attempts WHERE state = 'queued'"
    stack.wait_until(lambda: books.value(queued) == SAMPLES, 30, "all are queued")
    books.rows("UPDATE attempts SET token = token + 1 WHERE state = 'queued'")
    books.rows("DELETE FROM pending_orders")
    began = time.monotonic()
    for process in runners:
        process.resume()
    found = stack.wait_until(
        lambda: books.value("SELECT count(*) FROM pending_orders") > 0, FOUND_SECONDS, "they are found"
    )
    books.wait_until_all_ended(60)
    books.check_money()
    assert books.outcomes() == {"passed": SAMPLES}
    assert found <= FOUND_SECONDS
    figure(f"found after {found:.0f} s, done after {time.monotonic() - began:.0f} s")
