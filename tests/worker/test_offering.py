"""What a worker says of the sandboxes it can give."""

from __future__ import annotations

import asyncio

from assay.sandbox import Availability
from assay.sandbox.selection import AutoProvider
from assay.worker.offering import Offer
from tests.sandbox.test_selection import CountingProvider
from tests.worker.desk import OPTIONS, Desk, until, working
from tests.worker.ledger import FakeLedger


async def told(ledger: FakeLedger, kinds: tuple[str, ...]) -> None:
    await until(lambda: ledger.beats and ledger.beats[-1].sandboxes == kinds)


async def test_heartbeats_say_what_works_and_what_came_to_work(ledger: FakeLedger) -> None:
    bubblewrap, docker = CountingProvider("bubblewrap"), CountingProvider("docker", available=False)
    offer = Offer(AutoProvider(providers={"bubblewrap": bubblewrap, "docker": docker}), missing_seconds=0.05)
    async with working(ledger.bus, Desk(0.01).work, OPTIONS, offer=offer):
        await told(ledger, ("bubblewrap",))
        docker.available = True
        await told(ledger, ("bubblewrap", "docker"))
    assert bubblewrap.checks < docker.checks


async def test_a_provider_that_does_not_answer_holds_up_nothing(ledger: FakeLedger) -> None:
    class Silent(CountingProvider):
        async def check(self) -> Availability:
            await asyncio.sleep(60)
            return await super().check()

    offer = Offer(AutoProvider(("docker",), {"docker": Silent("docker")}))
    await ledger.order(1)
    async with working(ledger.bus, Desk(0.01).work, OPTIONS, offer=offer):
        assert await ledger.reported(1) == ["r-1"]
    assert {beat.sandboxes for beat in ledger.beats} == {None}
