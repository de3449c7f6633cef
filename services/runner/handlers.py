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
from services.runner.calls.call_receipts import receipts
from services.runner.ports import Ports
from services.runner.solvers.dispatch import solve
from services.runner.text import clean
from services.runner.tries.artifacts import JSON
from services.runner.tries.outcome import Ending, ending_of, interrupted, out_of_time
from services.runner.tries.try_context import Try

_log = structlog.get_logger(__name__)


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptExecuted:
    """Makes one try at the attempt. Whatever goes wrong is in the report. Cancelled (its lease was lost, or the runner
    stops), it reports that too: what it spent until then counts, and another try is asked for."""
    attempt = Try(ticket, ports)
    output: ArtifactRef | None = None
    ending = Ending()
    try:
        output = await solve(attempt)
    except TimeoutError as error:
        ending = out_of_time(ticket.limits.wall_seconds) if attempt.clock.ran_out else ending_of(error)
    except asyncio.CancelledError:
        _go_on()
        ending = interrupted()
    except Exception as error:
        ending = ending_of(error)
        _log_ending(ticket, ending, error)
    return await _report(attempt, ending, output)


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


async def _report(attempt: Try, ending: Ending, output: ArtifactRef | None) -> AttemptExecuted:
    ticket = attempt.ticket
    ending = await _keep_result(attempt, ending, output)
    return AttemptExecuted(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=attempt.ports.worker_id,
        outcome=ending.outcome,
        reason=ending.reason,
        fault=ending.fault,
        calls=receipts(attempt.calls),
        output=output if ending.outcome is None else None,
        artifacts=attempt.kept.refs,
        duration_seconds=attempt.clock.used_seconds,
    )


async def _keep_result(attempt: Try, ending: Ending, output: ArtifactRef | None) -> Ending:
    """``result.json``. A store that does not take it ends the try as it would have earlier."""
    ticket = attempt.ticket
    result = Result(
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=attempt.ports.worker_id,
        task_id=ticket.task_id,
        task_digest=ticket.task_digest,
        sample_id=ticket.sample_id,
        repeat=ticket.repeat,
        model=ticket.model,
        outcome=ending.outcome,
        reason=ending.reason,
        fault=ending.fault,
        duration_seconds=attempt.clock.used_seconds,
        cost_nanousd=sum(call.cost_nanousd for call in attempt.calls),
        usage=sum((call.usage for call in attempt.calls), Usage()),
        calls=attempt.calls,
        output=output,
        notes=tuple(attempt.notes),
        artifacts=dict(attempt.kept.refs),
    )
    try:
        await attempt.kept.keep(RESULT, encode(result), JSON)
    except Exception as error:
        return ending if ending.outcome else ending_of(error)
    return ending


def _log_ending(ticket: Ticket, ending: Ending, error: Exception) -> None:
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
