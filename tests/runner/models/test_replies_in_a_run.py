"""What replies of providers cost and what becomes of them in a run."""

from __future__ import annotations

import pytest

from assay.contracts.money import worst_prompt_tokens
from assay.contracts.verdicts import Outcome
from services.runner import errors
from services.runner.errors import CallRetryable
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import PRICE, RunnerHarness
from tests.runner.models.test_provider_replies import GROUPS, Row

PROMPT = ("You answer with one word.", "Which colour is this?\n\nThe sky by day.")
WORST = PRICE.worst_case(input_tokens=worst_prompt_tokens(sum(map(len, PROMPT)), 2), output_tokens=100)
ROWS = {group.kind: group.rows for group in GROUPS}
SIDE_DATA = [row for row in ROWS["unexpected side data"] if row.text and not row.refused]
ERRORS = ROWS["errors in a reply with status 200"]
PERMANENT = {
    "AccessRefused": Outcome.INFRA_ERROR,
    "AuthenticationFailed": Outcome.INFRA_ERROR,
    "CallMisconfigured": Outcome.INFRA_ERROR,
    "PromptTooLong": Outcome.LIMIT,
    "PromptRefused": Outcome.REFUSED,
}


@pytest.mark.parametrize("row", SIDE_DATA, ids=lambda row: row.why)
async def test_side_data_costs_neither_the_answer_nor_money(
    runner: RunnerHarness, endpoint: FakeEndpoint, row: Row
) -> None:
    endpoint.default = row.reply
    report = await runner.run_attempt("colours", "stub/m-1")
    assert row.text
    (call,) = report.calls
    assert (report.outcome, await runner.read(report.output), len(endpoint.bodies)) == (None, row.text.encode(), 1)
    assert call.estimated == (row.usage is None), row.why
    if row.usage:
        assert call.cost_nanousd == PRICE.cost(input_tokens=row.usage[0], output_tokens=row.usage[1])
    else:
        assert 0 < call.cost_nanousd <= WORST


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.why)
async def test_an_error_is_retried_by_its_kind_and_never_graded(
    runner: RunnerHarness, endpoint: FakeEndpoint, row: Row
) -> None:
    assert row.error
    endpoint.replies.append(row.reply)
    endpoint.default = Reply(text="blue")
    report = await runner.run_attempt("colours", "stub/m-1")
    if issubclass(getattr(errors, row.error[0]), CallRetryable):
        assert (report.outcome, await runner.read(report.output), len(endpoint.bodies)) == (None, b"blue", 2)
        return
    assert (report.outcome, report.output, len(endpoint.bodies)) == (PERMANENT[row.error[0]], None, 1)
    assert row.error[1] in report.reason


async def test_reasoning_is_counted_in_an_estimate(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    reasoning = "The sky by day is blue, so I say that it is blue. " * 3
    endpoint.default = Reply(raw=b'{"choices":[{"message":{"content":"blue","reasoning":"%s"}}]}' % reasoning.encode())
    (call,) = (await runner.run_attempt("colours", "stub/m-1")).calls
    assert call.estimated
    assert call.usage.output_tokens > call.usage.reasoning_tokens > 30
