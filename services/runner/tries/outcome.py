"""Maps errors to the outcome of a try: who is at fault, and whether a new try may help."""

from __future__ import annotations

from dataclasses import dataclass

from assay.artifacts import ArtifactError, ArtifactRetryable
from assay.contracts.attempts import Fault, FaultKind
from assay.contracts.verdicts import Outcome
from assay.sandbox import ProviderUnavailable, ResourceUse, SandboxError, SandboxRetryable
from services.runner.errors import (
    AnswerRefused,
    AnswerUnusable,
    CallFailed,
    GrantRefused,
    HostProgramMissing,
    LeaseLost,
    LimitReached,
    PromptRefused,
    PromptTooLong,
    TaskUnusable,
    ToolServerUnavailable,
)
from services.runner.text import clean


@dataclass(frozen=True, kw_only=True)
class TryOutcome:
    """``outcome`` is None if the try has an output to grade."""

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


def outcome_of(error: Exception) -> TryOutcome:
    """Only errors of the model itself count as its failure, never those of a provider, the host or the task."""
    reason = clean(str(error) or type(error).__name__)
    if isinstance(error, GrantRefused):
        return TryOutcome(outcome=Outcome.LIMIT, reason=reason, fault=Fault(kind=FaultKind.BUDGET, message=reason))
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return TryOutcome(outcome=outcome, reason=reason)
    if isinstance(error, LeaseLost):
        return interrupted()
    kind, new_try = _fault_of(error)
    fault = Fault(kind=kind, message=reason, new_try=new_try)
    return TryOutcome(outcome=Outcome.INFRA_ERROR, reason=f"{kind}: {reason}", fault=fault)


def timed_out(wall_seconds: float, used: ResourceUse) -> TryOutcome:
    """``used``: by the programs in the attempt's sandbox. If they lacked a CPU for much of the time, the host was too
    busy, and the attempt is tried again."""
    if not used.starved(wall_seconds):
        return TryOutcome(outcome=Outcome.TIMEOUT, reason=timeout_reason(wall_seconds))
    message = (
        f"the host is too busy: of {wall_seconds:g} s, programs were ready to run for {used.runnable_seconds:.0f} s "
        f"and got {used.cpu_seconds:.1f} s of CPU"
    )
    fault = Fault(kind=FaultKind.HOST, message=message, new_try=True)
    return TryOutcome(outcome=Outcome.INFRA_ERROR, reason=f"{FaultKind.HOST}: {message}", fault=fault)


def timeout_reason(wall_seconds: float) -> str:
    return f"limits.wall_seconds: timed out after {wall_seconds:g} s"


def interrupted() -> TryOutcome:
    """The ledger ignores it if the attempt has a new token or was cancelled."""
    reason = "the try was interrupted: its lease was lost or the runner is stopping"
    return TryOutcome(
        outcome=Outcome.INFRA_ERROR,
        reason=reason,
        fault=Fault(kind=FaultKind.INTERRUPTED, message=reason, new_try=True),
    )


def _fault_of(error: Exception) -> tuple[str, bool]:
    """The fault's kind, and whether a new try is likely to succeed. Failed calls were retried already."""
    if isinstance(error, CallFailed):
        return error.fault, False
    if isinstance(error, SandboxError):
        return FaultKind.SANDBOX, isinstance(error, SandboxRetryable | ProviderUnavailable)
    if isinstance(error, ArtifactError):
        return FaultKind.ARTIFACTS, isinstance(error, ArtifactRetryable)
    if isinstance(error, HostProgramMissing | ToolServerUnavailable):
        return FaultKind.HOST if isinstance(error, HostProgramMissing) else FaultKind.MCP, True
    return (FaultKind.TASK, False) if isinstance(error, TaskUnusable) else (FaultKind.INTERNAL, True)
