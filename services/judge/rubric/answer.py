"""A judge's answer: the schema that it must have, and its strict reading. What does not fit is not repaired."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from msgspec import Meta

from assay.answers.json_reader import find_objects
from assay.contracts.codec import Data, Malformed, decode, encode
from assay.contracts.judging import CriterionJudgement
from services.judge.rubric.prompt import Question

_FENCED = re.compile(r"\A\s*```[a-z]*\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_Text = Annotated[str, Meta(max_length=20_000)]
_POINTS = {"tie": 0.5, "output": 1.0, "reference": 0.0}


class Unparseable(Exception):
    """The answer is not what was asked for; the text says why."""


class _Scored(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    evidence: _Text
    reason: _Text
    score: int


class _Compared(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    evidence: _Text
    reason: _Text
    winner: Literal["first", "second", "tie"]


class _Scores(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    criteria: dict[str, _Scored]


class _Comparison(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    criteria: dict[str, _Compared]


def answer_schema(question: Question) -> dict[str, Any]:
    """For providers that enforce one. It uses only keywords that all of them know."""
    criteria = question.rubric.criteria
    if question.order:
        verdicts = {each.id: {"type": "string", "enum": ["first", "second", "tie"]} for each in criteria}
    else:
        verdicts = {each.id: {"type": "integer", "enum": list(each.scores)} for each in criteria}
    name = "winner" if question.order else "score"
    text = {"type": "string"}
    by_criterion = {
        criterion: _object({"evidence": text, "reason": text, name: verdict}) for criterion, verdict in verdicts.items()
    }
    return _object({"criteria": _object(by_criterion)})


def parse_answer(text: str, question: Question) -> tuple[CriterionJudgement, ...]:
    """In the rubric's order. Raises Unparseable for missing or unknown criteria and fields, for scores that a criterion
    does not have, and unless the answer contains exactly one object."""
    kind = _Comparison if question.order else _Scores
    try:
        answer: _Comparison | _Scores = decode(kind, _only_object(text))
    except Malformed as error:
        raise Unparseable(str(error)) from error
    ids = [criterion.id for criterion in question.rubric.criteria]
    if missing := [each for each in ids if each not in answer.criteria]:
        raise Unparseable(f"the answer lacks {', '.join(missing)}")
    if unknown := [each for each in answer.criteria if each not in ids]:
        raise Unparseable(f"the answer has the unknown criterion {unknown[0][:60]!r}")
    return tuple(_judgement(question, index, answer) for index in range(len(ids)))


def _judgement(question: Question, index: int, answer: _Comparison | _Scores) -> CriterionJudgement:
    criterion = question.rubric.criteria[index]
    if isinstance(answer, _Scores):
        given = answer.criteria[criterion.id]
        if given.score not in criterion.scores:
            raise Unparseable(f"{criterion.id} has the score {given.score}, which is not one of its scores")
        score, normalized = float(given.score), criterion.normalized(given.score)
    else:
        given = answer.criteria[criterion.id]
        score = normalized = _POINTS[_winner(given.winner, question)]
    return CriterionJudgement(
        criterion=criterion.id, score=score, normalized=normalized, reason=given.reason, evidence=given.evidence
    )


def _winner(place: Literal["first", "second", "tie"], question: Question) -> str:
    if place == "tie":
        return "tie"
    return "output" if (place == "first") == (question.order == "output_first") else "reference"


def _only_object(text: str) -> bytes:
    """The answer itself, without a code fence; or the only object in it that has criteria."""
    fenced = _FENCED.match(text)
    text = (fenced.group(1) if fenced else text).strip()
    if text.startswith("{") and text.endswith("}"):
        return text.encode("utf-8", "replace")
    found = [each.value for each in find_objects(text) if "criteria" in each.value]
    if len(found) != 1:
        number = "no object" if not found else f"{len(found)} objects"
        raise Unparseable(f"the answer contains {number} with 'criteria' instead of one")
    return encode(found[0])


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
