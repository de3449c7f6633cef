"""Power cuts under NATS and Postgres at once, during load L, followed by a restart of the whole system (faults 11 and
12 together)."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from assay.embedded.data_folder import DataFolder
from assay.embedded.postgres import Postgres
from tests.faults.processes.load import under_load
from tests.faults.processes.stack import FaultStack, fault_stack
from tests.faults.weekly.conftest import Figure
from tests.faults.weekly.power import PoweredDisk

RUNS = 100
RUNNERS, JUDGES = 8, 2
CUTS = 3
PARTS = ("nats", "postgres")


class StackOnPoweredDisk:
    """A stack whose NATS and Postgres files are on one disk; the artifacts are elsewhere."""

    def __init__(self, stack: FaultStack) -> None:
        self.stack = stack
        self.disk = PoweredDisk(stack.folder / "power", size_mib=3072)
        (stack.folder / "power").chmod(0o755)
        self._prepare()

    def _prepare(self) -> None:
        folder = DataFolder(self.stack.data)
        folder.make()
        make = Postgres(folder).spec().prepare
        assert make is not None
        make()
        self.disk.power_on()
        for part in PARTS:
            subprocess.run(("cp", "-a", str(self.stack.data / part), str(self.disk.folder)), check=True)
        self.disk.detach()

    def on(self) -> None:
        self.disk.power_on()
        for part in PARTS:
            subprocess.run(("mount", "--bind", str(self.disk.folder / part), str(self.stack.data / part)), check=True)

    def off(self) -> None:
        for part in PARTS:
            subprocess.run(("umount", "--lazy", str(self.stack.data / part)), check=False)
        self.disk.detach()

    def power_cut(self) -> None:
        """Everything stops at once; a random half of the unflushed pages is lost."""
        process = self.stack.process
        assert process is not None
        victims = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        self.disk.cut_power()
        for victim in victims:
            try:
                victim.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(victims, timeout=20)
        process.wait(20)
        self.stack.process = None
        self.off()


@pytest.fixture
def powered_stack() -> Iterator[StackOnPoweredDisk]:
    with ExitStack() as opened:
        made: list[StackOnPoweredDisk] = []

        def prepare(stack: FaultStack) -> None:
            made.append(StackOnPoweredDisk(stack))
            made[0].on()
            opened.callback(shutil.rmtree, stack.folder, ignore_errors=True)
            opened.callback(made[0].off)

        with fault_stack(runners=RUNNERS, judges=JUDGES, prepare=prepare) as _stack:
            yield made[0]


def test_11_and_12_the_power_is_cut_under_everything(plugged: StackOnPoweredDisk, figure: Figure) -> None:
    stack, back = plugged.stack, list[float]()
    with under_load(stack, "power", RUNS) as (load, ledger):
        for _ in range(CUTS):
            time.sleep(3)
            plugged.power_cut()
            plugged.on()
            began = time.monotonic()
            stack.start(RUNNERS, JUDGES)
            back.append(time.monotonic() - began)
        epochs = ledger.rows("SELECT reason FROM bus_epochs WHERE reason <> ''")
    ledger.assert_all_passed(RUNS)
    figure(
        f"{CUTS} power cuts; {load.submitted} runs promised and there, balances equal the replay; serving again after "
        f"{max(back):.0f} s at most; {ledger.retried_tries} tries repeated; stream recovery detected: "
        f"{[row['reason'] for row in epochs] or 'nothing'}"
    )


def test_the_folders_are_where_the_stack_keeps_them() -> None:
    assert {DataFolder(Path("x")).nats.name, DataFolder(Path("x")).postgres.name} == set(PARTS)
