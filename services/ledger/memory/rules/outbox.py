"""What is still to be published: facts, and orders to workers."""

from __future__ import annotations

from assay.bus.protocol import Envelope
from assay.contracts import subjects
from assay.contracts.attempts import ExecuteAttempt, GradeAttempt, Stage
from assay.contracts.codec import encode
from services.ledger.memory.rules.rows import Row
from services.ledger.outbox.outbox_store import Pending

LIMIT = 500
"""So many are published at a time."""

GRADINGS_OUT = 500
"""Orders to judges that are published and not claimed, at most: however many attempts wait for slow judges, the bus
holds no more of them. What runners are ordered is measured by the feeder."""

LONGEST_AT = 6
"""An order that is published again and again waits twice as long each time, until it was published so often: it may
well not be lost, but wait for a worker."""

_ORDER = {Stage.RUN: ExecuteAttempt, Stage.JUDGE: GradeAttempt}


def pending_fact(fact: Row, position: int) -> Pending:
    """``position`` is its place among all that are to be published."""
    message_id = f"{fact['run_id']}-{fact['sequence']}"
    envelope = Envelope(subject=fact["subject"], message_id=message_id, payload=fact["body"].encode())
    return Pending(envelope, ("", position))


def pending_order(order: Row) -> Pending:
    attempt_id, token = order["attempt_id"], order["token"]
    message = _ORDER[Stage(order["stage"])](attempt_id=attempt_id, token=token)
    # A repeated order needs an id of its own, or the stream would take it for a duplicate of the lost one.
    envelope = Envelope(
        subject=subjects.order(message, order["pool"], urgent=order["urgent"]),
        message_id=f"{attempt_id}:{token}:{message.name()}:{order['publishes']}",
        payload=encode(message),
    )
    return Pending(envelope, (attempt_id, token))
