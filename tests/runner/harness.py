"""A runner's world for tests: real tasks, a real artifact store, real sandboxes; the ledger is played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from assay.artifacts import ArtifactStore, open_store, pack, unpack
from assay.bus.memory import MemoryBus
from assay.catalog import Catalog, make_bundles
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, Ticket
from assay.contracts.codec import decode
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.money import Price
from assay.contracts.tail import AgentStep, StepKind, TailLine
from assay.contracts.tasks import Limits
from assay.sandbox import open_sandbox_provider
from services.runner.calls.grant_budget import RpcGrants
from services.runner.calls.model_caller import Retrying
from services.runner.handlers import on_ticket
from services.runner.models.registry import Shelf
from services.runner.ports import Ports
from services.runner.tries.artifacts import Bundles
from tests.runner.endpoint import Endpoint, Reply
from tests.runner.sample_catalog import write_catalog

PRICE = Price(
    version="2026-01",
    input_nanousd_per_mtok=2_500_000_000,
    cached_nanousd_per_mtok=1_250_000_000,
    output_nanousd_per_mtok=10_000_000_001,
)
HASTY = Retrying(first_wait_seconds=0.01, longest_wait_seconds=0.02, jitter_seconds=0.01)
RUN = "0" * 25 + "1"
SILENCE_SECONDS, PATIENCE_SECONDS = 30.0, 20.0
"""More than a busy machine may let anybody wait; a test of silence has its own."""


class Room:
    """``models.yaml`` in it knows the provider ``stub`` at ``url`` (key in STUB_KEY) and ``local``. A model may be
    silent, and a model host away, for so long."""

    def __init__(
        self,
        folder: Path,
        url: str,
        catalog: Path | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        if catalog is None:
            write_catalog(folder / "catalog", url)
        self.catalog = Catalog.open(catalog or folder / "catalog", recheck_seconds=0)
        self.stores: dict[str, ArtifactStore] = {
            area: open_store(folder / "artifacts", area) for area in ("public", "hidden", "reference", "attempts")
        }
        self.bus = MemoryBus()
        self.environment = {"STUB_KEY": "sk-stub-secret"}
        self.shelf = Shelf(self.catalog, self.bus.rpc, self.environment, silence_seconds, patience_seconds)
        self.ports = Ports(
            worker_id="runner-1",
            bundles=Bundles(self.stores["public"]),
            reference=self.stores["reference"],
            attempts=self.stores["attempts"],
            models=self.shelf,
            grants=RpcGrants(self.bus.rpc),
            sandboxes=open_sandbox_provider(),
            tail=self.bus.tail,
            retrying=HASTY,
        )

    async def ticket(self, task_id: str, model: str, **changes: Any) -> Ticket:
        """As the ledger would grant it."""
        task = self.catalog.find_task(task_id)
        three = make_bundles(task)
        given: dict[str, Any] = {
            "attempt_id": f"{RUN}-7",
            "token": 3,
            "project": "default",
            "lease_seconds": 15.0,
            "task_id": task_id,
            "task_digest": task.digest,
            "sample_id": task.sample_ids[0],
            "repeat": 1,
            "model": ModelSpec(name=model, parameters=Parameters(temperature=0.0)),
            "solver": task.manifest.solver,
            "limits": Limits(wall_seconds=30, max_tokens=100),
            "grant_nanousd": 1_000_000_000,
            "price": None if model in ("oracle", "nop") else PRICE,
            "public": await self.stores["public"].put(pack(three.public)),
            "reference": await self.stores["reference"].put(pack(three.reference)),
        }
        return Ticket(**(given | changes))

    async def make(self, task_id: str, model: str, **changes: Any) -> AttemptExecuted:
        return await on_ticket(await self.ticket(task_id, model, **changes), self.ports)

    async def read(self, ref: ArtifactRef | None) -> bytes:
        assert ref is not None
        return await self.stores["attempts"].get(ref)

    async def output(self, report: AttemptExecuted) -> dict[str, bytes]:
        return unpack(await self.read(report.output))


@asynccontextmanager
async def room(
    folder: Path,
    url: str,
    catalog: Path | None = None,
    silence_seconds: float = SILENCE_SECONDS,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncGenerator[Room]:
    """``catalog`` is another than the one written here."""
    one = Room(folder, url, catalog, silence_seconds, patience_seconds)
    try:
        yield one
    finally:
        await one.shelf.close()
        await one.bus.close()


# --- agents

SUBMIT = ("submit", "{}")


async def transcript(runner: Room, report: AttemptExecuted) -> list[AgentStep]:
    data = await runner.read(report.artifacts["transcript.jsonl"])
    return [decode(AgentStep, line) for line in data.splitlines()]


async def results(runner: Room, report: AttemptExecuted) -> list[str]:
    return [step.text for step in await transcript(runner, report) if step.kind is StepKind.RESULT]


def calls(served: Endpoint, *turns: tuple[tuple[str, str], ...]) -> None:
    """The endpoint's next answers, each with these calls."""
    served.replies.extend(Reply(text="", calls=turn, finish_reason="tool_calls") for turn in turns)


# --- waiting

WAIT_SECONDS = 30.0


async def told(frames: AsyncIterator[bytes], holds: Callable[[TailLine], object]) -> None:
    """Until the tail has such a line."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not holds(decode(TailLine, await anext(frames))):
            pass


async def said(frames: AsyncIterator[bytes], words: str) -> None:
    await told(frames, lambda line: words in line.text)


async def asked(served: Endpoint, requests: int = 1) -> None:
    """Until so many have come."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(served.bodies) < requests:
            await asyncio.sleep(0.01)
