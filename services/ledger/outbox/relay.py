"""The relay: publishes what is pending and marks it as published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from assay.bus.protocol import Envelope
from services.ledger.outbox.outbox_store import LIMIT, Pending


async def relay(
    pending: Callable[[], Awaitable[Sequence[Pending]]],
    publish: Callable[[Sequence[Envelope]], Awaitable[None]],
    published: Callable[[Sequence[Pending]], Awaitable[None]],
) -> None:
    """Publish all that is pending now, in batches. After a crash between the steps a batch is published again, under
    the same message ids."""
    full = True
    while full and (batch := await pending()):
        await publish([each.envelope for each in batch])
        await published(batch)
        full = len(batch) >= LIMIT
