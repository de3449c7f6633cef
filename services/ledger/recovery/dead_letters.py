"""Dead letters: messages that could not be handled.

An order is published once more, because the problem can be temporary; when it is dead-lettered again, its attempt
ends as ``infra_error``. A report cannot be booked by anyone: it stays where it is, with the reason, and shows in the
ledger's health; its lease runs out, and the attempt is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from assay.bus.protocol import Work
from services.ledger.recovery.dead_letter_store import DeadLetterStore, FoundLetter, read_letter

_log = structlog.get_logger()

_PAGE = 200


class DeadLetterHandler:
    def __init__(self, work: Work, store: DeadLetterStore) -> None:
        self._work = work
        self._store = store
        self._handled: dict[str, int] = {}

    async def handle(self, store: str, last: int) -> None:
        """All dead letters of a store up to the position ``last``."""
        if store not in self._handled:
            self._handled[store] = await self._store.last(store)
        while self._handled[store] < last:
            letters = await self._work.dead_letters(self._handled[store], _PAGE)
            if letters:
                await self._act_on([read_letter(store, letter) for letter in letters])
            self._handled[store] = letters[-1].position if letters else last

    async def _act_on(self, letters: Sequence[FoundLetter]) -> None:
        for found, action in zip(letters, await self._store.act_on(letters), strict=True):
            _log.error(
                "message.dead_lettered",
                subject=found.letter.subject,
                attempt_id=found.attempt_id,
                reason=found.letter.reason,
                deliveries=found.letter.deliveries,
                action=action,
            )
