"""Questions of judges, answered by a runner with its own keys, rate limits and retries."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contracts.models import CallFault, Parameters
from assay.contracts.rpc import AskModel, ModelAnswer
from services.runner.model_questions import on_models_ask
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RunnerHarness


async def ask(runner: RunnerHarness, model: str = "stub/m-1", **more: Any) -> ModelAnswer:
    fields: dict[str, Any] = {
        "parameters": Parameters(temperature=0.0, max_tokens=50),
        "price": PRICE,
        "budget_nanousd": 1_000_000_000,
    }
    request = AskModel(request_id="q1", model=model, system="Grade.", prompt="Work.", **(fields | more))
    return await on_models_ask(request, runner.models)


async def test_an_answer_comes_with_its_usage_cost_and_served_model(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.append(Reply(text="fine", reasoning="hm", model="m-1-2026"))
    answer = await ask(runner)
    assert (answer.text, answer.served_model, answer.fault) == ("fine", "m-1-2026", None)
    (call,) = answer.calls
    assert call.cost_nanousd == PRICE.cost(input_tokens=11, output_tokens=7) and not call.estimated
    assert [message["content"] for message in endpoint.bodies[0]["messages"]] == ["Grade.", "Work."]


async def test_a_schema_is_sent_as_structured_output(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    await ask(runner, parameters=Parameters(max_tokens=50, response_schema=schema))
    assert endpoint.bodies[0]["response_format"]["json_schema"]["schema"] == schema


async def test_a_question_that_exceeds_its_budget_is_not_sent(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    answer = await ask(runner, budget_nanousd=1000)
    assert (answer.fault, answer.retryable, answer.calls) == (CallFault.CONFIGURATION, False, ())
    assert "of the question's budget is left" in answer.message and endpoint.bodies == []


async def test_failures_that_may_pass_are_retried_within_the_budget(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.replies.extend([Reply(status=503, text="busy"), Reply(text="fine")])
    answer = await ask(runner)
    assert (answer.text, len(answer.calls), answer.calls[0].retries) == ("fine", 1, 1)


async def test_a_question_has_a_time_limit_and_its_call_is_charged(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    endpoint.default = Reply(hang=True)
    answer = await ask(runner, timeout_seconds=0.3)
    assert (answer.fault, answer.retryable) == (CallFault.TIMEOUT, True)
    assert [call.estimated for call in answer.calls] == [True] and answer.calls[0].cost_nanousd > 0


@pytest.mark.parametrize(
    ("reply", "fault", "retryable"),
    [
        (Reply(status=401, text="no"), CallFault.AUTHENTICATION, False),
        (Reply(status=404, text="no"), CallFault.CONFIGURATION, False),
        (Reply(status=400, text="maximum context length"), CallFault.CONTEXT_LENGTH, False),
    ],
)
async def test_failures_have_their_kind(
    runner: RunnerHarness, endpoint: FakeEndpoint, reply: Reply, fault: CallFault, retryable: bool
) -> None:
    endpoint.default = reply
    answer = await ask(runner)
    assert (answer.fault, answer.retryable) == (fault, retryable)


async def test_an_answer_that_was_cut_says_so(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    endpoint.replies.append(Reply(text="fi", finish_reason="length"))
    assert (await ask(runner)).truncated


async def test_a_scripted_model_answers_by_task_and_sample(runner: RunnerHarness) -> None:
    answer = await ask(runner, "scripted/colours", task_id="colours", sample_id="sky", price=None)
    assert answer.fault is None and answer.text


async def test_an_unknown_model_is_a_mistake(runner: RunnerHarness) -> None:
    answer = await ask(runner, "nobody/m")
    assert (answer.fault, answer.retryable) == (CallFault.CONFIGURATION, False)
