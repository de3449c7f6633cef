"""Facts as the hub handles them: the few fields that decide where one goes, and its JSON untouched."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from assay.contracts.live import FactFrame


class Heard(NamedTuple):
    """A fact of a run. ``subject`` is the run or the attempt; ``event`` the JSON text of its envelope."""

    sequence: int
    kind: str
    subject: str
    run_id: str
    event: bytes


class _Peek(msgspec.Struct, gc=False):
    sequence: int
    type: str
    subject: str
    runid: str


_peek = msgspec.json.Decoder(_Peek)
_encoder = msgspec.json.Encoder()


def peek(event: bytes) -> Heard | None:
    """None for bytes that are no fact."""
    try:
        seen = _peek.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return Heard(seen.sequence, seen.type, seen.subject, seen.runid, event)


def frame(topic: str, heard: Heard) -> str:
    """The fact as a message of that topic; made once for all its clients."""
    return _encoder.encode(FactFrame(topic=topic, cursor=heard.sequence, event=msgspec.Raw(heard.event))).decode()
