"""What the gateway answers instead of a result, and the one place where that becomes HTTP (RFC 9457 problems).

ProblemError                 (contracts) carries the Problem; those of the catalogue and of the ledger pass as they are
└── GatewayError
    ├── Unreadable           400  the body is not JSON at all
    ├── Invalid              422  it is, but a field or value of it is wrong; ``errors`` names each place
    ├── Unknown              404  nothing has this name
    ├── Unauthorized         401  a token is configured and this is not it
    ├── Refused              403  this Host or Origin has no business here
    └── Unavailable          503  the part behind the gateway does not answer; retryable, ``Retry-After`` says when
InvalidSettings              the process does not start
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException

from assay.artifacts import ArtifactError, ArtifactRetryable
from assay.bus.errors import BusUnavailable
from assay.contracts.codec import Data, encode
from assay.contracts.problems import FieldError, Problem, ProblemError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2.0
_HINTS = {
    HTTPStatus.NOT_FOUND: "Nothing is at this path; /docs lists what the API has.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The Allow header names the methods this path has; /docs describes them.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "A body may have 1,000,000 bytes at most.",
}


class InvalidSettings(ValueError):
    """What the gateway was told to be cannot be."""


class GatewayError(ProblemError):
    """A problem the gateway itself found."""


class Unreadable(GatewayError):
    def __init__(self, detail: str) -> None:
        super().__init__(Problem(code="malformed", title="The body is not JSON", status=400, detail=detail))


class Invalid(GatewayError):
    def __init__(self, *errors: FieldError) -> None:
        detail = "; ".join(_sentence(error) for error in errors)
        title = "The request has a field or value that is not valid"
        super().__init__(Problem(code="invalid", title=title, status=422, detail=detail, errors=errors))


class Unknown(GatewayError):
    def __init__(self, noun: str, name: str, hint: str = "", near: str | None = None) -> None:
        error = FieldError(where=noun, message=f"unknown {noun} {name!r}", near=near)
        detail = f"{_sentence(error)}. {hint}".strip()
        code = f"unknown_{noun.replace(' ', '_')}"
        super().__init__(Problem(code=code, title=f"Unknown {noun}", status=404, detail=detail, errors=(error,)))


class Unauthorized(GatewayError):
    def __init__(self) -> None:
        detail = (
            "Send the token of this gateway (ASSAY_TOKEN) as 'Authorization: Bearer ...', or open /?token=... once."
        )
        super().__init__(Problem(code="unauthorized", title="A token is required", status=401, detail=detail))


class Refused(GatewayError):
    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(Problem(code=code, title=title, status=403, detail=detail))


class Unavailable(GatewayError):
    def __init__(self, detail: str, retry_after_seconds: float = RETRY_AFTER_SECONDS) -> None:
        title = "A part behind the gateway does not answer"
        super().__init__(
            Problem(code="unavailable", title=title, status=503, detail=detail, retry_after_seconds=retry_after_seconds)
        )


class ProblemBody(Data, frozen=True, kw_only=True):
    """A Problem as RFC 9457 has it: with a ``type`` that names the kind of problem."""

    type: str
    code: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after_seconds: float | None = None


def body_of(problem: Problem) -> bytes:
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


def headers_of(problem: Problem) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    if problem.status in (429, 503):
        headers["retry-after"] = str(math.ceil(problem.retry_after_seconds or RETRY_AFTER_SECONDS))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="assay"'
    return headers


def respond(problem: Problem, extra: dict[str, str] | None = None) -> Response[bytes]:
    headers = {**(extra or {}), **headers_of(problem)}
    return Response(body_of(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Every exception that leaves a route ends here."""
    problem = _of_path(request, error) or problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        structlog.get_logger().exception("gateway.failed", path=request.url.path, exc_info=error)
    return respond(problem, error.headers if isinstance(error, HTTPException) else None)


def problem_of(error: Exception) -> Problem:
    """What to tell people of it; nothing of the inside is told."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, BusUnavailable):
        return Unavailable(f"{error} The request may or may not have had an effect; ask again in a moment.").problem
    if isinstance(error, ArtifactError):
        return _of_store(error)
    if isinstance(error, ValidationException):
        return Invalid(*_parameters(error)).problem
    if isinstance(error, SerializationException):
        return Unreadable(error.detail).problem
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_status(error)
    detail = "An unexpected error; the gateway's log has it under 'gateway.failed'."
    return Problem(code="internal", title="Internal error", status=500, detail=detail)


def _of_path(request: Request[Any, Any, Any], error: Exception) -> Problem | None:
    """An id that cannot be one is as unknown as any other."""
    found: Any = error.extra if isinstance(error, ValidationException) else None
    for item in found if isinstance(found, list) else ():
        if item.get("source") == "path":
            key = str(item["key"])
            return Unknown(key.removesuffix("_id"), str(request.path_params.get(key, ""))).problem
    return None


def _of_store(error: ArtifactError) -> Problem:
    if isinstance(error, ArtifactRetryable):
        return Unavailable(f"the artifact store: {error}").problem
    return Problem(code="artifact_lost", title="The artifact cannot be read", status=502, detail=str(error))


def _of_status(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    detail = _HINTS.get(status, "") if error.detail == status.phrase else error.detail
    return Problem(code=code, title=status.phrase, status=status, detail=detail)


def _parameters(error: ValidationException) -> tuple[FieldError, ...]:
    """Litestar's findings about query, path and header parameters."""
    found: list[Any] = error.extra if isinstance(error.extra, list) else []
    errors = tuple(_parameter(item) for item in found if isinstance(item, dict))
    return errors or (FieldError(where="request", message=error.detail),)


def _parameter(item: dict[str, Any]) -> FieldError:
    if item.get("source") == "body":
        return FieldError(where="body", message="is missing")
    return FieldError(where=str(item.get("key", "")), message=str(item.get("message", "")))


def _sentence(error: FieldError) -> str:
    hint = f", did you mean {error.near!r}?" if error.near else ""
    return f"{error.where}: {error.message}{hint}"
