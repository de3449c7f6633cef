"""Processes killed at an exact point, under load (faults 1 to 5)."""

from __future__ import annotations

import time

import psutil
import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.invariants import LedgerInvariants
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.sample_catalog import SANDBOXED, SCRIPTED
from tests.faults.processes.stack import LEASE_SECONDS, FaultStack


def seconds_until_leases_expire(stack: FaultStack, ledger: LedgerInvariants, pid: int) -> float:
    """Seconds until no attempt is leased to the process that died."""
    mine = "SELECT count(*) FROM attempts WHERE lease_until IS NOT NULL AND worker_id LIKE $1"
    return stack.wait_until(lambda: ledger.value(mine, f"%-{pid}-%") == 0, 60, f"what {pid} held is taken back")


def test_1_a_gateway_killed_between_commit_and_reply(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "gateway", RUNS) as (load, ledger):
        back: list[float] = []
        for _ in range(3):
            stack.arm("gateway", "submitted")
            stack.wait_dead("gateway", "submitted")
            back.append(stack.wait_until(stack.ready, 30, "the gateway is back"))
    ledger.assert_all_passed(RUNS)
    assert load.submitted == RUNS
    figure(f"3 kills, {RUNS} keys, {RUNS} runs; back after {max(back):.1f} s at most")


@pytest.mark.parametrize("point", ["relayed_orders", "relayed_facts"])
def test_2_a_relay_killed_after_publishing_before_marking(stack: FaultStack, point: str, figure: Figure) -> None:
    with under_load(stack, f"relay-{point}", RUNS) as (_, ledger):
        stack.arm("ledger", point)
        stack.wait_dead("ledger", point)
        back = stack.wait_until(stack.ready, 30, "the ledger is back")
    ledger.assert_all_passed(RUNS)
    figure(f"every effect once; ready {back:.1f} s after the kill; recovered in {ledger.healed_seconds:.0f} s")


@pytest.mark.parametrize("point", ["fetched", "claimed", "calling", "written", "reported", "acking"])
def test_3_a_runner_killed(stack: FaultStack, point: str, figure: Figure) -> None:
    with under_load(stack, f"runner-{point}", RUNS) as (_, ledger):
        stack.arm("runner", point)
        pid = stack.wait_dead("runner", point)
        seconds = seconds_until_leases_expire(stack, ledger, pid)
    ledger.assert_all_passed(RUNS)
    assert seconds <= LEASE_SECONDS + 5
    lost = ledger.value("SELECT count(*) FROM tries WHERE worker_id LIKE $1 AND ended <> 'executed'", f"%-{pid}-%")
    figure(f"{lost} tries lost, taken back after {seconds:.1f} s (lease {LEASE_SECONDS:g} s), each posted once")


@pytest.mark.parametrize("service", ["runner", "judge"])
def test_3_a_sandbox_does_not_outlive_its_service(stack: FaultStack, service: str, figure: Figure) -> None:
    ledger = LedgerInvariants(stack, f"sandbox-{service}")
    stack.arm(service, "sandboxed")
    body = {"tasks": [SANDBOXED], "models": [SCRIPTED], "repeats": 6, "name": "sandboxed"}
    stack.http.post("/runs", json=body, headers={"Idempotency-Key": f"sandbox-{service}"}).raise_for_status()
    pid = stack.wait_dead(service, "sandboxed")
    began = time.monotonic()
    stack.wait_until(lambda: not orphaned_sandboxes(stack), 30, "no sandbox remains")
    reaped = time.monotonic() - began
    seconds = seconds_until_leases_expire(stack, ledger, pid)
    ledger.wait_until_all_ended(60)
    assert ledger.value("SELECT count(*) FROM attempts WHERE outcome = 'infra_error'") == 0
    figure(f"its sandbox was gone {reaped:.1f} s after the kill, its work taken back after {seconds:.1f} s")


def orphaned_sandboxes(stack: FaultStack) -> list[psutil.Process]:
    """Sandbox processes without a parent among the stack's services."""
    services = {process.pid for process in stack.processes("")}
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["name", "ppid"]):
        above = process.info["ppid"]
        if process.info["name"] == "bwrap" and above not in services and above == 1:
            found.append(process)
    return found


@pytest.mark.parametrize("point", ["fetched", "claimed", "written", "reported", "acking"])
def test_4_a_judge_killed(stack: FaultStack, point: str, figure: Figure) -> None:
    with under_load(stack, f"judge-{point}", RUNS) as (_, ledger):
        stack.arm("judge", point)
        pid = stack.wait_dead("judge", point)
        seconds = seconds_until_leases_expire(stack, ledger, pid)
    ledger.assert_all_passed(RUNS)
    regraded = ledger.value("SELECT count(*) FROM attempts WHERE gradings > 1")
    figure(f"one verdict each; {regraded} graded again in all; taken back after {seconds:.1f} s")


@pytest.mark.parametrize("point", ["taken_in", "committed"])
def test_5_a_ledger_killed(stack: FaultStack, point: str, figure: Figure) -> None:
    with under_load(stack, f"ledger-{point}", RUNS) as (_, ledger):
        stack.arm("ledger", point)
        stack.wait_dead("ledger", point)
        back = stack.wait_until(stack.ready, 30, "the ledger is back")
    ledger.assert_all_passed(RUNS)
    figure(f"one transfer each, balances equal the replay; ready {back:.1f} s after the kill")
