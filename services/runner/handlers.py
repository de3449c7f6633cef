"""What the runner does with a ticket: one try at the attempt, whose report tells all that came of it."""

from __future__ import annotations

import asyncio

import structlog

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, Fault, Ticket
from assay.contracts.codec import encode
from assay.contracts.models import Usage
from assay.contracts.results import RESULT, Result
from assay.contracts.verdicts import Outcome
from services.runner.calls.call_receipts import call_receipts
from services.runner.ports import Ports
from services.runner.solvers.dispatch import solve
from services.runner.text import clean
from services.runner.tries.artifacts import JSON
from services.runner.tries.outcome import TryOutcome, interrupted, outcome_of, timed_out
from services.runner.tries.try_context import TryContext

_log = structlog.get_logger(__name__)


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptExecuted:
    """Makes one try at the attempt. Whatever goes wrong is in the report. Cancelled (its lease was lost, or the runner
    stops), it reports that too: what it spent until then counts, and another try is asked for."""
    try_ = TryContext(ticket, ports)
    output: ArtifactRef | None = None
    ending = TryOutcome()
    try:
        output = await solve(try_)
    except TimeoutError as error:
        ending = timed_out(ticket.limits.wall_seconds) if try_.clock.expired else outcome_of(error)
    except asyncio.CancelledError:
        _go_on()
        ending = interrupted()
    except Exception as error:
        ending = outcome_of(error)
        _log_ending(ticket, ending, error)
    return await _report(try_, ending, output)


def failed(ticket: Ticket, worker_id: str, error: BaseException) -> AttemptExecuted:
    """The report on a try that could not even be reported as it went."""
    fault = Fault(kind="internal", message=clean(repr(error)), new_try=True)
    return AttemptExecuted(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        outcome=Outcome.INFRA_ERROR,
        reason=f"internal: {fault.message}",
        fault=fault,
    )


async def _report(try_: TryContext, ending: TryOutcome, output: ArtifactRef | None) -> AttemptExecuted:
    ticket = try_.ticket
    ending = await _keep_result(try_, ending, output)
    return AttemptExecuted(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=try_.ports.worker_id,
        outcome=ending.outcome,
        reason=ending.reason,
        fault=ending.fault,
        calls=call_receipts(try_.calls),
        output=output if ending.outcome is None else None,
        artifacts=try_.artifacts.refs,
        duration_seconds=try_.clock.used_seconds,
    )


async def _keep_result(try_: TryContext, ending: TryOutcome, output: ArtifactRef | None) -> TryOutcome:
    """``result.json``. A store that does not take it ends the try as it would have earlier."""
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
        outcome=ending.outcome,
        reason=ending.reason,
        fault=ending.fault,
        duration_seconds=try_.clock.used_seconds,
        cost_nanousd=sum(call.cost_nanousd for call in try_.calls),
        usage=sum((call.usage for call in try_.calls), Usage()),
        calls=try_.calls,
        output=output,
        notes=tuple(try_.notes),
        artifacts=dict(try_.artifacts.refs),
    )
    try:
        await try_.artifacts.write(RESULT, encode(result), JSON)
    except Exception as error:
        return ending if ending.outcome else outcome_of(error)
    return ending


def _log_ending(ticket: Ticket, ending: TryOutcome, error: Exception) -> None:
    about = {"attempt_id": ticket.attempt_id, "token": ticket.token, "model": ticket.model.name}
    unforeseen = ending.fault is not None and ending.fault.kind == "internal"
    if unforeseen:
        _log.error("attempt.crashed", **about, exc_info=error)
    else:
        _log.info("attempt.ended", **about, outcome=ending.outcome, reason=ending.reason)


def _message_id(ticket: Ticket) -> str:
    return f"{ticket.attempt_id}:{ticket.token}:executed"


def _go_on() -> None:
    """The cancelling is heard; what is left to do is quick, and is to be done."""
    if task := asyncio.current_task():
        task.uncancel()
