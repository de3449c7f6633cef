"""Request bodies, decoded by the contracts' strict codec instead of Litestar's."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.typing import FieldDefinition

from assay.contracts.codec import Malformed, decode
from assay.validation.field_errors import field_error, unknown_fields
from services.gateway.errors import InvalidRequest, MalformedBody

MAX_BODY_BYTES = 1_000_000

T = TypeVar("T")


def decode_body(kind: type[T], data: bytes) -> T:
    """Raises MalformedBody if ``data`` is not JSON, InvalidRequest if it is not a ``kind``."""
    try:
        value = decode(kind, data)
    except Malformed as error:
        cause = error.__cause__
        if isinstance(cause, msgspec.ValidationError):
            raise InvalidRequest(field_error(kind, str(cause), data)) from error
        raise MalformedBody(_reason(cause)) from error
    if unknown := unknown_fields(kind, data):
        raise InvalidRequest(*unknown)
    return value


def _reason(cause: BaseException | None) -> str:
    if isinstance(cause, UnicodeDecodeError):
        return f"it contains the byte 0x{cause.object[cause.start]:02x}, which is not UTF-8"
    return "it is nested too deeply" if isinstance(cause, RecursionError) else str(cause)


class Body(AbstractDTO[T]):
    """Litestar's hook for bodies: ``dto=Body[RunRequest]`` on a route with ``data: RunRequest``."""

    def decode_bytes(self, value: bytes) -> Any:
        return decode_body(self.model_type, value)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Does nothing: the contract is its own transfer model."""

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False
