"""The check ``rubric``: from an output to a score, with judges at a local server."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from assay.contracts.checks import Reveal
from assay.contracts.models import CallFault
from assay.contracts.rpc import AskModel
from services.judge.errors import JudgeModelUnavailable, JudgeModelUnusable
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.judge.rubric.harness import RUBRIC, RubricHarness, judgement, with_fields

GOOD, BAD = {"correct": 5, "clear": 8}, {"correct": 1, "clear": 2}
GOOD_SCORE, BAD_SCORE = (3 * 1.0 + 0.8) / 4, (3 * 0.0 + 0.2) / 4


async def test_the_score_is_the_weighted_mean_of_the_criteria(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD)))
    score = await rubric.grade()
    assert (score.passed, score.score) == (True, pytest.approx(GOOD_SCORE))
    assert score.metrics["rubric.score.lab/alpha"] == score.score
    assert "correct 5, clear 8" in score.message
    (call,) = rubric.context.calls
    assert (call.model, call.usage.output_tokens, call.cost_nanousd) == ("lab/alpha", 7, 11_000 + 14_000)


async def test_the_judge_sees_task_rubric_and_output_and_must_follow_a_schema(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD)))
    await rubric.grade()
    ((system, prompt),) = rubric.prompts()
    nonce = re.search(r"<<<work ([0-9a-f]{24}) begins>>>", prompt)
    assert nonce and nonce.group(1) in system
    assert "| Why does ice float?" in prompt and "| Ice is less dense than water." in prompt
    assert "Criterion correct: Names the reason." in prompt and "less dense." not in prompt.replace("Ice is", "")
    (body,) = rubric.endpoint.bodies
    assert body["temperature"] == 0.0 and body["max_tokens"] == RUBRIC.max_tokens
    schema = body["response_format"]["json_schema"]["schema"]["properties"]["criteria"]
    assert schema["required"] == ["correct", "clear"]
    assert schema["properties"]["correct"]["properties"]["score"]["enum"] == [1, 2, 3, 4, 5]


async def test_several_judges_give_their_median_and_their_agreement(rubric: RubricHarness) -> None:
    judges = [rubric.judge(name) for name in ("lab/a", "lab/b", "lab/c")]
    rubric.endpoint.replies.extend(Reply(text=judgement(scores)) for scores in (GOOD, GOOD, BAD))
    score = await rubric.grade(judges=judges)
    assert score.score == pytest.approx(GOOD_SCORE)
    assert len(score.judgements) == 3 and -1 <= score.metrics["rubric.agreement"] < 0.5


async def test_judges_that_disagree_need_a_review(rubric: RubricHarness) -> None:
    judges = [rubric.judge(name) for name in ("lab/a", "lab/b")]
    rubric.endpoint.replies.extend(Reply(text=judgement(scores)) for scores in (GOOD, BAD))
    score = await rubric.grade(judges=judges, rubric=with_fields(min_agreement=0.6))
    assert score.needs_review and "the judges disagree: Krippendorff's alpha is" in score.message


async def test_graded_again_the_verdict_is_the_same_and_costs_nothing(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD)))
    rubric.endpoint.default = Reply(text=judgement(BAD))
    first = await rubric.grade()
    rubric.context = rubric.new_context()
    assert await rubric.grade() == first
    assert rubric.context.calls == [] and len(rubric.endpoint.bodies) == 1
    await rubric.grade(output="Another answer.")
    await rubric.grade(judges=[rubric.judge("lab/beta")])
    assert len(rubric.endpoint.bodies) == 3


async def test_the_same_question_is_not_asked_twice_at_once(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(text=judgement(GOOD), pause_seconds=0.01)
    scores = await asyncio.gather(*(rubric.grade() for _ in range(5)))
    assert len(rubric.endpoint.bodies) == 1 and len({score.score for score in scores}) == 1


async def test_an_unreadable_answer_is_asked_for_once_more(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.extend([Reply(text="Very good!"), Reply(text=judgement(GOOD))])
    assert (await rubric.grade()).passed
    systems = [system for system, _ in rubric.prompts()]
    assert ["not in the required form" in system for system in systems] == [False, True]
    assert len(rubric.context.calls) == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(text="Very good!"),
        Reply(text=judgement({"correct": 5})),
        Reply(text=judgement({**GOOD, "tone": 3})),
        Reply(text=judgement({"correct": 6, "clear": 8})),
        Reply(text=judgement({"correct": "5", "clear": 8})),
        Reply(text=judgement(GOOD, verdict="pass")),
        Reply(text=f"{judgement(GOOD)}\n{judgement(BAD)}"),
        Reply(text=judgement(GOOD)[:40], finish_reason="length"),
        Reply(text="", refusal="I would rather not."),
    ],
)
async def test_an_answer_that_stays_unreadable_needs_a_review(rubric: RubricHarness, reply: Reply) -> None:
    rubric.endpoint.default = reply
    score = await rubric.grade()
    assert score.needs_review and "gave no readable answer, 2 times" in score.message
    assert len(rubric.endpoint.bodies) == 2 and rubric.ledger.answers == {}


async def test_an_empty_output_scores_0_without_a_question(rubric: RubricHarness) -> None:
    score = await rubric.grade(output=" \n")
    assert (score.score, score.needs_review, rubric.endpoint.bodies) == (0.0, False, [])


async def test_only_matching_files_are_shown_within_their_limits(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(text=judgement(GOOD)))
    files = {"a.md": b"x" * 500, "b.md": b"text", "c.py": b"print()", "d.md": b"\0\1"}
    await rubric.grade(output=files, rubric=with_fields(files=("*.md",), file_bytes=100))
    ((_, prompt),) = rubric.prompts()
    assert "[cut: the first 100 of 500 bytes are shown]" in prompt and "| text" in prompt
    assert "c.py" not in prompt and "[2 bytes that are not text]" in prompt


@pytest.mark.parametrize(
    ("winners", "score"),
    [
        (("first", "second"), 1.0),
        (("second", "first"), 0.0),
        (("first", "first"), 0.5),
        (("second", "second"), 0.5),
        (("tie", "tie"), 0.5),
        (("first", "tie"), 0.5),
    ],
)
async def test_a_comparison_is_made_in_both_orders(
    rubric: RubricHarness, winners: tuple[str, str], score: float
) -> None:
    rubric.endpoint.replies.extend(
        Reply(text=judgement({"correct": winner, "clear": winner}, "winner")) for winner in winners
    )
    graded = await rubric.grade(rubric=with_fields(pairwise=True))
    assert graded.score == score
    first, second = (prompt for _, prompt in rubric.prompts())
    works = re.compile(r"<<<(first|second) work \w+ begins>>>\n\| (Ice|Because)")
    assert works.findall(first) == [("first", "Ice"), ("second", "Because")]
    assert works.findall(second) == [("first", "Because"), ("second", "Ice")]


async def test_reasons_may_not_reveal_the_reference(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(text=judgement(GOOD))
    shown = await rubric.grade(rubric=with_fields(show_expected=True), reveal=Reveal.ALL)
    hidden = await rubric.grade(rubric=with_fields(show_expected=True))
    assert {one.reason for one in shown.judgements[0].criteria} == {"As it reads."}
    assert {one.reason for one in hidden.judgements[0].criteria} == {""}
    assert "| Because it is less dense." in rubric.prompts()[0][1]


async def test_quotations_are_looked_up_in_the_output(rubric: RubricHarness) -> None:
    found = {"evidence": "less  dense\nthan", "reason": "r", "score": 5}
    criteria = {"correct": found, "clear": {**found, "evidence": "never said", "score": 8}}
    rubric.endpoint.replies.append(Reply(text=json.dumps({"criteria": criteria})))
    assert (await rubric.grade()).metrics["rubric.quotes_found"] == 0.5


async def test_a_model_does_not_judge_itself(rubric: RubricHarness) -> None:
    score = await rubric.grade(made_by="lab/alpha")
    assert score.needs_review and "made this output itself" in score.message
    assert rubric.endpoint.bodies == []


async def test_a_model_does_not_judge_itself_under_another_name(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(text=judgement(GOOD), model="big-2026-01-02")
    score = await rubric.grade(made_by="big-2026-01-02")
    assert score.needs_review and "is served as 'big-2026-01-02', which also made this output" in score.message
    assert len(rubric.context.calls) == 1


async def test_without_room_in_the_limit_nothing_is_asked(rubric: RubricHarness) -> None:
    rubric.ledger.limit_nanousd = 1000
    score = await rubric.grade()
    assert score.needs_review and "assay limits set --judge" in score.message
    assert rubric.endpoint.bodies == []


async def test_the_worst_case_is_held_before_a_question_is_asked(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(text=judgement(GOOD))
    await rubric.grade()
    (granted,) = rubric.ledger.granted
    (system, prompt), cost = rubric.prompts()[0], 2 * RUBRIC.max_tokens * 1000
    assert granted > cost + 1000 * len((system + prompt).encode())
    await rubric.grade(output="Another answer.")
    assert sum(rubric.ledger.granted) < 1.2 * granted, "what was left of the first hold is used"


async def test_a_free_judge_needs_no_money(rubric: RubricHarness) -> None:
    rubric.ledger.limit_nanousd = 0
    rubric.endpoint.default = Reply(text=judgement(GOOD))
    assert (await rubric.grade(judges=[rubric.judge(price=None)])).passed


async def test_failures_of_the_provider_are_retried_and_then_end_the_grading(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(status=500, text="oops"))
    rubric.endpoint.default = Reply(text=judgement(GOOD))
    assert (await rubric.grade()).passed
    rubric.endpoint.default = Reply(hang_up=True)
    with pytest.raises(JudgeModelUnavailable, match="judge lab/alpha does not answer"):
        await rubric.grade(output="Another answer.")
    assert any(call.fault is not None for call in rubric.context.calls)


async def test_a_judge_that_cannot_be_called_ends_the_grading_for_good(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(status=401, text="no such key")
    with pytest.raises(JudgeModelUnusable, match="cannot be called") as failed:
        await rubric.grade()
    assert failed.value.kind == CallFault.AUTHENTICATION


async def test_a_server_without_schemas_is_asked_without_one(rubric: RubricHarness) -> None:
    rubric.endpoint.replies.append(Reply(status=400, text="response_format is not supported"))
    rubric.endpoint.default = Reply(text=f"```json\n{judgement(GOOD)}\n```")
    assert (await rubric.grade()).passed
    assert ["response_format" in body for body in rubric.endpoint.bodies] == [True, False]
    await rubric.grade(output="Another.", judges=[rubric.judge(structured_output=False)])
    assert "response_format" not in rubric.endpoint.bodies[-1]


async def test_a_question_too_long_for_the_judge_needs_a_review(rubric: RubricHarness) -> None:
    rubric.endpoint.default = Reply(status=400, text="maximum context length is 2048 tokens")
    score = await rubric.grade()
    assert score.needs_review and "cannot judge this output" in score.message


async def test_a_lost_reply_is_charged_at_its_worst_case(endpoint: FakeEndpoint, tmp_path: Path) -> None:
    rubric = RubricHarness(tmp_path, endpoint)
    asked: list[AskModel] = []

    async def lose(request: AskModel) -> None:
        asked.append(request)

    await rubric.serve(lose)
    with pytest.raises(JudgeModelUnavailable, match="did not reply"):
        await rubric.grade()
    assert len(asked) == len(rubric.context.calls) == 3
    assert all(call.estimated and call.cost_nanousd == asked[0].budget_nanousd for call in rubric.context.calls)
    await rubric.close()
