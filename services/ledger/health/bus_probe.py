"""The canary: a message through the work plane every few seconds, so that trouble shows before it is felt."""

from __future__ import annotations

import structlog

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Storage
from services.ledger.ports import Bulletin

log = structlog.get_logger()

PATIENCE_SECONDS = 4.0
SLOW_SECONDS = 2.0


class Canary:
    def __init__(self, storage: Storage, bulletin: Bulletin) -> None:
        self._storage = storage
        self._bulletin = bulletin
        self._trouble = ""

    async def sing(self) -> None:
        trouble = await self._listen()
        if bool(trouble) != bool(self._trouble):
            log.warning("canary.trouble" if trouble else "canary.well", reason=trouble or self._trouble)
        self._trouble = trouble
        await self._bulletin.tell(trouble)

    async def _listen(self) -> str:
        try:
            seconds = await self._storage.carry(PATIENCE_SECONDS)
        except BusUnavailable as error:
            return f"the work plane does not carry messages: {error}"
        if seconds > SLOW_SECONDS:
            return f"the work plane is slow: a message took {seconds:.1f} s, and others wait as long"
        return ""
