"""The connections of an attempt's sandbox are an artifact of the attempt."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assay.contracts.sandboxspec import Connection, SandboxSpec
from assay.sandbox import Availability, Mounts, Sandbox
from assay.sandbox.process import ProcessProvider
from services.runner.solvers.outputs import open_sandbox
from services.runner.tries.try_context import TryContext
from tests.runner.harness import RunnerHarness

SPEC = SandboxSpec(egress=("far.example",))


class EgressProvider:
    """Its sandboxes report one connection."""

    name = "egress"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        assert spec == SPEC
        async with ProcessProvider().open(SandboxSpec(), mounts=mounts) as sandbox:
            yield _EgressSandbox(sandbox)

    async def check(self) -> Availability:
        return await ProcessProvider().check()


class _EgressSandbox:
    def __init__(self, real: Sandbox) -> None:
        self.write, self.run, self.read = real.write, real.run, real.read
        self.start, self.locate, self.usage = real.start, real.locate, real.usage
        self.connections = [Connection(at=datetime(2024, 5, 1, tzinfo=UTC), host="far.example", port=443, allowed=True)]


async def test_every_connection_is_recorded_even_if_the_attempt_fails(runner: RunnerHarness) -> None:
    try_ = TryContext(await runner.ticket("fix_sum", "stub/m-1"), replace(runner.ports, sandboxes=EgressProvider()))
    with pytest.raises(ZeroDivisionError):
        async with open_sandbox(try_, SPEC):
            raise ZeroDivisionError
    data = await runner.ports.attempts.get(try_.artifacts.refs["egress.jsonl"])
    (line,) = data.splitlines()
    found = json.loads(line)
    assert (found["at"], found["host"], found["port"]) == ("2024-05-01T00:00:00Z", "far.example", 443)


async def test_a_sandbox_without_egress_has_no_record(runner: RunnerHarness) -> None:
    try_ = TryContext(await runner.ticket("fix_sum", "stub/m-1"), runner.ports)
    async with open_sandbox(try_, SandboxSpec()):
        pass
    assert try_.artifacts.refs == {}
