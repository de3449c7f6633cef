"""Request bodies decoded by the contracts' own strict codec, and what is wrong with them told field by field."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.typing import FieldDefinition

from assay.catalog.did_you_mean import closest
from assay.contracts.codec import Malformed, decode
from assay.contracts.problems import FieldError
from services.gateway.errors import InvalidRequest, MalformedBody

MAX_BODY_BYTES = 1_000_000

T = TypeVar("T")
_PLACE = re.compile(r"^(?P<message>.*?)(?: - at `\$(?P<where>.*?)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `(?P<name>.*)`")


def decode_body(kind: type[T], data: bytes) -> T:
    """``data`` as a ``kind``. Raises Unreadable for what is no JSON, Invalid for what is no ``kind``."""
    try:
        value = decode(kind, data)
    except Malformed as error:
        if isinstance(error.__cause__, msgspec.ValidationError):
            raise InvalidRequest(_field_error(kind, str(error.__cause__))) from error
        raise MalformedBody(str(error)) from error
    if strange := list(_unknown_fields(kind, msgspec.json.decode(data), "")):
        raise InvalidRequest(*strange)
    return value


class Body(AbstractDTO[T]):
    """Litestar's hook for bodies: ``dto=Body[RunRequest]`` on a route with ``data: RunRequest``."""

    def decode_bytes(self, value: bytes) -> Any:
        return decode_body(self.model_type, value)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to prepare: the contract is its own transfer model."""

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def _field_error(kind: type[Any], text: str) -> FieldError:
    found = _PLACE.match(text)
    message, place = (found["message"], found["where"] or "") if found else (text, "")
    where = place.removeprefix(".")
    if unknown := _UNKNOWN.search(message):
        name = unknown["name"]
        here = f"{where}.{name}" if where else name
        return FieldError(where=here, message="unknown field", near=closest(name, _field_names(kind, where)))
    return FieldError(where=where or "body", message=message)


def _unknown_fields(kind: Any, value: Any, where: str) -> Iterator[FieldError]:
    """Fields that a contract inside the body would pass over in silence; people who misspell want to know."""
    struct = _struct(kind)
    if struct is None or not isinstance(value, dict):
        return
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    for name, inner in cast("dict[str, Any]", value).items():
        here = f"{where}.{name}" if where else name
        if name in kinds:
            yield from _unknown_fields(kinds[name], inner, here)
        else:
            yield FieldError(where=here, message="unknown field", near=closest(name, kinds))


def _field_names(kind: Any, where: str) -> list[str]:
    """Names of the fields of the struct at that place in a ``kind``."""
    struct = _struct(kind)
    for step in where.split(".") if where else ():
        fields = msgspec.structs.fields(struct) if struct else ()
        struct = _struct(next((field.type for field in fields if field.encode_name == step), None))
    return [field.encode_name for field in msgspec.structs.fields(struct)] if struct else []


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The one struct that a value of the kind can be, where it can be one."""
    for member in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
        if isinstance(member, type) and issubclass(member, msgspec.Struct):
            return member
    return None
