"""How the stage reads what it is asked and writes what it answers."""

from __future__ import annotations

from typing import Any, TypeVar

from litestar import Request, Response

from assay.contracts.codec import decode, encode
from assay.contracts.problems import FieldError, Problem, ProblemError
from tests.web.stage.live import Switchboard

T = TypeVar("T")
Asked = Request[Any, Any, Any]


def board_of(connection: Any) -> Switchboard:
    return connection.app.state.board


def reply(value: Any, status: int = 200) -> Response[bytes]:
    return Response(encode(value), status_code=status, media_type="application/json")


def query(request: Asked, name: str, otherwise: str = "") -> str:
    return str(request.query_params.get(name, otherwise))


async def read(request: Asked, kind: type[T]) -> T:
    """The body as ``kind``; a ProblemError when it is none."""
    try:
        return decode(kind, await request.body())
    except ValueError as error:
        wrong = FieldError(where="", message=str(error))
        title = "Invalid request"
        raise ProblemError(Problem(code="invalid", title=title, status=422, errors=(wrong,))) from error
