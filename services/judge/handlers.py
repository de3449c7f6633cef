"""Handles a ticket: grades the attempt and reports the verdict."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog
from msgspec import structs

from assay.contracts.attempts import AttemptJudged, Fault, FaultKind, Ticket
from assay.contracts.evaluation import Evaluation
from assay.contracts.ids import run_of
from assay.contracts.results import Result
from assay.contracts.verdicts import Outcome, Verdict
from assay.sandbox import ProviderUnavailable, SandboxError, SandboxRetryable
from services.judge.artifacts.outputs import Output, OutputRefused, fetch_output
from services.judge.artifacts.results import attach_result, read_result, store_outputs
from services.judge.errors import HiddenBundleInvalid, JudgeError, JudgeRetryable, StoreUnavailable
from services.judge.grading.evaluation import evaluation_of
from services.judge.grading.grade import GradingResult, all_failed, grade
from services.judge.ports import Ports
from services.judge.rubric.judging import Judging, open_judging

_log = structlog.get_logger(__name__)


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptJudged:
    """Returns a verdict for any output; ``infra_error`` with a fault only if the judge itself fails. The report has the
    calls of models that judge in any case."""
    started = time.monotonic()
    judging: Judging | None = None
    try_result: Result | None = None
    try:
        try_result = await read_result(ticket.result, ports.attempts)
        judging = await _open_judging(ticket, ports)
        graded, evaluation = await _grade(ticket, ports, judging, try_result)
        artifacts = await store_outputs(graded, ports.attempts)
        report = AttemptJudged(
            message_id=_message_id(ticket),
            attempt_id=ticket.attempt_id,
            token=ticket.token,
            worker_id=ports.worker_id,
            verdict=graded.verdict,
            calls=judging.calls if judging else (),
            artifacts=artifacts,
            duration_seconds=time.monotonic() - started,
            evaluation=evaluation,
            flags=graded.flags,
            predictions=graded.predictions,
        )
        return await attach_result(report, try_result, ports.attempts)
    except (JudgeError, SandboxError, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError) and not (judging and judging.calls):
            raise
        report = on_failure(ticket, error, ports.worker_id, time.monotonic() - started)
        report = structs.replace(report, calls=judging.calls if judging else ())
        with suppress(StoreUnavailable):
            return await attach_result(report, try_result, ports.attempts)
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


async def _open_judging(ticket: Ticket, ports: Ports) -> Judging | None:
    if not ticket.judges or ports.panel is None or ports.open_budget is None:
        return None
    return await open_judging(ticket, ports.panel, ports.open_budget(ticket), ports.attempts)


async def _grade(
    ticket: Ticket, ports: Ports, judging: Judging | None, try_result: Result | None
) -> tuple[GradingResult, Evaluation]:
    if ticket.hidden is None:
        raise HiddenBundleInvalid("the ticket has no hidden bundle, so it is not a judge's ticket")
    hidden = await ports.hidden.get(ticket.hidden)
    output: Output | None = None
    try:
        output = await fetch_output(hidden.task, ticket.output, ports.attempts)
    except OutputRefused as refused:
        graded = all_failed(hidden.task, str(refused))
    else:
        run_id = run_of(ticket.attempt_id)
        graded = await grade(hidden, ticket.sample_id, output, ports, ticket.sandbox, run_id, judging, ticket.regrade)
    return graded, await evaluation_of(hidden.task, output, graded, try_result, ports.complexity)


def _message_id(ticket: Ticket) -> str:
    return f"{ticket.attempt_id}:{ticket.token}:judged"
