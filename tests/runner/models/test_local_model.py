"""The local model: its endpoint comes from the model host, over the bus."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assay.contracts.models import CallFault
from assay.contracts.money import Price
from assay.contracts.rpc import ModelEndpoint, ServeModel
from assay.contracts.tasks import Limits
from assay.embedded.model_host.host import ModelHost
from services.runner.handlers import on_ticket
from services.runner.models.registry import ModelRegistry
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import RunnerHarness


async def test_the_local_models_endpoint_is_looked_up_again_after_it_moves(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    requested: list[str] = []

    async def serve_model(request: ServeModel) -> ModelEndpoint:
        requested.append(request.model)
        url = "http://127.0.0.1:9/v1" if len(requested) == 1 else endpoint.url
        return ModelEndpoint(base_url=url, model="small")

    await runner.bus.rpc.serve("modelhost", {ServeModel: serve_model})
    first, second = [await runner.run_attempt("colours", "local/smollm2-135m") for _ in range(2)]
    assert (first.outcome, first.calls[0].retries) == (None, 1)
    assert (second.outcome, second.calls[0].retries) == (None, 0)
    assert requested == ["smollm2-135m"] * 2
    assert endpoint.connections == 2, "llama.cpp closes a connection after a streamed reply without saying so"
    assert endpoint.bodies[0]["model"] == "small"


async def test_a_starting_model_host_is_waited_for(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    async def serve_model(_: ServeModel) -> ModelEndpoint:
        return ModelEndpoint(base_url=endpoint.url, model="small")

    running = asyncio.create_task(runner.run_attempt("colours", "local/smollm2-135m"))
    await asyncio.sleep(0.2)
    await runner.bus.rpc.serve("modelhost", {ServeModel: serve_model})
    report = await running
    assert (report.outcome, report.calls[0].retries) == (None, 0)


@pytest.mark.parametrize("host_wait_seconds", [0.5])
async def test_a_missing_model_host_is_a_connection_fault(runner: RunnerHarness) -> None:
    report = await runner.run_attempt("colours", "local/smollm2-135m", run_seconds_left=2.0)
    assert report.fault is not None
    assert report.fault.kind == CallFault.CONNECTION
    assert "model host does not answer" in report.reason


async def test_a_real_model_answers(runner: RunnerHarness) -> None:
    host = ModelHost()
    await runner.bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    limits = Limits(wall_seconds=240, max_tokens=8)
    free = Price(version="local", local=True)
    models = ModelRegistry(runner.catalog, runner.bus.rpc, {}, read_timeout_seconds=240)
    ticket = await runner.ticket("colours", "local/smollm2-135m", limits=limits, price=free)
    report = await on_ticket(ticket, replace(runner.ports, models=models))
    await models.close()
    await host.close()
    assert (report.outcome, report.fault) == (None, None)
    assert (await runner.read(report.output)).strip()
    (call,) = report.calls
    assert (call.cost_nanousd, call.estimated) == (0, False)
    assert call.usage.input_tokens > 10
    assert 0 < call.usage.output_tokens <= 8
