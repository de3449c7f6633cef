"""Parameters that an API does not accept are named before a run, with the closest alternative."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.models import ModelSpec, Parameters, ReasoningEffort
from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import CheckModels
from services.runner.model_probe import on_models_check
from services.runner.models.provider_client import Connection, open_client
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.runner.harness import RunnerHarness
from tests.runner.models.families.family import FAMILIES

CLAUDE_3 = "claude-3-haiku-20240307"


@pytest.mark.parametrize(
    ("family", "model", "parameters", "expected"),
    [
        ("chat", "m", {"temperature": 2, "top_k": 5, "seed": 1, "stop": ("a",) * 5}, []),
        ("azure", "m", {"temperature": 2}, []),
        ("responses", "m", {"top_k": 5, "seed": 1, "stop": ("a",)}, ["top_p", "repeats", "chat_completions"]),
        ("anthropic", CLAUDE_3, {"temperature": 1.5}, ["set temperature to 1"]),
        ("anthropic", "claude-opus-4-7", {"temperature": 1.5, "seed": 1}, ["repeats"]),
        ("anthropic", CLAUDE_3, {"reasoning_effort": ReasoningEffort.LOW}, ["Claude 3.7"]),
        ("google", "m", {"top_k": 5, "seed": 1, "stop": ("a",) * 6}, ["keep 5"]),
        ("ollama", "m", {"top_k": 5, "seed": 1, "stop": ("a",) * 6}, []),
    ],
)
async def test_a_mistake_has_its_closest_alternative(
    endpoint: FakeEndpoint, family: str, model: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    client = await open_client(FAMILIES[family].kind, FAMILIES[family].connection(endpoint))
    try:
        found = client.parameter_mistakes(model, Parameters(**parameters))
    finally:
        await client.close()
    assert len(found) == len(expected)
    assert all(part in mistake.remedy for part, mistake in zip(expected, found, strict=True))


async def test_openai_itself_takes_less_than_compatible_servers() -> None:
    connection = Connection(base_url="https://api.openai.com/v1", api_key="k")
    client = await open_client(ProviderKind.OPENAI, connection)
    try:
        found = client.parameter_mistakes("gpt-4.1", Parameters(top_k=5, stop=("a",) * 5))
    finally:
        await client.close()
    assert [mistake.remedy for mistake in found] == ["use top_p instead", "keep 4 of them"]


async def test_a_check_before_a_run_names_mistakes_and_calls_no_model(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    claude = Provider(kind=ProviderKind.ANTHROPIC, title="Claude", base_url=endpoint.root, any_model=True, local=True)
    wrong = ModelSpec(name=f"mine/{CLAUDE_3}", parameters=Parameters(temperature=1.5))
    right = ModelSpec(name=f"mine/{CLAUDE_3}", parameters=Parameters(temperature=0.5))
    request = CheckModels(models=(wrong, right, ModelSpec(name="oracle")), providers={"mine": claude})
    (problem,) = (await on_models_check(request, runner.models)).problems
    assert problem.model == wrong.name
    assert problem.reason == "Anthropic accepts a temperature of at most 1, not 1.5"
    assert endpoint.paths == []
