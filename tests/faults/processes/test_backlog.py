"""A judge 20 times slower than the runners (fault 28), until 100,000 attempts wait for it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.sample_catalog import MODEL, SAMPLES
from tests.faults.processes.stack import FaultStack, fault_stack, service

WAITING = int(os.environ.get("ASSAY_FAULTS_BACKLOG", "100000"))
ATTEMPTS_PER_RUN = 5_000
RUNS = -(-WAITING * 3 // 2 // ATTEMPTS_PER_RUN)
"""The judge grades up to half as many meanwhile."""
ATTEMPTS_PER_SECOND = 20
"""The minimum, for a slow and busy machine."""
SHARE = 1 / 20
ROUND_SECONDS = 0.5
GROWTH_MIB = {"gateway": 50, "ledger": 50, "judge": 50, "nats": 400}
"""nats-server's memory depends on the rate, not on the backlog: message ids of two minutes and recent blocks."""
PARTS = {"nats": "nats-server", **{name: service(name) for name in ("gateway", "ledger", "judge")}}


@pytest.fixture
def stack() -> Iterator[FaultStack]:
    with fault_stack(runners=2, judges=1, answer_seconds=0.0) as running:
        yield running


@contextmanager
def throttled(process: psutil.Process) -> Generator[None]:
    """Let it run for a twentieth of the time, in intervals short enough to keep its leases."""
    over = threading.Event()

    def hold_up() -> None:
        while not over.is_set():
            process.suspend()
            over.wait(ROUND_SECONDS * (1 - SHARE))
            process.resume()
            over.wait(ROUND_SECONDS * SHARE)

    thread = threading.Thread(target=hold_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
        process.resume()


def resident_mib(stack: FaultStack) -> dict[str, float]:
    return {part: sum(p.memory_info().rss for p in stack.processes(words)) / 2**20 for part, words in PARTS.items()}


@pytest.mark.timeout(0)
def test_28_a_judge_twenty_times_slower_than_the_runners(stack: FaultStack, figure: Figure) -> None:
    ledger = LedgerInvariants(stack, "backlog")
    before = resident_mib(stack)
    for number in range(RUNS):
        submit(stack, f"backlog-{number}")
    with throttled(stack.wait_for_process(service("judge"))):
        peak = wait_for_backlog(stack, ledger)
    ledger.wait_until_all_ended(RUNS * ATTEMPTS_PER_RUN / ATTEMPTS_PER_SECOND)
    ledger.check_money()
    grown = {part: peak[part] - before[part] for part in before}
    assert ledger.outcomes() == {"passed": RUNS * ATTEMPTS_PER_RUN}
    assert ledger.retried_tries == 0
    assert not {part: mib for part, mib in grown.items() if mib > GROWTH_MIB[part]}
    figure(
        f"{RUNS * ATTEMPTS_PER_RUN} attempts; {WAITING} waited for the judge at once; grown by "
        f"{', '.join(f'{part} {mib:.0f} MiB' for part, mib in grown.items())}; nothing dropped, nothing repeated"
    )


def submit(stack: FaultStack, key: str) -> None:
    body = {"tasks": ["echo"], "models": [MODEL], "repeats": ATTEMPTS_PER_RUN // SAMPLES, "limits": {"cost_usd": "100"}}
    stack.http.post("/runs", json={**body, "name": key}, headers={"Idempotency-Key": key}).raise_for_status()


def wait_for_backlog(stack: FaultStack, ledger: LedgerInvariants) -> dict[str, float]:
    """Returns the peak memory of each part in MiB."""
    waiting = "SELECT count(*) FROM attempts WHERE state IN ('executed', 'grading')"
    peak: dict[str, float] = {}
    end = time.monotonic() + WAITING / ATTEMPTS_PER_SECOND
    while (reached := ledger.value(waiting)) < WAITING:
        assert time.monotonic() < end, f"only {reached} wait for the judge"
        for part, mib in resident_mib(stack).items():
            peak[part] = max(peak.get(part, 0.0), mib)
        time.sleep(2)
    return peak
