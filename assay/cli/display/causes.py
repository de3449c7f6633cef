"""Why attempts of a run ended ungraded, as lines of text; reasons and remedies are never cut."""

from __future__ import annotations

from assay.cli.quantities import count_text
from assay.contracts.causes import Cause, Causes
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome

_UNGRADED = (Outcome.TIMEOUT, Outcome.LIMIT, Outcome.REFUSED, Outcome.AGENT_ERROR, Outcome.INFRA_ERROR)
_MAX_NAMES = 5


def has_causes(run: RunView) -> bool:
    return any(run.progress.outcomes.get(outcome) for outcome in _UNGRADED)


def cause_lines(causes: Causes, most: int = 1000) -> list[str]:
    """The ``most`` frequent causes; empty without any."""
    if not causes.items:
        return []
    lines = ["why attempts ended ungraded:"]
    for cause in causes.items[:most]:
        lines += _lines(cause)
    more = causes.more + sum(cause.attempts for cause in causes.items[most:])
    return [*lines, *([f"  {count_text(more, 'more attempt')} for other reasons"] if more else [])]


def _lines(cause: Cause) -> list[str]:
    kind = f" ({cause.kind})" if cause.kind else ""
    lines = [
        f"  {count_text(cause.attempts, 'attempt')}, {cause.outcome}{kind}: {cause.reason}",
        f"    of {_names(cause.models)}; for example {cause.first_attempt_id}",
    ]
    return [*lines, *([f"    what to do: {cause.remedy}"] if cause.remedy else [])]


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more
