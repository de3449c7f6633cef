"""Running a command until it ends or a signal stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def run_until_signal(work: Coroutine[Any, Any, int | None], signal_exit_code: int = 0) -> int:
    """Runs the coroutine and returns its exit code. SIGINT, SIGTERM and SIGHUP cancel it, so its contexts clean up, and
    the exit code is ``signal_exit_code``; a second signal cancels the clean-up too."""

    async def run() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task or 0
        except asyncio.CancelledError:
            return signal_exit_code

    return asyncio.run(run())
