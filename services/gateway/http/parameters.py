"""Parameters shared by several routes, and the check for unknown ones."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from assay.contracts.problems import FieldError
from assay.contracts.providers import ProviderId
from assay.validation.did_you_mean import closest
from assay.validation.formats import NO_CONTROL_CHARACTERS, PRINTABLE_ASCII, pattern
from services.gateway.errors import InvalidRequest

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="Items per page.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=200, pattern=NO_CONTROL_CHARACTERS, description="`next_cursor` of the previous page."),
]
Text = Annotated[str, QueryParameter(max_length=200, pattern=NO_CONTROL_CHARACTERS)]
Name = Annotated[str, PathParameter(max_length=200)]
ProviderName = Annotated[
    str, PathParameter(max_length=64, pattern=pattern(ProviderId), description="The provider's id.")
]
RunId = Annotated[str, PathParameter(max_length=64, pattern="^[0-9a-z]+$", description="The run's id.")]
IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        pattern=PRINTABLE_ASCII,
        description="Repeating a request with the same key and body returns the same run; with another body, 422.",
    ),
]
AttemptId = Annotated[
    str,
    PathParameter(max_length=80, pattern="^[0-9a-z]+-[0-9]+$", description="The attempt's id, `<run id>-<number>`."),
]


async def refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """A misspelled filter must not look like one that matches everything."""
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
