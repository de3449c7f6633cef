"""Where a delivered message comes from."""

from __future__ import annotations

from dataclasses import dataclass

from nats.aio.msg import Msg

_OLD_FORM_TOKENS = 9


@dataclass(frozen=True, slots=True)
class DeliveryMetadata:
    """Where a message came from, as its reply subject tells: ``$JS.ACK.<stream>.<consumer>.<deliveries>.<position>.
    <number>.<time>.<pending>``, or the newer form with a domain and an account before the stream."""

    deliveries: int
    position: int
    number: int
    """Counts what this consumer delivered, from 1 without gaps."""

    @classmethod
    def of(cls, message: Msg) -> DeliveryMetadata:
        tokens = message.reply.split(".")
        first = 4 if len(tokens) == _OLD_FORM_TOKENS else 6
        return cls(int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 2]))
