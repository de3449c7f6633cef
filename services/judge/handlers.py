"""What the judge does with a ticket."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import structlog

from assay.artifacts import ArtifactRetryable
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptJudged, Fault, Ticket
from assay.contracts.codec import encode
from assay.contracts.verdicts import Outcome, Verdict
from assay.sandbox import ProviderUnavailable, SandboxError, SandboxRetryable
from services.judge.checks.regex import Search
from services.judge.checks.tests import TestBench
from services.judge.errors import HiddenUnusable, JudgeError, JudgeRetryable, StoreSilent
from services.judge.grading import Graded, grade, refusal
from services.judge.hidden import HiddenBundles
from services.judge.outputs import OutputRefused, fetch_output

_log = structlog.get_logger(__name__)


class AttemptArtifacts(Protocol):
    """The area ``attempts`` of the artifact store."""

    async def get(self, ref: ArtifactRef) -> bytes: ...
    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    worker_id: str
    hidden: HiddenBundles
    attempts: AttemptArtifacts
    searcher: Search
    bench: TestBench


async def on_ticket(ticket: Ticket, ports: Ports) -> AttemptJudged:
    """A verdict, whatever was handed in; ``infra_error`` with a fault only where the judge itself is at fault."""
    started = time.monotonic()
    try:
        graded = await _graded(ticket, ports)
        artifacts = await _stored(graded, ports)
    except (JudgeError, SandboxError) as error:
        return on_failure(ticket, error, ports.worker_id, time.monotonic() - started)
    return AttemptJudged(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=ports.worker_id,
        verdict=graded.verdict,
        artifacts=artifacts,
        duration_seconds=time.monotonic() - started,
    )


def on_failure(ticket: Ticket, error: BaseException, worker_id: str, duration_seconds: float = 0.0) -> AttemptJudged:
    """The report that nothing could be said of the attempt. What nobody foresaw is worth another try."""
    known = isinstance(error, JudgeError | SandboxError)
    again = isinstance(error, JudgeRetryable | SandboxRetryable | ProviderUnavailable) or not known
    kind = error.kind if isinstance(error, JudgeError) else "sandbox" if known else "judge"
    message = str(error) if known else f"the judge failed: {error!r}"
    _log.warning("judge.cannot_grade", attempt=ticket.attempt_id, token=ticket.token, kind=kind, reason=message)
    return AttemptJudged(
        message_id=_message_id(ticket),
        attempt_id=ticket.attempt_id,
        token=ticket.token,
        worker_id=worker_id,
        verdict=Verdict(outcome=Outcome.INFRA_ERROR, reason=f"could not be graded: {message}"[:1000]),
        fault=Fault(kind=kind, message=message[:1000], new_try=again),
        duration_seconds=duration_seconds,
    )


async def _graded(ticket: Ticket, ports: Ports) -> Graded:
    if ticket.hidden is None:
        raise HiddenUnusable("the ticket names no hidden bundle; only a judge's ticket can be graded")
    hidden = await ports.hidden.get(ticket.hidden)
    try:
        output = await fetch_output(hidden.task, ticket.output, ports.attempts)
    except OutputRefused as refused:
        return Graded(verdict=refusal(hidden.task, str(refused)))
    return await grade(hidden, ticket.sample_id, output, ports, ticket.sandbox)


async def _stored(graded: Graded, ports: Ports) -> dict[str, ArtifactRef]:
    """Only running tests leaves more behind than the report itself carries."""
    if not graded.logs:
        return {}
    try:
        refs = {
            name: await ports.attempts.put(log.data, "text/plain; charset=utf-8", truncated=log.truncated)
            for name, log in graded.logs.items()
        }
        return {**refs, "verdict.json": await ports.attempts.put(encode(graded.verdict), "application/json")}
    except ArtifactRetryable as error:
        raise StoreSilent(f"the logs of the tests: {error}") from error


def _message_id(ticket: Ticket) -> str:
    return f"{ticket.attempt_id}:{ticket.token}:judged"
