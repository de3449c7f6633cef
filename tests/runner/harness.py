"""A runner for tests, with real tasks, artifacts and sandboxes. The test itself stands in for the ledger."""

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
from services.runner.handlers import on_ticket
from services.runner.models.http.address_policy import parse_networks
from services.runner.models.registry import ModelRegistry
from services.runner.ports import Ports
from services.runner.rate_limiter import RetryPolicy
from services.runner.task_bundles import BundleCache
from tests.fakes.ledger.providers import FakeProviders
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.sample_catalog import write_catalog

PRICE = Price(
    version="2026-01",
    input_nanousd_per_mtok=2_500_000_000,
    cached_nanousd_per_mtok=1_250_000_000,
    output_nanousd_per_mtok=10_000_000_001,
)
FAST_RETRIES = RetryPolicy(
    initial_wait_seconds=0.01,
    max_wait_seconds=0.02,
    jitter_seconds=0.01,
    initial_billed_wait_seconds=0.01,
    max_billed_wait_seconds=0.02,
)
RUN = "0" * 25 + "1"
SUBMIT = ("submit", "{}")
READ_TIMEOUT_SECONDS, HOST_WAIT_SECONDS = 30.0, 20.0
"""Longer than anything takes on a busy machine; tests of these time-outs set their own."""
WAIT_SECONDS = 30.0


class RunnerHarness:
    """Its ``models.yaml`` has the provider ``stub`` at ``url`` (key in STUB_KEY), and ``local``."""

    def __init__(
        self,
        folder: Path,
        url: str,
        catalog: Path | None = None,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        host_wait_seconds: float = HOST_WAIT_SECONDS,
    ) -> None:
        if catalog is None:
            write_catalog(folder / "catalog", url)
        self.catalog = Catalog.open(catalog or folder / "catalog", recheck_seconds=0)
        self.stores: dict[str, ArtifactStore] = {
            area: open_store(folder / "artifacts", area) for area in ("public", "hidden", "reference", "attempts")
        }
        self.bus = MemoryBus()
        self.providers = FakeProviders()
        self.environment = {"STUB_KEY": "sk-stub-secret"}
        self.models = ModelRegistry(
            self.catalog,
            self.bus.rpc,
            self.environment,
            read_timeout_seconds,
            host_wait_seconds,
            retry_policy=FAST_RETRIES,
            local_networks=parse_networks("loopback"),
        )
        self.ports = Ports(
            worker_id="runner-1",
            bundles=BundleCache(self.stores["public"]),
            reference=self.stores["reference"],
            attempts=self.stores["attempts"],
            models=self.models,
            grants=RpcGrants(self.bus.rpc),
            sandboxes=open_sandbox_provider(),
            tail=self.bus.tail,
        )

    async def ticket(self, task_id: str, model: str, **changes: Any) -> Ticket:
        """A ticket as the ledger would grant it."""
        task = self.catalog.find_task(task_id)
        content = make_bundles(task)
        fields: dict[str, Any] = {
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
            "public": await self.stores["public"].put(pack(content.public)),
            "reference": await self.stores["reference"].put(pack(content.reference)),
        }
        return Ticket(**(fields | changes))

    async def run_attempt(self, task_id: str, model: str, **changes: Any) -> AttemptExecuted:
        return await on_ticket(await self.ticket(task_id, model, **changes), self.ports)

    async def read(self, ref: ArtifactRef | None) -> bytes:
        assert ref is not None
        return await self.stores["attempts"].get(ref)

    async def output(self, report: AttemptExecuted) -> dict[str, bytes]:
        return unpack(await self.read(report.output))


@asynccontextmanager
async def open_harness(
    folder: Path,
    url: str,
    catalog: Path | None = None,
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    host_wait_seconds: float = HOST_WAIT_SECONDS,
) -> AsyncGenerator[RunnerHarness]:
    """``catalog`` replaces the sample catalogue."""
    runner = RunnerHarness(folder, url, catalog, read_timeout_seconds, host_wait_seconds)
    await runner.bus.rpc.serve("ledger", runner.providers.handlers())
    try:
        yield runner
    finally:
        await runner.models.close()
        await runner.bus.close()


async def read_transcript(runner: RunnerHarness, report: AttemptExecuted) -> list[AgentStep]:
    data = await runner.read(report.artifacts["transcript.jsonl"])
    return [decode(AgentStep, line) for line in data.splitlines()]


async def tool_results(runner: RunnerHarness, report: AttemptExecuted) -> list[str]:
    return [step.text for step in await read_transcript(runner, report) if step.kind is StepKind.RESULT]


def queue_calls(endpoint: FakeEndpoint, *turns: tuple[tuple[str, str], ...]) -> None:
    """The next replies of the endpoint make these tool calls."""
    endpoint.replies.extend(Reply(text="", calls=turn, finish_reason="tool_calls") for turn in turns)


async def wait_for_tail(frames: AsyncIterator[bytes], matches: Callable[[TailLine], object]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not matches(decode(TailLine, await anext(frames))):
            pass


async def wait_for_tail_text(frames: AsyncIterator[bytes], text: str) -> None:
    await wait_for_tail(frames, lambda line: text in line.text)


async def wait_for_requests(endpoint: FakeEndpoint, count: int = 1) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while len(endpoint.bodies) < count:
            await asyncio.sleep(0.01)
