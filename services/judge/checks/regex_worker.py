"""Searches regular expressions in a child process, which the kernel kills for a search that takes too much CPU time."""

from __future__ import annotations

from pathlib import Path

import structlog

from services.judge.child_process import ChildEnded, ChildProcess, ChildUnavailable
from services.judge.errors import RegexWorkerUnavailable

_log = structlog.get_logger(__name__)
_PROGRAM = Path(__file__).with_name("regex_child.py")
_WALL_SECONDS = 60.0
"""Added to a search's CPU time."""


class RegexWorker:
    """A RegexSearch. One search at a time, each limited to ``cpu_seconds``; CPU time, so that the result does not
    depend on the load of the host."""

    def __init__(self, cpu_seconds: float = 1.0) -> None:
        self._child = ChildProcess(_PROGRAM, (str(cpu_seconds),), _WALL_SECONDS + cpu_seconds)

    async def search(self, pattern: str, text: str) -> bool | None:
        found = await self._request(pattern, text)
        return None if found is None else bool(found)

    async def find(self, pattern: str, text: str) -> str | None:
        found = await self._request(pattern, text)
        return found[1:].decode("utf-8", "surrogatepass") if found else None

    async def close(self) -> None:
        await self._child.close()

    async def _request(self, pattern: str, text: str) -> bytes | None:
        """Empty without a match; None if the search exceeded its time limit."""
        first, second = (part.encode("utf-8", "surrogatepass") for part in (pattern, text))
        try:
            return await self._child.ask(len(first).to_bytes(8, "big") + first + second)
        except ChildEnded as error:
            _log.info("judge.regex_timeout", error=str(error))
            return None
        except ChildUnavailable as error:
            raise RegexWorkerUnavailable(
                f"the child process for regular expressions does not start: {error}"
            ) from error
