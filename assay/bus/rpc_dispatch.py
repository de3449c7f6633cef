"""Both ends of a request, whatever carries it: a handler's reply as bytes, and bytes as a reply or a typed error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from assay.bus.protocol import RpcHandler
from assay.contracts.codec import MAX_MESSAGE_BYTES, Malformed, decode, encode
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Request

R = TypeVar("R")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """``ok`` false means that ``payload`` is a Problem."""

    ok: bool
    payload: bytes


async def dispatch(kind: type[Request[Any]], handler: RpcHandler, payload: bytes) -> Reply:
    """Never raises: whatever goes wrong at this end, the other end gets a Problem."""
    try:
        request: Request[Any] = decode(kind, payload)
        return _sized(kind, encode(await handler(request)))
    except ProblemError as error:
        return _problem(error.problem)
    except Malformed as error:
        return _problem(
            Problem(
                code="malformed_request",
                title=f"{kind.name()} could not be read",
                detail=f"{error}. Caller and service are likely of different versions; start both from one release.",
            )
        )
    except Exception as error:
        _log.exception("rpc.handler_failed", request=kind.name(), error=repr(error))
        return _problem(
            Problem(
                code="internal",
                title=f"{kind.name()} failed inside {kind.service}",
                status=500,
                detail=f"{type(error).__name__}; the log of {kind.service} has the traceback. Nothing was promised.",
            )
        )


def decode_reply(request: Request[R], reply: Reply) -> R:
    """The reply as the request's own type; raises ProblemError for a Problem."""
    try:
        if reply.ok:
            return decode(request.reply, reply.payload)
        problem: Problem = decode(Problem, reply.payload)
    except Malformed as error:
        problem = Problem(
            code="malformed_reply",
            title=f"the reply to {request.name()} could not be read",
            status=502,
            detail=f"{error}. Caller and {request.service} are likely of different versions.",
        )
    raise ProblemError(problem)


def _sized(kind: type[Request[Any]], payload: bytes) -> Reply:
    if len(payload) <= MAX_MESSAGE_BYTES:
        return Reply(True, payload)
    return _problem(
        Problem(
            code="reply_too_large",
            title=f"the reply to {kind.name()} is too large for the bus",
            status=413,
            detail=f"{len(payload):,} bytes are over {MAX_MESSAGE_BYTES:,}; ask for fewer items with a smaller limit.",
        )
    )


def _problem(problem: Problem) -> Reply:
    return Reply(False, encode(problem))
