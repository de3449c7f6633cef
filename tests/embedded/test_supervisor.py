"""The supervisor, with small programs as its processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from assay.embedded.errors import NotReady, ProcessFailed
from assay.embedded.events import EventKind, StackEvent
from assay.embedded.log_files import last_lines
from assay.embedded.managed_process import ProcessSpec, RestartPolicy
from assay.embedded.supervisor import Supervisor

FAST_RESTARTS = RestartPolicy(
    quick_exit_seconds=60.0, max_quick_exits=5, first_delay_seconds=0.01, max_delay_seconds=0.05
)
RUNS_FOREVER = "import time\nwhile True: time.sleep(1)"
IGNORES_SIGTERM = (
    f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\n{RUNS_FOREVER}"
)

PATIENCE_SECONDS = 240.0
"""How long a condition may take on a busy machine."""


class EventLog(list[StackEvent]):
    """Records events and waits for conditions on them."""

    def of(self, kind: EventKind, service: str = "") -> list[StackEvent]:
        return [event for event in self if event.event is kind and service in ("", event.service)]

    async def until(self, condition: Callable[[EventLog], object]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(self):
                await asyncio.sleep(0.01)


async def never(_pid: int) -> bool:
    return False


def process_spec(folder: Path, name: str, program: str, **more: object) -> ProcessSpec:
    return ProcessSpec(name=name, command=(sys.executable, "-c", program), log=folder / f"{name}.log", **more)  # pyright: ignore[reportArgumentType]


@asynccontextmanager
async def supervised(*specs: ProcessSpec) -> AsyncGenerator[tuple[Supervisor, EventLog]]:
    events = EventLog()
    supervisor = Supervisor(specs, events.append, policy=FAST_RESTARTS)
    try:
        yield supervisor, events
    finally:
        await supervisor.stop()


def pids(supervisor: Supervisor) -> dict[str, int]:
    return {identity.name: identity.pid for identity in supervisor.running}


async def test_a_killed_process_is_restarted(tmp_path: Path) -> None:
    async with supervised(process_spec(tmp_path, "a", RUNS_FOREVER), process_spec(tmp_path, "b", RUNS_FOREVER)) as (
        supervisor,
        events,
    ):
        await supervisor.start(PATIENCE_SECONDS)
        before = pids(supervisor)
        os.kill(before["a"], signal.SIGKILL)
        await events.until(lambda events: len(events.of(EventKind.STARTED, "a")) == 2)
        after = pids(supervisor)
        assert after["a"] != before["a"]
        assert after["b"] == before["b"]
        assert events.of(EventKind.CRASHED, "a")[0].exit_code == -signal.SIGKILL


async def test_an_unhealthy_process_is_restarted(tmp_path: Path) -> None:
    unhealthy: set[int] = set()

    async def healthy(pid: int) -> bool:
        return pid not in unhealthy

    async def ready(_pid: int) -> bool:
        return True

    async with supervised(process_spec(tmp_path, "a", RUNS_FOREVER, ready=ready, healthy=healthy)) as (
        supervisor,
        events,
    ):
        await supervisor.start(PATIENCE_SECONDS)
        before = pids(supervisor)["a"]
        unhealthy.add(before)
        await events.until(lambda events: len(events.of(EventKind.READY, "a")) == 2)
        assert events.of(EventKind.UNHEALTHY, "a")
        assert events.of(EventKind.CRASHED, "a")[0].exit_code == -signal.SIGTERM
        assert pids(supervisor)["a"] != before


async def test_stopping_leaves_no_process_and_restarts_none(tmp_path: Path) -> None:
    async with supervised(process_spec(tmp_path, "a", RUNS_FOREVER), process_spec(tmp_path, "b", RUNS_FOREVER)) as (
        supervisor,
        events,
    ):
        await supervisor.start(PATIENCE_SECONDS)
        before = pids(supervisor)
    assert supervisor.running == ()
    assert not any(psutil.pid_exists(pid) for pid in before.values())
    assert {event.service for event in events.of(EventKind.STOPPED)} == {"a", "b"}
    assert not events.of(EventKind.CRASHED)


async def test_lower_stages_have_exited_before_higher_ones_are_stopped(tmp_path: Path) -> None:
    slow = f"import signal, sys, time\nsignal.signal(15, lambda *_: (time.sleep(0.3), sys.exit()))\n{RUNS_FOREVER}"
    specs = (
        process_spec(tmp_path, "database", RUNS_FOREVER, stage=2),
        process_spec(tmp_path, "service", slow, stage=0),
    )
    async with supervised(*specs) as (supervisor, events):
        await supervisor.start(PATIENCE_SECONDS)
        await asyncio.sleep(0.2)
    assert [event.service for event in events.of(EventKind.STOPPED)] == ["service", "database"]


async def test_a_process_that_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    async with supervised(process_spec(tmp_path, "stubborn", IGNORES_SIGTERM, grace_seconds=0.3)) as (
        supervisor,
        events,
    ):
        await supervisor.start(PATIENCE_SECONDS)
        await events.until(lambda _: (tmp_path / "stubborn.log").read_text())
        pid = pids(supervisor)["stubborn"]
    assert events.of(EventKind.KILLED, "stubborn")
    assert not psutil.pid_exists(pid)


async def test_cancelling_the_stop_kills_the_remaining_processes(tmp_path: Path) -> None:
    async with supervised(process_spec(tmp_path, "stubborn", IGNORES_SIGTERM)) as (supervisor, events):
        await supervisor.start(PATIENCE_SECONDS)
        await events.until(lambda _: (tmp_path / "stubborn.log").read_text())
        pid = pids(supervisor)["stubborn"]
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0.1)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert not psutil.pid_exists(pid)


async def test_a_process_that_always_exits_at_once_fails_the_start_with_its_last_lines(tmp_path: Path) -> None:
    program = "import sys; sys.exit('no such \\x1b[31mdatabase')"
    async with supervised(process_spec(tmp_path, "broken", program, ready=never)) as (supervisor, events):
        with pytest.raises(ProcessFailed, match="5 times in a row") as failure:
            await supervisor.start(PATIENCE_SECONDS)
        assert "no such [31mdatabase" in str(failure.value)
        assert len(events.of(EventKind.STARTED, "broken")) == 5


async def test_a_missing_program_is_reported_like_any_other_failure(tmp_path: Path) -> None:
    missing = ProcessSpec(name="missing", command=(str(tmp_path / "nothing"),), log=tmp_path / "missing.log")
    async with supervised(missing) as (supervisor, _):
        with pytest.raises(ProcessFailed, match="could not be started"):
            await supervisor.start(PATIENCE_SECONDS)


async def test_a_failing_process_of_a_ready_stack_is_restarted_indefinitely(tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    broken = f"pathlib.Path({str(flag)!r}).exists()"
    program = f"import pathlib, sys\nif {broken}: sys.exit(3)\nprint('up', flush=True)\n{RUNS_FOREVER}"

    def starts() -> int:
        return (tmp_path / "a.log").read_text().count("up")

    async with supervised(process_spec(tmp_path, "a", program)) as (supervisor, events):
        await supervisor.start(PATIENCE_SECONDS)
        await events.until(lambda _: starts() == 1)
        flag.touch()
        os.kill(pids(supervisor)["a"], signal.SIGKILL)
        await events.until(lambda events: events.of(EventKind.FAILING, "a"))
        flag.unlink()
        await events.until(lambda _: starts() == 2)
        assert pids(supervisor)


async def test_a_process_starts_only_when_its_dependencies_are_ready(tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    async def opened(_pid: int) -> bool:
        return gate.exists()

    first, second = (
        process_spec(tmp_path, "first", RUNS_FOREVER, ready=opened),
        process_spec(tmp_path, "second", RUNS_FOREVER, after=("first",)),
    )
    async with supervised(first, second) as (supervisor, events):
        starting = asyncio.create_task(supervisor.start(PATIENCE_SECONDS))
        await events.until(lambda events: events.of(EventKind.STARTED, "first"))
        await asyncio.sleep(0.1)
        assert not events.of(EventKind.STARTED, "second")
        gate.touch()
        await events.until(lambda events: events.of(EventKind.STARTED, "second"))
        await starting


async def test_a_process_that_never_becomes_ready_is_named(tmp_path: Path) -> None:
    async with supervised(process_spec(tmp_path, "late", RUNS_FOREVER, ready=never)) as (supervisor, _):
        with pytest.raises(NotReady, match="late"):
            await supervisor.start(timeout_seconds=0.3)


async def test_processes_get_only_the_environment_of_their_spec(tmp_path: Path) -> None:
    program = f"import os\nprint(sorted(os.environ), flush=True)\n{RUNS_FOREVER}"
    spec = process_spec(tmp_path, "a", program, environment={"ASSAY_X": "1", "LC_CTYPE": "C.UTF-8"})
    async with supervised(spec) as (supervisor, events):
        await supervisor.start(PATIENCE_SECONDS)
        await events.until(lambda _: (tmp_path / "a.log").read_text())
    assert last_lines(tmp_path / "a.log") == ("['ASSAY_X', 'LC_CTYPE']",)


def test_processes_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_supervisor import RUNS_FOREVER, process_spec, Supervisor

async def main():
    specs = [process_spec(Path({str(tmp_path)!r}), name, RUNS_FOREVER) for name in "ab"]
    supervisor = Supervisor(specs, lambda event: None)
    await supervisor.start()
    print(*(identity.pid for identity in supervisor.running), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        processes = [psutil.Process(int(pid)) for pid in killed.stdout.readline().split()]
        assert len(processes) == 2
        killed.kill()
        gone, alive = psutil.wait_procs(processes, timeout=60)
    assert not alive
    assert len(gone) == 2
