"""Encoding and decoding of rpc, independent of the transport: requests and replies as bytes, errors as Problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from assay.bus import metrics
from assay.bus.protocol import RpcHandler
from assay.contracts.codec import MAX_MESSAGE_BYTES, Malformed, decode, encode
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Request
from assay.tracing import resume
from assay.tracing.span import NO_CARRIER, Carrier, Kind

R = TypeVar("R")
_IDS = ("run_id", "attempt_id")
_OUR_FAULT = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """If ``ok`` is false, ``payload`` is a Problem."""

    ok: bool
    payload: bytes

    @property
    def is_empty(self) -> bool:
        """The handler of a broadcast request left it to another process."""
        return self.payload == b"null"


async def dispatch(kind: type[Request[Any]], handler: RpcHandler, payload: bytes, trace: Carrier = NO_CARRIER) -> Reply:
    """Run the handler on an encoded request. Never raises: all errors become Problems for the caller."""
    with resume(kind.name(), Kind.SERVER, trace) as span, metrics.timed(kind.name()):
        answer = await _handle(kind, handler, payload)
        if not isinstance(answer, Problem):
            return Reply(True, answer)
        metrics.count_error(kind.name(), answer.status)
        if answer.status >= _OUR_FAULT:
            span.fail(answer.title)
        return Reply(False, encode(answer))


async def _handle(kind: type[Request[Any]], handler: RpcHandler, payload: bytes) -> bytes | Problem:
    try:
        request: Request[Any] = decode(kind, payload)
    except Malformed as error:
        return Problem(
            code="malformed_request",
            title=f"the request {kind.name()} could not be decoded",
            detail=f"{error}. Caller and service probably run different versions; use the same release for both.",
        )
    with bound_contextvars(**_ids(request)):
        return await _answer(handler, request)


async def _answer(handler: RpcHandler, request: Request[Any]) -> bytes | Problem:
    kind = type(request)
    try:
        return _sized(kind, encode(await handler(request)))
    except ProblemError as error:
        return error.problem
    except Exception as error:
        _log.exception("rpc.handler_failed", request=kind.name(), error=repr(error))
        return Problem(
            code="internal",
            title=f"{kind.name()} failed inside {kind.service}",
            status=500,
            detail=f"{type(error).__name__}; see the traceback in the log of {kind.service}.",
        )


def decode_reply(request: Request[R], reply: Reply) -> R:
    """Decode a reply as the type the request declares. Raises ProblemError if it is a Problem."""
    try:
        if reply.ok:
            return decode(request.reply, reply.payload)
        problem: Problem = decode(Problem, reply.payload)
    except Malformed as error:
        problem = Problem(
            code="malformed_reply",
            title=f"the reply to {request.name()} could not be decoded",
            status=502,
            detail=f"{error}. Caller and {request.service} probably run different versions; use the same release.",
        )
    raise ProblemError(problem)


def _ids(request: Request[Any]) -> dict[str, str]:
    """The run or attempt that the request is about, for log lines."""
    return {name: value for name in _IDS if (value := getattr(request, name, ""))}


def _sized(kind: type[Request[Any]], payload: bytes) -> bytes | Problem:
    if len(payload) <= MAX_MESSAGE_BYTES:
        return payload
    return Problem(
        code="reply_too_large",
        title=f"the reply to {kind.name()} exceeds the bus's size limit",
        status=413,
        detail=f"{len(payload):,} bytes exceed {MAX_MESSAGE_BYTES:,}; request fewer items with a smaller limit.",
    )
