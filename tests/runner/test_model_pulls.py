"""A runner lets providers download models, and reports the progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import PullModel, PullProgress
from services.runner.model_pulls import ModelPulls
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import WAIT_SECONDS, RunnerHarness

MODEL = "mine/llama3.2"


@pytest.fixture
async def pulls(runner: RunnerHarness) -> AsyncGenerator[ModelPulls]:
    pulls = ModelPulls(runner.models)
    yield pulls
    await pulls.close()


def request(endpoint: FakeEndpoint, *, restart: bool = False) -> PullModel:
    provider = Provider(kind=ProviderKind.OLLAMA, title="Mine", base_url=endpoint.root, any_model=True, local=True)
    return PullModel(model=MODEL, restart=restart, provider=provider)


async def result(pulls: ModelPulls, asked: PullModel) -> PullProgress:
    async with asyncio.timeout(WAIT_SECONDS):
        while not (progress := await pulls.on_models_pull(asked)).done:
            await asyncio.sleep(0.01)
    return progress


async def test_a_pull_is_answered_at_once_and_joined_while_it_runs(pulls: ModelPulls, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(silent_after=3, silent_seconds=60)
    first = await pulls.on_models_pull(request(endpoint))
    assert (first.status, first.done) == ("starting", False)
    async with asyncio.timeout(WAIT_SECONDS):
        while not (joined := await pulls.on_models_pull(request(endpoint, restart=True))).completed_bytes:
            await asyncio.sleep(0.01)
    assert (joined.completed_bytes, joined.total_bytes, joined.done) == (2_000, 2_000, False)
    assert len(endpoint.bodies) == 1


async def test_the_result_of_a_pull_is_kept_until_it_is_restarted(pulls: ModelPulls, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(finish_reason=None, text="file does not exist"))
    failed = await result(pulls, request(endpoint))
    assert "file does not exist" in failed.error
    assert await pulls.on_models_pull(request(endpoint)) == failed
    await pulls.on_models_pull(request(endpoint, restart=True))
    pulled = await result(pulls, request(endpoint))
    assert pulled == PullProgress(
        model=MODEL, status="success", completed_bytes=2_500, total_bytes=2_500, done=True, error=""
    )
    assert len(endpoint.bodies) == 2


async def test_only_ollama_downloads_models(pulls: ModelPulls, endpoint: FakeEndpoint) -> None:
    refused = await result(pulls, PullModel(model="stub/m"))
    assert "'stub' is of kind 'openai'" in refused.error and "'ollama' can" in refused.error
    assert endpoint.paths == []
