"""Facts as the hub handles them: the few fields that decide where one goes, and its JSON untouched."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from assay.contracts.live import FactFrame


class FactEnvelope(NamedTuple):
    """A fact of a run. ``subject`` is the run or the attempt; ``event`` the JSON text of its envelope."""

    sequence: int
    kind: str
    subject: str
    run_id: str
    event: bytes


class _EnvelopeFields(msgspec.Struct, gc=False):
    sequence: int
    type: str
    subject: str
    runid: str


_decoder = msgspec.json.Decoder(_EnvelopeFields)
_encoder = msgspec.json.Encoder()


def parse_envelope(event: bytes) -> FactEnvelope | None:
    """None for bytes that are no fact."""
    try:
        seen = _decoder.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return FactEnvelope(seen.sequence, seen.type, seen.subject, seen.runid, event)


def fact_frame(topic: str, fact: FactEnvelope) -> str:
    """The fact as a message of that topic; made once for all its clients."""
    return _encoder.encode(FactFrame(topic=topic, cursor=fact.sequence, event=msgspec.Raw(fact.event))).decode()
