"""The supervisor over small dummy children."""

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

from assay.embedded.errors import ChildFailed, NotReady
from assay.embedded.events import StackEvent, What
from assay.embedded.managed_process import ChildSpec, Patience
from assay.embedded.supervisor import Supervisor

HASTY = Patience(quick=60.0, tries=5, first=0.01, longest=0.05)
FOR_EVER = "import time\nwhile True: time.sleep(1)"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n{FOR_EVER}"


class Heard(list[StackEvent]):
    """Events so far, and waiting for one to come."""

    def of(self, what: What, service: str = "") -> list[StackEvent]:
        return [event for event in self if event.event is what and service in ("", event.service)]

    async def until(self, holds: Callable[[Heard], object]) -> None:
        async with asyncio.timeout(60):
            while not holds(self):
                await asyncio.sleep(0.01)


async def never(_pid: int) -> bool:
    return False


def dummy(folder: Path, name: str, program: str, **more: object) -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-c", program), log=folder / f"{name}.log", **more)  # pyright: ignore[reportArgumentType]


@asynccontextmanager
async def supervised(*specs: ChildSpec) -> AsyncGenerator[tuple[Supervisor, Heard]]:
    heard = Heard()
    supervisor = Supervisor(specs, heard.append, patience=HASTY)
    try:
        yield supervisor, heard
    finally:
        await supervisor.stop()


def pids(supervisor: Supervisor) -> dict[str, int]:
    return {identity.name: identity.pid for identity in supervisor.running}


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    async with supervised(dummy(tmp_path, "a", FOR_EVER), dummy(tmp_path, "b", FOR_EVER)) as (supervisor, heard):
        await supervisor.start()
        before = pids(supervisor)
        os.kill(before["a"], signal.SIGKILL)
        await heard.until(lambda heard: len(heard.of(What.STARTED, "a")) == 2)
        after = pids(supervisor)
        assert after["a"] != before["a"]
        assert after["b"] == before["b"]
        assert heard.of(What.CRASHED, "a")[0].exit_code == -signal.SIGKILL


async def test_a_child_that_lives_and_is_not_well_is_started_again(tmp_path: Path) -> None:
    unwell: set[int] = set()

    async def well(pid: int) -> bool:
        return pid not in unwell

    async def ready(_pid: int) -> bool:
        return True

    async with supervised(dummy(tmp_path, "a", FOR_EVER, ready=ready, well=well)) as (supervisor, heard):
        await supervisor.start()
        before = pids(supervisor)["a"]
        unwell.add(before)
        await heard.until(lambda heard: len(heard.of(What.READY, "a")) == 2)
        assert heard.of(What.UNWELL, "a")
        assert heard.of(What.CRASHED, "a")[0].exit_code == -signal.SIGTERM
        assert pids(supervisor)["a"] != before


async def test_stopping_leaves_no_process_and_starts_none_again(tmp_path: Path) -> None:
    async with supervised(dummy(tmp_path, "a", FOR_EVER), dummy(tmp_path, "b", FOR_EVER)) as (supervisor, heard):
        await supervisor.start()
        before = pids(supervisor)
    assert supervisor.running == ()
    assert not any(psutil.pid_exists(pid) for pid in before.values())
    assert {event.service for event in heard.of(What.STOPPED)} == {"a", "b"}
    assert not heard.of(What.CRASHED)


async def test_lower_stages_are_gone_before_higher_ones_are_asked_to_stop(tmp_path: Path) -> None:
    slow = f"import signal, sys, time\nsignal.signal(15, lambda *_: (time.sleep(0.3), sys.exit()))\n{FOR_EVER}"
    specs = (dummy(tmp_path, "database", FOR_EVER, stage=2), dummy(tmp_path, "service", slow, stage=0))
    async with supervised(*specs) as (supervisor, heard):
        await supervisor.start()
        await asyncio.sleep(0.2)
    assert [event.service for event in heard.of(What.STOPPED)] == ["service", "database"]


async def test_a_child_that_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    async with supervised(dummy(tmp_path, "deaf", DEAF, grace_seconds=0.3)) as (supervisor, heard):
        await supervisor.start()
        await heard.until(lambda _: (tmp_path / "deaf.log").read_text())
        pid = pids(supervisor)["deaf"]
    assert heard.of(What.KILLED, "deaf")
    assert not psutil.pid_exists(pid)


async def test_cancelling_the_drain_kills_what_is_left(tmp_path: Path) -> None:
    async with supervised(dummy(tmp_path, "deaf", DEAF)) as (supervisor, heard):
        await supervisor.start()
        await heard.until(lambda _: (tmp_path / "deaf.log").read_text())
        pid = pids(supervisor)["deaf"]
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0.1)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert not psutil.pid_exists(pid)


async def test_a_child_that_always_ends_at_once_fails_the_start_with_its_last_words(tmp_path: Path) -> None:
    program = "import sys; sys.exit('no such \\x1b[31mdatabase')"
    async with supervised(dummy(tmp_path, "broken", program, ready=never)) as (supervisor, heard):
        with pytest.raises(ChildFailed, match="5 times in a row") as failure:
            await supervisor.start()
        assert "no such [31mdatabase" in str(failure.value)
        assert len(heard.of(What.STARTED, "broken")) == 5


async def test_a_program_that_is_not_there_is_reported_like_any_other_failure(tmp_path: Path) -> None:
    missing = ChildSpec(name="missing", command=(str(tmp_path / "nothing"),), log=tmp_path / "missing.log")
    async with supervised(missing) as (supervisor, _):
        with pytest.raises(ChildFailed, match="could not be started"):
            await supervisor.start()


async def test_a_failing_child_of_a_ready_stack_is_tried_again_for_ever(tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    broken = f"pathlib.Path({str(flag)!r}).exists()"
    program = f"import pathlib, sys\nif {broken}: sys.exit(3)\nprint('up', flush=True)\n{FOR_EVER}"

    def lives() -> int:
        return (tmp_path / "a.log").read_text().count("up")

    async with supervised(dummy(tmp_path, "a", program)) as (supervisor, heard):
        await supervisor.start()
        await heard.until(lambda _: lives() == 1)
        flag.touch()
        os.kill(pids(supervisor)["a"], signal.SIGKILL)
        await heard.until(lambda heard: heard.of(What.FAILING, "a"))
        flag.unlink()
        await heard.until(lambda _: lives() == 2)
        assert pids(supervisor)


async def test_a_child_starts_only_when_what_it_needs_is_ready(tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    async def opened(_pid: int) -> bool:
        return gate.exists()

    first, second = dummy(tmp_path, "first", FOR_EVER, ready=opened), dummy(tmp_path, "second", "1", after=("first",))
    async with supervised(first, second) as (supervisor, heard):
        starting = asyncio.create_task(supervisor.start())
        await heard.until(lambda heard: heard.of(What.STARTED, "first"))
        await asyncio.sleep(0.1)
        assert not heard.of(What.STARTED, "second")
        gate.touch()
        await heard.until(lambda heard: heard.of(What.STARTED, "second"))
        await starting


async def test_what_never_gets_ready_is_named(tmp_path: Path) -> None:
    async with supervised(dummy(tmp_path, "late", FOR_EVER, ready=never)) as (supervisor, _):
        with pytest.raises(NotReady, match="late"):
            await supervisor.start(timeout_seconds=0.3)


async def test_children_see_only_the_environment_they_are_given(tmp_path: Path) -> None:
    program = f"import os\nprint(sorted(os.environ), flush=True)\n{FOR_EVER}"
    spec = dummy(tmp_path, "a", program, environment={"ASSAY_X": "1", "LC_CTYPE": "C.UTF-8"})
    async with supervised(spec) as (supervisor, heard):
        await supervisor.start()
        await heard.until(lambda _: (tmp_path / "a.log").read_text())
    assert (tmp_path / "a.log").read_text().strip() == "['ASSAY_X', 'LC_CTYPE']"


def test_a_supervisor_killed_outright_takes_its_children_with_it(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_supervisor import FOR_EVER, dummy, Supervisor

async def main():
    supervisor = Supervisor([dummy(Path({str(tmp_path)!r}), name, FOR_EVER) for name in "ab"], lambda event: None)
    await supervisor.start()
    print(*(identity.pid for identity in supervisor.running), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        children = [psutil.Process(int(pid)) for pid in killed.stdout.readline().split()]
        assert len(children) == 2
        killed.kill()
        gone, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    assert len(gone) == 2
