"""The judge's side of the bridge: opens the two sandboxes, relays between them and records the tests' results."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from assay.sandbox import (
    Command,
    CommandResult,
    Limit,
    LineTooLong,
    ResourceUse,
    Sandbox,
    SandboxError,
    SandboxProcess,
    SandboxProvider,
    SandboxRetryable,
)
from assay.sandbox.errors import SandboxLost
from assay.sandbox.execution import MAX_EXTENSIONS
from services.judge.bridge.builds.build import CompileFailed
from services.judge.bridge.builds.builder import Builder
from services.judge.bridge.builds.cache import BuildCache
from services.judge.bridge.call_limit import CallLimit
from services.judge.bridge.frameworks import make_programs
from services.judge.bridge.programs import MAX_OUTPUT_BYTES, TestPrograms
from services.judge.bridge.test_run import TestRun, TestRunLog
from services.judge.bridge.toolchain import ensure_programs

_log = structlog.get_logger(__name__)

MAX_FRAME_BYTES = 8_000_000
MAX_TRAFFIC_BYTES = 200_000_000
_GRACE_SECONDS = 30.0
"""In which the sandbox must have ended tests that reached a limit."""
MAX_TIMEOUTS = 3
"""Calls that take too long. After them no candidate is started any more."""
_EXIT_SECONDS = 0.3
"""How long a candidate that closed its channel may take to exit, so that its exit code can be reported."""


async def run_tests(
    run: TestRun, provider: SandboxProvider, call_seconds: float, cache: BuildCache | None = None
) -> TestRunLog:
    """``call_seconds`` limits each call of the candidate; ``cache`` keeps compiled tests. Raises SandboxError if a
    sandbox fails, FilesRefused for files that do not fit into one, HiddenBundleInvalid for tests that do not
    compile."""
    try:
        programs = await make_programs(run, call_seconds, Builder(provider=provider, cache=cache or BuildCache()))
    except CompileFailed as error:
        output, reason = error.output[:MAX_OUTPUT_BYTES], f"the submitted code does not compile: {error}"
        return TestRunLog(abort_reason=reason, candidate_output=output, dropped_bytes=len(error.output) - len(output))
    candidate, tests = programs.candidate, programs.tests
    async with provider.open(candidate.spec, mounts=candidate.mounts) as candidate_sandbox:
        await ensure_programs(candidate_sandbox, candidate.required)
        await candidate_sandbox.write(candidate.files)
        async with provider.open(tests.spec, mounts=tests.mounts) as test_sandbox:
            await ensure_programs(test_sandbox, tests.required)
            await test_sandbox.write(tests.files)
            return await _Session(run, programs, candidate_sandbox, test_sandbox, call_seconds).run()


class _Session:
    def __init__(
        self,
        run: TestRun,
        programs: TestPrograms,
        candidate_sandbox: Sandbox,
        test_sandbox: Sandbox,
        call_seconds: float,
    ) -> None:
        self._run, self._programs = run, programs
        self._candidate_sandbox, self._test_sandbox = candidate_sandbox, test_sandbox
        self._run_log = TestRunLog()
        self._traffic_bytes = 0
        self._call_limit = CallLimit(call_seconds, candidate_sandbox, self._end_call)
        self._kill_reason = ""
        self._candidate: SandboxProcess | None = None
        self._candidate_relay: asyncio.Task[None] | None = None
        self._tests: SandboxProcess | None = None
        self._killing: asyncio.Future[None] | None = None

    async def run(self) -> TestRunLog:
        seconds = self._run.sandbox.wall_seconds
        self._tests = await self._test_sandbox.start(self._programs.tests.command(self._test_sandbox))
        try:
            async with asyncio.timeout((MAX_EXTENSIONS + 1) * (seconds + _GRACE_SECONDS)):
                await self._start_candidate()
                await self._relay_tests(self._tests)
                result = await self._tests.wait()
        except LineTooLong:
            self._run_log.abort_reason = "a test passed the candidate more data than fits into a message"
        except TimeoutError as error:
            raise SandboxLost("the sandbox of the tests did not enforce its wall limit") from error
        else:
            self._run_log.warning = result.warning
            if result.killed_by is Limit.WALL:
                await self._raise_if_starved(result)
            if result.killed_by:
                self._run_log.abort_reason = f"the tests exceeded their {result.killed_by} limit"
            elif not any("done" in record for record in self._run_log.records):
                self._run_log.abort_reason = f"the tests ended early, with exit code {result.exit_code}"
                _log.warning("judge.tests_ended_early", exit_code=result.exit_code, error=_error_kind(result.stderr))
        finally:
            await self._tests.kill()
            await self._stop_candidate()
        return self._run_log

    async def _relay_tests(self, tests: SandboxProcess) -> None:
        """Runs until the tests' process ends. It runs our own program, so its lines are trusted."""
        while line := await tests.read_line(MAX_FRAME_BYTES * 4):
            kind, rest = line[:1], line[1:]
            if kind == b">" and self._candidate:
                self._call_limit.sent(rest)
                await self._candidate.write(rest)
            elif kind == b"=":
                self._run_log.records.append(json.loads(rest))
            elif kind == b"!":
                await self._stop_candidate()
                if self._run_log.call_timeouts < MAX_TIMEOUTS:
                    await self._start_candidate()
                await tests.write(b"^\n")
                if self._candidate is None:
                    await self._report_end(f"{MAX_TIMEOUTS} calls took too long, so no others are made")
            elif kind == b"$":
                await tests.write(b"$" + json.dumps(await self._run_program(json.loads(rest))).encode() + b"\n")
            elif kind == b"~":
                await tests.write(b"~" + json.dumps(await self._call_limit.is_starved()).encode() + b"\n")
            elif kind == b"?":
                await tests.write(b"?" + json.dumps(self._read_file(json.loads(rest))).encode() + b"\n")
            elif kind == b"%":
                await tests.write(b"%" + json.dumps(await self._cpu_seconds()).encode() + b"\n")

    async def _start_candidate(self) -> None:
        command = self._programs.candidate.command(self._candidate_sandbox)
        self._candidate = await self._candidate_sandbox.start(command)
        self._candidate_relay = asyncio.create_task(self._relay_candidate(self._candidate))

    async def _relay_candidate(self, candidate: SandboxProcess) -> None:
        """Passes the candidate's lines to the tests, and at its end the reason."""
        assert self._tests is not None
        reason = ""
        try:
            while line := await candidate.read_line(MAX_FRAME_BYTES):
                self._traffic_bytes += len(line)
                if self._traffic_bytes > MAX_TRAFFIC_BYTES:
                    reason = f"it sent more than {MAX_TRAFFIC_BYTES} bytes"
                    break
                self._call_limit.received(line)
                await self._tests.write(b"<" + line.rstrip(b"\n") + b"\n")
        except LineTooLong:
            reason = f"it sent an answer of more than {MAX_FRAME_BYTES} bytes"
        try:
            exit_reason = await self._finish_candidate(candidate, 0.0 if reason else _EXIT_SECONDS)
        except SandboxError:
            await self._tests.kill()
            raise
        ending = self._kill_reason or reason or exit_reason
        self._run_log.endings.append(ending)
        await self._report_end(ending)

    async def _report_end(self, reason: str) -> None:
        assert self._tests is not None
        self._kill_reason = ""
        await self._tests.write(b"x" + json.dumps(reason).encode() + b"\n")

    def _end_call(self) -> None:
        """The call takes too long: the relay notices that the candidate is killed, and tells the tests why."""
        self._run_log.call_timeouts += 1
        self._kill_reason = f"it did not answer within {self._call_limit.seconds:g} s"
        if self._candidate:
            self._killing = asyncio.ensure_future(self._candidate.kill())

    async def _finish_candidate(self, candidate: SandboxProcess, exit_seconds: float) -> str:
        """Kills it if necessary, keeps its output, and returns how it ended."""
        self._candidate = None
        self._call_limit.reset()
        with suppress(TimeoutError):
            async with asyncio.timeout(exit_seconds):
                await candidate.wait()
        await candidate.kill()
        result = await candidate.wait()
        self._run_log.used += result.used
        result.raise_if_starved()
        space = MAX_OUTPUT_BYTES - len(self._run_log.candidate_output)
        self._run_log.candidate_output += result.stderr[:space]
        self._run_log.dropped_bytes += result.stderr_dropped_bytes + max(0, len(result.stderr) - space)
        return f"it exceeded its {result.killed_by} limit" if result.killed_by else f"exit code {result.exit_code}"

    async def _raise_if_starved(self, tests: CommandResult) -> None:
        """Tests that wait for a candidate that lacks a CPU are not at fault, and neither is the candidate."""
        running = await self._candidate_sandbox.usage() if self._candidate else None
        used = tests.used + self._run_log.used + (running or ResourceUse())
        starved = tests.starved or used.starved(tests.duration_seconds)
        replace(tests, used=used, starved=starved).raise_if_starved()

    async def _stop_candidate(self) -> None:
        """Does nothing more than clean up if it has ended by itself."""
        candidate, relay = self._candidate, self._candidate_relay
        self._candidate_relay = None
        if relay is not None:
            if candidate is not None:
                relay.cancel()
            with suppress(asyncio.CancelledError):
                await relay
            if candidate is not None:
                await self._finish_candidate(candidate, 0.0)

    async def _run_program(self, request: dict[str, Any]) -> dict[str, Any]:
        """Serves the tests' ``candidate.run``."""
        command = Command(argv=request["argv"], stdin=request["stdin"].encode(), timeout_seconds=request["seconds"])
        alone = self._candidate is None
        result = await self._candidate_sandbox.run(command)
        if alone:
            self._run_log.used += result.used
        result.raise_if_starved()
        texts = {name: getattr(result, name).decode("utf-8", "replace") for name in ("stdout", "stderr")}
        truncated = result.stdout_truncated or result.stderr_truncated
        return {"exit_code": result.exit_code, "killed_by": result.killed_by, "truncated": truncated, **texts}

    async def _cpu_seconds(self) -> float:
        """Serves the tests' ``candidate.cpu_seconds``: of all processes in the candidate's sandbox, as its init counts
        them."""
        if self._candidate is None:
            return self._run_log.used.cpu_seconds
        running = await self._candidate_sandbox.usage()
        if running is None:
            raise SandboxRetryable("the candidate's sandbox does not say how much CPU time it has used")
        return self._run_log.used.cpu_seconds + running.cpu_seconds

    def _read_file(self, path: str) -> str | None:
        """Serves the tests' ``candidate.read``."""
        content = self._run.files.get(path)
        return None if content is None else base64.b64encode(content).decode()


def _error_kind(stderr: bytes) -> str:
    """The type of the error on the last line, if any. The rest may be a hidden test's own text, and logs are read by
    people who may not see it."""
    last = (stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1].partition(":")[0]
    return last if last.isidentifier() else ""
