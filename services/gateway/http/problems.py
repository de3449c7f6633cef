"""The one place where errors become HTTP: every one a problem as RFC 9457 has it."""

from __future__ import annotations

import math
import re
from enum import Enum
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.typing import FieldDefinition

from assay.artifacts import ArtifactError, ArtifactRetryable
from assay.bus.errors import BusError, MessageRefused
from assay.catalog.did_you_mean import closest
from assay.contracts.codec import Data, encode
from assay.contracts.problems import FieldError, Problem, ProblemError
from services.gateway.errors import RETRY_AFTER_SECONDS, InvalidRequest, MalformedBody, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"
_HINTS = {
    HTTPStatus.NOT_FOUND: "Nothing is at this path; /docs lists what the API has.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The Allow header names the methods this path has; /docs describes them.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "A body may have 1,000,000 bytes at most.",
}
_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}
_NOT_OF_ENUM = re.compile(r"^Invalid enum value '(?P<value>.*)'$", re.DOTALL)


class ProblemBody(Data, frozen=True, kw_only=True):
    """A Problem as RFC 9457 has it: with a ``type`` that names the kind of problem."""

    type: str
    code: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after_seconds: float | None = None


def problem_json(problem: Problem) -> bytes:
    """The problem's JSON."""
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
    """Every exception that leaves a route ends here."""
    problem = _parameter_problem(request, error) if isinstance(error, ValidationException) else to_problem(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        structlog.get_logger().exception("gateway.failed", path=request.url.path, exc_info=error)
    return problem_response(problem, error.headers if isinstance(error, HTTPException) else None)


def to_problem(error: Exception) -> Problem:
    """What to tell people of it; nothing of the inside is told."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, MessageRefused):
        return Problem(code="too_large", title="Too large for the bus", status=413, detail=f"{error}. Ask for less.")
    if isinstance(error, BusError):
        return Unavailable(str(error)).problem
    if isinstance(error, ArtifactError):
        return _store_problem(error)
    if isinstance(error, SerializationException):
        return MalformedBody(error.detail).problem
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _status_problem(error)
    detail = "An unexpected error; the gateway's log has it under 'gateway.failed'."
    return Problem(code="internal", title="Internal error", status=500, detail=detail)


def _parameter_problem(request: Request[Any, Any, Any], error: ValidationException) -> Problem:
    """Litestar's findings about path, query and header; an id that cannot be one is as unknown as any other."""
    found: list[Any] = error.extra if isinstance(error.extra, list) else []
    for item in found:
        if item.get("source") == "path":
            key = str(item["key"])
            return NotFound(key.removesuffix("_id"), str(request.path_params.get(key, ""))).problem
    errors = [_parameter_error(request, item) for item in found]
    return InvalidRequest(*(errors or [FieldError(where="request", message=error.detail)])).problem


def _parameter_error(request: Request[Any, Any, Any], item: dict[str, Any]) -> FieldError:
    if item.get("source") == "body":
        return FieldError(where="body", message="is missing")
    key, message = str(item.get("key", "")), str(item.get("message", ""))
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    where = getattr(parameter.kwarg_definition, "name", None) or key if parameter else key
    if parameter and (wrong := _NOT_OF_ENUM.match(message)) and (values := _enum_values(parameter)):
        message = f"{wrong['value']!r} is none of {', '.join(values)}"
        return FieldError(where=where, message=message, near=closest(wrong["value"], values))
    return FieldError(where=where, message=message)


def _enum_values(parameter: FieldDefinition) -> list[str]:
    """What a parameter with fixed values may be."""
    kinds = [kind.annotation for kind in parameter.inner_types or (parameter,)]
    return [str(v.value) for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum) for v in kind]


def _store_problem(error: ArtifactError) -> Problem:
    if isinstance(error, ArtifactRetryable):
        return Unavailable(f"the artifact store: {error}").problem
    return Problem(code="artifact_lost", title="The artifact cannot be read", status=502, detail=str(error))


def _status_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status, f"http_{error.status_code}")
    detail = _HINTS.get(status, "") if error.detail == status.phrase else error.detail
    return Problem(code=code, title=status.phrase, status=status, detail=detail)
