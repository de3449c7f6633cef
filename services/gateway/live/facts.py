"""Facts as live updates handle them: only the fields needed for routing are decoded, the JSON is forwarded as is."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from assay.contracts.live import FactFrame


class FactEnvelope(NamedTuple):
    """A fact of a run. ``subject`` is the id of the run or the attempt; ``event`` the CloudEvents envelope as JSON."""

    sequence: int
    kind: str
    subject: str
    run_id: str
    event: bytes


class _RoutingFields(msgspec.Struct, gc=False):
    sequence: int
    type: str
    subject: str
    runid: str


_decoder = msgspec.json.Decoder(_RoutingFields)
_encoder = msgspec.json.Encoder()


def parse_envelope(event: bytes) -> FactEnvelope | None:
    """None if the bytes are not a fact."""
    try:
        fields = _decoder.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return FactEnvelope(fields.sequence, fields.type, fields.subject, fields.runid, event)


def fact_frame(topic: str, fact: FactEnvelope) -> str:
    """The fact as a message of that topic, encoded once for all its subscribers."""
    return _encoder.encode(FactFrame(topic=topic, cursor=fact.sequence, event=msgspec.Raw(fact.event))).decode()
