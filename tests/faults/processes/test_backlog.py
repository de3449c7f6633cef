"""A judge far slower than the runners (fault 28). Scaled: 5,000 attempts in place of 100,000, so that it takes two
minutes; the judge runs for a twentieth of the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.faults.processes.books import Books
from tests.faults.processes.catalogue import MODEL, SAMPLES
from tests.faults.processes.conftest import Figure
from tests.faults.processes.stack import FaultStack, fault_stack

ATTEMPTS = 5000
SHARE = 1 / 20
ROUND_SECONDS = 0.5
GROWTH_MIB = 150
PARTS = {"gateway": "crashing gateway", "ledger": "crashing ledger", "judge": "crashing judge", "nats": "nats-server"}


@pytest.fixture
def stack() -> Iterator[FaultStack]:
    with fault_stack(runners=2, judges=1, answer_seconds=0.0) as running:
        yield running


@contextmanager
def slowed(process: psutil.Process) -> Generator[None]:
    """Inside, it runs for a twentieth of the time, in turns so short that its leases live."""
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


def test_28_a_judge_twenty_times_slower_than_the_runners(stack: FaultStack, figure: Figure) -> None:
    books = Books(stack, "backlog")
    before = resident_mib(stack)
    body = {"tasks": ["echo"], "models": [MODEL], "repeats": ATTEMPTS // SAMPLES, "name": "backlog"}
    headers = {"Idempotency-Key": "backlog-0"}
    stack.http.post("/runs", json={**body, "limits": {"cost_usd": "100"}}, headers=headers).raise_for_status()
    waiting = "SELECT count(*) FROM attempts WHERE state IN ('executed', 'grading')"
    most, peak = 0, dict(before)
    with slowed(stack.one("crashing judge")):
        began = time.monotonic()
        while time.monotonic() - began < 45:
            most = max(most, books.value(waiting))
            peak = {part: max(peak[part], mib) for part, mib in resident_mib(stack).items()}
            time.sleep(0.5)
    books.wait_until_all_ended(120)
    books.check_money()
    grown = {part: peak[part] - before[part] for part in before}
    assert books.outcomes() == {"passed": ATTEMPTS}
    assert books.retried == 0
    assert max(grown.values()) < GROWTH_MIB
    figure(
        f"{ATTEMPTS} attempts; at most {most} waited for the judge; grown by "
        f"{', '.join(f'{part} {mib:.0f} MiB' for part, mib in grown.items())}; nothing dropped, nothing repeated"
    )
