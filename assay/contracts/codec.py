"""The codec for everything on the wire: JSON by msgspec, strict about types, lenient about unknown fields."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MAX_MESSAGE_BYTES = 1_000_000
"""Limit of a bus message. Larger content goes to the artifact store and a reference goes on the bus."""

WITHOUT_NUL = r"^[^\x00]*\Z"
"""The pattern of text that Postgres can store."""

_encoder = msgspec.json.Encoder()
_canonical = msgspec.json.Encoder(order="deterministic")


class Malformed(ValueError):
    """Bytes that do not decode as the expected type; the text says where and why."""


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """A plain value. Frozen and keyword-only, so a new field with a default never breaks an old caller."""


class Message(Data, frozen=True, kw_only=True, tag_field="type"):
    """A value with a tag, which is also the suffix of its subject and the browser's ``event.type``."""

    @classmethod
    def name(cls) -> str:
        """The message's tag, for example ``attempt.finished``."""
        return str(cls.__struct_config__.tag)


def encode(value: Any) -> bytes:
    return _encoder.encode(value)


def canonical(value: Any) -> bytes:
    """Encode with sorted keys, so that equal values give equal bytes. Used for digests and attempt keys."""
    return _canonical.encode(value)


def digest(value: Any) -> str:
    """Lower-case hex sha256 of the value's canonical bytes."""
    return sha256(canonical(value)).hexdigest()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(kind: type[T] | Any, data: bytes) -> T:
    """Decode ``data`` as a ``kind``. Raises Malformed, naming the field, for all other bytes."""
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise Malformed(f"not a valid {getattr(kind, '__name__', 'message')}: {error}") from error
