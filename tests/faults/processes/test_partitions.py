"""Network partitions, and slow connections with packet loss (faults 25 and 26)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.stack import FaultStack, fault_stack
from tests.faults.processes.test_outages import seconds_until_degraded, service_pids
from tests.tcp_proxy import NetworkConditions, TcpProxy

SILENT_SECONDS = 60.0
NOTICED_SECONDS = 15.0
RECOVERED_SECONDS = 10.0
TO_NATS = ("gateway", "ledger", "runner", "judge")
SLOTS = {"run": 8 * 32, "judge": 2 * 64}
SOCKET = ".s.PGSQL.5432"

Proxies = dict[str, TcpProxy]


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[FaultStack, Proxies]]:
    """All services reach NATS through one proxy per service, and the ledger reaches Postgres through another."""
    with ExitStack() as opened:
        proxies: Proxies = {}

        def insert_proxies(stack: FaultStack) -> None:
            for kind in TO_NATS:
                proxies[kind] = opened.enter_context(TcpProxy(stack.nats_port))
                stack.environment[kind] = {"ASSAY_NATS_URL": f"nats://127.0.0.1:{proxies[kind].port}"}
            folder = stack.folder / "proxy"
            folder.mkdir()
            proxies["postgres"] = opened.enter_context(TcpProxy(stack.sockets / SOCKET, listen=folder / SOCKET))
            stack.environment["ledger"]["ASSAY_DATABASE_URL"] = f"postgresql://postgres@/postgres?host={folder}"

        with fault_stack(prepare=insert_proxies) as stack:
            yield stack, proxies


def workers(stack: FaultStack, stage: str) -> int:
    found = stack.health().get("workers")
    return int(found.get(stage, 0)) if isinstance(found, dict) else 0  # pyright: ignore


@pytest.mark.parametrize(("kind", "stage"), [("runner", "run"), ("judge", "judge")])
def test_25_workers_and_nats(proxied: tuple[FaultStack, Proxies], kind: str, stage: str, figure: Figure) -> None:
    stack, proxies = proxied
    stack.wait_until(lambda: workers(stack, stage) == SLOTS[stage], 30, "all workers are counted")
    before = service_pids(stack)
    with under_load(stack, f"partition-{kind}", RUNS) as (_, ledger):
        proxies[kind].pause()
        began = time.monotonic()
        noticed = stack.wait_until(lambda: workers(stack, stage) == 0, 30, "no worker is counted")
        time.sleep(max(0.0, SILENT_SECONDS - (time.monotonic() - began)))
        proxies[kind].resume()
        recovered = stack.wait_until(lambda: workers(stack, stage) == SLOTS[stage], 60, "all workers are back")
    ledger.assert_all_passed(RUNS)
    assert service_pids(stack) == before
    assert noticed <= NOTICED_SECONDS
    assert recovered <= RECOVERED_SECONDS
    figure(
        f"silent for {SILENT_SECONDS:.0f} s; shown after {noticed:.1f} s, all back {recovered:.1f} s after; "
        f"{ledger.retried_tries} tries repeated; recovered in {ledger.healed_seconds:.0f} s"
    )


@pytest.mark.parametrize("service", ["gateway", "ledger", "postgres"])
def test_25_gateway_and_ledger(proxied: tuple[FaultStack, Proxies], service: str, figure: Figure) -> None:
    stack, proxies = proxied
    before = service_pids(stack)
    with under_load(stack, f"partition-{service}", RUNS) as (_, ledger):
        began = time.monotonic()
        proxies[service].pause()
        noticed = stack.wait_until(lambda: not stack.ready(), 30, "it shows")
        time.sleep(max(0.0, SILENT_SECONDS - (time.monotonic() - began)))
        proxies[service].resume()
        recovered = stack.wait_until(stack.ready, 60, "it is ready again")
        shown = seconds_until_degraded(ledger, began)
    ledger.assert_all_passed(RUNS)
    assert service_pids(stack) == before
    assert max(noticed, shown) <= NOTICED_SECONDS
    assert recovered <= RECOVERED_SECONDS
    figure(
        f"silent for {SILENT_SECONDS:.0f} s; /readyz after {noticed:.1f} s, live clients after {shown:.1f} s; "
        f"ready again {recovered:.1f} s after; {ledger.retried_tries} tries repeated"
    )


def test_26_a_slow_and_stuttering_bus(proxied: tuple[FaultStack, Proxies], figure: Figure) -> None:
    stack, proxies = proxied
    bad = NetworkConditions(delay_seconds=0.1, stall_rate=0.05)
    with under_load(stack, "slow-network", RUNS) as (_, ledger):
        before = stack.redelivered()
        for kind in TO_NATS:
            proxies[kind].conditions = bad
        began = time.monotonic()
        stack.wait_until(lambda: ledger.outcomes()["passed"] == 5 * RUNS, 110, "all is done all the same")
        seconds = time.monotonic() - began
        for kind in TO_NATS:
            proxies[kind].conditions = NetworkConditions()
    again, delivered = (after - was for after, was in zip(stack.redelivered(), before, strict=True))
    ledger.assert_all_passed(RUNS)
    assert again <= 0.01 * delivered
    figure(
        f"200 ms there and back, 5 % of the pieces 400 ms later: {5 * RUNS} attempts in {seconds:.0f} s, "
        f"{again} of {delivered} messages delivered again, {ledger.retried_tries} tries repeated"
    )
