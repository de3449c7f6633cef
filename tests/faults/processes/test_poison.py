"""Messages that cannot be decoded, and orders that are gone (faults 22 and 23)."""

from __future__ import annotations

import asyncio
import time

from assay.bus.nats.bus import connect
from assay.bus.protocol import Envelope
from tests.faults.processes.conftest import Figure
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.sample_catalog import MODEL, SAMPLES
from tests.faults.processes.stack import FaultStack, service

POISON = (b"executed!", b'{"type":"attempt.vanished"}', b'{"type":"attempt.executed","message_id":"m"}', b"")
SUBJECTS = ("assay.work.report.run", "assay.work.report.judge", "assay.work.run.default", "assay.work.judge.default")
FOUND_SECONDS = 120.0
TURNS = 4
"""With poison and without, alternately: a single run of six seconds varies by a quarter."""


def publish_poison(stack: FaultStack, rounds: int) -> int:
    """Publish every kind of malformed message on every queue."""

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


def throughput_without_and_with_poison(stack: FaultStack, turn: int) -> tuple[float, float, float]:
    """Attempts per second without and with poison, and the seconds until all of it was dead-lettered."""
    speeds: list[float] = []
    dead_lettered_seconds = 0.0
    for rounds in (0, 10):
        name = f"poison-{turn}-{rounds}"
        with under_load(stack, name, RUNS) as (_, ledger):
            before = ledger.value("SELECT count(*) FROM dead_letters")
            sent, at = publish_poison(stack, rounds), time.monotonic()
        wanted, dead = before + sent, "SELECT count(*) FROM dead_letters"
        stack.wait_until(lambda: ledger.value(dead) == wanted, 60, "all poison is dead-lettered")  # noqa: B023
        dead_lettered_seconds = time.monotonic() - at
        speeds.append(ledger.attempts_per_second())
        ledger.assert_all_passed(RUNS)
    return speeds[0], speeds[1], dead_lettered_seconds


def test_22_poison_on_every_queue(stack: FaultStack, figure: Figure) -> None:
    turns = [throughput_without_and_with_poison(stack, turn) for turn in range(TURNS)]
    clean, poisoned = max(turn[0] for turn in turns), max(turn[1] for turn in turns)
    ledger = LedgerInvariants(stack, "poison")
    reasons = ledger.value("SELECT count(*) FROM dead_letters WHERE reason NOT LIKE 'not a valid%'")
    assert reasons == 0
    assert ledger.value("SELECT max(deliveries) FROM dead_letters") == 1
    assert poisoned >= 0.9 * clean
    figure(
        f"160 bad messages: all dead-lettered with reasons within {max(turn[2] for turn in turns):.1f} s; "
        f"{clean:.0f} attempts/s without, {poisoned:.0f} with"
    )


def test_23_orders_that_are_gone_are_found(stack: FaultStack, figure: Figure) -> None:
    """No order is stored and none is on the bus, as after a dead letter that was never handled."""
    ledger = LedgerInvariants(stack, "gone")
    runners = stack.processes(service("runner"))
    assert runners
    seen = "SELECT count(*) FROM workers WHERE stage = 'run'"
    stack.wait_until(lambda: ledger.value(seen) >= len(runners), 30, "every runner has sent a heartbeat")
    for process in runners:
        process.suspend()
    body = {"tasks": ["echo"], "models": [MODEL], "samples": SAMPLES, "name": "gone"}
    stack.http.post("/runs", json=body, headers={"Idempotency-Key": "gone-0"}).raise_for_status()
    queued = "SELECT count(*) FROM attempts WHERE state = 'queued'"
    stack.wait_until(lambda: ledger.value(queued) == SAMPLES, 30, "all are queued")
    ledger.rows("UPDATE attempts SET token = token + 1 WHERE state = 'queued'")
    ledger.rows("DELETE FROM pending_orders")
    began = time.monotonic()
    for process in runners:
        process.resume()
    found = stack.wait_until(
        lambda: ledger.value("SELECT count(*) FROM pending_orders") > 0, FOUND_SECONDS, "they are found"
    )
    ledger.wait_until_all_ended(60)
    ledger.check_money()
    assert ledger.outcomes() == {"passed": SAMPLES}
    assert found <= FOUND_SECONDS
    figure(f"found after {found:.0f} s, done after {time.monotonic() - began:.0f} s")
