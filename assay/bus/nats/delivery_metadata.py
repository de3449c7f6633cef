"""The metadata that JetStream adds to a delivered message."""

from __future__ import annotations

from dataclasses import dataclass

from nats.aio.msg import Msg

_SHORT_FORM_TOKENS = 9


@dataclass(frozen=True, slots=True)
class DeliveryMetadata:
    """Parsed from the reply subject: ``$JS.ACK.<stream>.<consumer>.<deliveries>.<position>.<number>.<time>.<pending>``,
    or the longer form with a domain and an account before the stream."""

    deliveries: int
    position: int
    number: int
    """Numbers the consumer's deliveries from 1 without gaps."""

    @classmethod
    def of(cls, message: Msg) -> DeliveryMetadata:
        tokens = message.reply.split(".")
        first = 4 if len(tokens) == _SHORT_FORM_TOKENS else 6
        return cls(int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 2]))
