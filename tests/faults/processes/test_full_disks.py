"""Disks that fill up for a while: under NATS, Postgres and the artifacts (faults 16 to 18)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress

import asyncpg
import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.disks import SmallDisk, initialize_postgres, mounted_disk
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.sample_catalog import SAMPLES, SANDBOXED
from tests.faults.processes.stack import FaultStack, fault_stack
from tests.faults.processes.test_outages import seconds_until_degraded, service_pids

FULL_SECONDS = 20.0
NOTICED_SECONDS = 10.0
SETTLED_SECONDS = 3.0
"""Attempts that were running when the disk filled up have called the provider within this time."""


@contextmanager
def small_disk_under(part: str, size_mib: int) -> Generator[tuple[FaultStack, SmallDisk]]:
    """A stack whose ``part`` (nats, postgres, artifacts) is on a small disk."""
    with ExitStack() as opened:
        disks: list[SmallDisk] = []

        def mount_disk(stack: FaultStack) -> None:
            opened.callback(shutil.rmtree, stack.folder, ignore_errors=True)
            initialize_postgres(stack.data)
            disks.append(opened.enter_context(mounted_disk(stack.data / part, size_mib)))

        with fault_stack(prepare=mount_disk) as stack:
            yield stack, disks[0]


def charged_requests(stack: FaultStack) -> int:
    """The number of requests that the provider has charged."""
    return stack.journal.read_bytes().count(b"\n")


def trouble_of(stack: FaultStack) -> str:
    return str(stack.health().get("trouble", ""))


def is_healthy(stack: FaultStack) -> bool:
    return stack.ready() and not trouble_of(stack)


def charges_while_full(stack: FaultStack, began: float) -> tuple[int, int]:
    """Attempts whose call was not yet charged once the running ones had settled, and the charges from then until the
    disk has space again."""
    before, since = charged_requests(stack), time.monotonic()
    while time.monotonic() - since < SETTLED_SECONDS and time.monotonic() - began < FULL_SECONDS / 2:
        time.sleep(0.2)
        if (now := charged_requests(stack)) != before:
            before, since = now, time.monotonic()
    time.sleep(max(0.0, FULL_SECONDS - (time.monotonic() - began)))
    return RUNS * SAMPLES - before, charged_requests(stack) - before


def test_16_under_nats(figure: Figure) -> None:
    with small_disk_under("nats", 200) as (stack, full):
        before = service_pids(stack)
        with under_load(stack, "full-nats", RUNS) as (_, ledger):
            full.fill()
            began = time.monotonic()
            noticed = stack.wait_until(lambda: bool(trouble_of(stack)), 30, "it shows in the health")
            left, charged = charges_while_full(stack, began)
            full.release_space()
            back = stack.wait_until(lambda: is_healthy(stack), 60, "everything is healthy again")
            shown = seconds_until_degraded(ledger, began)
        ledger.assert_all_passed(RUNS)
        assert service_pids(stack) == before, "no service was restarted"
        assert max(noticed, shown) <= NOTICED_SECONDS
        assert charged == 0, "orders cannot be published, so no new calls are made"
        figure(
            f"full for {FULL_SECONDS:.0f} s; in the health after {noticed:.1f} s, live clients after {shown:.1f} s; "
            f"{left} attempts waited, {charged} new requests to the provider; "
            f"NATS started again and well {back:.1f} s after "
            f"there was room; {ledger.retried_tries} tries repeated; recovered in {ledger.healed_seconds:.0f} s"
        )


@pytest.mark.parametrize("part", ["tables", "log"])
def test_17_under_postgres(part: str, figure: Figure) -> None:
    with small_disk_under("postgres", 400) as (stack, full):
        before = service_pids(stack)
        with under_load(stack, f"full-{part}", RUNS) as (load, ledger):
            full.fill()
            began = time.monotonic()
            if part == "log":
                fill_write_ahead_log(ledger)
            refused = stack.wait_until(lambda: submission_status(stack) == 503, 30, "submissions are refused")
            noticed = refused + stack.wait_until(lambda: not is_healthy(stack), 30, "it shows in the health")
            reason = str(stack.health())
            left, charged = charges_while_full(stack, began)
            full.release_space()
            back = stack.wait_until(lambda: is_healthy(stack), 60, "everything is healthy again")
            shown = seconds_until_degraded(ledger, began)
        ledger.assert_all_passed(RUNS)
        assert service_pids(stack) == before, "no service was restarted"
        assert part == "log" or "No space left" in reason
        assert max(noticed, shown) <= NOTICED_SECONDS
        assert charged == 0, "holds cannot be stored, so no new calls are made"
        figure(
            f"full for {FULL_SECONDS:.0f} s; 503 after {refused:.1f} s, in the health after {noticed:.1f} s, "
            f"live clients after {shown:.1f} s; {load.answers.refused} submissions answered with 503; "
            f"{left} attempts waited, {charged} new requests to the provider; "
            f"well again {back:.1f} s after there was room; {ledger.retried_tries} tries "
            f"repeated; recovered in {ledger.healed_seconds:.0f} s"
        )


def test_18_under_the_artifacts(figure: Figure) -> None:
    with small_disk_under("artifacts", 400) as (stack, full):
        before = service_pids(stack)
        with under_load(stack, "full-artifacts", RUNS) as (_, ledger):
            full.fill()
            began = time.monotonic()
            noticed = stack.wait_until(lambda: free_slots(stack) == 0, 30, "no worker offers slots")
            refused = submission_status(stack)
            left, charged = charges_while_full(stack, began)
            full.release_space()
            back = stack.wait_until(
                lambda: is_healthy(stack) and free_slots(stack) > 0, 60, "everything is healthy again"
            )
            shown = seconds_until_degraded(ledger, began)
        ledger.assert_all_passed(RUNS)
        assert service_pids(stack) == before, "no service was restarted"
        assert refused == 503
        assert max(noticed, shown) <= NOTICED_SECONDS
        assert charged == 0, "results could not be stored, so no new calls are made"
        figure(
            f"full for {FULL_SECONDS:.0f} s; no slots offered after {noticed:.1f} s, live clients after "
            f"{shown:.1f} s; a new task is answered with {refused}; {left} attempts waited, {charged} new requests "
            f"to the provider; well again {back:.1f} s after there was room; {ledger.retried_tries} tries repeated; "
            f"recovered in {ledger.healed_seconds:.0f} s"
        )


def fill_write_ahead_log(ledger: LedgerInvariants) -> None:
    """Postgres then needs another file for its write-ahead log, cannot create it, and stops."""
    with suppress(asyncpg.PostgresError, OSError):
        while True:
            ledger.rows("SELECT pg_logical_emit_message(true, 'fault', '17'), pg_switch_wal()")


def submission_status(stack: FaultStack) -> int:
    """The status of submitting a run whose bundles are not stored yet; an accepted run is cancelled."""
    body = {"tasks": [SANDBOXED], "models": ["oracle"], "name": "probe"}
    answer = stack.http.post("/runs", json=body)
    if answer.status_code == 201:
        stack.http.post(f"/runs/{answer.json()['run_id']}/cancel")
    return answer.status_code


def free_slots(stack: FaultStack) -> int:
    workers = stack.health().get("workers")
    return int(workers.get("run", 0)) if isinstance(workers, dict) else 0  # pyright: ignore
