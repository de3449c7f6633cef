"""The kinds of sandbox available on a worker, probed when it starts and periodically afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from assay.sandbox.selection import AutoProvider

_MISSING_SECONDS = 30.0
_FULL_PROBE_EVERY = 10
"""Only every tenth probe covers the available kinds; the others cover the missing ones."""
_log = structlog.get_logger(__name__)


class SandboxCapabilities:
    """``available`` is None until the first probe is done. The worker does not wait for it, because probing an
    unresponsive daemon can take long."""

    on_change: Callable[[], None] = staticmethod(lambda: None)
    """Called when ``available`` changes."""

    def __init__(self, sandboxes: AutoProvider, missing_seconds: float = _MISSING_SECONDS) -> None:
        self.available: tuple[str, ...] | None = None
        self._sandboxes, self._missing_seconds = sandboxes, missing_seconds

    async def probe_forever(self) -> None:
        """Probe until cancelled: all kinds at the start and every five minutes, which opens a sandbox of each."""
        probes = 0
        while True:
            await self._probe(missing_only=probes % _FULL_PROBE_EVERY != 0)
            probes += 1
            await asyncio.sleep(self._missing_seconds)

    async def _probe(self, *, missing_only: bool) -> None:
        try:
            available = await self._sandboxes.recheck(missing_only=missing_only)
        except Exception as error:
            _log.error("sandbox.probe_failed", exc_info=error)
            return
        if available != self.available:
            self._log_changes(available)
            self.available = available
            self.on_change()

    def _log_changes(self, available: tuple[str, ...]) -> None:
        """Report problems now and not only when the first attempt needs a sandbox."""
        for name in self._sandboxes.allowed:
            found = self._sandboxes.last_check(name)
            if found and found.available and found.warning:
                _log.warning("sandbox.weak", provider=name, warning=found.warning)
            elif found and not found.available:
                _log.info("sandbox.missing", provider=name, reason=found.reason)
        (_log.info if available else _log.error)("sandbox.available", kinds=available)
