"""The base of all requests over the bus. Errors come back as a Problem."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from msgspec import Meta

from assay.contracts.codec import Message

R = TypeVar("R")
PageSize = Annotated[int, Meta(ge=1, le=1000)]


class Request(Message, Generic[R], frozen=True, kw_only=True):
    """A request with the type of its reply. ``service`` is the queue group that replies."""

    service: ClassVar[str] = "ledger"
    reply: ClassVar[Any]
