"""Disks that are full for a while: under NATS, Postgres and the artifacts (faults 16 to 18)."""

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
from tests.faults.processes.test_outages import degraded_after, pids

FULL_SECONDS = 20.0
NOTICED_SECONDS = 10.0
SETTLED_SECONDS = 3.0
"""After which what was under way when the disk became full has asked what it had a hold for."""


@contextmanager
def small(part: str, size_mib: int) -> Generator[tuple[FaultStack, SmallDisk]]:
    """A stack whose ``part`` (nats, postgres, artifacts) is on a disk of its own."""
    with ExitStack() as opened:
        disks: list[SmallDisk] = []

        def lay(stack: FaultStack) -> None:
            opened.callback(shutil.rmtree, stack.folder, ignore_errors=True)
            initialize_postgres(stack.data)
            disks.append(opened.enter_context(mounted_disk(stack.data / part, size_mib)))

        with fault_stack(prepare=lay) as stack:
            yield stack, disks[0]


def asked(stack: FaultStack) -> int:
    """Requests that the provider charged for so far."""
    return stack.journal.read_bytes().count(b"\n")


def told_of(stack: FaultStack) -> str:
    return str(stack.health().get("trouble", ""))


def all_is_well(stack: FaultStack) -> bool:
    return stack.ready() and not told_of(stack)


def charged_while(stack: FaultStack, began: float) -> tuple[int, int]:
    """Attempts for which the provider was not asked yet when those under way had come to rest, which they must while
    the disk is still full for a while, and for how many it was asked from then on until there was room."""
    before, since = asked(stack), time.monotonic()
    while time.monotonic() - since < SETTLED_SECONDS and time.monotonic() - began < FULL_SECONDS / 2:
        time.sleep(0.2)
        if (now := asked(stack)) != before:
            before, since = now, time.monotonic()
    time.sleep(max(0.0, FULL_SECONDS - (time.monotonic() - began)))
    return RUNS * SAMPLES - before, asked(stack) - before


def test_16_under_nats(figure: Figure) -> None:
    with small("nats", 200) as (stack, full):
        before = pids(stack)
        with under_load(stack, "full-nats", RUNS) as (_, books):
            full.fill()
            began = time.monotonic()
            noticed = stack.wait_until(lambda: bool(told_of(stack)), 30, "it is told")
            left, charged = charged_while(stack, began)
            full.make_room()
            back = stack.wait_until(lambda: all_is_well(stack), 60, "all is well again")
            told = degraded_after(books, began)
        books.assert_all_passed(RUNS)
        assert pids(stack) == before, "no service was started again"
        assert max(noticed, told) <= NOTICED_SECONDS
        assert charged == 0, "orders cannot be published, so nothing new is asked for"
        figure(
            f"full for {FULL_SECONDS:.0f} s; told after {noticed:.1f} s, live clients after {told:.1f} s; {left} "
            f"attempts waited, {charged} new requests to the provider; NATS started again and well {back:.1f} s after "
            f"there was room; {books.retried_tries} tries repeated; ended {books.healed_seconds:.0f} s on"
        )


@pytest.mark.parametrize("part", ["tables", "log"])
def test_17_under_postgres(part: str, figure: Figure) -> None:
    with small("postgres", 400) as (stack, full):
        before = pids(stack)
        with under_load(stack, f"full-{part}", RUNS) as (load, books):
            full.fill()
            began = time.monotonic()
            if part == "log":
                use_up_log(books)
            refused = stack.wait_until(lambda: submits(stack) == 503, 30, "what cannot be stored is refused")
            noticed = refused + stack.wait_until(lambda: not all_is_well(stack), 30, "it is told")
            reason = str(stack.health())
            left, charged = charged_while(stack, began)
            full.make_room()
            back = stack.wait_until(lambda: all_is_well(stack), 60, "all is well again")
            told = degraded_after(books, began)
        books.assert_all_passed(RUNS)
        assert pids(stack) == before, "no service was started again"
        assert part == "log" or "No space left" in reason
        assert max(noticed, told) <= NOTICED_SECONDS
        assert charged == 0, "holds cannot be stored, so nothing new is asked for"
        figure(
            f"full for {FULL_SECONDS:.0f} s; 503 after {refused:.1f} s, told after {noticed:.1f} s, live clients after "
            f"{told:.1f} s; {load.answers.refused} submissions told to come again; {left} attempts waited, {charged} "
            f"new requests to the provider; well again {back:.1f} s after there was room; {books.retried_tries} tries "
            f"repeated; ended {books.healed_seconds:.0f} s on"
        )


def test_18_under_the_artifacts(figure: Figure) -> None:
    with small("artifacts", 400) as (stack, full):
        before = pids(stack)
        with under_load(stack, "full-artifacts", RUNS) as (_, books):
            full.fill()
            began = time.monotonic()
            noticed = stack.wait_until(lambda: slots(stack) == 0, 30, "no worker offers to do more")
            refused = submits(stack)
            left, charged = charged_while(stack, began)
            full.make_room()
            back = stack.wait_until(lambda: all_is_well(stack) and slots(stack) > 0, 60, "all is well again")
            told = degraded_after(books, began)
        books.assert_all_passed(RUNS)
        assert pids(stack) == before, "no service was started again"
        assert refused == 503
        assert max(noticed, told) <= NOTICED_SECONDS
        assert charged == 0, "what could not be kept is not asked for"
        figure(
            f"full for {FULL_SECONDS:.0f} s; no slots offered after {noticed:.1f} s, live clients told after "
            f"{told:.1f} s; a new task is answered with {refused}; {left} attempts waited, {charged} new requests "
            f"to the provider; well again {back:.1f} s after there was room; {books.retried_tries} tries repeated; "
            f"ended {books.healed_seconds:.0f} s on"
        )


def use_up_log(books: LedgerInvariants) -> None:
    """Postgres then needs another file for its write-ahead log, gets none, and ends."""
    with suppress(asyncpg.PostgresError, OSError):
        while True:
            books.rows("SELECT pg_logical_emit_message(true, 'fault', '17'), pg_switch_wal()")


def submits(stack: FaultStack) -> int:
    """The status answered to a run of a task whose bundles no one stored before; it is given up if it is taken."""
    body = {"tasks": [SANDBOXED], "models": ["oracle"], "name": "probe"}
    answer = stack.http.post("/runs", json=body)
    if answer.status_code == 201:
        stack.http.post(f"/runs/{answer.json()['run_id']}/cancel")
    return answer.status_code


def slots(stack: FaultStack) -> int:
    workers = stack.health().get("workers")
    return int(workers.get("run", 0)) if isinstance(workers, dict) else 0  # pyright: ignore
