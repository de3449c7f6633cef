"""The server's own subjects; which subjects a pattern covers, and which messages a stream can take."""

from __future__ import annotations

import re

from assay.bus.errors import MessageRefused
from assay.bus.protocol import Envelope
from assay.contracts.codec import MAX_MESSAGE_BYTES

SERVER_REPORT = "$SYS.REQ.SERVER.PING.JSZ"
"""Where the server tells how it stores; see durability.py."""
SERVER_HEALTH = "$SYS.REQ.SERVER.PING.HEALTHZ"
_UNSAFE = re.compile(r"[\s*>\x00-\x1f]|^\.|\.\.|\.$|^$")


def inbox_prefix(user: str) -> str:
    """Replies come below it; every user has one of its own, so that no other user can listen in."""
    return f"_INBOX_{user}" if user else "_INBOX"


def matches(pattern: str, subject: str) -> bool:
    """NATS's rule: ``*`` is one token, ``>`` at the end is one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(given) >= len(wanted) and matches_tokens(wanted[:-1], given[: len(wanted) - 1])
    return len(given) == len(wanted) and matches_tokens(wanted, given)


def matches_tokens(wanted: list[str], given: list[str]) -> bool:
    return all(want in ("*", have) for want, have in zip(wanted, given, strict=True))


def check_storable(envelope: Envelope, pattern: str) -> None:
    """Raises MessageRefused for what a stream over ``pattern`` could never store, before it spoils a batch."""
    if _UNSAFE.search(envelope.subject) or not matches(pattern, envelope.subject):
        raise MessageRefused(
            f"cannot publish {envelope.message_id!r} on {envelope.subject!r}: this stream holds {pattern!r}, and a "
            "subject is of non-empty tokens without blanks or wildcards; take it from assay.contracts.subjects"
        )
    if not envelope.message_id.strip() or not envelope.message_id.isprintable():
        raise MessageRefused(
            f"cannot publish on {envelope.subject!r}: the message id {envelope.message_id!r} must be printable text, "
            "because it is what makes a retry harmless"
        )
    if len(envelope.payload) > MAX_MESSAGE_BYTES:
        raise MessageRefused(
            f"cannot publish {envelope.message_id!r} on {envelope.subject!r}: {len(envelope.payload):,} bytes are over "
            f"the limit of {MAX_MESSAGE_BYTES:,}; put large content in the artifact store and send a reference"
        )
