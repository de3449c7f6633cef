"""Durable publishing with group commit.

With ``sync_interval: always`` every publish waits for a disk sync. While one batch is being stored, messages from other
callers accumulate into the next one, so the cost per message decreases under load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from assay.bus.errors import BusClosed, BusError, BusForbidden, BusUnavailable
from assay.bus.nats.batch_publish import PublishOutcome, PublishResult, store_batch, store_each
from assay.bus.nats.connection import Connection
from assay.bus.protocol import Envelope
from assay.bus.subjects import check_storable

MAX_BATCH = 500
MAX_BATCH_BYTES = 1_000_000
_MAX_PAUSE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class _Submission:
    """The messages of one ``publish`` call; ``done`` completes once all are stored or one is refused."""

    def __init__(self, size: int) -> None:
        self.remaining = size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stored(self) -> None:
        self.remaining -= 1
        if not self.remaining and not self.done.done():
            self.done.set_result(None)

    def refused(self, error: BusError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


_Item = tuple[Envelope, _Submission]


class Publisher:
    """Publishes to the stream of ``pattern``. Messages of one caller are stored in order."""

    def __init__(self, connection: Connection, pattern: str) -> None:
        self._connection, self._pattern = connection, pattern
        self._waiting: deque[_Item] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Return once all are stored. Retries with the same ids until the connection is closed; the caller can cancel.
        Raises MessageRefused, BusForbidden or BusClosed if retrying cannot help."""
        for envelope in envelopes:
            check_storable(envelope, self._pattern)
        if not envelopes:
            return
        submission = _Submission(len(envelopes))
        self._waiting.extend((envelope, submission) for envelope in envelopes)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._run())
        await submission.done

    async def _run(self) -> None:
        try:
            while batch := self._next_batch():
                await self._store(batch)
        except BaseException as error:
            reason = error if isinstance(error, BusError) else BusClosed(f"publishing ended: {error!r}")
            for _, submission in self._waiting:
                submission.refused(reason)
            self._waiting.clear()
            if not isinstance(error, BusError):
                raise

    def _next_batch(self) -> list[_Item]:
        """The waiting messages, in order, up to the maximum size of a batch."""
        batch: list[_Item] = []
        size = 0
        while self._waiting and len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            item = self._waiting.popleft()
            if not item[1].done.done():
                batch.append(item)
                size += len(item[0].payload)
        return batch

    async def _store(self, batch: list[_Item]) -> None:
        """Retry until each message is stored or refused, or its caller has cancelled."""
        pause = 0.05
        try:
            while batch:
                await self._connection.up()
                batch = await self._try_once([item for item in batch if not item[1].done.done()])
                if batch:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _MAX_PAUSE_SECONDS)
        finally:
            self._waiting.extendleft(reversed(batch))

    async def _try_once(self, batch: list[_Item]) -> list[_Item]:
        """The messages that must be retried, in order."""
        batch = self._without_forbidden(batch)
        envelopes = [envelope for envelope, _ in batch]
        result = await store_batch(self._connection, envelopes) if len(batch) > 1 else PublishResult.NOT_ATOMIC
        one_by_one = result is PublishResult.NOT_ATOMIC
        outcomes = await store_each(self._connection, envelopes) if one_by_one else [result] * len(batch)
        retry = [item for item, outcome in zip(batch, outcomes, strict=True) if not _is_settled(item[1], outcome)]
        if retry:
            reason = next(str(outcome) for outcome in outcomes if isinstance(outcome, BusUnavailable))
            _log.warning("bus.publish_retried", pattern=self._pattern, messages=len(retry), reason=reason)
        return self._without_forbidden(retry)

    def _without_forbidden(self, batch: list[_Item]) -> list[_Item]:
        """Refuse forbidden messages. The server drops them, and would refuse the incomplete batch as a whole."""
        denied = self._connection.denied
        if not denied:
            return batch
        for envelope, submission in batch:
            if envelope.subject.lower() in denied:
                user = self._connection.settings.user
                submission.refused(BusForbidden(f"user {user!r} may not publish on {envelope.subject}"))
        return [item for item in batch if item[0].subject.lower() not in denied]


def _is_settled(submission: _Submission, outcome: PublishOutcome) -> bool:
    """Record the outcome; whether the message was stored or refused and needs no retry."""
    if isinstance(outcome, BusUnavailable):
        return False
    if isinstance(outcome, BusError):
        submission.refused(outcome)
    else:
        submission.stored()
    return True
