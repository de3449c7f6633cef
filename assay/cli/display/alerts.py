"""Facts of a followed run that deserve a line of their own."""

from __future__ import annotations

import re

from assay.cli.display.run_text import changed_line, limits_line, stopped_line, wait_text
from assay.cli.quantities import duration_text
from assay.contracts.attempts import AttemptView
from assay.contracts.facts import (
    AttemptFinished,
    AttemptRequeued,
    Fact,
    RunCancelling,
    RunChanged,
    RunPaused,
    RunResumed,
    RunStalled,
    RunWarned,
)
from assay.contracts.models import StoppedModel
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome

_EXPECTED = (Outcome.PASSED, Outcome.FAILED, Outcome.NEEDS_REVIEW, Outcome.CANCELLED)
_MAX_FAILURES = 10
_DIGITS = re.compile(r"\d+")


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
        case RunChanged() if len(fact.run.stopped_models) > len(before.stopped_models):
            known = {stopped.model for stopped in before.stopped_models}
            return "\n".join(_stopped_text(each) for each in fact.run.stopped_models if each.model not in known)
        case RunChanged() if fact.run.changed_models != before.changed_models:
            now, then = fact.run.changed_models, before.changed_models
            return "\n".join(f"warning: {changed_line(each, now[each])}" for each in now if now[each] != then.get(each))
        case RunChanged() if fact.run.waits and fact.run.waits != before.waits:
            return wait_text(fact.run.waits)
        case RunChanged() if (fact.run.limits, fact.run.priority) != (before.limits, before.priority):
            return f"changed: {limits_line(fact.run)}"
        case _:
            return ""


def _stopped_text(stopped: StoppedModel) -> str:
    return f"{stopped_line(stopped)}\n  reason: {stopped.reason}\n  what to do: {stopped.remedy}"


class FailureNotices:
    """Each reason for which attempts end ungraded or are tried again, once, as it happens. Reasons that differ only in
    numbers are the same; after ``_MAX_FAILURES`` of them there are no more notices."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of_fact(self, fact: Fact) -> str:
        """Empty for other facts and known reasons."""
        match fact:
            case AttemptFinished():
                return self.of_attempt(fact.attempt)
            case AttemptRequeued():
                return self._text(fact.attempt, "is tried again", fact.cause)
            case _:
                return ""

    def of_attempt(self, attempt: AttemptView) -> str:
        """Empty unless it ended ungraded for a new reason."""
        if attempt.outcome is None or attempt.outcome in _EXPECTED or not attempt.reason:
            return ""
        return self._text(attempt, f"ended as {attempt.outcome}", attempt.reason)

    def _text(self, attempt: AttemptView, what: str, reason: str) -> str:
        key = f"{what} {_DIGITS.sub('#', reason)}"
        if key in self._seen or len(self._seen) >= _MAX_FAILURES:
            return ""
        self._seen.add(key)
        return f"{attempt.attempt_id} ({attempt.model}) {what}: {reason}"
