"""What every request over the bus is: it names its service and its reply; what goes wrong comes back as a Problem."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from msgspec import Meta

from assay.contracts.codec import Message

R = TypeVar("R")
PageSize = Annotated[int, Meta(ge=1, le=1000)]


class Request(Message, Generic[R], frozen=True, kw_only=True):
    """A question with its own type of answer. ``service`` is the queue group that answers it."""

    service: ClassVar[str] = "ledger"
    reply: ClassVar[Any]
