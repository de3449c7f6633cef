"""Parts that go away under load and come back: killed, ended, or standing still (faults 6 to 10, and 14)."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import psutil

from tests.faults.processes.conftest import Figure
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.stack import LEASE_SECONDS, FaultStack

SERVICES = ("crashing gateway", "crashing ledger", "crashing runner", "crashing judge")
NATS = "nats-server"
POSTGRES = "bin/postgres"
NOTICED_SECONDS = 10.0


def pids(stack: FaultStack) -> dict[int, str]:
    """Of the services proper, by pid."""
    return {process.pid: words for words in SERVICES for process in stack.processes(words)}


def degraded_after(load: LedgerInvariants, when: float) -> float:
    """Seconds from then until a live client was told that what it shows may be old; 0 if it still was by then."""
    assert load.dashboards is not None
    earlier = [degraded for at, degraded, _ in load.dashboards.degraded if at < when]
    if earlier and earlier[-1]:
        return 0.0
    return min((at - when for at, degraded, _ in load.dashboards.degraded if degraded and at >= when), default=999.0)


@contextmanager
def probed(stack: FaultStack) -> Generator[Counter[int]]:
    """Asks for the runs five times a second and counts the statuses of the answers; -1 is a 503 that does not say when
    to come again."""
    statuses: Counter[int] = Counter()
    over = threading.Event()

    def probe() -> None:
        with httpx2.Client(base_url=stack.url, timeout=10) as http:
            while not over.wait(0.2):
                answer = http.get("/api/v1/runs", params={"limit": 1})
                complete = answer.status_code != 503 or "retry-after" in answer.headers
                statuses[answer.status_code if complete else -1] += 1

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join(15)


def test_6_nats_killed_ten_times(stack: FaultStack, figure: Figure) -> None:
    rng = random.Random(6)
    outages = [0.0, 2.0, 0.0, 5.0, 0.0, 1.0, 10.0, 0.0, 3.0, 30.0]
    before, back, told = pids(stack), list[float](), list[float]()
    with under_load(stack, "nats", RUNS) as (_, books):
        for outage in outages:
            time.sleep(rng.uniform(0, 2))
            stack.wait_until(lambda: bool(stack.processes(NATS)), 60, "NATS runs")
            killed = time.monotonic()
            with stack.unsupervised():
                stack.kill(NATS)
                time.sleep(outage)
            stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
            back.append(stack.wait_until(stack.ready, 30, "all are connected again"))
            if outage >= NOTICED_SECONDS:
                told.append(degraded_after(books, killed))
    books.assert_all_passed(RUNS)
    assert pids(stack) == before, f"no service was started again\n{stack.logs()}"
    assert max(back) <= 5
    assert max(told) <= NOTICED_SECONDS
    figure(
        f"10 kills, out for {sum(outages):.0f} s in all; ready {max(back):.1f} s after NATS at most; live clients told "
        f"after {max(told):.1f} s; {books.retried_tries} tries repeated; ended {books.healed_seconds:.0f} s on"
    )


def port_open(port: int) -> bool:
    return any(c.laddr and c.laddr.port == port and c.status == "LISTEN" for c in psutil.net_connections("tcp"))


def test_7_postgres_killed_five_times(stack: FaultStack, figure: Figure) -> None:
    before, back = pids(stack), list[float]()
    with under_load(stack, "postgres", RUNS) as (load, books), probed(stack) as statuses:
        for outage in (0.0, 1.0, 6.0, 0.0, 3.0):
            time.sleep(2)
            with stack.unsupervised():
                stack.kill(POSTGRES)
                time.sleep(outage)
            stack.wait_until(lambda: bool(stack.processes(POSTGRES)), 60, "Postgres runs")
            back.append(stack.wait_until(stack.ready, 60, "the ledger has Postgres again"))
    books.assert_all_passed(RUNS)
    assert set(statuses) <= {200, 503}
    assert pids(stack) == before, "no service was started again"
    assert max(back) <= 10
    figure(
        f"5 kills; ready again {max(back):.1f} s after its start at most; answers {dict(statuses)}, "
        f"{load.answers.refused} submissions told to come again; ended {books.healed_seconds:.0f} s on"
    )


def test_8_every_service_told_to_end(stack: FaultStack, figure: Figure) -> None:
    rng, drained = random.Random(8), list[float]()
    with under_load(stack, "drain", RUNS) as (_, books):
        told = [(process, words) for words in SERVICES for process in stack.processes(words)]
        rng.shuffle(told)
        for process, _ in told:
            began = time.monotonic()
            process.terminate()
            process.wait(40)
            drained.append(time.monotonic() - began)
    books.assert_all_passed(RUNS)
    assert max(drained) <= 30
    figure(
        f"{len(drained)} processes; the slowest drained in {max(drained):.1f} s; {books.retried_tries} tries repeated"
    )


def test_9_nats_stands_still(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "frozen", RUNS) as (_, books):
        began = time.monotonic()
        stack.freeze(stack.wait_for_process(NATS), 30)
        back = stack.wait_until(stack.ready, 30, "all go on")
        told = degraded_after(books, began)
    books.assert_all_passed(RUNS)
    assert told <= 15
    figure(f"30 s of standing still; noticed after {told:.1f} s, ready {back:.1f} s after its end; nothing twice")


def test_10_a_runner_stands_still_for_three_leases(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "stopped", RUNS) as (_, books):
        worker = "SELECT worker_id FROM attempts WHERE state = 'running' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        stack.wait_until(lambda: bool(books.rows(worker)), 30, "a runner has work")
        worker_id = str(books.value(worker))
        process = psutil.Process(int(worker_id.split("-")[-2]))
        stack.freeze(process, 3 * LEASE_SECONDS)
    books.assert_all_passed(RUNS)
    assert process.is_running()
    stack.wait_until(lambda: not books.value("SELECT count(*) FROM tries WHERE ended = ''"), 30, "late reports are in")
    ended = books.rows("SELECT ended, count(*) FROM tries WHERE worker_id = $1 GROUP BY 1", worker_id)
    found = {row["ended"]: row["count"] for row in ended}
    assert found.get("superseded", 0) + found.get("lost", 0) > 0
    books.check_money()
    figure(f"tries of that runner: {found}; the newer ones stand")


def test_14_the_store_is_deleted(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "deleted", RUNS) as (_, books):
        epochs = books.value("SELECT max(epoch) FROM bus_epochs")
        with stack.unsupervised():
            stack.kill(NATS)
            shutil.rmtree(stack.data / "nats" / "jetstream")
        stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
        noticed = stack.wait_until(
            lambda: books.value("SELECT max(epoch) FROM bus_epochs") > epochs, 30, "the ledger has noticed"
        )
        reason = books.value("SELECT reason FROM bus_epochs ORDER BY epoch DESC LIMIT 1")
        told = stack.wait_until(lambda: "replaced" in str(stack.health().get("trouble")), 10, "it is told")
    books.assert_all_passed(RUNS)
    assert "the store was replaced" in reason
    assert noticed + told <= NOTICED_SECONDS
    figure(
        f"noticed {noticed:.1f} s after NATS was back, told after {noticed + told:.1f} s; {books.retried_tries} tries "
        f"repeated; ended {books.healed_seconds:.0f} s on"
    )
