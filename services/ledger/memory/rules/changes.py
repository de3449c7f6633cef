"""What follows every change of attempts: what is added to the run's counters, and which facts tell of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from assay.contracts import subjects
from assay.contracts.attempts import AttemptView, State
from assay.contracts.codec import encode
from assay.contracts.facts import AttemptFact, Event, Fact, RunCancelled, RunFinished, RunStarted
from assay.contracts.ids import run_of
from assay.contracts.models import Usage
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome
from services.ledger.memory.rules.rows import TOKENS, Row
from services.ledger.memory.rules.views import attempt_view, progress_of, run_view

FactMaker = Callable[[AttemptView, Progress], AttemptFact]

FactRow: TypeAlias = tuple[str, int, str, str]
"""A row of ``facts``: run, sequence, subject, and the envelope as it will be published."""

COUNTERS = (
    *(f"n_{state.value}" for state in State),
    *(f"n_{outcome.value}" for outcome in Outcome),
    *("cost_nanousd", "held_nanousd", *TOKENS),
)
"""The columns of a run that changes and spends add to."""


@dataclass(frozen=True, slots=True)
class Change:
    """An attempt's row after it changed, with ``was``, its state before; and the fact that tells of it."""

    row: Row
    fact: FactMaker


@dataclass(frozen=True, slots=True)
class Spend:
    """Money and tokens that an attempt used; ``held_nanousd`` is what is reserved, more or less."""

    attempt_id: str
    cost_nanousd: int = 0
    held_nanousd: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def run_id(self) -> str:
        return run_of(self.attempt_id)


@dataclass(frozen=True, slots=True)
class Note:
    """A fact about the run itself, made of the run as it then is."""

    run_id: str
    fact: Callable[[RunView], Fact]


@dataclass(slots=True)
class Delta:
    """What is to be added to one run's counters."""

    counts: Counter[str] = field(default_factory=Counter[str])
    started: bool = False
    moved: bool = False
    facts: int = 0

    def end_quietly(self, row: Row) -> None:
        """The attempt ended with its run, whose own fact tells of it."""
        self.move(row)
        self.facts -= 1

    def move(self, row: Row) -> None:
        self.moved = True
        before, after = row["was"], row["state"]
        if before != after:
            self.counts[f"n_{before}"] -= 1
            self.counts[f"n_{after}"] += 1
        if after == State.RUNNING:
            self.started = True
        if after == State.DONE and before != State.DONE:
            self.counts[f"n_{row['outcome']}"] += 1
        self.facts += 1

    def spend(self, spend: Spend) -> None:
        self.counts["cost_nanousd"] += spend.cost_nanousd
        self.counts["held_nanousd"] += spend.held_nanousd
        for name in TOKENS:
            self.counts[name] += getattr(spend.usage, name)


def untold(changes: Sequence[Change], spends: Sequence[Spend]) -> list[str]:
    """Attempts whose money moved though nothing else became of them: a hold settled late, the report of a superseded
    try, a grant that grew."""
    told = {change.row["attempt_id"] for change in changes}
    return sorted({spend.attempt_id for spend in spends} - told)


def deltas_of(
    changes: Sequence[Change], spends: Sequence[Spend], notes: Sequence[Note], ended: Sequence[Row]
) -> dict[str, Delta]:
    """By run. ``ended`` are attempts that ended together with their runs."""
    deltas: defaultdict[str, Delta] = defaultdict(Delta)
    for change in changes:
        deltas[change.row["run_id"]].move(change.row)
    for row in ended:
        deltas[row["run_id"]].end_quietly(row)
    for spend in spends:
        deltas[spend.run_id].spend(spend)
    for note in notes:
        deltas[note.run_id].facts += 1
    return deltas


def facts_of(runs: Iterable[Row], changes: Sequence[Change], notes: Sequence[Note]) -> list[FactRow]:
    """Of these runs, as they are after the changes were counted: with ``was_sequence``, the sequence before; ``starts``
    and ``ends``, whether they do just now; and ``at``."""
    by_run: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_run[change.row["run_id"]].append(change)
    rows: list[FactRow] = []
    for run in runs:
        rows += _facts_of_one(run, by_run[run["run_id"]], [note for note in notes if note.run_id == run["run_id"]])
    return rows


def _facts_of_one(run: Row, changes: Sequence[Change], notes: Sequence[Note]) -> Iterable[FactRow]:
    progress = progress_of(run)
    sequence = run["was_sequence"]
    messages: list[tuple[str, Fact]] = []
    if run["starts"]:
        messages.append((run["run_id"], RunStarted(run=run_view(run))))
    messages += [(change.row["attempt_id"], change.fact(attempt_view(change.row), progress)) for change in changes]
    messages += [(run["run_id"], note.fact(run_view(run))) for note in notes]
    if run["ends"]:
        ending = RunCancelled if run["status"] == RunStatus.CANCELLED else RunFinished
        messages.append((run["run_id"], ending(run=run_view(run))))
    for subject, message in messages:
        sequence += 1
        yield fact_row(run, sequence, subject, message)


def fact_row(run: Row, sequence: int, subject: str, message: Fact) -> FactRow:
    """``run`` has ``run_id``, ``project`` and ``at``."""
    run_id, project = run["run_id"], run["project"]
    envelope = Event(
        id=f"{run_id}-{sequence}",
        source="assay/ledger",
        type=message.name(),
        subject=subject,
        time=run["at"],
        sequence=sequence,
        project=project,
        runid=run_id,
        data=message,
    )
    return run_id, sequence, subjects.fact(project, message, run_id), encode(envelope).decode()
