"""Handles a ticket: grades the attempt and reports the verdict."""

from __future__ import annotations

import time
from contextlib import suppress

import structlog

from assay.contracts.attempts import AttemptJudged, Fault, FaultKind, Ticket
from assay.contracts.ids import run_of
from assay.contracts.verdicts import Outcome, Verdict
from assay.sandbox import ProviderUnavailable, SandboxError, SandboxRetryable
from services.judge.artifacts.outputs import OutputRefused, fetch_output
from services.judge.artifacts.results import attach_result, store_outputs
from services.judge.errors import HiddenBundleInvalid, JudgeError, JudgeRetryable, StoreUnavailable
from services.judge.grading.grade import GradingResult, all_failed, grade
from services.judge.ports import Ports

_log = structlog.get_logger(__name__)


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptJudged:
    """Returns a verdict for any output; ``infra_error`` with a fault only if the judge itself fails."""
    started = time.monotonic()
    try:
        result = await _grade(ticket, ports)
        artifacts = await store_outputs(result, ports.attempts)
        report = AttemptJudged(
            message_id=_message_id(ticket),
            attempt_id=ticket.attempt_id,
            token=ticket.token,
            worker_id=ports.worker_id,
            verdict=result.verdict,
            artifacts=artifacts,
            duration_seconds=time.monotonic() - started,
        )
        return await attach_result(report, ticket.result, ports.attempts)
    except (JudgeError, SandboxError) as error:
        report = on_failure(ticket, error, ports.worker_id, time.monotonic() - started)
        with suppress(StoreUnavailable):
            return await attach_result(report, ticket.result, ports.attempts)
        return report


def on_failure(ticket: Ticket, error: BaseException, worker_id: str, duration_seconds: float = 0.0) -> AttemptJudged:
    """The report for an attempt that could not be graded. Unknown errors are worth another try."""
    known = isinstance(error, JudgeError | SandboxError)
    retryable = isinstance(error, JudgeRetryable | SandboxRetryable | ProviderUnavailable) or not known
    kind = error.kind if isinstance(error, JudgeError) else FaultKind.SANDBOX if known else FaultKind.JUDGE
    message = str(error) if known else f"the judge failed: {error!r}"
    _log.warning("judge.cannot_grade", attempt_id=ticket.attempt_id, token=ticket.token, kind=kind, reason=message)
    return AttemptJudged(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        verdict=Verdict(outcome=Outcome.INFRA_ERROR, reason=f"could not be graded: {message}"[:1000]),
        fault=Fault(kind=kind, message=message[:1000], new_try=retryable),
        duration_seconds=duration_seconds,
    )


async def _grade(ticket: Ticket, ports: Ports) -> GradingResult:
    if ticket.hidden is None:
        raise HiddenBundleInvalid("the ticket has no hidden bundle, so it is not a judge's ticket")
    hidden = await ports.hidden.get(ticket.hidden)
    try:
        output = await fetch_output(hidden.task, ticket.output, ports.attempts)
    except OutputRefused as refused:
        return all_failed(hidden.task, str(refused))
    return await grade(
        hidden, ticket.sample_id, output, ports, ticket.sandbox, run_of(ticket.attempt_id), ticket.regrade
    )


def _message_id(ticket: Ticket) -> str:
    return f"{ticket.attempt_id}:{ticket.token}:judged"
