"""What a worker says of the sandboxes it can give."""

from __future__ import annotations

import asyncio

from assay.sandbox import Availability
from assay.sandbox.selection import AutoProvider
from assay.worker.sandbox_capabilities import SandboxCapabilities
from tests.sandbox.test_selection import CountingProvider
from tests.worker.fakes import FakeLedger
from tests.worker.harness import OPTIONS, FakeWork, running_worker, wait_until


async def told(ledger: FakeLedger, kinds: tuple[str, ...]) -> None:
    await wait_until(lambda: ledger.beats and ledger.beats[-1].sandboxes == kinds)


async def test_heartbeats_say_what_works_and_what_came_to_work(ledger: FakeLedger) -> None:
    bubblewrap, docker = CountingProvider("bubblewrap"), CountingProvider("docker", available=False)
    offer = SandboxCapabilities(
        AutoProvider(providers={"bubblewrap": bubblewrap, "docker": docker}), missing_seconds=0.05
    )
    async with running_worker(ledger.bus, FakeWork(0.01).work, OPTIONS, offer=offer):
        await told(ledger, ("bubblewrap",))
        docker.available = True
        await told(ledger, ("bubblewrap", "docker"))
    assert bubblewrap.checks < docker.checks


async def test_a_provider_that_does_not_answer_holds_up_nothing(ledger: FakeLedger) -> None:
    class Silent(CountingProvider):
        async def check(self) -> Availability:
            await asyncio.sleep(60)
            return await super().check()

    offer = SandboxCapabilities(AutoProvider(("docker",), {"docker": Silent("docker")}))
    await ledger.order(1)
    async with running_worker(ledger.bus, FakeWork(0.01).work, OPTIONS, offer=offer):
        assert await ledger.reported(1) == ["r-1"]
    assert {beat.sandboxes for beat in ledger.beats} == {None}
