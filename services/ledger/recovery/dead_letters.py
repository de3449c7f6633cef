"""What becomes of dead letters: nothing that nobody could handle is left lying unnoticed.

An order that died is given once more, for whatever killed those who fetched it may be over; if it dies again, its
attempt ends as ``infra_error``. A report that died cannot be booked by anyone: it stays where it is, with the reason,
and shows in the ledger's health; its lease runs out, and the attempt is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import structlog

from assay.bus.protocol import DeadLetter, Work
from assay.contracts.attempts import ExecuteAttempt, GradeAttempt, Order, Report, Stage
from assay.contracts.codec import Malformed, decode

log = structlog.get_logger()

_PAGE = 200
_STAGES = {ExecuteAttempt: Stage.RUN, GradeAttempt: Stage.JUDGE}


class Action(StrEnum):
    ORDERED_AGAIN = "ordered again"
    ENDED = "ended"
    KEPT = "kept"
    """Nothing can be done about it but to look at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """A dead letter, and what it was about: ``stage`` for an order, ``attempt_id`` as far as it can be read."""

    store: str
    letter: DeadLetter
    attempt_id: str = ""
    token: int = 0
    stage: Stage | None = None


class Graves(Protocol):
    async def last(self, store: str) -> int:
        """The position up to which this store's dead letters were dealt with."""
        ...

    async def take_in(self, deaths: Sequence[Death]) -> Sequence[Action]:
        """Act on each, once."""
        ...


class LedgerUndertaker:
    def __init__(self, work: Work, graves: Graves) -> None:
        self._work = work
        self._graves = graves
        self._done: dict[str, int] = {}

    async def attend(self, store: str, last: int) -> None:
        if store not in self._done:
            self._done[store] = await self._graves.last(store)
        while self._done[store] < last:
            letters = await self._work.dead_letters(self._done[store], _PAGE)
            if letters:
                await self._act([death_of(store, letter) for letter in letters])
            self._done[store] = letters[-1].position if letters else last

    async def _act(self, deaths: Sequence[Death]) -> None:
        for death, action in zip(deaths, await self._graves.take_in(deaths), strict=True):
            log.error(
                "message.died",
                subject=death.letter.subject,
                attempt=death.attempt_id,
                reason=death.letter.reason,
                deliveries=death.letter.deliveries,
                action=action,
            )


def death_of(store: str, letter: DeadLetter) -> Death:
    message: Any
    try:
        message = decode(Order | Report, letter.payload)
    except Malformed:
        return Death(store=store, letter=letter)
    stage = _STAGES.get(type(message))
    return Death(store=store, letter=letter, attempt_id=message.attempt_id, token=message.token, stage=stage)
