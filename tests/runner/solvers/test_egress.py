"""What went out of an attempt's sandbox is an artifact of the attempt."""

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
from services.runner.tries.try_context import Try
from tests.runner.harness import Room

SPEC = SandboxSpec(egress=("far.example",))


class Leaky:
    """A provider whose sandboxes have made a connection."""

    name = "leaky"

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        assert spec == SPEC
        async with ProcessProvider().open(SandboxSpec(), mounts=mounts) as sandbox:
            yield Used(sandbox)

    async def check(self) -> Availability:
        return await ProcessProvider().check()


class Used:
    def __init__(self, real: Sandbox) -> None:
        self.write, self.run, self.read = real.write, real.run, real.read
        self.start, self.locate = real.start, real.locate
        self.connections = [Connection(at=datetime(2024, 5, 1, tzinfo=UTC), host="far.example", port=443, allowed=True)]


async def test_every_connection_is_a_line_however_the_attempt_ends(runner: Room) -> None:
    attempt = Try(await runner.ticket("mend", "stub/m-1"), replace(runner.ports, sandboxes=Leaky()))
    with pytest.raises(ZeroDivisionError):
        async with open_sandbox(attempt, SPEC):
            raise ZeroDivisionError
    data = await runner.ports.attempts.get(attempt.kept.refs["egress.jsonl"])
    (line,) = data.splitlines()
    found = json.loads(line)
    assert (found["at"], found["host"], found["port"]) == ("2024-05-01T00:00:00Z", "far.example", 443)


async def test_where_there_is_no_way_out_there_is_nothing_to_keep(runner: Room) -> None:
    attempt = Try(await runner.ticket("mend", "stub/m-1"), runner.ports)
    async with open_sandbox(attempt, SandboxSpec()):
        pass
    assert attempt.kept.refs == {}
