"""Clocks one hour off (fault 27): leases use the database's clock, durations a monotonic one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.stack import FaultStack, fault_stack

WRONG = {"ledger": "+1h", "gateway": "-1h", "runner-1": "+1h", "runner-2": "-1h", "judge-1": "+1h"}
FAKETIME = [Path(f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1")]


@pytest.fixture
def stack() -> Iterator[FaultStack]:
    found = next((path for path in FAKETIME if path.exists()), None)
    assert found is not None, "libfaketime is missing: apt-get install faketime"
    environment = {
        name: {"LD_PRELOAD": str(found), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        for name, offset in WRONG.items()
    }
    with fault_stack(environment=environment) as running:
        yield running


def test_27_clocks_one_hour_off(stack: FaultStack, figure: Figure) -> None:
    with under_load(stack, "clocks", RUNS) as (_, ledger):
        pass
    ledger.assert_all_passed(RUNS)
    assert ledger.retried_tries == 0, "no lease expired"
    shares = ledger.rows("SELECT min(duration_seconds) AS least, max(duration_seconds) AS most FROM tries")
    assert all(0 <= row["least"] <= row["most"] < 60 for row in shares)
    times = ledger.rows(
        "SELECT min(changed_at) >= now() - interval '10 minutes' AND max(changed_at) <= now() AS sound FROM attempts"
    )
    assert times[0]["sound"], "times are the database's"
    figure(f"{WRONG}: no lease lost, durations {shares[0]['least']:.2f} to {shares[0]['most']:.2f} s")
