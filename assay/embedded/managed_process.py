"""One child process: started, watched, restarted when it exits, and stopped on request."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from assay.embedded.events import EventKind, Report, StackEvent
from assay.embedded.json_log import JsonLog, OutputPipe, ParseLine, parse_plain
from assay.embedded.log_files import last_lines, shorten
from assay.embedded.orphans import die_with_parent

Probe = Callable[[int], Awaitable[bool]]
"""Whether the process with this pid is ready, or healthy."""

_PROBE_SECONDS = 0.05
_HEALTH_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """``after`` names processes that must be ready before this one first starts. Processes of a lower ``stage`` have
    exited before those of a higher one are stopped. ``prepare`` runs in a thread before every start. ``healthy`` is
    called every few seconds while the process is ready; an unhealthy process is restarted."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    log: Path
    ready: Probe | None = None
    healthy: Probe | None = None
    after: tuple[str, ...] = ()
    stage: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """The kernel sends this signal when the supervisor dies without stopping the process."""
    grace_seconds: float = 30.0
    user: str | None = None
    prepare: Callable[[], None] | None = None
    parse_line: ParseLine = parse_plain
    """Reads the lines of its output that are not JSON."""


@dataclass(frozen=True, kw_only=True)
class RestartPolicy:
    """A process that exits within ``quick_exit_seconds`` of its start has a quick exit; after ``max_quick_exits`` in a
    row it is failing. The delay before a restart doubles from ``first_delay_seconds`` to ``max_delay_seconds``."""

    quick_exit_seconds: float = 5.0
    max_quick_exits: int = 5
    first_delay_seconds: float = 0.2
    max_delay_seconds: float = 30.0

    def delay(self, quick_exits: int) -> float:
        return min(self.first_delay_seconds * 2**quick_exits, self.max_delay_seconds)


class ManagedProcess:
    """``ready`` is set while the process can be used; ``on_failing`` is called with the last lines of its log."""

    def __init__(
        self, spec: ProcessSpec, report: Report, on_failing: Callable[[StackEvent], None], policy: RestartPolicy
    ) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self._output: OutputPipe | None = None
        self._report = report
        self._on_failing = on_failing
        self._policy = policy
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """0 while it is not running."""
        return self.process.pid if self.process and self.process.returncode is None else 0

    def start(self, after: list[ManagedProcess]) -> None:
        self._task = asyncio.create_task(self._keep_running(after), name=f"process {self.spec.name}")

    async def stop(self) -> None:
        """Sends the stop signal and waits; kills the process after ``grace_seconds``."""
        await self._stop_restarting()
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
        await self._drain()
        self._emit(EventKind.STOPPED, seconds=time.monotonic() - began)

    async def kill(self) -> None:
        await self._stop_restarting()
        if self.pid and self.process is not None:
            self._signal(signal.SIGKILL)
            await self.process.wait()
            await self._drain()
            self._emit(EventKind.KILLED, text="it did not stop in time")

    async def _drain(self) -> None:
        if self._output is not None:
            await self._output.drained()

    async def _stop_restarting(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_running(self, after: list[ManagedProcess]) -> None:
        for other in after:
            await other.ready.wait()
        quick_exits = 0
        while True:
            began = time.monotonic()
            exit_code = await self._run_once()
            quick_exits = quick_exits + 1 if time.monotonic() - began < self._policy.quick_exit_seconds else 0
            delay = self._policy.delay(quick_exits)
            self._emit(EventKind.CRASHED, exit_code=exit_code, delay_seconds=delay)
            if quick_exits and quick_exits % self._policy.max_quick_exits == 0:
                self._report_failing(exit_code, quick_exits)
            await asyncio.sleep(delay)

    async def _run_once(self) -> int:
        """Starts the process and returns its exit code; -1 when it cannot be started."""
        try:
            if self.spec.prepare is not None:
                await asyncio.to_thread(self.spec.prepare)
            self.process, self._output = await _spawn(self.spec)
        except Exception as error:
            with suppress(OSError), closing(JsonLog(self.spec.name, self.spec.log)) as log:
                log.feed(f"{self.spec.name} could not be started: {error}".encode())
            return -1
        self._emit(EventKind.STARTED, pid=self.process.pid)
        attending = asyncio.create_task(self._watch(self.process.pid))
        try:
            exit_code = await self.process.wait()
        finally:
            attending.cancel()
            self.ready.clear()
        await self._drain()
        return exit_code

    async def _watch(self, pid: int) -> None:
        await self._until_ready(pid)
        if self.spec.healthy is None:
            return
        while await self.spec.healthy(pid):  # noqa: ASYNC110  (a probe of another process)
            await asyncio.sleep(_HEALTH_SECONDS)
        self._emit(EventKind.UNHEALTHY, text="running but unhealthy; restarting")
        self._signal(self.spec.stop_signal)
        await asyncio.sleep(self.spec.grace_seconds)
        self._signal(signal.SIGKILL)

    async def _until_ready(self, pid: int) -> None:
        began = time.monotonic()
        while self.spec.ready is not None and not await self.spec.ready(pid):  # noqa: ASYNC110  (a probe of another process)
            await asyncio.sleep(_PROBE_SECONDS)
        self.ready.set()
        if self.spec.ready is not None:
            self._emit(EventKind.READY, seconds=time.monotonic() - began)

    def _report_failing(self, exit_code: int, times: int) -> None:
        text = f"exited right after its start {times} times in a row; its log is {self.spec.log}"
        event = StackEvent(
            service=self.spec.name,
            event=EventKind.FAILING,
            text=text,
            exit_code=exit_code,
            lines=last_lines(self.spec.log),
        )
        self._report(event)
        self._on_failing(event)

    def _emit(self, kind: EventKind, **details: Any) -> None:
        self._report(StackEvent(service=self.spec.name, event=kind, **details))

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.process is not None:
                self.process.send_signal(number)


async def _spawn(spec: ProcessSpec) -> tuple[asyncio.subprocess.Process, OutputPipe]:
    """In its own session, so Ctrl-C in the terminal reaches only the supervisor, which stops processes in order."""
    shorten(spec.log)
    log = JsonLog(spec.name, spec.log, spec.parse_line)
    reader, writer = os.pipe()
    source = os.fdopen(reader, "rb", buffering=0)
    try:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            env=dict(spec.environment),
            start_new_session=True,
            preexec_fn=die_with_parent(spec.orphan_signal),
            **user_options(spec.user),
        )
    except BaseException:
        source.close()
        log.close()
        raise
    finally:
        os.close(writer)
    _, output = await asyncio.get_running_loop().connect_read_pipe(partial(OutputPipe, log), source)
    return process, output


def user_options(user: str | None) -> dict[str, Any]:
    """Options that run a child process as that user, without our groups; empty for None."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
