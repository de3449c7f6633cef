"""``python -m services.runner``: makes attempts, with models over the network and sandboxes on this machine."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
from functools import partial
from typing import Any

from assay.artifacts import Area, open_store
from assay.bus.nats.bus import connect
from assay.bus.protocol import Bus, RpcHandler
from assay.catalog import Catalog
from assay.contracts.attempts import Stage
from assay.contracts.rpc import PreviewPrompt, Request, TestModel
from assay.sandbox.selection import provider_for_setting
from assay.sandbox.warm_pool import WarmPool
from assay.service.process import run_draining_service
from assay.worker.host_resources import HostResources, written_folders
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Worker, WorkerOptions
from services.runner.calls.grant_budget import RpcGrants
from services.runner.handlers import failed, on_ticket
from services.runner.model_probe import on_models_test
from services.runner.models.registry import Shelf
from services.runner.ports import Ports
from services.runner.prompt_preview import on_prompts_preview
from services.runner.settings import RunnerSettings
from services.runner.tries.artifacts import Bundles


async def serve(settings: RunnerSettings, stop: asyncio.Event) -> None:
    worker_id = f"runner-{platform.node()}-{os.getpid()}-{secrets.token_hex(2)}"
    bus = await connect(settings.bus(worker_id))
    shelf = Shelf(Catalog.open(settings.catalog), bus.rpc, silence_seconds=settings.call_silence_seconds)
    try:
        await work(bus, shelf, worker_id, settings, stop)
    finally:
        await shelf.close()
        await bus.close()


async def work(bus: Bus, shelf: Shelf, worker_id: str, settings: RunnerSettings, stop: asyncio.Event) -> None:
    """Until ``stop``, and then until what was begun is done."""
    warm_pool = WarmPool(settings.warm_sandboxes)
    sandboxes = provider_for_setting(settings.sandbox, warm_pool)
    ports = Ports(
        worker_id=worker_id,
        bundles=Bundles(open_store(settings.artifacts_url, Area.PUBLIC)),
        reference=open_store(settings.artifacts_url, Area.REFERENCE),
        attempts=open_store(settings.artifacts_url, Area.ATTEMPTS),
        models=shelf,
        grants=RpcGrants(bus.rpc),
        sandboxes=sandboxes,
        tail=bus.tail,
        mcp_urls=settings.mcp_urls,
    )
    options = WorkerOptions(worker_id=worker_id, stage=Stage.RUN, pool=settings.pool, slots=settings.runner_slots)
    answers: dict[type[Request[Any]], RpcHandler] = {
        TestModel: partial(on_models_test, models=shelf),
        PreviewPrompt: partial(on_prompts_preview, bundles=ports.bundles),
    }
    await bus.rpc.serve("runner", answers)
    worker = Worker(
        options,
        bus,
        work=partial(on_ticket, ports=ports),
        failed=lambda ticket, error: failed(ticket, worker_id, error),
        on_share=shelf.hear_share,
        shortage=HostResources(settings.reserve, written_folders(settings.artifacts_url)).shortage,
        capabilities=SandboxCapabilities(sandboxes),
    )
    try:
        await worker.run(stop)
    finally:
        await warm_pool.close()


if __name__ == "__main__":
    run_draining_service("runner", serve, RunnerSettings)
