"""The kinds of sandbox that a worker reports as available."""

from __future__ import annotations

import asyncio

from assay.sandbox import Availability
from assay.sandbox.selection import AutoProvider
from assay.worker.sandbox_capabilities import SandboxCapabilities
from tests.fakes.ledger.ledger import FakeLedger
from tests.sandbox.fakes import CountingProvider
from tests.worker.harness import OPTIONS, FakeWork, running_worker, wait_until


async def wait_for_kinds(ledger: FakeLedger, kinds: tuple[str, ...]) -> None:
    await wait_until(lambda: ledger.work.heartbeats and ledger.work.heartbeats[-1].sandboxes == kinds)


async def test_heartbeats_report_kinds_as_they_become_available(ledger: FakeLedger) -> None:
    bubblewrap, docker = CountingProvider("bubblewrap"), CountingProvider("docker", available=False)
    capabilities = SandboxCapabilities(
        AutoProvider(providers={"bubblewrap": bubblewrap, "docker": docker}), missing_seconds=0.05
    )
    async with running_worker(ledger.bus, FakeWork(0.01).work, OPTIONS, capabilities=capabilities):
        await wait_for_kinds(ledger, ("bubblewrap",))
        docker.available = True
        await wait_for_kinds(ledger, ("bubblewrap", "docker"))
    assert bubblewrap.checks < docker.checks


async def test_a_provider_that_does_not_answer_does_not_block_the_worker(ledger: FakeLedger) -> None:
    class Silent(CountingProvider):
        async def check(self) -> Availability:
            await asyncio.sleep(60)
            return await super().check()

    capabilities = SandboxCapabilities(AutoProvider(("docker",), {"docker": Silent("docker")}))
    await ledger.work.order(1)
    async with running_worker(ledger.bus, FakeWork(0.01).work, OPTIONS, capabilities=capabilities):
        assert await ledger.work.wait_for_reports(1) == ["r-1"]
    assert {heartbeat.sandboxes for heartbeat in ledger.work.heartbeats} == {None}
