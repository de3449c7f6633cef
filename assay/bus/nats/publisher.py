"""Durable publishing with group commit.

With ``sync_interval: always`` the server makes every publish wait for the disk. So while one batch is on its way, what
other callers publish gathers into the next one: the busier it is, the cheaper each message gets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from assay.bus.errors import BusClosed, BusError, BusForbidden, BusUnavailable
from assay.bus.nats.batch_publish import PublishOutcome, PublishResult, store_batch, store_singly
from assay.bus.nats.connection import Connection
from assay.bus.protocol import Envelope
from assay.bus.subjects import check_storable

MAX_BATCH = 500
MAX_BATCH_BYTES = 1_000_000
_MAX_PAUSE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class _Submission:
    """One caller's messages; ``done`` is its wake-up call."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stored(self) -> None:
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(None)

    def refused(self, error: BusError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


_Item = tuple[Envelope, _Submission]


class Publisher:
    """Publishes to one stream, whose subjects are ``pattern``. Messages of one caller are stored in order."""

    def __init__(self, connection: Connection, pattern: str) -> None:
        self._connection, self._pattern = connection, pattern
        self._waiting: deque[_Item] = deque()
        self._pump: asyncio.Task[None] | None = None

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Returns when all are stored. Retries with the same ids for as long as the connection may come back; the
        caller may cancel. Raises MessageRefused, BusForbidden or BusClosed when retrying cannot help."""
        for envelope in envelopes:
            check_storable(envelope, self._pattern)
        if not envelopes:
            return
        submission = _Submission(len(envelopes))
        self._waiting.extend((envelope, submission) for envelope in envelopes)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        await submission.done

    async def _run(self) -> None:
        try:
            while batch := self._take():
                await self._store(batch)
        except BaseException as error:
            reason = error if isinstance(error, BusError) else BusClosed(f"publishing ended: {error!r}")
            for _, submission in self._waiting:
                submission.refused(reason)
            self._waiting.clear()
            if not isinstance(error, BusError):
                raise

    def _take(self) -> list[_Item]:
        """The next batch: what waits, in order, up to what one batch may hold."""
        batch: list[_Item] = []
        size = 0
        while self._waiting and len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            item = self._waiting.popleft()
            if not item[1].done.done():
                batch.append(item)
                size += len(item[0].payload)
        return batch

    async def _store(self, batch: list[_Item]) -> None:
        """Until each of the batch is stored or refused, or its caller has gone away."""
        pause = 0.05
        try:
            while batch:
                await self._connection.up()
                batch = await self._attempt([item for item in batch if not item[1].done.done()])
                if batch:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _MAX_PAUSE_SECONDS)
        finally:
            self._waiting.extendleft(reversed(batch))

    async def _attempt(self, batch: list[_Item]) -> list[_Item]:
        """What must be tried again, in order."""
        batch = self._without_forbidden(batch)
        envelopes = [envelope for envelope, _ in batch]
        fate = await store_batch(self._connection, envelopes) if len(batch) > 1 else PublishResult.NOT_ATOMIC
        fates = (
            await store_singly(self._connection, envelopes) if fate is PublishResult.NOT_ATOMIC else [fate] * len(batch)
        )
        again = [item for item, outcome in zip(batch, fates, strict=True) if not _is_over(item[1], outcome)]
        if again:
            reason = next(str(outcome) for outcome in fates if isinstance(outcome, BusUnavailable))
            _log.warning("bus.publish_retried", pattern=self._pattern, messages=len(again), reason=reason)
        return self._without_forbidden(again)

    def _without_forbidden(self, batch: list[_Item]) -> list[_Item]:
        """A forbidden message makes a hole in its batch, which the server then refuses as a whole."""
        denied = self._connection.denied
        if not denied:
            return batch
        for envelope, submission in batch:
            if envelope.subject.lower() in denied:
                user = self._connection.settings.user
                submission.refused(BusForbidden(f"user {user!r} may not publish on {envelope.subject}"))
        return [item for item in batch if item[0].subject.lower() not in denied]


def _is_over(submission: _Submission, outcome: PublishOutcome) -> bool:
    """Whether a message was stored or refused, and need not be tried again."""
    if isinstance(outcome, BusUnavailable):
        return False
    if isinstance(outcome, BusError):
        submission.refused(outcome)
    else:
        submission.stored()
    return True
