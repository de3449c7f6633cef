"""What a grading brings along for its rubrics: the judges of its ticket, the money, and who made the output."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from assay.artifacts import ArtifactPermanent, ArtifactRetryable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import Malformed, decode
from assay.contracts.judging import Judgement, JudgeModel
from assay.contracts.models import Call
from assay.contracts.results import Result
from services.judge.artifacts.hidden_bundles import ArtifactReader
from services.judge.errors import StoreUnavailable
from services.judge.rubric.judge_budget import JudgeBudget
from services.judge.rubric.model_client import AskContext
from services.judge.rubric.panel import Panel
from services.judge.rubric.prompt import Question

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Judging:
    """The judges of one grading. ``made_by`` names the model that made the output."""

    panel: Panel
    judges: tuple[JudgeModel, ...]
    made_by: frozenset[str]
    context: AskContext

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls so far, for the report."""
        return tuple(self.context.calls)

    async def judge(self, question: Question) -> tuple[Judgement, ...]:
        return await self.panel.judge(question, self.judges, self.made_by, self.context)


async def open_judging(ticket: Ticket, panel: Panel, budget: JudgeBudget, attempts: ArtifactReader) -> Judging:
    """Raises StoreUnavailable."""
    served = await _served_models(ticket.result, attempts) if ticket.judges else frozenset[str]()
    context = AskContext(
        budget=budget,
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        task_id=ticket.task_id,
        sample_id=ticket.sample_id,
    )
    return Judging(panel=panel, judges=ticket.judges, made_by=served | {ticket.model.name}, context=context)


async def _served_models(result: ArtifactRef | None, attempts: ArtifactReader) -> frozenset[str]:
    """The names under which the attempt's model answered, as far as its provider said."""
    if result is None:
        return frozenset()
    try:
        calls = decode(Result, await attempts.get(result)).calls
    except ArtifactRetryable as error:
        raise StoreUnavailable(f"the result of the try: {error}") from error
    except (ArtifactPermanent, Malformed) as error:
        _log.warning("judge.result_unreadable", reason=str(error))
        return frozenset()
    return frozenset(call.served_model for call in calls if call.served_model)
