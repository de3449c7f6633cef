"""A run as it goes on, counted by model: a snapshot of it, and then its facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from assay.cli.display.run_text import ENDED
from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import Fact, RunFact
from assay.contracts.live import RunSnapshot
from assay.contracts.money import nanousd, usd
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome


@dataclass(frozen=True, kw_only=True)
class ModelCounts:
    """Attempts of one model. ``failed`` are those done that neither passed nor count as errors."""

    model: str
    total: int = 0
    done: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0
    active: int = 0
    cost_nanousd: int = 0

    @property
    def cost_usd(self) -> str:
        return usd(self.cost_nanousd)


@dataclass
class RunState:
    """``run`` and ``progress`` as last heard; the attempts by id."""

    run: RunView
    progress: Progress
    attempts: dict[str, AttemptView] = field(default_factory=dict[str, AttemptView])

    @classmethod
    def from_snapshot(cls, snapshot: RunSnapshot) -> RunState:
        return cls(snapshot.run, snapshot.run.progress, {attempt.attempt_id: attempt for attempt in snapshot.attempts})

    @property
    def ended(self) -> bool:
        return self.run.status in ENDED

    def apply(self, fact: Fact) -> None:
        """Facts come in order, each with the state as it became."""
        if isinstance(fact, RunFact):
            self.run, self.progress = fact.run, fact.run.progress
        else:
            self.attempts[fact.attempt.attempt_id] = fact.attempt
            self.progress = fact.progress

    def counts(self) -> list[ModelCounts]:
        """One per model, in the run's order."""
        return [self._model_counts(model) for model in self.run.models]

    def _model_counts(self, model: str) -> ModelCounts:
        mine = [attempt for attempt in self.attempts.values() if attempt.model == model]
        outcomes = Counter(attempt.outcome for attempt in mine if attempt.outcome is not None)
        passed = outcomes[Outcome.PASSED]
        errors = sum(number for outcome, number in outcomes.items() if not outcome.counts)
        return ModelCounts(
            model=model,
            total=len(mine),
            done=outcomes.total(),
            passed=passed,
            failed=outcomes.total() - passed - errors,
            errors=errors,
            active=sum(attempt.state in (State.RUNNING, State.EXECUTED, State.GRADING) for attempt in mine),
            cost_nanousd=sum(nanousd(attempt.cost_usd) for attempt in mine),
        )


def all_passed(run: RunView) -> bool:
    return run.status is RunStatus.FINISHED and run.progress.outcomes.get(Outcome.PASSED, 0) == run.progress.total
