"""Attempts of a model that has to be loaded first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import CallFault
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import MODEL_LOADING, GetModelUse, ModelEndpoint, ModelUse, ServeModel, TestModel
from assay.contracts.tasks import Limits
from assay.embedded.model_host.host import ModelHost
from assay.embedded.model_host.transformers_host import TransformersHost
from assay.embedded.model_host.transformers_process import ServeOptions
from services.runner.model_probe import on_models_test
from tests.fakes.providers.endpoint import FakeEndpoint, serve_endpoint
from tests.fakes.providers.lmstudio import FakeLMStudio
from tests.runner.harness import RunnerHarness

LOAD_SECONDS = 1.5
HUB = Provider(kind=ProviderKind.TRANSFORMERS, title="Hub", any_model=True)
COMMAND = (sys.executable, "-m", "tests.fakes.providers.transformers_serve")


@pytest.fixture
async def studio() -> AsyncGenerator[FakeLMStudio]:
    async with serve_endpoint(FakeLMStudio()) as studio:
        yield studio


def provider(studio: FakeLMStudio) -> Provider:
    return Provider(kind=ProviderKind.LMSTUDIO, title="Lab", base_url=studio.url, any_model=True, local=True)


async def test_loading_does_not_use_up_the_time_of_an_attempt(runner: RunnerHarness, studio: FakeLMStudio) -> None:
    studio.may_load.clear()
    asyncio.get_running_loop().call_later(LOAD_SECONDS, studio.may_load.set)
    limits = Limits(wall_seconds=LOAD_SECONDS / 2, max_tokens=100)
    report = await runner.run_attempt("colours", "lab/alpha", provider=provider(studio), limits=limits)
    assert report.outcome is None, report.reason
    assert report.duration_seconds < LOAD_SECONDS / 2
    assert studio.history == ["load alpha", "chat alpha"]


async def test_the_ledger_is_asked_whether_other_runners_need_the_model(
    runner: RunnerHarness, studio: FakeLMStudio
) -> None:
    asked: list[str] = []

    async def answer(request: GetModelUse) -> ModelUse:
        asked.append(request.model)
        return ModelUse(attempts=0)

    await runner.bus.rpc.serve("ledger", {GetModelUse: answer})
    assert (await on_models_test(TestModel(model="lab/alpha", provider=provider(studio)), runner.models)).ok
    await runner.models.close()
    assert asked == ["lab/alpha"]
    assert studio.history == ["load alpha", "chat alpha", "unload alpha"]


async def test_a_test_of_a_model_says_that_it_is_loading(runner: RunnerHarness, studio: FakeLMStudio) -> None:
    studio.may_load.clear()
    request = TestModel(model="lab/alpha", provider=provider(studio))
    probe = await on_models_test(request, runner.models, timeout_seconds=0.3)
    assert probe.fault is CallFault.TIMEOUT
    assert "loading alpha, which may take minutes; try again later" in probe.message


async def test_a_model_of_transformers_is_asked_for_until_it_is_loaded(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    asked: list[ServeModel] = []

    async def serve(request: ServeModel) -> ModelEndpoint:
        asked.append(request)
        if len(asked) < 3:
            detail = "loading Qwen/Qwen3-0.6B, which may take minutes"
            raise ProblemError(Problem(code=MODEL_LOADING, title="Not loaded yet", status=503, detail=detail))
        return ModelEndpoint(base_url=endpoint.url, model=request.model)

    await runner.bus.rpc.serve("modelhost", {ServeModel: serve})
    endpoint.default.model = "Qwen/Qwen3-0.6B@main"
    limits = Limits(wall_seconds=1.5, max_tokens=100)
    report = await runner.run_attempt("colours", "hub/Qwen/Qwen3-0.6B", provider=HUB, limits=limits)
    assert report.outcome is None, report.reason
    assert report.duration_seconds < 1.5
    assert {(each.model, each.kind) for each in asked} == {("Qwen/Qwen3-0.6B", ProviderKind.TRANSFORMERS)}
    assert endpoint.bodies[0]["model"] == "Qwen/Qwen3-0.6B"
    assert report.calls[0].served_model == "Qwen/Qwen3-0.6B"


async def test_a_model_that_the_host_cannot_load_says_why(runner: RunnerHarness) -> None:
    async def serve(request: ServeModel) -> ModelEndpoint:
        detail = "there is no program `transformers`; pip install 'assay[transformers]'"
        raise ProblemError(Problem(code="library_missing", title="A library is missing", status=503, detail=detail))

    await runner.bus.rpc.serve("modelhost", {ServeModel: serve})
    report = await runner.run_attempt("colours", "hub/Qwen/Qwen3-0.6B", provider=HUB)
    assert report.fault is not None and report.fault.kind == CallFault.CONFIGURATION
    assert "pip install 'assay[transformers]'" in report.reason


async def test_a_real_process_answers_an_attempt(runner: RunnerHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_NATS_PASSWORD", "secret")
    host = ModelHost(transformers=TransformersHost(options=ServeOptions(command=COMMAND)))
    await runner.bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    report = await runner.run_attempt("colours", "hub/lab/tiny", provider=HUB)
    await host.close()
    assert report.outcome is None, report.reason
    assert await runner.read(report.artifacts["response.txt"]) == b"secrets: ", "no variable of Assay"
    assert (report.calls[0].usage.input_tokens, report.calls[0].usage.output_tokens) == (11, 7)


async def test_a_process_that_dies_is_started_again_before_the_request_is_repeated(runner: RunnerHarness) -> None:
    host = ModelHost(transformers=TransformersHost(options=ServeOptions(command=COMMAND)))
    await runner.bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    report = await runner.run_attempt("colours", "hub/lab/mortal", provider=HUB, run_seconds_left=20.0)
    await host.close()
    assert report.fault is not None and report.fault.kind == CallFault.CONNECTION, report.reason
    assert len(report.calls) > 1
