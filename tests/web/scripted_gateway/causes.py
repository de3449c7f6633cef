"""The causes of ungraded attempts, grouped as the ledger groups them."""

from __future__ import annotations

from assay.contracts.causes import Causes
from services.ledger.runs.causes import UNGRADED, Ungraded, group_causes
from tests.web.scripted_gateway.scripted_runs import ScriptedRun


def causes_of(scripted: ScriptedRun) -> Causes:
    ungraded = [
        Ungraded(row.outcome, row.reason, row.model, row.task_id, 1, row.ordinal)
        for row in scripted.attempts
        if row.outcome is not None and row.outcome in UNGRADED
    ]
    return group_causes(ungraded, scripted.run.run_id, scripted.run.sequence)
