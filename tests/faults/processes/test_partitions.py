"""Lines that go silent, and lines that are bad (faults 25 and 26)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.processes.cable import FINE, Cable, Weather
from tests.faults.processes.conftest import Figure
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.stack import FaultStack, fault_stack
from tests.faults.processes.test_outages import degraded_after, pids

SILENT_SECONDS = 60.0
NOTICED_SECONDS = 15.0
RECOVERED_SECONDS = 10.0
TO_NATS = ("gateway", "ledger", "runner", "judge")
SLOTS = {"run": 8 * 32, "judge": 2 * 64}
SOCKET = ".s.PGSQL.5432"

Cables = dict[str, Cable]


@pytest.fixture(scope="module")
def cabled() -> Iterator[tuple[FaultStack, Cables]]:
    """Every service reaches NATS over a cable of its kind, and the ledger Postgres over one more."""
    with ExitStack() as opened:
        cables: Cables = {}

        def lay(stack: FaultStack) -> None:
            for kind in TO_NATS:
                cables[kind] = opened.enter_context(Cable(stack.nats_port))
                stack.environment[kind] = {"ASSAY_NATS_URL": f"nats://127.0.0.1:{cables[kind].port}"}
            near = stack.folder / "cable"
            near.mkdir()
            cables["postgres"] = opened.enter_context(Cable(stack.sockets / SOCKET, listen=near / SOCKET))
            stack.environment["ledger"]["ASSAY_DATABASE_URL"] = f"postgresql://postgres@/postgres?host={near}"

        with fault_stack(prepare=lay) as stack:
            yield stack, cables


def workers(stack: FaultStack, stage: str) -> int:
    found = stack.health().get("workers")
    return int(found.get(stage, 0)) if isinstance(found, dict) else 0  # pyright: ignore


@pytest.mark.parametrize(("kind", "stage"), [("runner", "run"), ("judge", "judge")])
def test_25_workers_and_nats(cabled: tuple[FaultStack, Cables], kind: str, stage: str, figure: Figure) -> None:
    stack, cables = cabled
    stack.wait_until(lambda: workers(stack, stage) == SLOTS[stage], 30, "all workers are heard of")
    before = pids(stack)
    with under_load(stack, f"silent-{kind}", RUNS) as (_, books):
        cables[kind].go_silent()
        began = time.monotonic()
        noticed = stack.wait_until(lambda: workers(stack, stage) == 0, 30, "it shows that no worker is heard of")
        time.sleep(max(0.0, SILENT_SECONDS - (time.monotonic() - began)))
        cables[kind].speak()
        recovered = stack.wait_until(lambda: workers(stack, stage) == SLOTS[stage], 60, "all workers are back")
    books.assert_all_passed(RUNS)
    assert pids(stack) == before
    assert noticed <= NOTICED_SECONDS
    assert recovered <= RECOVERED_SECONDS
    figure(
        f"silent for {SILENT_SECONDS:.0f} s; shown after {noticed:.1f} s, all back {recovered:.1f} s after; "
        f"{books.retried_tries} tries repeated; ended {books.healed_seconds:.0f} s on"
    )


@pytest.mark.parametrize("cable", ["gateway", "ledger", "postgres"])
def test_25_gateway_and_ledger(cabled: tuple[FaultStack, Cables], cable: str, figure: Figure) -> None:
    stack, cables = cabled
    before = pids(stack)
    with under_load(stack, f"silent-{cable}", RUNS) as (_, books):
        began = time.monotonic()
        cables[cable].go_silent()
        noticed = stack.wait_until(lambda: not stack.ready(), 30, "it shows")
        time.sleep(max(0.0, SILENT_SECONDS - (time.monotonic() - began)))
        cables[cable].speak()
        recovered = stack.wait_until(stack.ready, 60, "it is ready again")
        told = degraded_after(books, began)
    books.assert_all_passed(RUNS)
    assert pids(stack) == before
    assert max(noticed, told) <= NOTICED_SECONDS
    assert recovered <= RECOVERED_SECONDS
    figure(
        f"silent for {SILENT_SECONDS:.0f} s; /readyz said so after {noticed:.1f} s, live clients after {told:.1f} s; "
        f"ready again {recovered:.1f} s after; {books.retried_tries} tries repeated"
    )


def test_26_a_slow_and_stuttering_bus(cabled: tuple[FaultStack, Cables], figure: Figure) -> None:
    stack, cables = cabled
    bad = Weather(delay_seconds=0.1, stutters=0.05)
    with under_load(stack, "weather", RUNS) as (_, books):
        before = stack.redelivered()
        for kind in TO_NATS:
            cables[kind].weather(bad)
        began = time.monotonic()
        stack.wait_until(lambda: books.outcomes()["passed"] == 5 * RUNS, 110, "all is done all the same")
        seconds = time.monotonic() - began
        for kind in TO_NATS:
            cables[kind].weather(FINE)
    again, delivered = (after - was for after, was in zip(stack.redelivered(), before, strict=True))
    books.assert_all_passed(RUNS)
    assert again <= 0.01 * delivered
    figure(
        f"200 ms there and back, 5 % of the pieces 400 ms later: {5 * RUNS} attempts in {seconds:.0f} s, "
        f"{again} of {delivered} messages delivered again, {books.retried_tries} tries repeated"
    )
