"""How a try ends that has nothing to be graded: whose fault it was, and whether another try may help."""

from __future__ import annotations

from dataclasses import dataclass

from assay.artifacts import ArtifactError, ArtifactRetryable
from assay.contracts.attempts import Fault
from assay.contracts.verdicts import Outcome
from assay.sandbox import ProviderUnavailable, SandboxError, SandboxRetryable
from services.runner.errors import (
    AnswerRefused,
    AnswerUnusable,
    CallFailed,
    GrantRefused,
    HostUnfit,
    LeaseLost,
    LimitReached,
    PromptRefused,
    PromptTooLong,
    TaskUnusable,
    ToolsAway,
)
from services.runner.text import clean


@dataclass(frozen=True, kw_only=True)
class Ending:
    """``outcome`` None: there is something to grade."""

    outcome: Outcome | None = None
    reason: str = ""
    fault: Fault | None = None


_OUTCOMES = (
    (AnswerUnusable, Outcome.AGENT_ERROR),
    (AnswerRefused, Outcome.REFUSED),
    (PromptRefused, Outcome.REFUSED),
    (PromptTooLong, Outcome.LIMIT),
    (LimitReached, Outcome.LIMIT),
)

BUDGET = "budget"
"""The fault of a try for which a limit had no money: it ends as ``limit`` and says nothing about the model."""


def ending_of(error: Exception) -> Ending:
    """What the model did counts for it; what a provider, the host or the task did never does."""
    reason = clean(str(error) or type(error).__name__)
    if isinstance(error, GrantRefused):
        return Ending(outcome=Outcome.LIMIT, reason=reason, fault=Fault(kind=BUDGET, message=reason))
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return Ending(outcome=outcome, reason=reason)
    if isinstance(error, LeaseLost):
        return interrupted()
    kind, new_try = _fault_of(error)
    fault = Fault(kind=kind, message=reason, new_try=new_try)
    return Ending(outcome=Outcome.INFRA_ERROR, reason=f"{kind}: {reason}", fault=fault)


def out_of_time(wall_seconds: float) -> Ending:
    return Ending(outcome=Outcome.TIMEOUT, reason=time_over(wall_seconds))


def time_over(wall_seconds: float) -> str:
    return f"limits.wall_seconds: the {wall_seconds:g} s are over"


def interrupted() -> Ending:
    """The ledger ignores it when it has given the attempt to somebody else, or cancelled it."""
    reason = "the try was stopped: its lease was lost, or its runner ends"
    return Ending(
        outcome=Outcome.INFRA_ERROR, reason=reason, fault=Fault(kind="interrupted", message=reason, new_try=True)
    )


def _fault_of(error: Exception) -> tuple[str, bool]:
    """A name for it, and whether a new try is likely to pass. Calls were tried again already."""
    if isinstance(error, CallFailed):
        return error.fault, False
    if isinstance(error, SandboxError):
        return "sandbox", isinstance(error, SandboxRetryable | ProviderUnavailable)
    if isinstance(error, ArtifactError):
        return "artifacts", isinstance(error, ArtifactRetryable)
    if isinstance(error, HostUnfit | ToolsAway):
        return "host" if isinstance(error, HostUnfit) else "mcp", True
    return ("task", False) if isinstance(error, TaskUnusable) else ("internal", True)
