"""The NATS server's own subjects, subject patterns, and the messages that a stream can store."""

from __future__ import annotations

import re

from assay.bus.errors import MessageRefused
from assay.bus.protocol import Envelope
from assay.contracts.codec import MAX_MESSAGE_BYTES

SERVER_REPORT = "$SYS.REQ.SERVER.PING.JSZ"
"""Returns the server's storage report, see nats/server/durability.py."""
SERVER_HEALTH = "$SYS.REQ.SERVER.PING.HEALTHZ"
_UNSAFE = re.compile(r"[\s*>\x00-\x1f]|^\.|\.\.|\.$|^$")


def inbox_prefix(user: str) -> str:
    """The prefix of a user's reply subjects. Each user has its own, so that no other user can read its replies."""
    return f"_INBOX_{user}" if user else "_INBOX"


def matches(pattern: str, subject: str) -> bool:
    """Whether a NATS pattern matches: ``*`` is one token, ``>`` at the end is one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(given) >= len(wanted) and _tokens_match(wanted[:-1], given[: len(wanted) - 1])
    return len(given) == len(wanted) and _tokens_match(wanted, given)


def _tokens_match(wanted: list[str], given: list[str]) -> bool:
    return all(want in ("*", have) for want, have in zip(wanted, given, strict=True))


def check_storable(envelope: Envelope, pattern: str) -> None:
    """Raise MessageRefused for a message that a stream over ``pattern`` can never store, before it fails a whole
    batch."""
    if _UNSAFE.search(envelope.subject) or not matches(pattern, envelope.subject):
        raise MessageRefused(
            f"cannot publish {envelope.message_id!r} on {envelope.subject!r}: this stream stores {pattern!r}, and a "
            "subject consists of non-empty tokens without spaces or wildcards; use assay.contracts.subjects"
        )
    if not envelope.message_id.strip() or not envelope.message_id.isprintable():
        raise MessageRefused(
            f"cannot publish on {envelope.subject!r}: the message id {envelope.message_id!r} must be non-empty, "
            "printable text, because it identifies retries"
        )
    if len(envelope.payload) > MAX_MESSAGE_BYTES:
        raise MessageRefused(
            f"cannot publish {envelope.message_id!r} on {envelope.subject!r}: {len(envelope.payload):,} bytes exceed "
            f"the limit of {MAX_MESSAGE_BYTES:,}; put large content into the artifact store and send a reference"
        )
