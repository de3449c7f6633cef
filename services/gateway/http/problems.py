"""Turns every error into an RFC 9457 problem; the only place where errors become HTTP."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from msgspec import UNSET

from assay.artifacts import ArtifactError, ArtifactRetryable
from assay.bus.errors import BusError, MessageRefused
from assay.contracts.codec import Data, encode
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.validation.field_errors import parameter_error
from services.gateway.errors import RETRY_AFTER_SECONDS, InvalidRequest, MalformedBody, NotFound, Unavailable
from services.gateway.http.request_body import MAX_BODY_BYTES

_log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
_HINTS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path; /docs lists the paths of the API.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The Allow header lists the methods of this path; /docs describes them.",
}
_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


class ProblemBody(Data, frozen=True, kw_only=True):
    """An RFC 9457 problem: a Problem with a ``type`` URI."""

    type: str
    code: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after_seconds: float | None = None


def problem_json(problem: Problem) -> bytes:
    return encode(
        ProblemBody(
            type=f"urn:assay:problem:{problem.code}",
            code=problem.code,
            title=problem.title,
            status=problem.status,
            detail=problem.detail,
            errors=problem.errors,
            retry_after_seconds=problem.retry_after_seconds,
        )
    )


def problem_headers(problem: Problem) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    if problem.status in (429, 503):
        headers["retry-after"] = str(math.ceil(problem.retry_after_seconds or RETRY_AFTER_SECONDS))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="assay"'
    return headers


def problem_response(problem: Problem, extra: dict[str, str] | None = None) -> Response[bytes]:
    headers = {**(extra or {}), **problem_headers(problem)}
    return Response(problem_json(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Handles every exception that a route raises."""
    problem = _parameter_problem(request, error) if isinstance(error, ValidationException) else to_problem(error)
    if problem.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and isinstance(error, HTTPException):
        problem = msgspec.structs.replace(problem, detail=_body_too_large(request))
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.exception("gateway.request_failed", path=request.url.path, exc_info=error)
    return problem_response(problem, error.headers if isinstance(error, HTTPException) else None)


def _body_too_large(request: Request[Any, Any, Any]) -> str:
    """A body that is sent in chunks is cut off before its size is known."""
    length = request.headers.get("content-length", "")
    size = (
        f"{int(length):,} bytes" if length.isdecimal() and len(length) < 20 else f"more than {MAX_BODY_BYTES:,} bytes"
    )
    return f"The request body has {size}; at most {MAX_BODY_BYTES:,} are accepted."


def to_problem(error: Exception) -> Problem:
    """Unexpected errors reveal nothing about the inside."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, MessageRefused):
        detail = f"{error}. Send or request less at once."
        return Problem(code="too_large", title="Message too large", status=413, detail=detail)
    if isinstance(error, BusError):
        return Unavailable(str(error)).problem
    if isinstance(error, ArtifactError):
        return _store_problem(error)
    if isinstance(error, SerializationException):
        return MalformedBody(error.detail).problem
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _status_problem(error)
    detail = "An unexpected error occurred; look for 'gateway.request_failed' in the gateway's log."
    return Problem(code="internal", title="Internal error", status=500, detail=detail)


def _parameter_problem(request: Request[Any, Any, Any], error: ValidationException) -> Problem:
    """Litestar's errors about path, query and headers. A malformed id in the path is answered as an unknown one."""
    found: list[Any] = error.extra if isinstance(error.extra, list) else []
    for item in found:
        if item.get("source") == "path":
            key = str(item["key"])
            return NotFound(key.removesuffix("_id"), str(request.path_params.get(key, ""))).problem
    errors = [_parameter_error(request, item) for item in found]
    return InvalidRequest(*(errors or [FieldError(where="request", message=error.detail)])).problem


def _parameter_error(request: Request[Any, Any, Any], item: dict[str, Any]) -> FieldError:
    if item.get("source") == "body":
        return FieldError(where="body", message="a JSON body is required")
    key, message = str(item.get("key", "")), str(item.get("message", ""))
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    if parameter is None:
        return FieldError(where=key, message=message)
    where = getattr(parameter.kwarg_definition, "name", None) or key
    value = request.query_params.get(where, request.headers.get(where, UNSET))
    return parameter_error(where, message, value, parameter.annotation)


def _store_problem(error: ArtifactError) -> Problem:
    if isinstance(error, ArtifactRetryable):
        return Unavailable(f"the artifact store: {error}").problem
    return Problem(code="artifact_lost", title="The artifact cannot be read", status=502, detail=str(error))


def _status_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status, f"http_{error.status_code}")
    detail = _HINTS.get(status, "") if error.detail == status.phrase else error.detail
    return Problem(code=code, title=status.phrase, status=status, detail=detail)
