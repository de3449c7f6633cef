"""Measures cyclomatic complexity in a child process, because parsing hostile source code can take for ever."""

from __future__ import annotations

import json
from pathlib import Path

import structlog

from assay.files import Files
from services.judge.child_process import ChildEnded, ChildProcess, ChildUnavailable

_log = structlog.get_logger(__name__)
_PROGRAM = Path(__file__).with_name("complexity_child.py")
_WALL_SECONDS = 60.0
"""Added to a measurement's CPU time."""
_MAX_BYTES = 1_000_000


class ComplexityMeter:
    """One measurement at a time, each limited to ``cpu_seconds``."""

    def __init__(self, cpu_seconds: float = 3.0) -> None:
        arguments = (str(cpu_seconds),)
        self._child = ChildProcess(_PROGRAM, arguments, _WALL_SECONDS + cpu_seconds, packages=True)

    async def measure(self, files: Files) -> float | None:
        """The mean over all functions in the files, whatever their languages. None if there are none, or if the files
        are too large or take too long."""
        texts = {path: text for path, data in files.items() if (text := _text(data)) is not None}
        if not texts or sum(map(len, files.values())) > _MAX_BYTES:
            return None
        try:
            count, total = json.loads(await self._child.ask(json.dumps(texts).encode()))
        except (ChildEnded, ChildUnavailable) as error:
            _log.info("judge.complexity_not_measured", error=str(error))
            return None
        return round(total / count, 3) if count else None

    async def close(self) -> None:
        await self._child.close()


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
