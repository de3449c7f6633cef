"""A bit flipped, or a block truncated, in the files of the JetStream store while it is down (fault 15)."""

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


def flip(block: Path) -> None:
    data = bytearray(block.read_bytes())
    data[len(data) // 2] ^= 0x10
    block.write_bytes(data)


def truncate(block: Path) -> None:
    os.truncate(block, block.stat().st_size // 2)


DAMAGE = {"flipped": flip, "truncated": truncate}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("orderly", [True, False], ids=["stopped", "killed"])
def test_15_damaged_blocks(stack: FaultStack, how: str, orderly: bool, figure: Figure) -> None:
    """In the block written last of each stream. After an orderly stop the server trusts its index and says nothing."""
    with under_load(stack, f"{how}-{orderly}", RUNS) as (_, books):
        stack.wait_until(lambda: books.outcomes()["passed"] > RUNS, 60, "a part is done")
        epochs = books.value("SELECT max(epoch) FROM bus_epochs")
        with stack.unsupervised():
            process = stack.wait_for_process(NATS)
            process.terminate() if orderly else process.kill()
            stack.wait_until(lambda: process.status() == "zombie", 20, "NATS has ended")
            damaged = [max(found) for stream in STREAMS if (found := blocks(stack, stream))]
            for block in damaged:
                DAMAGE[how](block)
        stack.wait_until(lambda: port_open(stack.nats_port), 60, "NATS is back")
        noticed = stack.wait_until(
            lambda: books.value("SELECT max(epoch) FROM bus_epochs") > epochs, 30, "the ledger has noticed"
        )
        reason = books.value("SELECT reason FROM bus_epochs ORDER BY epoch DESC LIMIT 1")
    books.assert_all_passed(RUNS)
    assert noticed <= NOTICED_SECONDS
    figure(
        f"{len(damaged)} blocks; noticed {noticed:.1f} s after NATS was back ({reason}); "
        f"{books.retried_tries} tries repeated"
    )
