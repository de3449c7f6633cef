"""How runs come to their end before their work does."""

from __future__ import annotations

from assay.contracts.runs import RunLimits, RunStatus
from services.ledger.memory.rules.rows import Row, from_jsonb

ACTIVE = "('waiting', 'running', 'paused', 'cancelling')"
"""As SQL has it: the statuses of runs that have not ended."""
ENDED = (RunStatus.FINISHED, RunStatus.CANCELLED)
CANCELLED = "the run was cancelled"
GRACE_SECONDS = 10.0
"""What is under way has so long when a run's time is over."""


def overdue(run: Row) -> str:
    """Why a run over its time limit is cancelled."""
    seconds = from_jsonb(RunLimits, run["limits"]).seconds
    return f"the run's time limit of {seconds:g} s is over (limits.seconds)"
