"""The judge's process: ``python -m services.judge``. Only wires."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

from assay.artifacts import Area, open_store
from assay.bus.nats.bus import connect
from assay.contracts.attempts import Stage
from assay.contracts.ids import new_id
from assay.contracts.rpc import JudgeText
from assay.sandbox.selection import provider_for_setting
from assay.sandbox.warm_pool import WarmPool
from assay.service.endpoint import Endpoint, open_endpoint
from assay.service.process import run_draining_service
from assay.worker.host_resources import HostResources, written_folders
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Worker, WorkerOptions
from services.judge.artifacts.hidden_bundles import HiddenBundles
from services.judge.checks.regex_worker import RegexWorker
from services.judge.complexity.complexity_meter import ComplexityMeter
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.judge.handlers import Ports, on_failure, on_ticket
from services.judge.rubric.answer_cache import LedgerAnswers
from services.judge.rubric.judge_budget import AttemptBudget
from services.judge.rubric.model_client import ModelClient
from services.judge.rubric.panel import Panel
from services.judge.settings import JudgeSettings
from services.judge.text_judging import on_judge_text


async def serve(settings: JudgeSettings, stop: asyncio.Event) -> None:
    async with open_endpoint("judge", settings) as endpoint:
        await serve_with(endpoint, settings, stop)


async def serve_with(endpoint: Endpoint, settings: JudgeSettings, stop: asyncio.Event) -> None:
    worker_id = f"judge-{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}"
    regex, warm_pool = RegexWorker(), WarmPool(settings.warm_sandboxes)
    complexity = ComplexityMeter()
    provider = provider_for_setting(settings.sandbox, warm_pool)
    sandboxes = GradingSandboxes(provider, settings.judge_test_slots)
    bus = await connect(settings.bus(worker_id))
    panel = Panel(models=ModelClient(bus.rpc, settings.judge_questions), answers=LedgerAnswers(bus.rpc))
    ports = Ports(
        worker_id=worker_id,
        hidden=HiddenBundles(open_store(settings.artifacts_url, Area.HIDDEN), settings.judge_hidden_bundles),
        attempts=open_store(settings.artifacts_url, Area.ATTEMPTS),
        regex=regex,
        test_executor=SandboxTestExecutor(sandboxes),
        sandboxes=sandboxes,
        complexity=complexity,
        panel=panel,
        open_budget=lambda ticket: AttemptBudget(bus.rpc, ticket.attempt_id, ticket.token),
    )
    options = WorkerOptions(
        worker_id=worker_id,
        stage=Stage.JUDGE,
        pool=settings.pool,
        slots=settings.judge_slots,
        drain_seconds=settings.drain_seconds,
    )
    await bus.rpc.serve("judge", {JudgeText: partial(on_judge_text, panel=panel, rpc=bus.rpc)})
    worker = Worker(
        options,
        bus,
        work=lambda ticket: on_ticket(ticket, ports),
        failure_report=lambda ticket, error: on_failure(ticket, error, worker_id),
        shortage=HostResources(settings.reserve, written_folders(settings.artifacts_url)).shortage,
        capabilities=SandboxCapabilities(provider),
    )
    endpoint.ready_when(worker.trouble)
    try:
        await worker.run(stop)
    finally:
        await warm_pool.close()
        await bus.close()
        await regex.close()
        await complexity.close()


if __name__ == "__main__":
    run_draining_service("judge", serve, JudgeSettings)
