"""Attempts of a model that has to be loaded first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.models import CallFault
from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import GetModelUse, ModelUse, TestModel
from assay.contracts.tasks import Limits
from services.runner.model_probe import on_models_test
from tests.fakes.providers.endpoint import serve_endpoint
from tests.fakes.providers.lmstudio import FakeLMStudio
from tests.runner.harness import RunnerHarness

LOAD_SECONDS = 1.5


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
