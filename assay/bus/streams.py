"""The streams and queues, and how the ledger brings them into being.

The work stream keeps what was settled until it is old, and only the queues know that it is done. With JetStream's own
work-queue retention every ack would delete a message, and under ``sync_interval: always`` each deletion waits for the
disk by itself: 0.2 to 1 ms, four times per attempt, while nothing else is stored.

Orders may grow old and go: the ledger has each of them. Reports have no other copy, so they have a stream of their own
without limits; what the ledger has settled is cleared away now and then. While it settles none it grants no claims
either, so there are never more than the workers have slots for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.bus.api import call
from assay.bus.connection import Connection
from assay.bus.errors import ApiRefused, BusMisconfigured, Missing
from assay.bus.protocol import Queue
from assay.bus.subjects import matches
from assay.contracts import subjects
from assay.contracts.attempts import Stage

WORK_STREAM = "ASSAY_WORK"
REPORTS_STREAM = "ASSAY_REPORTS"
FACTS_STREAM = "ASSAY_FACTS"
DEAD_STREAM = "ASSAY_DEAD"
STREAMS = (WORK_STREAM, REPORTS_STREAM, FACTS_STREAM, DEAD_STREAM)

CANARY = "assay.work.canary.ledger"
"""Carries nothing but the proof that the work plane carries."""

_SECOND = 1_000_000_000
_DAY_SECONDS = 86_400
_DEDUP_SECONDS = 120
_MAX_STORED_BYTES = 1_048_576
"""A message's payload (codec.MAX_MESSAGE_BYTES) and its headers."""
_MAX_ACK_PENDING = 20_000
_WORK_SECONDS = 6 * 3600
_WORK_BYTES = 1_000_000_000
_REPORT_SUBJECTS = "assay.work.report.>"
_WORK_SUBJECTS = [*(f"assay.work.{stage}.>" for stage in Stage), "assay.work.canary.>"]
_FIXED = ("retention", "storage")
"""What cannot change once there are messages."""


def stream_configs(facts_max_age_days: float) -> tuple[dict[str, Any], ...]:
    """What each stream must be like, in the server's own words; what is not named is left to the server."""
    shared: dict[str, Any] = {
        "storage": "file",
        "num_replicas": 1,
        "max_msg_size": _MAX_STORED_BYTES,
        "duplicate_window": _DEDUP_SECONDS * _SECOND,
        "allow_atomic": True,
    }
    facts_age = int(facts_max_age_days * _DAY_SECONDS * _SECOND)
    work: dict[str, Any] = {"max_age": _WORK_SECONDS * _SECOND, "max_bytes": _WORK_BYTES, "discard": "old"}
    reports: dict[str, Any] = {"max_age": 0}
    return (
        {"name": WORK_STREAM, "subjects": _WORK_SUBJECTS, "retention": "limits", **work, **shared},
        {"name": REPORTS_STREAM, "subjects": [_REPORT_SUBJECTS], "retention": "limits", **reports, **shared},
        {"name": FACTS_STREAM, "subjects": [subjects.FACTS], "retention": "limits", "max_age": facts_age, **shared},
        {"name": DEAD_STREAM, "subjects": [subjects.DEAD], "retention": "limits", "max_age": 4 * facts_age, **shared},
    )


def stream_of(subject: str) -> str:
    """The stream that holds a subject of the work plane."""
    return REPORTS_STREAM if matches(_REPORT_SUBJECTS, subject) else WORK_STREAM


def queue_config(queue: Queue[Any]) -> dict[str, Any]:
    """``max_deliver`` is not left to the server, which would hide a message for good after it without telling anyone.
    Instead whoever fetches one that came too often puts it among the dead (work.py)."""
    return {
        "durable_name": queue.name,
        "name": queue.name,
        "filter_subject": queue.subject,
        "ack_policy": "explicit",
        "ack_wait": int(queue.ack_wait_seconds * _SECOND),
        "max_deliver": -1,
        "max_ack_pending": _MAX_ACK_PENDING,
        "deliver_policy": "all",
    }


async def provision(connection: Connection, queues: Sequence[Queue[Any]]) -> None:
    """Idempotent. Raises BusMisconfigured for what exists already and is too different to be changed."""
    for config in stream_configs(connection.settings.facts_max_age_days):
        await _provide_stream(connection, config)
    for queue in queues:
        await _provide_queue(connection, queue)


async def _provide_stream(connection: Connection, wanted: dict[str, Any]) -> None:
    name = wanted["name"]
    try:
        existing = (await call(connection, f"STREAM.INFO.{name}"))["config"]
    except Missing:
        await call(connection, f"STREAM.CREATE.{name}", wanted)
        return
    changed = {key: value for key, value in wanted.items() if existing.get(key) != value}
    if fixed := [key for key in _FIXED if key in changed]:
        raise _too_different(name, fixed, existing, wanted)
    if changed:
        try:
            await call(connection, f"STREAM.UPDATE.{name}", {**existing, **changed})
        except ApiRefused as error:
            raise _too_different(name, list(changed), existing, wanted) from error


async def _provide_queue(connection: Connection, queue: Queue[Any]) -> None:
    stream = stream_of(queue.subject)
    endpoint = f"CONSUMER.CREATE.{stream}.{queue.name}.{queue.subject}"
    try:
        await call(connection, endpoint, {"stream_name": stream, "config": queue_config(queue)})
    except ApiRefused as error:
        raise BusMisconfigured(
            f"queue {queue.name!r} over {queue.subject!r} cannot be made on stream {stream}: {error}. A consumer "
            "of that name or over that subject exists with other settings; delete it and start the ledger again"
        ) from error


def _too_different(name: str, fields: list[str], existing: dict[str, Any], wanted: dict[str, Any]) -> BusMisconfigured:
    differences = ", ".join(f"{field} is {existing.get(field)!r}, must be {wanted[field]!r}" for field in fields)
    return BusMisconfigured(
        f"stream {name} exists with settings that cannot be changed: {differences}. Delete the stream and start the "
        "ledger again: Postgres is the truth and what is missing is published anew"
    )
