"""Turns a ticket into one try at its attempt, and the try into one report."""

from __future__ import annotations

import asyncio

import structlog

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, Fault, FaultKind, Ticket
from assay.contracts.codec import encode
from assay.contracts.models import Usage
from assay.contracts.results import RESULT, Result
from assay.contracts.verdicts import Outcome
from services.runner.calls.call_receipts import call_receipts
from services.runner.ports import Ports
from services.runner.solvers.dispatch import solve
from services.runner.text import clean
from services.runner.tries.artifacts import JSON
from services.runner.tries.evaluation import evaluation_of
from services.runner.tries.outcome import TryOutcome, interrupted, outcome_of, timed_out
from services.runner.tries.try_context import TryContext

_log = structlog.get_logger(__name__)


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptExecuted:
    """Makes one try at the attempt; errors end up in the report. Cancelling it (the lease was lost, or the runner
    stops) also returns a report, so that its spending is booked and a new try can start."""
    try_ = TryContext(ticket, ports)
    try:
        return await _make_try(try_)
    finally:
        ports.tail_buffers.close(ticket)
        await try_.close()


async def _make_try(try_: TryContext) -> AttemptExecuted:
    ticket = try_.ticket
    output: ArtifactRef | None = None
    outcome = TryOutcome()
    try:
        output = await solve(try_)
    except TimeoutError as error:
        outcome = timed_out(ticket.limits.wall_seconds, try_.used) if try_.clock.expired else outcome_of(error)
    except asyncio.CancelledError:
        _uncancel()
        outcome = interrupted()
    except Exception as error:
        outcome = outcome_of(error)
        _log_outcome(ticket, outcome, error)
    return await _report(try_, outcome, output)


def failed(ticket: Ticket, worker_id: str, error: BaseException) -> AttemptExecuted:
    """The report if ``on_ticket`` itself raised."""
    fault = Fault(kind=FaultKind.INTERNAL, message=clean(repr(error)), new_try=True)
    return AttemptExecuted(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        outcome=Outcome.INFRA_ERROR,
        reason=f"internal: {fault.message}",
        fault=fault,
    )


async def _report(try_: TryContext, outcome: TryOutcome, output: ArtifactRef | None) -> AttemptExecuted:
    ticket = try_.ticket
    outcome = await _write_result(try_, outcome, output)
    return AttemptExecuted(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=try_.ports.worker_id,
        outcome=outcome.outcome,
        reason=outcome.reason,
        fault=outcome.fault,
        calls=call_receipts(try_.calls),
        output=output if outcome.outcome is None else None,
        artifacts=try_.artifacts.refs,
        duration_seconds=try_.clock.used_seconds,
        evaluation=evaluation_of(try_, outcome),
        flags=try_.audit.flags,
    )


async def _write_result(try_: TryContext, outcome: TryOutcome, output: ArtifactRef | None) -> TryOutcome:
    """``result.json``. If it cannot be stored, that is the try's outcome, unless the try has failed already."""
    ticket = try_.ticket
    result = Result(
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=try_.ports.worker_id,
        task_id=ticket.task_id,
        task_digest=ticket.task_digest,
        sample_id=ticket.sample_id,
        repeat=ticket.repeat,
        model=ticket.model,
        outcome=outcome.outcome,
        reason=outcome.reason,
        fault=outcome.fault,
        duration_seconds=try_.clock.used_seconds,
        cost_nanousd=sum(call.cost_nanousd for call in try_.calls),
        usage=sum((call.usage for call in try_.calls), Usage()),
        calls=try_.calls,
        output=output,
        cpu_seconds=try_.used.cpu_seconds,
        peak_memory_bytes=try_.used.peak_memory_bytes,
        notes=tuple(try_.notes),
        evaluation=evaluation_of(try_, outcome),
        flags=try_.audit.flags,
        artifacts=dict(try_.artifacts.refs),
    )
    try:
        await try_.artifacts.write(RESULT, encode(result), JSON)
    except Exception as error:
        return outcome if outcome.outcome else outcome_of(error)
    return outcome


def _log_outcome(ticket: Ticket, outcome: TryOutcome, error: Exception) -> None:
    context = {"attempt_id": ticket.attempt_id, "token": ticket.token, "model": ticket.model.name}
    if outcome.fault is not None and outcome.fault.kind == "internal":
        _log.error("attempt.crashed", **context, exc_info=error)
    else:
        _log.info("attempt.ended", **context, outcome=outcome.outcome, reason=outcome.reason)


def _message_id(ticket: Ticket) -> str:
    return f"{ticket.attempt_id}:{ticket.token}:executed"


def _uncancel() -> None:
    """The cancellation is handled: the rest of the try is short and must run."""
    if task := asyncio.current_task():
        task.uncancel()
