"""Which names can mean the same model, and what an attempt notes otherwise."""

from __future__ import annotations

import pytest

from assay.contracts.codec import decode
from assay.contracts.results import Result
from services.runner.tries.served_model import ServedModels, is_same_model
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import RunnerHarness

SAME = """
    gpt-4.1                   gpt-4.1-2025-04-14
    gpt-4                     gpt-4-0613
    claude-sonnet-4-5         claude-sonnet-4-5-20250929
    claude-sonnet-4-5@20250929  claude-sonnet-4-5-20250929
    us.anthropic.claude-sonnet-4-5-20250929-v1:0  claude-sonnet-4-5-20250929
    anthropic.claude-opus-4-6-v1  claude-opus-4-6
    arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-6-v1  claude-opus-4-6
    gemini-3.1-pro            models/gemini-3.1-pro
    gemini-2.5-pro            publishers/google/models/gemini-2.5-pro
    gemini-2.5-pro-preview    gemini-2.5-pro-preview-05-06
    gemini-2.5-flash-preview  gemini-2.5-flash-preview-09-2025
    gemini-2.0-flash          gemini-2.0-flash-001
    mistral-large-latest      mistral-large-2411
    qwen3                     qwen3:latest
    Qwen/Qwen3-8B             qwen3-8b
    accounts/fireworks/models/kimi-k3  kimi-k3
    claude-3-5-sonnet-v2@20241022  claude-3-5-sonnet-20241022
    o1-2024-12-17             o1-20241217
"""
DIFFERENT = """
    gpt-4.1                   gpt-4.1-mini
    gpt-4.1                   gpt-4.1-mini-2025-04-14
    gpt-4-0613                gpt-4-0314
    gpt-4                     gpt-4.1
    claude-sonnet-4           claude-sonnet-4-5
    claude-sonnet-4-5-20250929  claude-sonnet-4-5-20251101
    claude-3-5-sonnet-v1@20240620  claude-3-5-sonnet-v2@20240620
    gemini-3.1-pro            gemini-3.1-pro-preview
    qwen3:8b                  qwen3:4b
    meta/llama-4-scout        another/llama-4-scout
    llama-3.1-70b             llama-3.1-8b
    our-deployment            gpt-4.1-2025-04-14
    openrouter/auto           anthropic/claude-opus-4.8
"""


def pairs(table: str) -> list[tuple[str, str]]:
    return [(first, second) for first, second in (line.split() for line in table.strip().splitlines())]


@pytest.mark.parametrize(("asked", "served"), pairs(SAME))
def test_dates_versions_and_paths_do_not_make_another_model(asked: str, served: str) -> None:
    assert is_same_model(asked, asked) and is_same_model(asked, served) and is_same_model(served, asked)


@pytest.mark.parametrize(("asked", "served"), pairs(DIFFERENT))
def test_another_name_or_date_is_another_model(asked: str, served: str) -> None:
    assert not is_same_model(asked, served) and not is_same_model(served, asked)


@pytest.mark.parametrize(
    ("served", "notes"),
    [
        (("gpt-4.1-2025-04-14", "gpt-4.1-2025-04-14"), []),
        (("", ""), []),
        (("gpt-4.1-mini",) * 2, ["asked for gpt-4.1; gpt-4.1-mini answered"]),
        (
            ("gpt-4.1-2025-04-14", "", "gpt-4.1-2025-06-01"),
            ["the model changed within the attempt: gpt-4.1-2025-04-14 answered, then gpt-4.1-2025-06-01"],
        ),
        (
            ("gpt-4.1", "gpt-4.1-mini"),
            [
                "asked for gpt-4.1; gpt-4.1-mini answered",
                "the model changed within the attempt: gpt-4.1 answered, then gpt-4.1-mini",
            ],
        ),
    ],
)
def test_notes_of_an_attempt(served: tuple[str, ...], notes: list[str]) -> None:
    models = ServedModels("gpt-4.1")
    assert [note for name in served for note in models.notes(name)] == notes


async def test_the_attempt_says_that_another_model_answered(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.default = Reply(model="stub-mini-2025-04-14")
    report = await runner.run_attempt("colours", "stub/stub-1")
    result = decode(Result, await runner.read(report.artifacts["result.json"]))
    assert result.notes == ("asked for stub-1; stub-mini-2025-04-14 answered",)
    assert report.calls[0].served_model == "stub-mini-2025-04-14"
