"""Requests and responses of the scripted gateway."""

from __future__ import annotations

from typing import Any, TypeVar

from litestar import Request, Response

from assay.contracts.codec import decode, encode
from assay.contracts.problems import FieldError, Problem, ProblemError
from tests.web.scripted_gateway.live_socket import LiveHub

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]


def hub_of(connection: Any) -> LiveHub:
    return connection.app.state.hub


def respond(value: Any, status: int = 200) -> Response[bytes]:
    return Response(encode(value), status_code=status, media_type="application/json")


def query(request: AnyRequest, name: str, default: str = "") -> str:
    return str(request.query_params.get(name, default))


async def decode_body(request: AnyRequest, kind: type[T]) -> T:
    """The body as ``kind``. Raises ProblemError if it is not valid."""
    try:
        return decode(kind, await request.body())
    except ValueError as error:
        wrong = FieldError(where="", message=str(error))
        title = "Invalid request"
        raise ProblemError(Problem(code="invalid", title=title, status=422, errors=(wrong,))) from error
