"""Which kinds of sandbox a worker can give: found out when it starts and looked at again now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from assay.sandbox.selection import AutoProvider

_MISSING_SECONDS = 30.0
_ROUNDS = 10
"""Every so many looks at what is missing, one at all."""
_log = structlog.get_logger(__name__)


class SandboxCapabilities:
    """``given`` is None until it is known. A worker starts meanwhile: a daemon that does not answer takes its time."""

    on_change: Callable[[], None] = staticmethod(lambda: None)
    """Called when ``given`` is another."""

    def __init__(self, sandboxes: AutoProvider, missing_seconds: float = _MISSING_SECONDS) -> None:
        self.available: tuple[str, ...] | None = None
        self._sandboxes, self._missing_seconds = sandboxes, missing_seconds

    async def probe_forever(self) -> None:
        """For ever; costs a sandbox of each kind at the start and every five minutes."""
        rounds = 0
        while True:
            await self._probe(missing_only=rounds % _ROUNDS != 0)
            rounds += 1
            await asyncio.sleep(self._missing_seconds)

    async def _probe(self, *, missing_only: bool) -> None:
        try:
            given = await self._sandboxes.recheck(missing_only=missing_only)
        except Exception as error:
            _log.error("sandbox.look_failed", exc_info=error)
            return
        if given != self.available:
            self._log_changes(given)
            self.available = given
            self.on_change()

    def _log_changes(self, given: tuple[str, ...]) -> None:
        """Says at once what would otherwise be found out by the first attempt that needs a sandbox."""
        for name in self._sandboxes.allowed:
            found = self._sandboxes.last_check(name)
            if found and found.available and found.warning:
                _log.warning("sandbox.weak", provider=name, warning=found.warning)
            elif found and not found.available:
                _log.info("sandbox.missing", provider=name, reason=found.reason)
        (_log.info if given else _log.error)("sandbox.given", kinds=given)
