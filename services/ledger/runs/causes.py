"""Why attempts of a run ended ungraded: grouped by reason, with what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import structs

from assay.contracts.attempts import FaultKind
from assay.contracts.causes import Cause, Causes
from assay.contracts.ids import attempt_id
from assay.contracts.models import FAULT_REMEDIES, NOT_SENT, CallFault
from assay.contracts.verdicts import Outcome
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.errors import unknown_run

MAX_CAUSES = 50
UNGRADED = (Outcome.TIMEOUT, Outcome.LIMIT, Outcome.REFUSED, Outcome.AGENT_ERROR, Outcome.INFRA_ERROR)
"""Not ``cancelled``: the run's own reason says why."""

_KINDS = {*FaultKind, *CallFault}
_VARIABLE = re.compile(r"(?<![\w./:-])(?:(?=[\w-]*\d)[\w-]{12,}|\d+(?:[.,]\d+)+|\d{1,2}|\d{4,})(?![\w-])")
"""Ids, amounts and counts, which differ between attempts that ended for the same reason. Status codes (three digits)
and addresses do not match."""


class Ungraded(Row):
    """Attempts with the same outcome, reason, model and task; ``ordinal`` is that of the first."""

    outcome: Outcome
    reason: str
    model: str
    task_id: str
    attempts: int
    ordinal: int


_UNGRADED = f"""
SELECT {columns(Ungraded)} FROM (
  SELECT outcome, reason, model, task_id, count(*)::int AS attempts, min(ordinal) AS ordinal
  FROM attempts WHERE run_id = $1 AND outcome = ANY($2::text[]) GROUP BY outcome, reason, model, task_id
) ungraded ORDER BY ordinal
"""


class _RunOfCauses(Row):
    sequence: int
    imported: str


async def read_causes(connection: Connection, run_id: str) -> Causes:
    """Of an imported run without remedies: it cannot be repeated here."""
    run = await connection.row(_RunOfCauses, "SELECT sequence, imported FROM runs WHERE run_id = $1", run_id)
    if run is None:
        raise unknown_run(run_id)
    causes = group_causes(await connection.rows(Ungraded, _UNGRADED, run_id, UNGRADED), run_id, run.sequence)
    if not run.imported:
        return causes
    return structs.replace(causes, items=tuple(structs.replace(each, remedy="") for each in causes.items))


def group_causes(ungraded: Iterable[Ungraded], run_id: str, sequence: int) -> Causes:
    """``ungraded`` by ordinal."""
    groups: dict[tuple[Outcome, str], list[Ungraded]] = {}
    for each in ungraded:
        groups.setdefault((each.outcome, without_ids(each.reason)), []).append(each)
    causes = sorted((_cause(each, run_id) for each in groups.values()), key=lambda cause: -cause.attempts)
    more = sum(cause.attempts for cause in causes[MAX_CAUSES:])
    return Causes(items=tuple(causes[:MAX_CAUSES]), more=more, sequence=sequence)


def without_ids(reason: str) -> str:
    """The same text for all attempts that ended for the same reason."""
    return _VARIABLE.sub("#", reason.partition(NOT_SENT)[0])


def call_remedy(fault: CallFault, run_id: str) -> str:
    """What to do about a fault of a model in a run; empty if the reason is all there is to say."""
    return _REMEDIES.get(fault, "").format(run=run_id)


def _cause(ungraded: Sequence[Ungraded], run_id: str) -> Cause:
    first = ungraded[0]
    kind, colon, rest = first.reason.partition(": ")
    stated = bool(colon) and kind in _KINDS
    attempt = attempt_id(run_id, first.ordinal)
    return Cause(
        outcome=first.outcome,
        kind=kind if stated else "",
        reason=rest if stated else first.reason,
        remedy=_remedy(first.outcome, kind).format(run=run_id, task=first.task_id, attempt=attempt),
        attempts=sum(each.attempts for each in ungraded),
        models=tuple(sorted({each.model for each in ungraded})),
        task_ids=tuple(sorted({each.task_id for each in ungraded})),
        first_attempt_id=attempt,
    )


_RETRY = "repeat these attempts with `assay runs retry {run}`"
_REMEDIES: dict[str, str] = {
    **{fault: f"{remedy}, then {_RETRY}" for fault, remedy in FAULT_REMEDIES.items()},
    CallFault.CONNECTION: f"check that the endpoint is running and can be reached from the runner, then {_RETRY}",
    CallFault.TIMEOUT: f"check the endpoint's load, or lower the provider's concurrency in models.yaml, then {_RETRY}",
    CallFault.RATE_LIMITED: f"lower the provider's concurrency or requests_per_minute in models.yaml, then {_RETRY}",
    CallFault.PROVIDER: f"when the provider works again, {_RETRY}",
    FaultKind.SANDBOX: f"check the runner's sandboxes with `assay doctor`, then {_RETRY}",
    FaultKind.HOST: f"check the runner's machine with `assay doctor`, then {_RETRY}",
    FaultKind.TASK: "check the task with `assay tasks validate {task}`, then start a new run",
    FaultKind.MCP: "check the task's MCP servers with `assay tasks validate {task} --full`, then " + _RETRY,
    FaultKind.ARTIFACTS: f"check the artifact store, then {_RETRY}",
    FaultKind.INTERNAL: "this is a fault of Assay: the runner's log has the details; " + _RETRY,
}
_BY_OUTCOME: dict[Outcome, str] = {
    Outcome.INFRA_ERROR: f"look at `assay attempts show {{attempt}} --logs`, then {_RETRY}",
    Outcome.LIMIT: f"raise the limit that the reason names, then {_RETRY}",
}


def _remedy(outcome: Outcome, kind: str) -> str:
    if outcome is Outcome.INFRA_ERROR and kind in _REMEDIES:
        return _REMEDIES[kind]
    return _BY_OUTCOME.get(outcome, "")
