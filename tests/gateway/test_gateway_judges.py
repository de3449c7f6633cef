"""Judging a text over HTTP: the request that reaches a judge, and mistakes in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assay.contracts.judging import CriterionJudgement, Judgement
from assay.contracts.rpc import JudgeText, TextJudgement
from tests.gateway.harness import Gateway

URL = "/api/v1/judges/judge"
TASK = """
id: essay
title: Essay
category: questions
difficulty: easy
solver: answer
instructions: Why does ice float?
checks: [{kind: rubric, show_expected: true, criteria: [{id: correct, text: Names the cause.}]}]
samples: [{sample_id: a, input: Ice., expected: Density.}, {sample_id: b, input: More., expected: Bonds.}]
"""


@pytest.fixture
async def asked(gateway: Gateway, tmp_path: Path) -> AsyncIterator[list[JudgeText]]:
    """The requests that a judge has received."""
    requests: list[JudgeText] = []

    async def answer(request: JudgeText) -> TextJudgement:
        requests.append(request)
        criteria = (CriterionJudgement(criterion="correct", score=4.0, normalized=0.75),)
        return TextJudgement(judgement=Judgement(judge=request.judge.model.name, score=0.75, criteria=criteria))

    (tmp_path / "catalog/tasks/essay").mkdir(parents=True)
    (tmp_path / "catalog/tasks/essay/task.yaml").write_text(TASK)
    await gateway.bus.rpc.serve("judge", {JudgeText: answer})
    yield requests


async def post(gateway: Gateway, **body: Any) -> Any:
    return await gateway.http.post(URL, json={"judge": "local/tiny", "task": "essay", **body})


async def test_a_judge_gets_the_tasks_rubric_and_question(gateway: Gateway, asked: list[JudgeText]) -> None:
    response = await post(gateway, sample="b", text="Because.")
    assert response.status_code == 200 and response.json()["judgement"]["score"] == 0.75
    (request,) = asked
    assert (request.text, request.expected, request.task) == ("Because.", "Bonds.", "Why does ice float?\n\nMore.")
    assert request.judge.model.parameters.temperature == 0.0 and request.judge.price is not None


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({"text": "x"}, 422, "sample"),
        ({"sample": "c", "text": "x"}, 422, "sample"),
        ({"sample": "a", "check": "style", "text": "x"}, 422, "check"),
        ({"task": "riddle", "sample": "one"}, 422, "task"),
        ({"task": "nothing"}, 404, ""),
        ({"judge": "nobody/x", "sample": "a"}, 404, ""),
        ({"judge": "", "sample": "a"}, 422, "judge"),
        ({"sample": "a", "txt": "x"}, 422, "txt"),
    ],
)
async def test_a_mistake_is_refused(
    gateway: Gateway, asked: list[JudgeText], body: dict[str, Any], status: int, where: str
) -> None:
    response = await post(gateway, **body)
    assert response.status_code == status, response.text
    assert not where or where in [error["where"] for error in response.json()["errors"]]
    assert asked == []
