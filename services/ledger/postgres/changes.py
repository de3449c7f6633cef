"""What follows every change of attempts, in the same transaction: the run's counters, its facts, the outbox."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contracts import subjects
from assay.contracts.attempts import AttemptView, State
from assay.contracts.codec import encode
from assay.contracts.facts import AttemptCharged, AttemptFact, Event, Fact, RunCancelled, RunFinished, RunStarted
from assay.contracts.ids import run_of
from assay.contracts.models import Usage
from assay.contracts.runs import Progress, RunStatus, RunView
from assay.contracts.verdicts import Outcome
from services.ledger.postgres.columns import ATTEMPT_COLUMNS
from services.ledger.postgres.database import Connection
from services.ledger.rules.rows import Row
from services.ledger.rules.views import attempt_view, progress_of, run_view
from services.ledger.tables.runs import ACTIVE

FactMaker = Callable[[AttemptView, Progress], AttemptFact]


@dataclass(frozen=True, slots=True)
class Change:
    """An attempt's row after an UPDATE that returned ``was``, and the fact that tells of it."""

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
        for name in ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"):
            self.counts[name] += getattr(spend.usage, name)


COUNTERS = (
    *(f"n_{state.value}" for state in State),
    *(f"n_{outcome.value}" for outcome in Outcome),
    *("cost_nanousd", "held_nanousd", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
)

_UNTOLD = f"SELECT {ATTEMPT_COLUMNS}, state AS was FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id"

_LOCK_RUNS = "SELECT 1 FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR UPDATE"

_ENDS = f"r.status IN {ACTIVE} AND r.n_done + d.n_done = r.total"
_STARTS = "r.started_at IS NULL AND d.started"
_COUNT = f"""
UPDATE runs r SET {", ".join(f"{name} = r.{name} + d.{name}" for name in COUNTERS)},
  started_at = CASE WHEN {_STARTS} THEN now() ELSE r.started_at END,
  finished_at = CASE WHEN {_ENDS} THEN now() ELSE r.finished_at END,
  deadline_at = CASE WHEN {_STARTS} THEN now() + make_interval(secs => coalesce((r.limits->>'seconds')::float8, 10800))
    ELSE r.deadline_at END,
  progressed_at = CASE WHEN d.moved THEN now() ELSE r.progressed_at END,
  stalled_at = CASE WHEN d.moved THEN NULL ELSE r.stalled_at END,
  waits = CASE WHEN {_ENDS} THEN NULL ELSE r.waits END,
  status = CASE WHEN {_ENDS} THEN CASE r.status WHEN 'cancelling' THEN 'cancelled' ELSE 'finished' END
    WHEN r.status = 'waiting' AND d.started THEN 'running' ELSE r.status END,
  sequence = r.sequence + d.facts + ({_STARTS})::int + ({_ENDS})::int
FROM unnest($1::text[], $2::bool[], $3::bool[], $4::int[],
  {", ".join(f"${i + 5}::bigint[]" for i in range(len(COUNTERS)))})
  AS d(run_id, started, moved, facts, {", ".join(COUNTERS)})
WHERE r.run_id = d.run_id
RETURNING new.*, old.sequence AS was_sequence, (old.started_at IS NULL AND new.started_at IS NOT NULL) AS starts,
  (old.status NOT IN ('finished', 'cancelled') AND new.status IN ('finished', 'cancelled')) AS ends, now() AS at
"""

_STORE = """
WITH stored AS (
  INSERT INTO facts (run_id, sequence, subject, body)
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])
)
INSERT INTO pending_facts (run_id, sequence)
SELECT run_id, sequence FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS f(run_id, sequence, place) ORDER BY place
"""


async def record(
    connection: Connection,
    changes: Sequence[Change],
    spends: Iterable[Spend] = (),
    notes: Sequence[Note] = (),
    ended: Sequence[Row] = (),
) -> None:
    """Count the changes and the spends, and store a fact for each change and note, and for each attempt whose money
    moved without one. ``ended`` are attempts that ended together with their runs."""
    spends = list(spends)
    if attempts := untold(changes, spends):
        changes = [*changes, *(Change(row, charged) for row in await connection.fetch(_UNTOLD, attempts))]
    deltas: defaultdict[str, Delta] = defaultdict(Delta)
    for change in changes:
        deltas[change.row["run_id"]].move(change.row)
    for row in ended:
        deltas[row["run_id"]].end_quietly(row)
    for spend in spends:
        deltas[spend.run_id].spend(spend)
    for note in notes:
        deltas[note.run_id].facts += 1
    if not deltas:
        return
    facts: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        facts[change.row["run_id"]].append(change)
    stored: list[tuple[str, int, str, str]] = []
    for run in await _count(connection, deltas):
        of_run = [note for note in notes if note.run_id == run["run_id"]]
        stored.extend(_events(run, facts[run["run_id"]], of_run))
    await store_facts(connection, stored)


def untold(changes: Sequence[Change], spends: Sequence[Spend]) -> list[str]:
    """Attempts whose money moved though nothing else became of them: a hold settled late, the report of a superseded
    try, a grant that grew."""
    told = {change.row["attempt_id"] for change in changes}
    return sorted({spend.attempt_id for spend in spends} - told)


def charged(attempt: AttemptView, progress: Progress) -> AttemptCharged:
    return AttemptCharged(attempt=attempt, progress=progress)


async def _count(connection: Connection, deltas: dict[str, Delta]) -> Sequence[Row]:
    run_ids = sorted(deltas)
    await connection.execute(_LOCK_RUNS, run_ids)
    ordered = [deltas[run_id] for run_id in run_ids]
    flags = [delta.started for delta in ordered], [delta.moved for delta in ordered]
    columns = ([delta.counts[name] for delta in ordered] for name in COUNTERS)
    return await connection.fetch(_COUNT, run_ids, *flags, [delta.facts for delta in ordered], *columns)


def _events(run: Row, changes: Sequence[Change], notes: Sequence[Note]) -> Iterable[tuple[str, int, str, str]]:
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
        yield event(run, sequence, subject, message)


def event(run: Row, sequence: int, subject: str, message: Fact) -> tuple[str, int, str, str]:
    """A row of ``facts``: the envelope as it will be published. ``run`` has ``run_id``, ``project`` and ``at``."""
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


async def store_facts(connection: Connection, facts: Sequence[tuple[str, int, str, str]]) -> None:
    columns: list[list[Any]] = [list(column) for column in zip(*facts, strict=True)]
    if columns:
        await connection.execute(_STORE, *columns)
