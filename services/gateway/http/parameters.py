"""Parameters that several routes share, and the refusal of those that no route knows."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from assay.catalog.did_you_mean import closest
from assay.contracts.problems import FieldError
from services.gateway.errors import InvalidRequest

PLAIN = r"^[^\x00-\x1f\x7f]*$"

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="Items per page.")]
Cursor = Annotated[str, QueryParameter(max_length=200, pattern=PLAIN, description="`next_cursor` of the page before.")]
Text = Annotated[str, QueryParameter(max_length=200, pattern=PLAIN)]
Name = Annotated[str, PathParameter(max_length=200)]
RunId = Annotated[str, PathParameter(max_length=64, pattern="^[0-9a-z]+$", description="A run's id.")]
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        pattern="^[!-~]*$",
        description="The same key with the same body gives the same run; with another body, 422.",
    ),
]
AttemptId = Annotated[str, PathParameter(max_length=80, pattern="^[0-9a-z]+-[0-9]+$", description="An attempt's id.")]


async def refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """A misspelt filter must not look like one that matched everything."""
    known = {
        getattr(definition.kwarg_definition, "name", None) or name
        for name, definition in request.route_handler.parsed_fn_signature.parameters.items()
    }
    names = sorted(str(name) for name in known)
    errors = [
        FieldError(where=key, message="unknown parameter", near=closest(key, names))
        for key in dict.fromkeys(request.query_params.keys())
        if key not in known
    ]
    if errors:
        raise InvalidRequest(*errors)
