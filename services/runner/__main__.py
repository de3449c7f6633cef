"""``python -m services.runner``: runs attempts, with models over the network and sandboxes on this machine."""

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
from assay.contracts.attempts import Stage
from assay.contracts.rpc import (
    AskModel,
    CheckModels,
    ListOfferedModels,
    PreviewPrompt,
    PullModel,
    ReadTail,
    Request,
    TestModel,
)
from assay.sandbox.selection import provider_for_setting
from assay.sandbox.warm_pool import WarmPool
from assay.service.endpoint import Endpoint, open_endpoint
from assay.service.process import run_draining_service
from assay.worker.host_resources import HostResources, written_folders
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Worker, WorkerOptions
from services.runner.calls.grant_budget import RpcGrants
from services.runner.catalog_content import open_catalog
from services.runner.handlers import failed, on_ticket
from services.runner.model_probe import on_models_check, on_models_list, on_models_test
from services.runner.model_pulls import ModelPulls
from services.runner.model_questions import on_models_ask
from services.runner.models.http.address_policy import parse_networks
from services.runner.models.registry import ModelRegistry
from services.runner.ports import Ports
from services.runner.prompt_preview import on_prompts_preview
from services.runner.settings import RunnerSettings
from services.runner.task_bundles import BundleCache


async def serve(settings: RunnerSettings, stop: asyncio.Event) -> None:
    async with open_endpoint("runner", settings) as endpoint:
        await serve_with(endpoint, settings, stop)


async def serve_with(endpoint: Endpoint, settings: RunnerSettings, stop: asyncio.Event) -> None:
    worker_id = f"runner-{platform.node()}-{os.getpid()}-{secrets.token_hex(2)}"
    bus = await connect(settings.bus(worker_id))
    try:
        with open_catalog(settings.catalog, settings.catalog_content) as catalog:
            models = ModelRegistry(
                catalog,
                bus.rpc,
                read_timeout_seconds=settings.call_silence_seconds,
                local_networks=parse_networks(settings.local_networks),
            )
            try:
                await work(bus, models, worker_id, settings, endpoint, stop)
            finally:
                await models.close()
    finally:
        await bus.close()


async def work(
    bus: Bus,
    models: ModelRegistry,
    worker_id: str,
    settings: RunnerSettings,
    endpoint: Endpoint,
    stop: asyncio.Event,
) -> None:
    """Works until ``stop`` is set, then finishes the tries under way."""
    warm_pool = WarmPool(settings.warm_sandboxes)
    sandboxes = provider_for_setting(settings.sandbox, warm_pool)
    ports = Ports(
        worker_id=worker_id,
        bundles=BundleCache(open_store(settings.artifacts_url, Area.PUBLIC)),
        reference=open_store(settings.artifacts_url, Area.REFERENCE),
        attempts=open_store(settings.artifacts_url, Area.ATTEMPTS),
        models=models,
        grants=RpcGrants(bus.rpc),
        sandboxes=sandboxes,
        tail=bus.tail,
        mcp_urls=settings.mcp_urls,
    )
    options = WorkerOptions(
        worker_id=worker_id,
        stage=Stage.RUN,
        pool=settings.pool,
        slots=settings.runner_slots,
        drain_seconds=settings.drain_seconds,
    )
    pulls = ModelPulls(models)
    answers: dict[type[Request[Any]], RpcHandler] = {
        TestModel: partial(on_models_test, models=models),
        ListOfferedModels: partial(on_models_list, models=models),
        PullModel: pulls.on_models_pull,
        CheckModels: partial(on_models_check, models=models),
        AskModel: partial(on_models_ask, models=models),
        PreviewPrompt: partial(on_prompts_preview, bundles=ports.bundles),
    }
    await bus.rpc.serve("runner", answers)
    await bus.rpc.serve_broadcast({ReadTail: ports.tail_buffers.on_tail_read})
    worker = Worker(
        options,
        bus,
        work=partial(on_ticket, ports=ports),
        failure_report=lambda ticket, error: failed(ticket, worker_id, error),
        on_share=models.set_share,
        shortage=HostResources(settings.reserve, written_folders(settings.artifacts_url)).shortage,
        capabilities=SandboxCapabilities(sandboxes),
        outages=models.outages,
    )
    endpoint.ready_when(worker.trouble)
    try:
        await worker.run(stop)
    finally:
        await pulls.close()
        await warm_pool.close()


if __name__ == "__main__":
    run_draining_service("runner", serve, RunnerSettings)
