"""One child process: started, watched, started again when it ends by itself, stopped when asked."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from assay.embedded.events import Report, StackEvent, What
from assay.embedded.log_files import last_lines, shorten

Probe = Callable[[int], Awaitable[bool]]
"""Whether the child with this pid is ready to be used."""

_PR_SET_PDEATHSIG = 1
_PROBE_SECONDS = 0.05
_WELL_SECONDS = 2.0
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """``after`` names children that must be ready before this one is first started. Children of a lower ``stage`` are
    stopped, and gone, before those of a higher one. ``prepare`` runs in a thread before every start. ``well`` is asked
    every few seconds once the child is ready; one that lives and is not well is ended, and started again."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    log: Path
    ready: Probe | None = None
    well: Probe | None = None
    after: tuple[str, ...] = ()
    stage: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor is gone without having stopped it."""
    grace_seconds: float = 30.0
    user: str | None = None
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds. A child that ended sooner than ``quick`` after its start ended at once; after ``tries`` such ends in a
    row it is failing. The delay before a start doubles from ``first`` up to ``longest``."""

    quick: float = 5.0
    tries: int = 5
    first: float = 0.2
    longest: float = 30.0

    def delay(self, quick_ends: int) -> float:
        return min(self.first * 2**quick_ends, self.longest)


class Child:
    """``ready`` is set while its process can be used; ``failing`` is called with the last log lines."""

    def __init__(
        self, spec: ChildSpec, report: Report, failing: Callable[[StackEvent], None], patience: Patience
    ) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self._report = report
        self._failing = failing
        self._patience = patience
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return self.process.pid if self.process and self.process.returncode is None else 0

    def begin(self, after: list[Child]) -> None:
        self._task = asyncio.create_task(self._keep_running(after), name=f"child {self.spec.name}")

    async def stop(self) -> None:
        """Ask it to end and wait; past its grace it is killed."""
        await self._leave_alone()
        if not self.pid or self.process is None:
            return
        began = time.monotonic()
        self._signal(self.spec.stop_signal)
        try:
            async with asyncio.timeout(self.spec.grace_seconds):
                await self.process.wait()
        except TimeoutError:
            await self.kill()
            return
        self._tell(What.STOPPED, seconds=time.monotonic() - began)

    async def kill(self) -> None:
        await self._leave_alone()
        if self.pid and self.process is not None:
            self._signal(signal.SIGKILL)
            await self.process.wait()
            self._tell(What.KILLED, text="it did not stop in time")

    async def _leave_alone(self) -> None:
        """No more restarts."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_running(self, after: list[Child]) -> None:
        for other in after:
            await other.ready.wait()
        quick_ends = 0
        while True:
            began = time.monotonic()
            exit_code = await self._run_once()
            quick_ends = quick_ends + 1 if time.monotonic() - began < self._patience.quick else 0
            delay = self._patience.delay(quick_ends)
            self._tell(What.CRASHED, exit_code=exit_code, delay_seconds=delay)
            if quick_ends and quick_ends % self._patience.tries == 0:
                self._tell_failing(exit_code, quick_ends)
            await asyncio.sleep(delay)

    async def _run_once(self) -> int:
        """One life of the process, to its exit code; -1 when it could not even be started."""
        try:
            if self.spec.prepare is not None:
                await asyncio.to_thread(self.spec.prepare)
            self.process = await _spawn(self.spec)
        except Exception as error:
            with suppress(OSError), self.spec.log.open("a") as log:
                print(f"{self.spec.name} could not be started: {error}", file=log)
            return -1
        self._tell(What.STARTED, pid=self.process.pid)
        attending = asyncio.create_task(self._attend(self.process.pid))
        try:
            return await self.process.wait()
        finally:
            attending.cancel()
            self.ready.clear()

    async def _attend(self, pid: int) -> None:
        await self._until_ready(pid)
        if self.spec.well is None:
            return
        while await self.spec.well(pid):  # noqa: ASYNC110  (no event of ours)
            await asyncio.sleep(_WELL_SECONDS)
        self._tell(What.UNWELL, text="it lives and is of no use, so it is started again")
        self._signal(self.spec.stop_signal)
        await asyncio.sleep(self.spec.grace_seconds)
        self._signal(signal.SIGKILL)

    async def _until_ready(self, pid: int) -> None:
        began = time.monotonic()
        while self.spec.ready is not None and not await self.spec.ready(pid):  # noqa: ASYNC110  (no event of ours)
            await asyncio.sleep(_PROBE_SECONDS)
        self.ready.set()
        if self.spec.ready is not None:
            self._tell(What.READY, seconds=time.monotonic() - began)

    def _tell_failing(self, exit_code: int, times: int) -> None:
        text = f"ended {times} times in a row at once; its log is {self.spec.log}"
        event = StackEvent(
            service=self.spec.name,
            event=What.FAILING,
            text=text,
            exit_code=exit_code,
            lines=last_lines(self.spec.log),
        )
        self._report(event)
        self._failing(event)

    def _tell(self, what: What, **details: Any) -> None:
        self._report(StackEvent(service=self.spec.name, event=what, **details))

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.process is not None:
                self.process.send_signal(number)


async def _spawn(spec: ChildSpec) -> asyncio.subprocess.Process:
    """In a session of its own, so that Ctrl-C at the terminal reaches the supervisor alone, which stops in order."""
    shorten(spec.log)
    with spec.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(spec.environment),
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid(), spec.orphan_signal) if sys.platform == "linux" else None,
            **account(spec.user),
        )


def account(user: str | None) -> dict[str, Any]:
    """What makes a child process run as that user, and in none of our groups; nothing for None."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _die_with(supervisor: int, orphan_signal: int) -> None:
    """In the child, before its program: the kernel ends it with the supervisor, even if that is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, orphan_signal)
    if os.getppid() != supervisor:
        os._exit(1)
