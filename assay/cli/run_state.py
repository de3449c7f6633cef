"""The state of a followed run, built from a snapshot and the facts that come after it; attempts counted by model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.attempts import AttemptView, State
from assay.contracts.facts import Fact, RunFact
from assay.contracts.live import RunSnapshot
from assay.contracts.money import nanousd, usd
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome

ENDED = (RunStatus.FINISHED, RunStatus.CANCELLED)
_NOT_GRADED = {Outcome.INFRA_ERROR, Outcome.LIMIT, Outcome.CANCELLED}
_ACTIVE = (State.RUNNING, State.EXECUTED, State.GRADING)


@dataclass(frozen=True, kw_only=True)
class ModelCounts:
    """The attempts of one model; ``outcomes`` counts those that are done."""

    model: str
    total: int = 0
    outcomes: Mapping[Outcome, int] = field(default_factory=dict[Outcome, int])
    active: int = 0
    cost_nanousd: int = 0

    @property
    def done(self) -> int:
        return sum(self.outcomes.values())

    @property
    def cost_usd(self) -> str:
        return usd(self.cost_nanousd)


@dataclass
class RunState:
    """``attempts`` by id. ``progress`` is the newest, from a fact of the run or of an attempt."""

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
        """Facts arrive in order; each carries the state after the change."""
        if isinstance(fact, RunFact):
            self.run, self.progress = fact.run, fact.run.progress
        else:
            self.attempts[fact.attempt.attempt_id] = fact.attempt
            self.progress = fact.progress

    def counts(self) -> list[ModelCounts]:
        """One per model, in the run's order."""
        return [self._model_counts(model) for model in self.run.models]

    def _model_counts(self, model: str) -> ModelCounts:
        attempts = [attempt for attempt in self.attempts.values() if attempt.model == model]
        return ModelCounts(
            model=model,
            total=len(attempts),
            outcomes=Counter(attempt.outcome for attempt in attempts if attempt.outcome is not None),
            active=sum(attempt.state in _ACTIVE for attempt in attempts),
            cost_nanousd=sum(nanousd(attempt.cost_usd) for attempt in attempts),
        )


def all_passed(run: RunView) -> bool:
    return run.status is RunStatus.FINISHED and run.progress.outcomes.get(Outcome.PASSED, 0) == run.progress.total


def nothing_graded(run: RunView) -> bool:
    """Every attempt of a finished run ended by an error or a limit."""
    outcomes = {outcome for outcome, number in run.progress.outcomes.items() if number}
    return run.status is RunStatus.FINISHED and bool(outcomes) and outcomes <= _NOT_GRADED
