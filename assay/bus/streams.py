"""The streams and queues: names, subjects and configuration.

The work stream keeps settled messages until they reach its maximum age; only the queues' positions record that they are
settled. With JetStream's work-queue retention every ack would delete a message, and with ``sync_interval: always`` each
deletion is a separate disk sync of 0.2 to 1 ms, four times per attempt, during which nothing else is stored.

Orders can expire because the ledger has a copy of each. Reports have no other copy, so they have a separate stream
without limits, from which the ledger regularly deletes settled reports. The stream stays small: while the ledger
settles no reports it also grants no claims, so there are at most as many reports as workers have slots.
"""

from __future__ import annotations

from typing import Any

from assay.bus.protocol import Queue
from assay.bus.subjects import matches
from assay.contracts import subjects
from assay.contracts.attempts import Stage

WORK_STREAM = "ASSAY_WORK"
REPORTS_STREAM = "ASSAY_REPORTS"
FACTS_STREAM = "ASSAY_FACTS"
DEAD_LETTER_STREAM = "ASSAY_DEAD"
STREAMS = (WORK_STREAM, REPORTS_STREAM, FACTS_STREAM, DEAD_LETTER_STREAM)

PING_SUBJECT = "assay.work.canary.ledger"
"""The subject of messages that probe the work plane."""

_SECOND = 1_000_000_000
_DAY_SECONDS = 86_400
_DEDUP_SECONDS = 120
_MAX_STORED_BYTES = 1_048_576
"""Room for a message's payload (codec.MAX_MESSAGE_BYTES) and its headers."""
_MAX_ACK_PENDING = 20_000
_WORK_SECONDS = 6 * 3600
_WORK_BYTES = 1_000_000_000
_REPORT_SUBJECTS = "assay.work.report.>"
_WORK_SUBJECTS = [*(f"assay.work.{stage}.>" for stage in Stage), "assay.work.canary.>"]


def stream_configs(facts_max_age_days: float) -> tuple[dict[str, Any], ...]:
    """The streams' configurations in JetStream's format. Settings that are not listed keep the server's defaults."""
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
        {
            "name": DEAD_LETTER_STREAM,
            "subjects": [subjects.DEAD_LETTERS],
            "retention": "limits",
            "max_age": 4 * facts_age,
            **shared,
        },
    )


def stream_of(subject: str) -> str:
    """The stream that stores a subject of the work plane."""
    return REPORTS_STREAM if matches(_REPORT_SUBJECTS, subject) else WORK_STREAM


def queue_config(queue: Queue[Any]) -> dict[str, Any]:
    """``max_deliver`` is unlimited here because the server would silently stop delivering a message. Instead,
    ``JetStreamWork.fetch`` dead-letters messages that were delivered too often."""
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
