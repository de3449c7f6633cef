"""Facts of a followed run that deserve a line of their own."""

from __future__ import annotations

from assay.cli.display.run_text import limits_line
from assay.cli.quantities import duration_text
from assay.contracts.facts import Fact, RunCancelling, RunChanged, RunPaused, RunResumed, RunStalled, RunWarned
from assay.contracts.runs import RunView


def alert_text(fact: Fact, before: RunView) -> str:
    """Empty for most facts. ``before`` is the run as it was before the fact."""
    match fact:
        case RunWarned():
            return f"warning: {fact.message or f'{fact.percent} % of the {fact.account} limit is spent'}"
        case RunStalled():
            return f"stalled: no progress for {duration_text(fact.seconds)}: {fact.reason}"
        case RunPaused():
            return "paused: no new attempts start until `assay runs resume`"
        case RunResumed():
            return "resumed"
        case RunCancelling():
            return f"{fact.run.reason or 'cancelled'}; running attempts may take a few seconds to end"
        case RunChanged() if fact.run.waits and fact.run.waits != before.waits:
            return f"attempts are waiting ({fact.run.waits.reason}): {fact.run.waits.detail}"
        case RunChanged() if (fact.run.limits, fact.run.priority) != (before.limits, before.priority):
            return f"changed: {limits_line(fact.run)}"
        case _:
            return ""
