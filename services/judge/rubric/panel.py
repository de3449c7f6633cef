"""A panel of judges: each judges an output by itself, from its cached answer or by asking its model."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import structlog

from assay.contracts.judging import CriterionJudgement, Judgement, JudgeModel
from assay.contracts.rpc import JudgeAnswer
from services.judge.rubric.answer import Unparseable, answer_schema, parse_answer
from services.judge.rubric.answer_cache import AnswerCache, KeyedLocks, answer_key
from services.judge.rubric.errors import NeedsReview, NoReadableAnswer, OwnJudge
from services.judge.rubric.model_client import AskContext, ModelClient
from services.judge.rubric.prompt import Order, Prompt, Question, build_prompt, new_nonce
from services.judge.rubric.scoring import combined_orders, weighted_mean

MAX_ASKED = 2
"""How often a question is asked until the answer can be read."""
_NO_ORDER: tuple[Order, ...] = ("",)
_ORDERS: tuple[Order, ...] = ("output_first", "output_second")
_AGAIN = "\n\nAn earlier answer was not in the required form. Answer with the JSON object alone."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """``models`` asks the judges, ``answers`` is shared with all other judges."""

    models: ModelClient
    answers: AnswerCache
    locks: KeyedLocks = field(default_factory=KeyedLocks)

    async def judge(
        self,
        question: Question,
        judges: Sequence[JudgeModel],
        made_by: Collection[str],
        context: AskContext,
    ) -> tuple[Judgement, ...]:
        """One judgement of each judge. ``made_by`` are the names of the model that made the output, as it was requested
        and as it was served. Raises NeedsReview, JudgeModelUnavailable or JudgeModelUnusable."""
        for judge in judges:
            _refuse_own_judge(judge, judge.model.name, made_by)
        judging = (self._judge(question, judge, made_by, context) for judge in judges)
        return _all_judgements(await asyncio.gather(*judging, return_exceptions=True))

    async def _judge(
        self, question: Question, judge: JudgeModel, made_by: Collection[str], context: AskContext
    ) -> Judgement:
        criteria: tuple[CriterionJudgement, ...] = ()
        served_model = ""
        for order in _ORDERS if question.rubric.pairwise else _NO_ORDER:
            answer, judged = await self._answer(replace(question, order=order), judge, context)
            served_model = answer.served_model
            _refuse_own_judge(judge, served_model, made_by)
            criteria = combined_orders(criteria, judged) if criteria else judged
        score = weighted_mean(question.rubric, criteria)
        return Judgement(judge=judge.model.name, score=score, criteria=criteria, served_model=served_model)

    async def _answer(
        self, question: Question, judge: JudgeModel, context: AskContext
    ) -> tuple[JudgeAnswer, tuple[CriterionJudgement, ...]]:
        key = answer_key(question, judge)
        async with self.locks.of(key):
            found = await self.answers.find(key)
            if found is None:
                found = await self.answers.store(await self._ask(question, judge, key, context))
        return found, parse_answer(found.text, question)

    async def _ask(self, question: Question, judge: JudgeModel, key: str, context: AskContext) -> JudgeAnswer:
        """A readable answer. Raises NoReadableAnswer."""
        schema, problem = answer_schema(question), ""
        for number in range(MAX_ASKED):
            prompt = build_prompt(question, new_nonce())
            if number:
                prompt = Prompt(system=prompt.system + _AGAIN, user=prompt.user)
            answer = await self.models.ask(judge, prompt, schema, question.rubric.max_tokens, context)
            try:
                parse_answer(answer.text, question)
            except Unparseable as error:
                problem = "it declined to answer" if answer.refused else str(error)
                problem += f" (cut at {question.rubric.max_tokens} tokens)" if answer.truncated else ""
                _log.info("judge.answer_unreadable", model=judge.model.name, reason=problem)
                continue
            return JudgeAnswer(key=key, model=judge.model.name, served_model=answer.served_model, text=answer.text)
        raise NoReadableAnswer(f"judge {judge.model.name} gave no readable answer, {MAX_ASKED} times: {problem}"[:500])


def _refuse_own_judge(judge: JudgeModel, name: str, made_by: Collection[str]) -> None:
    if name and name in made_by:
        raise OwnJudge(
            f"judge {judge.model.name} is served as {name!r}, which also made this output; choose another judge"
            if name != judge.model.name
            else f"judge {name} made this output itself; choose another judge"
        )


def _all_judgements(ended: Sequence[Judgement | BaseException]) -> tuple[Judgement, ...]:
    """Raises what a judge failed with, once all have ended: what was asked is paid. Failures that may pass come first,
    because the answers of the other judges are kept for the next grading."""
    failures = [each for each in ended if isinstance(each, BaseException)]
    if failures:
        raise min(failures, key=lambda failure: isinstance(failure, NeedsReview))
    return tuple(each for each in ended if isinstance(each, Judgement))
