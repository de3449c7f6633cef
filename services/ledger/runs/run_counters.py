"""A run's counters: what transitions of its attempts, spending, and its own facts add to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assay.contracts.attempts import State
from assay.contracts.facts import Fact
from assay.contracts.ids import run_of
from assay.contracts.models import Usage
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.lifecycle import Transition
from services.ledger.attempts.revisions import Revised
from services.ledger.attempts.rows import AttemptRow
from services.ledger.attempts.transitions import Cancelled
from services.ledger.money.usage import TOKENS, token_counts

COUNTERS = (
    *(f"n_{state.value}" for state in State),
    *(f"n_{outcome.value}" for outcome in Outcome),
    *("n_over_budget", "n_flagged", "n_impossible", "n_impossible_passed", "cost_nanousd", "held_nanousd", *TOKENS),
)
"""The columns of ``runs`` that are summed up."""


@dataclass(frozen=True, slots=True)
class Spend:
    """Money and tokens that an attempt used; ``held_nanousd`` is the change of what is reserved for it."""

    attempt_id: str
    cost_nanousd: int = 0
    held_nanousd: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def run_id(self) -> str:
        return run_of(self.attempt_id)

    @property
    def tokens(self) -> tuple[int, ...]:
        """In the order of ``TOKENS``."""
        return token_counts(self.usage)


@dataclass(frozen=True, slots=True)
class RunFact:
    """A fact about the run itself, made from the run as it is when all changes are counted."""

    run_id: str
    make: Callable[[RunView], Fact]


@dataclass(slots=True)
class RunDelta:
    """What one transaction adds to a run's counters; ``facts`` is how many facts it adds. ``moved``: an attempt changed
    its state or was leased anew."""

    counts: Counter[str] = field(default_factory=Counter[str])
    started: bool = False
    moved: bool = False
    facts: int = 0

    def add_transition(self, transition: Transition) -> None:
        after = transition.after
        self._move(transition.before, after.state, after.outcome)
        if after.state is State.DONE:
            self._count_done(after, 1)
        self.started = self.started or after.state in (State.RUNNING, State.GRADING)
        self.facts += 1

    def add_cancelled(self, cancelled: Cancelled) -> None:
        """No fact for each: the run's own fact covers its cancelled attempts."""
        self._move(cancelled.before, State.DONE, Outcome.CANCELLED, cancelled.count)

    def add_revision(self, revised: Revised) -> None:
        for attempt, count in ((revised.before, -1), (revised.after, 1)):
            if attempt.outcome is not None:
                self.counts[f"n_{attempt.outcome.value}"] += count
            self._count_done(attempt, count)
        self.facts += 1

    def _count_done(self, attempt: AttemptRow, count: int) -> None:
        scored = attempt.impossible_scored
        self.counts["n_over_budget"] += count * attempt.over_budget
        self.counts["n_flagged"] += count * attempt.flagged_pass
        self.counts["n_impossible"] += count * scored
        self.counts["n_impossible_passed"] += count * (scored and attempt.outcome is Outcome.PASSED)

    def add_spend(self, spend: Spend) -> None:
        self.counts["cost_nanousd"] += spend.cost_nanousd
        self.counts["held_nanousd"] += spend.held_nanousd
        for name, tokens in zip(TOKENS, spend.tokens, strict=True):
            self.counts[name] += tokens

    def _move(self, before: State, after: State, outcome: Outcome | None, count: int = 1) -> None:
        self.moved = True
        if before is after:
            return
        self.counts[f"n_{before.value}"] -= count
        self.counts[f"n_{after.value}"] += count
        if after is State.DONE and outcome is not None:
            self.counts[f"n_{outcome.value}"] += count


def deltas_of(
    transitions: Sequence[Transition],
    spends: Sequence[Spend] = (),
    run_facts: Sequence[RunFact] = (),
    cancelled: Sequence[Cancelled] = (),
    revised: Sequence[Revised] = (),
) -> dict[str, RunDelta]:
    """By run."""
    deltas: defaultdict[str, RunDelta] = defaultdict(RunDelta)
    for transition in transitions:
        deltas[transition.after.run_id].add_transition(transition)
    for each in cancelled:
        deltas[each.run_id].add_cancelled(each)
    for each in revised:
        deltas[each.after.run_id].add_revision(each)
    for spend in spends:
        deltas[spend.run_id].add_spend(spend)
    for fact in run_facts:
        deltas[fact.run_id].facts += 1
    return deltas
