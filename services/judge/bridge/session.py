"""The judge's end: opens the two sandboxes, carries lines between them, writes down what pytest says."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from assay.contracts.sandboxspec import Place, SandboxSpec
from assay.files import Files
from assay.sandbox import (
    WORKSPACE,
    Command,
    FilesMount,
    LineTooLong,
    Sandbox,
    SandboxError,
    SandboxProcess,
    SandboxProvider,
)
from services.judge.bridge.shipping import PACKAGES, PROGRAMS, TESTS, host_mount, trial_mounts

_log = structlog.get_logger(__name__)

MAX_FRAME_BYTES = 8_000_000
MAX_TRAFFIC_BYTES = 200_000_000
MAX_OUTPUT_BYTES = 256_000
"""Kept of what the candidate prints, over all its lives."""
_TESTS_MEMORY_MB = 1024
_EXIT_SECONDS = 0.3
"""Between the end of a candidate's channel and its exit, so that it is the exit code that is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What is to be tried: ``tests`` by path, ``files`` handed in, and the names of modules among them. ``wish`` is the
    kind of sandbox that its run, ``run_id``, asks for."""

    tests: Files
    files: Files
    modules: Sequence[str]
    sandbox: SandboxSpec
    wish: str = ""
    run_id: str = ""


@dataclass(kw_only=True, slots=True)
class Protocol:
    """What was heard. ``records`` come from our plugin, ``printed`` from the candidate, ``complaint`` is what ended the
    tests before their end, empty if nothing did. ``warning``: they were not isolated."""

    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    printed: bytes = b""
    truncated: bool = False
    complaint: str = ""
    warning: str = ""


async def hold(trial: Trial, provider: SandboxProvider, call_seconds: float) -> Protocol:
    """One call of the candidate may take ``call_seconds``. Raises SandboxError where a sandbox fails, FilesRefused for
    files that do not fit into one."""
    tests = FilesMount(path=TESTS, files={"pytest.ini": b"[pytest]\n", **trial.tests})
    spec = msgspec.structs.replace(trial.sandbox, network=False)
    async with provider.open(spec.at(Place.CANDIDATE), mounts=[host_mount()]) as theirs:
        await theirs.write(trial.files)
        async with provider.open(_for_tests(spec.at(Place.TESTS)), mounts=[*trial_mounts(), tests]) as ours:
            return await _Session(trial, theirs, ours, call_seconds).run()


class _Session:
    def __init__(self, trial: Trial, theirs: Sandbox, ours: Sandbox, call_seconds: float) -> None:
        self._trial, self._theirs, self._ours, self._call_seconds = trial, theirs, ours, call_seconds
        self._heard = Protocol()
        self._traffic_bytes = 0
        self._candidate: SandboxProcess | None = None
        self._carrying: asyncio.Task[None] | None = None
        self._tests: SandboxProcess | None = None

    async def run(self) -> Protocol:
        seconds = self._trial.sandbox.wall_seconds
        self._tests = await self._ours.start(self._command(self._ours, self._trial_program()))
        try:
            async with asyncio.timeout(seconds + 5):
                await self._begin()
                await self._listen(self._tests)
                result = await self._tests.wait()
        except LineTooLong:
            self._heard.complaint = "a test hands over more than fits a message"
        except TimeoutError:
            self._heard.complaint = f"the tests did not end within {seconds:g} s"
        else:
            self._heard.warning = result.warning
            if result.killed_by:
                self._heard.complaint = f"the tests passed their limit: {result.killed_by}"
            elif not any("done" in record for record in self._heard.records):
                self._heard.complaint = f"the tests ended early, with exit code {result.exit_code}"
                _log.warning("judge.tests_ended_early", exit_code=result.exit_code, error=_kind(result.stderr))
        finally:
            await self._tests.kill()
            await self._end()
        return self._heard

    async def _listen(self, tests: SandboxProcess) -> None:
        """Until the tests' process ends. It is ours, so its lines are believed."""
        while line := await tests.read_line(MAX_FRAME_BYTES * 4):
            kind, rest = line[:1], line[1:]
            if kind == b">" and self._candidate:
                await self._candidate.write(rest)
            elif kind == b"=":
                self._heard.records.append(json.loads(rest))
            elif kind == b"!":
                await self._end()
                await self._begin()
                await tests.write(b"^\n")
            elif kind == b"$":
                await tests.write(b"$" + json.dumps(await self._program(json.loads(rest))).encode() + b"\n")
            elif kind == b"?":
                await tests.write(b"?" + json.dumps(self._file(json.loads(rest))).encode() + b"\n")

    async def _begin(self) -> None:
        """A life of the candidate."""
        workspace = self._theirs.locate(WORKSPACE)
        program = f"from bridge.host import main; main({workspace!r})"
        self._candidate = await self._theirs.start(self._command(self._theirs, program))
        self._carrying = asyncio.create_task(self._carry(self._candidate))

    async def _carry(self, candidate: SandboxProcess) -> None:
        """What the candidate says, to the tests; and that it said its last."""
        assert self._tests is not None
        reason = ""
        try:
            while line := await candidate.read_line(MAX_FRAME_BYTES):
                self._traffic_bytes += len(line)
                if self._traffic_bytes > MAX_TRAFFIC_BYTES:
                    reason = f"it sent more than {MAX_TRAFFIC_BYTES} bytes"
                    break
                await self._tests.write(b"<" + line.rstrip(b"\n") + b"\n")
        except LineTooLong:
            reason = f"it sent an answer of more than {MAX_FRAME_BYTES} bytes"
        try:
            ended = await self._ended(candidate, 0.0 if reason else _EXIT_SECONDS)
        except SandboxError:
            await self._tests.kill()
            raise
        await self._tests.write(b"x" + json.dumps(reason or ended).encode() + b"\n")

    async def _ended(self, candidate: SandboxProcess, patience_seconds: float) -> str:
        """Ends it, keeps what it printed, and says how it ended."""
        self._candidate = None
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await candidate.wait()
        await candidate.kill()
        result = await candidate.wait()
        room = MAX_OUTPUT_BYTES - len(self._heard.printed)
        self._heard.printed += result.stderr[:room]
        self._heard.truncated |= result.stderr_truncated or len(result.stderr) > room
        return f"it passed its limit: {result.killed_by}" if result.killed_by else f"exit code {result.exit_code}"

    async def _end(self) -> None:
        """The end of a life, unless it ended by itself."""
        candidate, carrying = self._candidate, self._carrying
        self._carrying = None
        if carrying is not None:
            if candidate is not None:
                carrying.cancel()
            with suppress(asyncio.CancelledError):
                await carrying
            if candidate is not None:
                await self._ended(candidate, 0.0)

    async def _program(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A program of the candidate, for the tests' ``candidate.run``."""
        command = Command(argv=asked["argv"], stdin=asked["stdin"].encode(), timeout_seconds=asked["seconds"])
        result = await self._theirs.run(command)
        texts = {name: getattr(result, name).decode("utf-8", "replace") for name in ("stdout", "stderr")}
        return {"exit_code": result.exit_code, "killed_by": result.killed_by, **texts}

    def _file(self, path: str) -> str | None:
        content = self._trial.files.get(path)
        return None if content is None else base64.b64encode(content).decode()

    def _trial_program(self) -> str:
        settings = {
            "tests": self._ours.locate(TESTS),
            "names": list(self._trial.modules),
            "packages": _parents(self._ours),
            "call_seconds": self._call_seconds,
        }
        return f"from bridge.trial import main; main({settings!r})"

    def _command(self, sandbox: Sandbox, program: str) -> Command:
        programs = sandbox.locate(PROGRAMS)
        argv = ["python3", "-I", "-B", "-c", f"import sys; sys.path.append({programs!r}); {program}"]
        return Command(argv=argv, output_bytes=MAX_OUTPUT_BYTES)


def _kind(stderr: bytes) -> str:
    """Of the error on its last line, if there is one: the rest may be a hidden test's own text, and logs are read by
    those who may not see it."""
    last = (stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1].partition(":")[0]
    return last if last.isidentifier() else ""


def _for_tests(spec: SandboxSpec) -> SandboxSpec:
    """The tests' own needs come on top of what the task grants the candidate."""
    return msgspec.structs.replace(
        spec,
        memory_mb=max(spec.memory_mb, _TESTS_MEMORY_MB),
        cpu_seconds=spec.cpu_seconds + 20,
        output_bytes=max(spec.output_bytes, MAX_OUTPUT_BYTES),
    )


def _parents(sandbox: Sandbox) -> list[str]:
    """Folders to import pytest from: one, or several where a provider leaves mounts in their own places."""
    places = (sandbox.locate(mount.path).rpartition("/")[0] for mount in trial_mounts()[1:])
    return list(dict.fromkeys(places)) or [PACKAGES]
