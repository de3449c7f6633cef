"""Stopped models: after some attempts in a row that failed alike because their model cannot be called, the run's other
attempts of that model end without being executed.

Counting is part of the transaction that books the reports. What follows for the attempts is done in batches, by the
ledger that booked the last failure and by the leader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from assay.contracts.attempts import Fault
from assay.contracts.facts import RunChanged
from assay.contracts.models import FAULT_REMEDIES, SCRIPTED, CallFault
from assay.contracts.replay import REPLAY
from services.ledger.attempts.transitions import end_stopped
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, to_json
from services.ledger.leaderboard.leaderboard_write import add_results
from services.ledger.runs.causes import without_ids
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.rows import STOP_AFTER, FailingModel
from services.ledger.runs.run_counters import RunFact

BATCH = 1000
BATCHES_PER_SWEEP = 5
"""Each attempt has a fact, so a batch takes about 0.2 s, and leases must be swept meanwhile."""

_WITHOUT_API = (SCRIPTED, REPLAY)
"""Stored responses lack an answer to one sample, and have those to the others."""

# A run without failures is not locked, nor changed.
_LOCK = """
SELECT run_id, now(), failing_models FROM runs
WHERE run_id = ANY($1::text[]) AND (failing_models <> '[]' OR run_id = ANY($2::text[]))
ORDER BY run_id FOR UPDATE
"""


class _Run(Row):
    run_id: str
    at: datetime
    failing_models: tuple[FailingModel, ...]


class EndedTry(NamedTuple):
    """A try that ended its attempt or left something to grade."""

    run_id: str
    model: str
    fault: Fault | None


async def count_failures(connection: Connection, ended: Sequence[EndedTry]) -> list[RunFact]:
    """Count how often each model failed alike in a row; ``ended`` in the order of the reports. Returns a fact for each
    run of which a model is stopped now."""
    run_ids = sorted({each.run_id for each in ended})
    failing = sorted({each.run_id for each in ended if _call_fault(each)})
    facts: list[RunFact] = []
    for run in await connection.rows(_Run, _LOCK, run_ids, failing):
        after = add_ends(run.failing_models, [each for each in ended if each.run_id == run.run_id], run.at)
        if after != run.failing_models:
            statement = "UPDATE runs SET failing_models = $2 WHERE run_id = $1"
            await connection.execute(statement, run.run_id, to_json(after))
        if sum(each.stopped for each in after) > sum(each.stopped for each in run.failing_models):
            facts.append(RunFact(run.run_id, lambda view: RunChanged(run=view)))
    return facts


def add_ends(before: Sequence[FailingModel], ended: Iterable[EndedTry], at: datetime) -> tuple[FailingModel, ...]:
    """What the run's failing models are when these tries have ended too. A stopped model stays as it is."""
    failing = {each.model: each for each in before}
    for each in ended:
        model, earlier, fault = each.model, failing.get(each.model), _call_fault(each)
        if earlier and earlier.stopped:
            continue
        if each.fault is None or fault is None:
            failing.pop(model, None)
            continue
        reason = each.fault.message
        alike = earlier and earlier.fault is fault and without_ids(earlier.reason) == without_ids(reason)
        failures = earlier.failures + 1 if earlier and alike else 1
        failing[model] = FailingModel(model=model, fault=fault, reason=reason, failures=failures, at=at)
    return tuple(failing.values())


async def end_attempts_of_stopped_models(connection: Connection, plans: Plans) -> int:
    """End up to ``BATCH`` attempts that have not begun; returns how many."""
    transitions = await end_stopped(connection, STOP_AFTER, BATCH)
    await add_results(connection, plans, [(each.after, {}) for each in transitions])
    await record(connection, transitions)
    return len(transitions)


def _call_fault(ended: EndedTry) -> CallFault | None:
    """The fault for which a model is stopped; None for all others."""
    if ended.fault is None or ended.fault.kind not in FAULT_REMEDIES:
        return None
    return None if ended.model.partition("/")[0] in _WITHOUT_API else CallFault(ended.fault.kind)
