"""Processes that are killed, terminated or frozen under load and come back (faults 6 to 10, and 14)."""

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
from tests.faults.processes.stack import LEASE_SECONDS, FaultStack, service

SERVICES = tuple(map(service, ("gateway", "ledger", "runner", "judge")))
NATS = "nats-server"
POSTGRES = "bin/postgres"
NOTICED_SECONDS = 10.0


def service_pids(stack: FaultStack) -> dict[int, str]:
    """The service processes by pid."""
    found = {process.pid: words for words in SERVICES for process in stack.processes(words)}
    assert set(found.values()) == set(SERVICES)
    return found


def seconds_until_degraded(load: LedgerInvariants, when: float) -> float:
    """Seconds from ``when`` until a live client received ``degraded``; 0 if it was degraded already."""
    assert load.dashboards is not None
    earlier = [degraded for at, degraded, _ in load.dashboards.degraded if at < when]
    if earlier and earlier[-1]:
        return 0.0
    return min((at - when for at, degraded, _ in load.dashboards.degraded if degraded and at >= when), default=999.0)


@contextmanager
def probing_api(stack: FaultStack) -> Generator[Counter[int]]:
    """List runs five times per second and count the statuses; -1 is a 503 without ``Retry-After``."""
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
    before, back, shown = service_pids(stack), list[float](), list[float]()
    with under_load(stack, "nats", RUNS) as (_, ledger):
        for outage in outages:
            time.sleep(rng.uniform(0, 2))
            stack.wait_until(lambda: bool(stack.processes(NATS)), 60, "NATS runs")
            killed = time.monotonic()
            with stack.unsupervised():
                stack.kill(NATS)
                time.sleep(outage)
            stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
            back.append(stack.wait_until(stack.ready, 30, "all services are connected again"))
            if outage >= NOTICED_SECONDS:
                shown.append(seconds_until_degraded(ledger, killed))
    ledger.assert_all_passed(RUNS)
    assert service_pids(stack) == before, f"no service was restarted\n{stack.logs()}"
    assert max(back) <= 5
    assert max(shown) <= NOTICED_SECONDS
    figure(
        f"10 kills, out for {sum(outages):.0f} s in all; ready {max(back):.1f} s after NATS at most; live clients "
        f"after {max(shown):.1f} s; {ledger.retried_tries} tries repeated; recovered in {ledger.healed_seconds:.0f} s"
    )


def port_open(port: int) -> bool:
    return any(c.laddr and c.laddr.port == port and c.status == "LISTEN" for c in psutil.net_connections("tcp"))


def test_7_postgres_killed_five_times(stack: FaultStack, figure: Figure) -> None:
    before, back = service_pids(stack), list[float]()
    with under_load(stack, "postgres", RUNS) as (load, ledger), probing_api(stack) as statuses:
        for outage in (0.0, 1.0, 6.0, 0.0, 3.0):
            time.sleep(2)
            with stack.unsupervised():
                stack.kill(POSTGRES)
                time.sleep(outage)
            stack.wait_until(lambda: bool(stack.processes(POSTGRES)), 60, "Postgres runs")
            back.append(stack.wait_until(stack.ready, 60, "the ledger has Postgres again"))
    ledger.assert_all_passed(RUNS)
    assert set(statuses) <= {200, 503}
    assert service_pids(stack) == before, "no service was restarted"
    assert max(back) <= 10
    figure(
        f"5 kills; ready again {max(back):.1f} s after its start at most; answers {dict(statuses)}, "
        f"{load.answers.refused} submissions answered with 503; recovered in {ledger.healed_seconds:.0f} s"
    )


def test_8_every_service_terminated(stack: FaultStack, figure: Figure) -> None:
    rng, drained = random.Random(8), list[float]()
    with under_load(stack, "drain", RUNS) as (_, ledger):
        running = [process for words in SERVICES for process in stack.processes(words)]
        rng.shuffle(running)
        for process in running:
            began = time.monotonic()
            process.terminate()
            process.wait(40)
            drained.append(time.monotonic() - began)
    ledger.assert_all_passed(RUNS)
    assert max(drained) <= 30
    figure(
        f"{len(drained)} processes; the slowest drained in {max(drained):.1f} s; {ledger.retried_tries} tries repeated"
    )


def test_9_nats_frozen(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "frozen", RUNS) as (_, ledger):
        began = time.monotonic()
        stack.freeze(stack.wait_for_process(NATS), 30)
        back = stack.wait_until(stack.ready, 30, "all services continue")
        shown = seconds_until_degraded(ledger, began)
    ledger.assert_all_passed(RUNS)
    assert shown <= 15
    figure(f"frozen for 30 s; noticed after {shown:.1f} s, ready {back:.1f} s after its end; nothing twice")


def test_10_a_runner_frozen_for_three_leases(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "stopped", RUNS) as (_, ledger):
        worker = "SELECT worker_id FROM attempts WHERE state = 'running' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        stack.wait_until(lambda: bool(ledger.rows(worker)), 30, "a runner has work")
        worker_id = str(ledger.value(worker))
        process = psutil.Process(int(worker_id.split("-")[-2]))
        stack.freeze(process, 3 * LEASE_SECONDS)
    ledger.assert_all_passed(RUNS)
    assert process.is_running()
    stack.wait_until(lambda: not ledger.value("SELECT count(*) FROM tries WHERE ended = ''"), 30, "late reports are in")
    ended = ledger.rows("SELECT ended, count(*) FROM tries WHERE worker_id = $1 GROUP BY 1", worker_id)
    found = {row["ended"]: row["count"] for row in ended}
    assert found.get("superseded", 0) + found.get("lost", 0) > 0
    ledger.check_money()
    figure(f"tries of that runner: {found}; the newer ones count")


def test_14_the_stream_store_deleted(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "deleted", RUNS) as (_, ledger):
        epochs = ledger.value("SELECT max(epoch) FROM bus_epochs")
        with stack.unsupervised():
            stack.kill(NATS)
            shutil.rmtree(stack.data / "nats" / "jetstream")
        stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
        noticed = stack.wait_until(
            lambda: ledger.value("SELECT max(epoch) FROM bus_epochs") > epochs, 30, "the ledger has detected it"
        )
        reason = ledger.value("SELECT reason FROM bus_epochs ORDER BY epoch DESC LIMIT 1")
        shown = stack.wait_until(lambda: "replaced" in str(stack.health().get("trouble")), 10, "it shows in the health")
    ledger.assert_all_passed(RUNS)
    assert "the store was replaced" in reason
    assert noticed + shown <= NOTICED_SECONDS
    figure(
        f"noticed {noticed:.1f} s after NATS was back, shown after {noticed + shown:.1f} s; "
        f"{ledger.retried_tries} tries repeated; recovered in {ledger.healed_seconds:.0f} s"
    )
