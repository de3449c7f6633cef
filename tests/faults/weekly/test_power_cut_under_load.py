"""The power is cut under NATS and Postgres at once, in the middle of load L, and everything is started again (faults 11
and 12 together, on the whole system)."""

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


class Plugged:
    """A stack whose NATS and Postgres keep their files on one disk; the artifacts are elsewhere."""

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
        self.disk.on()
        for part in PARTS:
            subprocess.run(("cp", "-a", str(self.stack.data / part), str(self.disk.folder)), check=True)
        self.disk.off()

    def on(self) -> None:
        self.disk.on()
        for part in PARTS:
            subprocess.run(("mount", "--bind", str(self.disk.folder / part), str(self.stack.data / part)), check=True)

    def off(self) -> None:
        for part in PARTS:
            subprocess.run(("umount", "--lazy", str(self.stack.data / part)), check=False)
        self.disk.off()

    def power_cut(self) -> None:
        """Everything stops at once, and what the disk was not told to flush is gone, or half of it."""
        process = self.stack.process
        assert process is not None
        victims = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        self.disk.cut()
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
def plugged() -> Iterator[Plugged]:
    with ExitStack() as opened:
        made: list[Plugged] = []

        def plug(stack: FaultStack) -> None:
            made.append(Plugged(stack))
            made[0].on()
            opened.callback(shutil.rmtree, stack.folder, ignore_errors=True)
            opened.callback(made[0].off)

        with fault_stack(runners=RUNNERS, judges=JUDGES, prepare=plug) as _stack:
            yield made[0]


def test_11_and_12_the_power_is_cut_under_everything(plugged: Plugged, figure: Figure) -> None:
    stack, back = plugged.stack, list[float]()
    with under_load(stack, "power", RUNS) as (load, books):
        for _ in range(CUTS):
            time.sleep(3)
            plugged.power_cut()
            plugged.on()
            began = time.monotonic()
            stack.start(RUNNERS, JUDGES)
            back.append(time.monotonic() - began)
        epochs = books.rows("SELECT reason FROM bus_epochs WHERE reason <> ''")
    books.assert_all_passed(RUNS)
    figure(
        f"{CUTS} power cuts; {load.submitted} runs promised and there, balances equal the replay; serving again after "
        f"{max(back):.0f} s at most; {books.retried_tries} tries repeated; what the guard noticed: "
        f"{[row['reason'] for row in epochs] or 'nothing'}"
    )


def test_the_folders_are_where_the_stack_keeps_them() -> None:
    assert {DataFolder(Path("x")).nats.name, DataFolder(Path("x")).postgres.name} == set(PARTS)
