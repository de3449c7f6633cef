"""A flipped bit or a truncated block in the files of the JetStream store, while it is down (fault 15)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.processes.conftest import Figure
from tests.faults.processes.load import RUNS, under_load
from tests.faults.processes.stack import FaultStack
from tests.faults.processes.test_outages import NATS, port_open

NOTICED_SECONDS = 10.0
STREAMS = ("ASSAY_FACTS", "ASSAY_WORK", "ASSAY_REPORTS")


def blocks(stack: FaultStack, stream: str) -> list[Path]:
    found = (stack.data / "nats").rglob(f"{stream}/msgs/*.blk")
    return [block for block in found if block.stat().st_size > 2000]


def flip_bit(block: Path) -> None:
    data = bytearray(block.read_bytes())
    data[len(data) // 2] ^= 0x10
    block.write_bytes(data)


def truncate(block: Path) -> None:
    os.truncate(block, block.stat().st_size // 2)


DAMAGE = {"flipped": flip_bit, "truncated": truncate}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("orderly", [True, False], ids=["stopped", "killed"])
def test_15_damaged_blocks(stack: FaultStack, how: str, orderly: bool, figure: Figure) -> None:
    """Damages the newest block of each stream. After a clean stop the server trusts its index and reports nothing."""
    with under_load(stack, f"{how}-{orderly}", RUNS) as (_, ledger):
        stack.wait_until(lambda: ledger.outcomes()["passed"] > RUNS, 60, "some attempts are done")
        epochs = ledger.value("SELECT max(epoch) FROM bus_epochs")
        with stack.unsupervised():
            process = stack.wait_for_process(NATS)
            process.terminate() if orderly else process.kill()
            stack.wait_until(lambda: process.status() == "zombie", 20, "NATS has ended")
            damaged = [max(found) for stream in STREAMS if (found := blocks(stack, stream))]
            for block in damaged:
                DAMAGE[how](block)
        stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
        noticed = stack.wait_until(
            lambda: ledger.value("SELECT max(epoch) FROM bus_epochs") > epochs, 30, "the ledger has detected it"
        )
        reason = ledger.value("SELECT reason FROM bus_epochs ORDER BY epoch DESC LIMIT 1")
    ledger.assert_all_passed(RUNS)
    assert noticed <= NOTICED_SECONDS
    figure(
        f"{len(damaged)} blocks; noticed {noticed:.1f} s after NATS was back ({reason}); "
        f"{ledger.retried_tries} tries repeated"
    )
