"""Why attempts of a run ended ungraded, grouped by reason."""

from __future__ import annotations

import pytest

from assay.contracts.attempts import Fault
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import CancelRun
from assay.contracts.verdicts import Outcome
from services.ledger.runs.causes import MAX_CAUSES, Ungraded, group_causes
from tests.ledger.harness import LedgerHarness

NO_KEY = "provider 'openai' has no key: set OPENAI_API_KEY in the runner's environment"


async def test_causes_are_grouped_over_models_and_give_the_whole_reason_and_what_to_do(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=3, models=("openai/a", "openai/b"))
    first, second, third, fourth, passed, _ = await ledger.start_attempts(run)
    fault = Fault(kind="configuration", message=NO_KEY)
    unset = {"outcome": Outcome.INFRA_ERROR, "reason": f"configuration: {NO_KEY}", "fault": fault, "output": None}
    await ledger.report_executed(first, second, third, **unset)
    await ledger.report_executed(fourth, outcome=Outcome.TIMEOUT, reason="timed out after 60 s", output=None)
    await ledger.report_executed(passed)
    await ledger.grade(passed)
    causes = await ledger.runs.causes(run.run_id)
    assert causes.more == 0
    key, timeout = causes.items
    assert (key.outcome, key.kind, key.reason, key.attempts) == (Outcome.INFRA_ERROR, "configuration", NO_KEY, 3)
    assert (key.models, key.task_ids) == (("openai/a", "openai/b"), ("sums",))
    assert key.first_attempt_id == first.attempt_id
    assert f"assay runs retry {run.run_id}" in key.remedy
    assert (timeout.outcome, timeout.reason, timeout.attempts) == (Outcome.TIMEOUT, "timed out after 60 s", 1)


async def test_cancelled_attempts_have_no_cause_of_their_own(ledger: LedgerHarness) -> None:
    run = await ledger.submit()
    await ledger.control.cancel(CancelRun(run_id=run.run_id))
    await ledger.sweeper.sweep()
    assert (await ledger.runs.causes(run.run_id)).items == ()


async def test_the_causes_of_an_unknown_run_are_a_404(ledger: LedgerHarness) -> None:
    with pytest.raises(ProblemError) as refused:
        await ledger.runs.causes("none")
    assert refused.value.problem.code == "unknown_run"


def ungraded(ordinal: int, reason: str, model: str = "m/a", attempts: int = 1) -> Ungraded:
    return Ungraded(Outcome.INFRA_ERROR, reason, model, "sums", attempts, ordinal)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("the lease of worker runner-3f9a01bc77d1 ran out", "the lease of worker runner-90ab17cd4e2f ran out", True),
        ("answered 500 (request req_01hq7z5k3m)", "answered 500 (request req_01hq7z9p8x)", True),
        ("$0.0125 exceeds the limit: $0.4 left", "$0.031 exceeds the limit: $0.25 left", True),
        ("gave up after 4 requests", "gave up after 12 requests", True),
        ("answered 401: no", "answered 401: no (not sent: the model's last 4 requests were refused alike)", True),
        ("answered 401: no", "answered 500: no", False),
        ("cannot connect to http://127.0.0.1:9001/v1", "cannot connect to http://127.0.0.1:9002/v1", False),
        ("provider 'a' has no key", "provider 'b' has no key", False),
        ("model m1 is unknown", "model m2 is unknown", False),
    ],
)
def test_reasons_that_differ_only_in_ids_and_amounts_are_one_cause(one: str, other: str, same: bool) -> None:
    causes = group_causes([ungraded(1, one), ungraded(2, other)], "r", 5).items
    assert [cause.attempts for cause in causes] == ([2] if same else [1, 1])
    assert causes[0].reason == one
    assert causes[0].first_attempt_id == "r-1"


def test_the_most_frequent_causes_are_listed_and_the_others_counted() -> None:
    letters = [f"cause {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_CAUSES + 3)]
    causes = group_causes([ungraded(n, text, attempts=n + 1) for n, text in enumerate(letters)], "r", 5)
    assert (len(causes.items), causes.items[0].attempts, causes.more) == (MAX_CAUSES, MAX_CAUSES + 3, 1 + 2 + 3)
